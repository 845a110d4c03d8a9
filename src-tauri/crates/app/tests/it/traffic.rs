//! Eight slots and customers of every kind: no strike, and two books that agree to the last hundredth.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::{EngineSettings, Phase};
use practice::Timings;
use practice::rigs::{Kind, Outcome, Traffic};
use tokio::time::Instant;
use types::{Clock, Den, SystemClock, WorkerName};
use worker::Policy;

use crate::stand::{MovedClock, Plan, Stand, served};
use crate::talking_server::{MODEL, TalkingServer};

const SLOTS: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);
/// How much faster time passes, unless it is soaked.
const TIMES: u32 = 20;

/// `cargo xtask soak` names minutes of real time here.
fn soak() -> Option<u32> {
    let minutes = std::env::var("GRID_NODE_SOAK_MINUTES").ok()?;
    Some(minutes.parse().expect("GRID_NODE_SOAK_MINUTES is a number of minutes"))
}

fn plan(engine: EngineSettings, clock: Arc<dyn Clock>, times: u32) -> Plan {
    let real = Timings::default();
    let timings =
        Timings { idle_ping: real.idle_ping / times, socket_ping: real.socket_ping / times, ..real };
    Plan { clock, timings, policy: Policy::default(), ..Plan::of(vec![engine]) }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_slots_in_mixed_traffic_for_ten_minutes_lose_nothing() {
    let (minutes, times) = soak().map_or((10, TIMES), |minutes| (minutes, 1));
    let server = TalkingServer::start(Duration::from_millis(2)).await;
    let engine = served("rig", &server, SLOTS);
    let names = engine.names.clone();
    let clock = MovedClock::at(SystemClock.now().millis(), times);
    let stand = Stand::start(plan(engine, clock, times)).await;
    stand.until(|status| status.slots.iter().all(|slot| slot.phase == Phase::Waiting)).await;
    let customers: Vec<_> = (0..4).map(|_| stand.network.open_account(None)).collect();
    let end = Instant::now() + MINUTE * minutes / times;
    let (mut calls, mut whole) = (0, 0);
    for seed in 0.. {
        let kinds = [&Kind::CHAT[..], &Kind::RAW[..]].concat();
        let traffic = Traffic::new(seed, MODEL).of(&kinds).at_once(SLOTS + 4);
        let report = traffic.run(&stand.network, &customers, 60).await.expect("customers");
        calls += report.calls();
        whole += report.ended(Outcome::Answered) + report.ended(Outcome::Cancelled);
        let lost = [Outcome::Broken, Outcome::Lost, Outcome::TooSlow, Outcome::Unreachable];
        for outcome in lost {
            assert_eq!(report.ended(outcome), 0, "seed {seed}: {outcome:?} in {:?}", report.all());
        }
        assert_eq!(report.ended(Outcome::Refused(502)), 0, "seed {seed}: {:?}", report.all());
        if Instant::now() > end {
            break;
        }
    }
    println!("{calls} calls in {minutes} minutes, {whole} of them answered");
    agree(&stand, &names).await;
    stand.end().await;
}

async fn agree(stand: &Stand, names: &[WorkerName]) {
    let books = stand.network.books();
    let status = stand.until(|status| status.den_total == books.den_total()).await;
    assert_eq!(books.strikes, BTreeMap::new(), "not one strike");
    assert!(status.slots.iter().all(|slot| (slot.strikes, slot.evictions) == (0, 0)), "{status:?}");
    assert_eq!(stand.tap.read(|seen| seen.faults.clone()), [""; 0]);
    assert_eq!(stand.tap.read(|seen| seen.ready.len()), SLOTS, "nobody had to come back");
    let twice = stand.tap.read(|seen| seen.terminals.values().filter(|ends| **ends != 1).count());
    assert_eq!(twice, 0, "one terminal frame for each job");
    let raw = books.rows.iter().filter(|row| row.result_hash.is_none()).count();
    assert!(raw > 0, "raw jobs were among them");
    let ledger = stand.ledger();
    for name in names {
        let theirs = books.rows.iter().filter(|row| row.worker_name == name.as_str());
        let theirs: (u64, Den) = (theirs.clone().count() as u64, theirs.map(|row| row.den).sum());
        let ours = ledger.sums(ledger::Span::ALWAYS, Some(name)).expect("reads");
        assert_eq!((ours.credited, ours.den), theirs, "{name}");
        assert_eq!((ours.failed, ours.abandoned, ours.unconfirmed, ours.awaiting), (0, 0, 0, 0), "{name}");
        assert!(ours.credited > 0, "{name} had work");
    }
}
