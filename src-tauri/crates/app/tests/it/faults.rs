//! Two hundred lines that break in every way, each by its seed: what reaches the coordinator stays in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use app::{Home, Node, NodeIdentity, NodeSettings, Patience, Phase};
use futures_util::{StreamExt as _, stream};
use ledger::{JobState, Ledger, Limits};
use practice::rigs::{Fault, FaultProxy, Kind, Outcome, Traffic};
use practice::{Network, Options, Timings};
use tokio::time::{Instant, timeout};
use types::{Den, Sensitive, SystemClock};
use worker::Policy;

use crate::stand::served;
use crate::talking_server::{MODEL, TalkingServer};
use crate::tap::{Seen, Tap};

/// An hour of the product's patience lasts as long.
const HOUR: Duration = Duration::from_secs(3);
const CALLS: usize = 3;

/// The product's policy, 1,200 times faster.
fn policy() -> Policy {
    let real = Policy::default();
    let faster = |wait: Duration| wait / 1200;
    Policy {
        restart: real.restart.map(faster),
        quarantine: faster(real.quarantine),
        longest_quarantine: faster(real.longest_quarantine),
        reconnect: faster(real.reconnect),
        longest_reconnect: faster(real.longest_reconnect),
        attempt_every: faster(real.attempt_every),
        bars: real.bars.map(faster),
        bar_memory: faster(real.bar_memory),
        replaced_soon: faster(real.replaced_soon),
        disk: faster(real.disk),
        ..real
    }
}

/// A dead line is noticed within half a second on either side.
fn patience() -> Patience {
    let millis = Duration::from_millis;
    let grid = grid::Patience {
        connect: millis(500),
        register: millis(1500),
        send: millis(500),
        ping_every: millis(300),
        ping_answer: millis(300),
        sign_of_life: millis(100),
    };
    Patience { grid, ack: millis(500), cancel: Duration::from_secs(5), ..Patience::default() }
}

fn timings() -> Timings {
    let millis = Duration::from_millis;
    Timings {
        first_frame: Duration::from_secs(5),
        idle_ping: millis(200),
        send: millis(500),
        socket_ping: millis(300),
        socket_pong: millis(300),
        // A job that was bound to a lost line in advance is found again only by the sweep.
        claim: Duration::from_secs(3),
        sweep: millis(500),
        ..Timings::default()
    }
}

/// A network in front of a tap, and a node's settings for it.
struct Ground {
    network: Network,
    tap: Tap,
    home: tempfile::TempDir,
    account: practice::Account,
}

impl Ground {
    async fn start(seed: u64) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(SystemClock);
        let options = Options { unlimited: true, timings: timings(), ..Options::new(clock, seed) };
        let network = Network::start(options).await.expect("starts");
        let coordinator = network.api_base().trim_start_matches("http://").parse().expect("an address");
        let account = network.open_account(None);
        Self { tap: Tap::start(coordinator).await, network, home, account }
    }

    async fn node(&self, server: &TalkingServer, address: SocketAddr) -> Node {
        let settings = NodeSettings {
            home: Home::lock(&self.home.path().join("home")).expect("free"),
            engines: vec![served("rig", server, 1)],
            identity: NodeIdentity::unsigned(Sensitive::new(self.account.api_key.expose().clone())),
            endpoint: grid::Endpoint::practice(&format!("http://{address}")).expect("loopback"),
            practice: true,
            book: String::new(),
            time_zone: jiff::tz::TimeZone::UTC,
            policy: policy(),
            patience: patience(),
            ledger: Limits::default(),
        };
        Node::start(settings, Arc::new(SystemClock)).await.expect("starts")
    }
}

/// One seed: some customers, one node, and a proxy that breaks its lines. What was wrong, if anything.
async fn run(seed: u64, server: &TalkingServer) -> Vec<String> {
    let ground = Ground::start(seed).await;
    let plan = move |line| Fault::drawn(seed, line);
    let proxy = FaultProxy::start(ground.tap.address, plan).await.expect("starts");
    let node = ground.node(server, proxy.address()).await;
    let Ground { network, tap, home, account } = ground;
    let mut events = network.events();
    let ready = async { while !matches!(events.recv().await, Ok(practice::Event::WorkerReady { .. })) {} };
    let kinds = [Kind::Whole, Kind::Streamed, Kind::Cancelled, Kind::Stopped, Kind::Tools];
    let traffic = Traffic::new(seed, MODEL).of(&kinds).at_once(2).patience(Duration::from_secs(40));
    let mut wrong = Vec::new();
    if timeout(Duration::from_secs(30), ready).await.is_err() {
        wrong.push(format!("never on the Grid: {:?}", node.status().phase));
    } else {
        let report = traffic.run(&network, &[account], CALLS).await.expect("customers");
        let slow = report.ended(Outcome::TooSlow) + report.ended(Outcome::Unreachable);
        if slow > 0 {
            let told = (report.all(), node.status().slots, proxy.deeds());
            wrong.push(format!("not every customer heard an end: {told:?}"));
        }
    }
    wrong.extend(judge(&network, &node, &tap));
    node.shutdown().await;
    proxy.shutdown().await;
    wrong.extend(audit(&network, &home.path().join("home/ledger.sqlite")));
    network.shutdown().await;
    wrong.into_iter().map(|words| format!("seed {seed}: {words}")).collect()
}

/// What must be true whatever happened to the line.
fn judge(network: &Network, node: &Node, tap: &Tap) -> Vec<String> {
    let books = network.books();
    let status = node.status();
    let mut wrong = tap.read(|seen| {
        let mut wrong = seen.faults.clone();
        wrong.extend(seen.terminals.iter().filter_map(|(job, ends)| {
            let sent = seen.sent.get(job).copied().unwrap_or(0);
            (*ends > sent).then(|| format!("{job} was sent {sent} times and ended {ends} times"))
        }));
        wrong.extend(flapping(seen));
        wrong
    });
    if !books.strikes.is_empty() {
        wrong.push(format!("a broken line is no failure of ours: {:?}", books.strikes));
    }
    if status.den_total > books.den_total() {
        wrong.push(format!("{} were never earned, {} were", status.den_total, books.den_total()));
    }
    if status.phase == Phase::NeedsAttention {
        wrong.push(format!("nothing here needs an owner: {status:?}"));
    }
    wrong
}

/// No attempt was left open, and each that was credited is in the coordinator's books with the same amount.
fn audit(network: &Network, path: &std::path::Path) -> Vec<String> {
    let ledger = Ledger::join(path, Limits::default()).expect("opens");
    let books = network.books();
    let rows = ledger.recent(1000).expect("reads");
    let wrong = rows.into_iter().filter(|row| match row.den {
        Some(den) if den > Den::ZERO => books.row(&row.job).is_none_or(|booked| booked.den != den),
        Some(_) | None => matches!(row.state, JobState::Running | JobState::Delivered),
    });
    wrong.map(|row| format!("this row is not in order: {row:?}")).collect()
}

/// At most 20 in whatever hour one looks.
fn flapping(seen: &Seen) -> Option<String> {
    let busiest = seen.ready.iter().map(|from| within_an_hour(&seen.ready, *from)).max().unwrap_or(0);
    (busiest > 20).then(|| format!("{busiest} connections within an hour"))
}

fn within_an_hour(ready: &[Instant], from: Instant) -> usize {
    ready.iter().filter(|at| (from..from + HOUR).contains(at)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_broken_lines_end_every_job_once() {
    let server = TalkingServer::brief(Duration::from_millis(2), 32).await;
    let runs = stream::iter(0..200_u64).map(|seed| run(seed, &server)).buffer_unordered(24);
    let wrong: Vec<String> = runs.flat_map(stream::iter).collect().await;
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_always_breaks_is_not_hammered() {
    let server = TalkingServer::start(Duration::from_millis(2)).await;
    let ground = Ground::start(1).await;
    let mut events = ground.network.events();
    let node = ground.node(&server, ground.tap.address).await;
    let breaking = async {
        loop {
            if let Ok(practice::Event::WorkerReady { worker, .. }) = events.recv().await {
                ground.network.rigs().drop_socket(&worker);
            }
        }
    };
    let three_hours = timeout(HOUR * 3, breaking).await;
    assert!(three_hours.is_err(), "it goes on breaking");
    let (flapped, came) = ground.tap.read(|seen| (flapping(seen), seen.ready.len()));
    assert_eq!(flapped, None);
    assert!((20..=60).contains(&came), "it does not give up either: {came} times in three hours");
    node.shutdown().await;
    ground.network.shutdown().await;
}
