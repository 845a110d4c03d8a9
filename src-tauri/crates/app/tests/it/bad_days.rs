//! Bad input and a bad world: a clear state and words for each, nothing lost, no panic, no hang.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::practice::{Rehearsal, RehearsalOptions};
use app::{EngineSettings, Home, Node, NodeIdentity, NodeSettings, Phase, Status};
use engine_link::Launch;
use practice::Event;
use types::{Code, SystemClock, WorkerName};
use worker::Policy;

use crate::rig::{Rig, engine, event, hasty, kjv_tiny, phase, status};

/// Starts a node that cannot serve and returns the words.
async fn attention(options: RehearsalOptions) -> Status {
    let rehearsal = Rehearsal::start(options).await.expect("starts");
    let status = phase(&rehearsal, Phase::NeedsAttention).await;
    rehearsal.shutdown().await;
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_cannot_be_served_are_named_as_such() {
    let rig = Rig::new();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = rig.home.path().join(name);
        std::fs::write(&path, bytes).expect("writes");
        path
    };
    let good = std::fs::read(kjv_tiny()).expect("reads");
    let cases = [
        (rig.home.path().join("gone.gguf"), Code::ModelMissing),
        (rig.home.path().to_owned(), Code::ModelMissing),
        (file("empty.gguf", b""), Code::ModelUnusable),
        (file("notes.gguf", b"these are notes"), Code::ModelUnusable),
        (file("cut.gguf", &good[..good.len() / 2]), Code::ModelUnusable),
        (file("hostile.gguf", &[b"GGUF\x03\0\0\0".as_slice(), &[0xff; 16]].concat()), Code::ModelUnusable),
    ];
    for (model, code) in cases {
        let status = attention(RehearsalOptions { model: model.clone(), ..rig.options() }).await;
        assert_eq!(status.code, Some(code), "{model:?}: {status:?}");
        let detail = status.detail.expect("details");
        assert!(!detail.contains(&*rig.home.path().to_string_lossy()), "no path in {detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_engine_is_named_as_such() {
    let rig = Rig::new();
    let engine = Launch::new(rig.home.path().join("no-engine"));
    let status = attention(RehearsalOptions { engine, ..rig.options() }).await;
    assert_eq!(status.code, Some(Code::EngineMissing));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_is_told_about_the_first() {
    let rig = Rig::new();
    let first = rig.waiting().await;
    let second = Rehearsal::start(rig.options()).await.err().expect("one home, one node");
    assert_eq!(second.code(), Code::AlreadyRunning, "{second}");
    first.send_job("Amen").await.expect("the first goes on");
    first.shutdown().await;
    rig.waiting().await.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_ledger_is_left_as_it_is() {
    let rig = Rig::new();
    let options = rig.options();
    std::fs::create_dir_all(&options.home).expect("a folder");
    let ledger = options.home.join("ledger.sqlite");
    std::fs::write(&ledger, [b'x'; 8192]).expect("writes");
    let error = Rehearsal::start(options).await.err().expect("must not start");
    assert_eq!(error.code(), Code::LedgerUnusable, "{error}");
    assert_eq!(std::fs::read(ledger).expect("reads"), [b'x'; 8192]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_comes_back_by_itself() {
    let rig = Rig::new();
    let rehearsal = rig.waiting().await;
    let mut events = rehearsal.network().events();
    assert!(rehearsal.network().rigs().drop_socket("practice-rig"));
    event(&mut events, |event| matches!(event, Event::WorkerReady { .. })).await;
    rehearsal.send_job("Amen").await.expect("serves again");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_from_the_coordinator_is_said_and_survived() {
    let rig = Rig::new();
    // Long enough to be read, also on a busy machine.
    let policy =
        Policy { reconnect: Duration::from_secs(2), longest_reconnect: Duration::from_secs(2), ..hasty() };
    let options = RehearsalOptions { policy, ..rig.options() };
    let rehearsal = Rehearsal::start(options).await.expect("starts");
    phase(&rehearsal, Phase::Waiting).await;
    let rigs = || rehearsal.network().rigs();
    let oversize = 65 * 1024 * 1024;
    let garbage: [(&str, &dyn Fn() -> bool); 3] = [
        ("text", &|| rigs().send_text("practice-rig", "hello")),
        ("binary", &|| rigs().send_binary("practice-rig", vec![0; 64])),
        ("oversize", &|| rigs().send_oversize("practice-rig", oversize)),
    ];
    for (kind, send) in garbage {
        let mut changes = rehearsal.changes();
        assert!(send(), "{kind}");
        let said = tokio::time::timeout(
            Duration::from_secs(30),
            changes.wait_for(|status| status.code == Some(Code::GridGarbled)),
        );
        said.await.unwrap_or_else(|_| panic!("{kind} was not noticed")).expect("the node lives");
        phase(&rehearsal, Phase::Waiting).await;
    }
    rehearsal.send_job("Amen").await.expect("serves again");
    rehearsal.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_used_elsewhere_stops_the_fight() {
    let rig = Rig::new();
    let rehearsal = rig.waiting().await;
    let mut events = rehearsal.network().events();
    for _ in 0..2 {
        assert!(rehearsal.network().rigs().close_socket("practice-rig", 1012));
        event(&mut events, |event| matches!(event, Event::WorkerReady { .. })).await;
    }
    assert!(rehearsal.network().rigs().close_socket("practice-rig", 1012));
    let stopped = phase(&rehearsal, Phase::NeedsAttention).await;
    assert_eq!(stopped.code, Some(Code::NameInUse));
    rehearsal.shutdown().await;
}

/// What the tables alone take up, so that a limit leaves room for a few rows whatever tables there are.
fn pages_of_an_empty_ledger(rig: &Rig) -> u32 {
    const PAGE: u64 = 4096;
    let path = rig.home.path().join("empty.sqlite");
    let now = types::Clock::now(&SystemClock);
    drop(ledger::Ledger::open(&path, ledger::Limits::default(), now).expect("opens"));
    let bytes = std::fs::metadata(path).expect("a closed file has no log beside it").len();
    u32::try_from(bytes / PAGE).expect("a few")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_new_jobs_and_loses_no_old_ones() {
    let rig = Rig::new();
    let ledger = ledger::Limits { max_pages: Some(pages_of_an_empty_ledger(&rig) + 4) };
    let rehearsal = Rehearsal::start(RehearsalOptions { ledger, ..rig.options() }).await.expect("starts");
    let full = async { status(&rehearsal, |status| status.code == Some(Code::DiskFull)).await };
    let work = async {
        // Ends with the test; a customer whose job is given back waits for a worker that can record it.
        while rehearsal.send_job("Amen").await.is_ok() {}
        std::future::pending::<Status>().await
    };
    let status = tokio::select! {
        status = full => status,
        status = work => status,
    };
    assert_eq!(status.phase, Phase::Resting, "it tries again by itself");
    let (ours, theirs) = (rehearsal.status().den_total, rehearsal.network().books().den_total());
    assert!(ours <= theirs, "nothing is claimed that was not earned: {ours} and {theirs}");
    rehearsal.shutdown().await;
    // With space again, what was recorded is there.
    let again = rig.waiting().await;
    assert_eq!(again.status().den_total, ours, "no row was lost");
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_vanishes_is_said_and_waited_for() {
    let rig = Rig::new();
    let network =
        practice::Network::start(practice::Options::new(Arc::new(SystemClock), 1)).await.expect("starts");
    let account = network.open_account(None);
    let settings = NodeSettings {
        home: Home::lock(&rig.home.path().join("home")).expect("free"),
        engines: vec![EngineSettings::own(
            Launch::new(engine()),
            kjv_tiny(),
            EngineSettings::name_of_file(&kjv_tiny()),
            WorkerName::new("unsigned-rig").expect("a name"),
        )],
        identity: NodeIdentity::unsigned(account.api_key),
        endpoint: grid::Endpoint::practice(&network.api_base()).expect("loopback"),
        practice: true,
        book: String::new(),
        time_zone: jiff::tz::TimeZone::UTC,
        policy: hasty(),
        patience: app::Patience::default(),
        ledger: ledger::Limits::default(),
    };
    let node = Node::start(settings, Arc::new(SystemClock)).await.expect("starts");
    let mut changes = node.changes();
    let mut reach = async |phase: Phase| {
        let wait =
            tokio::time::timeout(Duration::from_secs(60), changes.wait_for(|status| status.phase == phase));
        wait.await.expect("in time").expect("the node lives").clone()
    };
    reach(Phase::Waiting).await;
    network.shutdown().await;
    let resting = reach(Phase::Resting).await;
    assert_eq!(resting.code, Some(Code::GridUnreachable), "{resting:?}");
    node.shutdown().await;
}
