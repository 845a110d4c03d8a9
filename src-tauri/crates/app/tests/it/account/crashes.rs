//! Killed between two steps, the account is not lost, and no key exists that its owner cannot find.

use std::process::{Command, Stdio};
use std::sync::Arc;

use app::account::Account;
use grid::Endpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use types::SystemClock;

use super::name;
use super::world::{Agreeing, World, open, register};

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// When the line goes silent for good.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The request never arrives.
    Before,
    /// It arrives and is done, and nobody hears of it.
    After,
}

/// A way to the coordinator that goes silent at requests which begin like this. It tells each time.
async fn silent_at(
    world: &World,
    start: &'static str,
    ends: &'static str,
    cut: Cut,
) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let there = world.network.api_base().trim_start_matches("http://").to_owned();
    let (tell, told) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(serve(near, there.clone(), start, ends, cut, tell.clone()));
        }
    });
    (base, told)
}

async fn serve(
    mut near: TcpStream,
    there: String,
    start: &str,
    ends: &str,
    cut: Cut,
    tell: mpsc::Sender<()>,
) {
    let mut far = TcpStream::connect(there).await.expect("connects");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match near.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    let chosen = line.starts_with(start) && line.trim_end_matches(" HTTP/1.1").ends_with(ends);
    if chosen && cut == Cut::Before {
        let _ = tell.send(()).await;
        // Held open until the client hangs up.
        let _ = near.read_to_end(&mut Vec::new()).await;
        return;
    }
    far.write_all(&head).await.expect("forwards");
    if chosen {
        let length = String::from_utf8_lossy(&head).to_lowercase();
        let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        near.read_exact(&mut body).await.expect("a body");
        far.write_all(&body).await.expect("forwards");
        // The answer has begun, so the request is done.
        far.read_u8().await.expect("an answer");
        let _ = tell.send(()).await;
        let _ = near.read_to_end(&mut Vec::new()).await;
        return;
    }
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

const ACT: &str = "ACCOUNT_TEST_ACT";
const HOME: &str = "ACCOUNT_TEST_HOME";
const BASE: &str = "ACCOUNT_TEST_BASE";

/// Whether this process was started to be killed. Then it does what it was started for, and never comes to its end.
async fn is_to_be_killed() -> bool {
    let Ok(act) = std::env::var(ACT) else { return false };
    let given = |name| std::env::var(name).expect("the outer half of the test says it");
    let endpoint = Endpoint::practice(&given(BASE)).expect("loopback");
    let account = open(given(HOME).as_ref(), endpoint, Arc::new(SystemClock)).await;
    let owner = Agreeing::to_everything();
    match act.as_str() {
        "make-key" => drop(account.make_key(&owner).await),
        "enrol" => drop(account.enrol(name("rig-1"), &owner).await),
        other => panic!("nobody knows how to {other}"),
    }
    true
}

/// Does it in a process of its own, by the same test, and kills that when the line has gone silent.
async fn killed(world: &World, silent: (String, mpsc::Receiver<()>), act: &str, test: &str) {
    let (base, mut told) = silent;
    let mut program = Command::new(std::env::current_exe().expect("an executable"));
    program.args(["--exact", &format!("account::crashes::{test}"), "--nocapture"]).stdout(Stdio::null());
    program.env(ACT, act).env(HOME, world.home()).env(BASE, base);
    let mut program = program.spawn().expect("starts");
    let silent = timeout(PATIENCE, told.recv()).await;
    program.kill().expect("it is alive");
    let status = program.wait().expect("it was started here");
    silent.expect("it came as far as that");
    assert!(!status.success(), "it was killed and did not come to its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_never_got_here_is_found_and_can_be_revoked() {
    if is_to_be_killed().await {
        return;
    }
    let world = World::new().await;
    let owner = Agreeing::to_everything();
    let silent = silent_at(&world, "POST", "/v1/account/keys", Cut::After).await;
    killed(&world, silent, "make-key", "a_key_that_never_got_here_is_found_and_can_be_revoked").await;

    let account = world.account().await;
    assert!(account.key_for(&name("rig-1")).await.expect("readable").is_none(), "it is lost here");
    account.make_key(&owner).await.expect("another");
    let lost: Vec<_> = account.look().await.expect("a view").left_over().cloned().collect();
    let [lost] = lost.as_slice() else { panic!("the lost one is known: {lost:?}") };
    account.revoke_key(lost, &owner).await.expect("revoked");
    let seen = account.look().await.expect("a view");
    assert_eq!(seen.left_over().count(), 0);
    assert_eq!(seen.keys.iter().filter(|line| !line.key.revoked).count(), 1, "{:?}", seen.keys);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_never_made_leaves_nothing() {
    if is_to_be_killed().await {
        return;
    }
    let world = World::new().await;
    let owner = Agreeing::to_everything();
    let silent = silent_at(&world, "POST", "/v1/account/keys", Cut::Before).await;
    killed(&world, silent, "make-key", "a_key_that_was_never_made_leaves_nothing").await;

    let account = world.account().await;
    account.make_key(&owner).await.expect("a key");
    let seen = account.look().await.expect("a view");
    assert_eq!((seen.left_over().count(), seen.keys.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_before_works_on_when_its_successor_is_lost() {
    if is_to_be_killed().await {
        return;
    }
    let world = World::new().await;
    let owner = Agreeing::to_everything();
    let account = world.account().await;
    account.make_key(&owner).await.expect("a key");
    drop(account);
    let silent = silent_at(&world, "POST", "/v1/account/keys", Cut::After).await;
    killed(&world, silent, "make-key", "the_key_of_before_works_on_when_its_successor_is_lost").await;

    let account = world.account().await;
    let seen = account.look().await.expect("the first key reads");
    assert_eq!(seen.left_over().count(), 1, "{:?}", seen.keys);
}

async fn resumed(world: &World) -> (Account, bool) {
    let account = world.account().await;
    let has_key = account.resume_enrolment().await.expect("asked");
    (account, has_key)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_that_was_killed_is_ended_or_forgotten() {
    if is_to_be_killed().await {
        return;
    }
    for (step, cut, enrolled) in [
        ("/prepare", Cut::Before, false),
        ("/prepare", Cut::After, false),
        ("/approve", Cut::Before, false),
        ("/approve", Cut::After, true),
        ("/poll", Cut::Before, true),
        ("/poll", Cut::After, true),
        ("/ack", Cut::Before, true),
        ("/ack", Cut::After, true),
    ] {
        let what = format!("{step} {}", if cut == Cut::Before { "before" } else { "after" });
        let world = World::with(true).await;
        let silent = silent_at(&world, "POST /v1/workers/enrollments/", step, cut).await;
        killed(&world, silent, "enrol", "an_enrolment_that_was_killed_is_ended_or_forgotten").await;

        let (account, has_key) = resumed(&world).await;
        assert_eq!(has_key, enrolled, "{what}");
        assert!(!account.resume_enrolment().await.expect("asked"), "{what}: it is over");
        let key = account.key_for(&name("rig-1")).await.expect("readable");
        assert_eq!(key.is_some(), enrolled, "{what}");
        if let Some(key) = key {
            let (rig, papers) = account.papers(&name("rig-1")).await.expect("readable");
            let registered = register(&world, key, "rig-1", papers.map(|papers| (&rig, papers))).await;
            registered.unwrap_or_else(|error| panic!("{what}: {error}"));
        } else {
            account.enrol(name("rig-1"), &Agreeing::to_everything()).await.expect("begun anew");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_found_long_after_its_end_is_judged_by_its_key() {
    if is_to_be_killed().await {
        return;
    }
    for (step, cut, enrolled) in [("/ack", Cut::After, true), ("/approve", Cut::Before, false)] {
        let world = World::with(true).await;
        let silent = silent_at(&world, "POST /v1/workers/enrollments/", step, cut).await;
        killed(&world, silent, "enrol", "an_enrolment_found_long_after_its_end_is_judged_by_its_key").await;
        world.advance(std::time::Duration::from_secs(3600));
        let (account, has_key) = resumed(&world).await;
        assert_eq!(has_key, enrolled, "{step}");
        assert_eq!(account.key_for(&name("rig-1")).await.expect("readable").is_some(), enrolled, "{step}");
    }
}
