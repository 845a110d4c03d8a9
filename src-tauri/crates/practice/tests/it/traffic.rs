//! Mixed traffic on a few sockets: everything ends, everything is accounted for, the same for the same seed.

use std::sync::Arc;
use std::time::Duration;

use practice::rigs::{Kind, Outcome, Traffic, TrafficReport};
use practice::{Account, Network, Options};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use types::SystemClock;

use crate::support::{Wire, first_frame};

const MODEL: &str = "grid/fake-1";

/// A worker that serves what it can and refuses the rest in words.
fn worker(mut wire: Wire) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let job = wire.job().await;
            if let Some(words) = refusal(&job) {
                let error = json!({"type": "error", "id": job["id"], "message": words, "client_error": true});
                wire.send(error).await;
            } else if job["payload"]["api_format"] == "openai-chat" {
                chat(&mut wire, &job).await;
            } else {
                raw(&mut wire, &job).await;
            }
        }
    })
}

fn refusal(job: &Value) -> Option<&'static str> {
    let request = &job["payload"]["request"];
    let words = job["payload"]["prompt"].as_str().map_or(0, |prompt| prompt.split(' ').count());
    match () {
        () if request["tools"].is_array() => Some("this model calls no tools"),
        () if words > 8192 => Some("context length exceeded"),
        () => None,
    }
}

/// Token by token. A long answer goes on until it is cancelled.
async fn chat(wire: &mut Wire, job: &Value) {
    let long = job["payload"]["max_length"].as_u64().is_some_and(|length| length > 1000);
    for _ in 0..3 {
        wire.token(job, "word ").await;
    }
    if long {
        loop {
            wire.send(json!({"type": "pong"})).await;
            let frame = tokio::time::timeout(Duration::from_millis(5), wire.frame()).await;
            if frame.is_ok_and(|frame| frame["type"] == "cancel") {
                break;
            }
        }
    }
    let reason = if long { "cancelled" } else { "stop" };
    wire.send(
        json!({"type": "done", "id": job["id"], "full_text": "word word word ", "finish_reason": reason,
        "cancelled": long}),
    )
    .await;
    assert_eq!(wire.frame().await["type"], "ack");
}

async fn raw(wire: &mut Wire, job: &Value) {
    if job["payload"]["request"]["stream"] == true {
        wire.send(json!({"type": "raw", "id": job["id"], "event": "e", "data": "{}"})).await;
    }
    wire.send(json!({"type": "done", "id": job["id"], "full_json": {"ok": 1}})).await;
    assert_eq!(wire.frame().await["type"], "ack");
}

async fn unlimited(workers: usize) -> (Network, Vec<Account>, Vec<JoinHandle<()>>) {
    let mut options = Options::new(Arc::new(SystemClock), 7);
    options.unlimited = true;
    options.timings.cancel_poll = Duration::from_millis(1);
    let network = Network::start(options).await.expect("a port");
    let accounts: Vec<Account> = (0..3).map(|_| network.open_account(None)).collect();
    let mut serving = Vec::new();
    for number in 0..workers {
        let mut first = first_frame(&accounts[0].api_key, &format!("rig#{number}"));
        first["api_formats"] = json!(["openai-chat", "anthropic", "openai-responses"]);
        serving.push(worker(Wire::ready(&network, first).await.0));
    }
    (network, accounts, serving)
}

#[tokio::test]
async fn mixed_traffic_on_eight_slots_ends_as_each_kind_must() {
    let (network, accounts, serving) = unlimited(8).await;
    let kinds = [&Kind::CHAT[..], &Kind::RAW].concat();
    let traffic = Traffic::new(11, MODEL).of(&kinds).at_once(12);
    let report = traffic.run(&network, &accounts, 120).await.expect("customers");
    let planned = traffic.plan(120);
    assert_eq!(report.calls(), 120);
    for kind in kinds {
        let expected = match kind {
            Kind::Whole | Kind::Streamed | Kind::Stopped | Kind::Messages | Kind::Responses => {
                Outcome::Answered
            }
            Kind::Cancelled => Outcome::Cancelled,
            Kind::TooLong | Kind::Tools => Outcome::Refused(400),
        };
        // A refusal inside a stream would be broken; these are not streamed.
        let of_kind = planned.iter().filter(|call| call.kind == kind).count();
        assert!(of_kind > 0, "{kind:?} is in the plan");
        assert_eq!(
            (report.of_kind(kind), report.count(kind, expected)),
            (of_kind, of_kind),
            "{kind:?}: {report:?}"
        );
    }
    let refused = report.ended(Outcome::Refused(400));
    assert_eq!(network.books().rows.len(), 120 - refused, "every answer is in the books, once");
    assert!(network.books().strikes.is_empty());
    serving.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn traffic_without_a_worker_is_refused_and_nothing_hangs() {
    let (network, accounts, _) = unlimited(0).await;
    let report = Traffic::new(3, MODEL).run(&network, &accounts[..1], 100).await.expect("customers");
    let expected: TrafficReport =
        Traffic::new(3, MODEL).plan(100).iter().map(|call| (call.kind, Outcome::Refused(503))).collect();
    assert_eq!(report, expected, "100 with one key are not too many here");
}

#[tokio::test]
async fn a_worker_that_goes_silent_makes_calls_that_are_lost_or_too_slow() {
    let mut options = Options::new(Arc::new(SystemClock), 7);
    options.timings.customer_silence = Duration::from_millis(100);
    let network = Network::start(options).await.expect("a port");
    let account = network.open_account(None);
    let _silent = Wire::worker(&network, &account.api_key, "rig").await;
    let accounts = [account];
    let traffic = Traffic::new(5, MODEL).of(&[Kind::Whole, Kind::Streamed]);
    let report = traffic.run(&network, &accounts, 6).await.expect("customers");
    assert_eq!(report.ended(Outcome::Lost), 6, "{report:?}");
    let impatient = traffic.patience(Duration::from_millis(20));
    let report = impatient.run(&network, &accounts, 2).await.expect("customers");
    assert_eq!(report.ended(Outcome::TooSlow), 2, "{report:?}");
}
