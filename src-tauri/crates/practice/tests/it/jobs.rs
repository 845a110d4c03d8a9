//! What happens to a job on its way through a worker.

use std::time::Duration;

use practice::{Event, Failure};
use serde_json::json;
use types::Den;

use crate::support::{
    Got, PATIENCE, Wire, ask, drained, event, first_frame, job_id, network, network_with, question,
};

const GIVING_UP: &str = "No worker could complete this job; giving up.";

#[tokio::test]
async fn jobs_go_one_after_the_other() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let mut events = network.events();
    let first = ask(&network, &account, question());
    event(&mut events, |event| matches!(event, Event::JobQueued { .. })).await;
    let second = ask(&network, &account, question());
    event(&mut events, |event| matches!(event, Event::JobQueued { .. })).await;
    let job = wire.job().await;
    wire.token(&job, "one").await;
    wire.done(&job, "one").await;
    assert_eq!(wire.frame().await["type"], "ack", "the second job waits for the first one's end");
    let job = wire.job().await;
    wire.answer(&job, "two").await;
    let (first, second) = (first.await.expect("asked"), second.await.expect("asked"));
    assert_eq!((first.text.as_str(), second.text.as_str()), ("one", "two"));
    assert_eq!(network.books().den_total(), Den::from_hundredths(20), "two floors of 0.1");
}

#[tokio::test]
async fn an_error_before_the_first_token_is_tried_three_times_and_is_one_strike() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let first = wire.job().await;
    wire.error(&first).await;
    for _ in 0..2 {
        let again = wire.job().await;
        assert_eq!(first, again, "the same job comes back");
        wire.error(&again).await;
    }
    let reply = asking.await.expect("asked");
    assert_eq!((reply.status, reply.error.as_deref()), (502, Some(GIVING_UP)));
    assert_eq!(network.books().strikes.get("rig"), Some(&1));
    assert!(network.books().rows.is_empty(), "nothing is paid");
}

#[tokio::test]
async fn an_error_after_tokens_is_not_tried_again() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    for call in [question(), question().streamed()] {
        let stream = call.stream;
        let asking = ask(&network, &account, call);
        let job = wire.job().await;
        wire.token(&job, "begin").await;
        wire.error(&job).await;
        let reply = asking.await.expect("asked");
        assert_eq!(reply.status, if stream { 200 } else { 502 });
        assert_eq!(reply.error.as_deref(), Some("Worker failed mid-generation; please retry."));
        assert_eq!(reply.finish_reason, None);
    }
    assert_eq!(network.books().strikes.get("rig"), Some(&2));
}

#[tokio::test]
async fn a_client_error_is_nobodys_strike() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.send(json!({"type": "error", "id": job["id"], "message": "too long", "client_error": true})).await;
    let reply = asking.await.expect("asked");
    assert_eq!((reply.status, reply.error.as_deref()), (400, Some("too long")));
    assert!(network.books().strikes.is_empty());
}

#[tokio::test]
async fn six_failed_jobs_evict_and_bar_the_name() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    for _ in 0..5 {
        let asking = ask(&network, &account, question());
        for _ in 0..3 {
            let job = wire.job().await;
            wire.error(&job).await;
        }
        asking.await.expect("asked");
    }
    assert_eq!(network.books().strikes.get("rig"), Some(&5));
    let sixth = ask(&network, &account, question());
    let job = wire.job().await;
    wire.error(&job).await;
    assert_eq!(wire.next().await, Got::Cut, "an eviction has no close frame");
    let evicted = event(&mut events, |event| matches!(event, Event::Evicted { .. })).await;
    assert_eq!(evicted, Event::Evicted { worker: "rig".into(), bar: Duration::from_secs(30) });

    let mut barred = Wire::open(&network).await;
    barred.send(first_frame(&account.api_key, "rig")).await;
    let words = "Worker recently evicted for failed generations; retry shortly.";
    assert_eq!(barred.frame().await, json!({"type": "error", "message": words}));
    assert_eq!(barred.next().await, Got::Close(4003));

    clock.advance(Duration::from_secs(30));
    let mut back = Wire::worker(&network, &account.api_key, "rig").await;
    let same = back.job().await;
    assert_eq!(same, job, "the job that evicted waits for the worker");
    back.error(&same).await;
    let reply = sixth.await.expect("asked");
    assert_eq!(reply.error.as_deref(), Some(GIVING_UP), "the eviction used two returns up");
    assert!(network.books().strikes.is_empty(), "the eviction took the strikes; the same job counts once");
}

#[tokio::test]
async fn a_completed_job_clears_the_strikes() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.done(&job, "   ").await;
    let again = wire.job().await;
    assert_eq!(network.books().strikes.get("rig"), Some(&1), "blanks are an empty answer");
    wire.answer(&again, "text").await;
    asking.await.expect("asked");
    assert!(network.books().strikes.is_empty());
}

#[tokio::test]
async fn a_lost_socket_requeues_the_job_and_the_customer_reads_the_beginning_twice() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question().streamed());
    let job = wire.job().await;
    wire.token(&job, "begin ").await;
    event(&mut events, |event| matches!(event, Event::TokenRelayed { .. })).await;
    wire.vanish();
    let back = event(&mut events, |event| matches!(event, Event::JobRequeued { .. })).await;
    assert_eq!(back, Event::JobRequeued { job: job_id(&job), requeues: 1 });
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let again = wire.job().await;
    assert_eq!(job, again);
    wire.token(&again, "begin ").await;
    wire.token(&again, "end").await;
    wire.done(&again, "begin end").await;
    let reply = asking.await.expect("asked");
    assert_eq!(reply.text, "begin begin end", "as at the real coordinator");
    assert!(network.books().strikes.is_empty(), "a lost socket is no strike");
    assert_eq!(network.books().rows.len(), 1);
}

#[tokio::test]
async fn a_replaced_socket_loses_its_job_to_the_newer_one() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut old = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = old.job().await;
    let mut new = Wire::worker(&network, &account.api_key, "rig").await;
    assert_eq!(old.next().await, Got::Close(1012));
    let again = new.job().await;
    assert_eq!(job, again);
    new.answer(&again, "text").await;
    assert_eq!(asking.await.expect("asked").text, "text");
}

#[tokio::test]
async fn a_silent_worker_is_dropped_and_pongs_are_no_silence() {
    let silence = Duration::from_secs(1);
    let (network, _) = network_with(|timings| timings.job_silence = silence).await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let _asking = ask(&network, &account, question());
    wire.job().await;
    let started = std::time::Instant::now();
    let mut pace = tokio::time::interval(Duration::from_millis(150));
    for _ in 0..8 {
        pace.tick().await;
        wire.send(json!({"type": "pong"})).await;
    }
    assert_eq!(wire.next().await, Got::Cut);
    assert!(started.elapsed() >= silence + Duration::from_secs(1), "each pong starts the silence anew");
}

#[tokio::test]
async fn a_cancel_is_sent_only_in_reaction_to_a_frame_and_once() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    assert!(network.cancel_job(&job_id(&job)));
    assert!(
        !drained(&mut events).iter().any(|event| matches!(event, Event::CancelSent { .. })),
        "a silent worker is not told"
    );
    wire.send(json!({"type": "pong"})).await;
    assert_eq!(wire.frame().await, json!({"type": "cancel", "id": job["id"]}));
    wire.token(&job, "part").await;
    let done = json!({"type": "done", "id": job["id"], "full_text": "part", "cancelled": true,
        "finish_reason": "cancelled"});
    wire.send(done).await;
    let ack = wire.frame().await;
    assert_eq!(
        (&ack["type"], &ack["den"]),
        (&json!("ack"), &json!(0.1)),
        "the part is paid, and no second cancel"
    );
    let reply = asking.await.expect("asked");
    assert_eq!((reply.text.as_str(), reply.finish_reason.as_deref()), ("part", Some("cancelled")));
    assert!(!network.cancel_job(&job_id(&job)), "it is over");
}

#[tokio::test]
async fn a_cancel_is_looked_for_at_most_every_poll() {
    let (network, _) = network_with(|timings| timings.cancel_poll = Duration::from_secs(3600)).await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.token(&job, "a").await;
    event(&mut events, |event| matches!(event, Event::TokenRelayed { frames: 1, .. })).await;
    assert!(network.cancel_job(&job_id(&job)));
    wire.token(&job, "b").await;
    wire.done(&job, "ab").await;
    assert_eq!(wire.frame().await["type"], "ack", "the next look would be in an hour");
    asking.await.expect("asked");
}

#[tokio::test]
async fn an_empty_done_is_allowed_when_cancelled() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    network.cancel_job(&job_id(&job));
    wire.send(json!({"type": "pong"})).await;
    assert_eq!(wire.frame().await["type"], "cancel");
    wire.send(json!({"type": "done", "id": job["id"], "full_text": "", "cancelled": true})).await;
    assert_eq!(wire.frame().await["type"], "ack");
    asking.await.expect("asked");
    let row = network.books().rows[0].clone();
    assert_eq!((row.result_hash, row.output_units), (None, 0), "nothing to commit to");
    assert!(network.books().strikes.is_empty());
}

#[tokio::test]
async fn frame_ids_are_not_looked_at_so_a_late_token_spoils_the_next_job() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let first = ask(&network, &account, question());
    let job = wire.job().await;
    wire.answer(&job, "good").await;
    first.await.expect("asked");
    wire.token(&job, "late ").await;
    let second = ask(&network, &account, question());
    let next = wire.job().await;
    wire.token(&next, "good").await;
    wire.send(json!({"type": "done", "id": "not-this-job"})).await;
    assert_eq!(wire.frame().await["id"], next["id"], "whatever comes belongs to the open job");
    assert_eq!(second.await.expect("asked").text, "late good");
}

#[tokio::test]
async fn a_job_that_runs_too_long_is_offered_again_and_the_second_finisher_gets_nothing() {
    let (network, _) = network_with(|timings| {
        timings.claim = Duration::from_millis(30);
        timings.sweep = Duration::from_millis(30);
    })
    .await;
    let account = network.open_account(None);
    let mut slow = Wire::worker(&network, &account.api_key, "slow").await;
    let asking = ask(&network, &account, question());
    let job = slow.job().await;
    let mut quick = Wire::worker(&network, &account.api_key, "quick").await;
    let same = quick.job().await;
    assert_eq!(same, job);
    assert_eq!(quick.answer(&same, "text").await["den"], 0.1);
    assert_eq!(slow.answer(&job, "text").await["den"], 0.0, "somebody else had finished it");
    asking.await.expect("asked");
    let rows = network.books().rows;
    assert_eq!((rows.len(), rows[0].worker_name.as_str()), (1, "quick"));
}

#[tokio::test]
async fn a_job_nobody_connected_can_do_fails_and_with_nobody_connected_it_waits() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.vanish();
    event(&mut events, |event| matches!(event, Event::JobRequeued { .. })).await;
    assert!(!asking.is_finished(), "it waits for a worker");
    let mut other = first_frame(&account.api_key, "other");
    other["models"] = json!(["other-model"]);
    let _other = Wire::ready(&network, other).await;
    let failed = event(&mut events, |event| matches!(event, Event::JobFailed { .. })).await;
    assert_eq!(failed, Event::JobFailed { job: job_id(&job), failure: Failure::Unserved });
    let words = "No worker available for the requested model(s): grid/fake-1.";
    assert_eq!(asking.await.expect("asked").error.as_deref(), Some(words));
}

#[tokio::test]
async fn an_idle_worker_is_pinged_again_and_again() {
    let (network, _) = network_with(|timings| {
        timings.idle_ping = Duration::from_millis(20);
        timings.pong_wait = Duration::from_millis(20);
    })
    .await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    for _ in 0..3 {
        assert_eq!(wire.frame().await, json!({"type": "ping"}));
    }
    // The unanswered pings cost nothing: a job still comes and is still served.
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.answer(&job, "text").await;
    asking.await.expect("asked");
}

#[tokio::test]
async fn a_shutdown_closes_sockets_with_1012_and_lets_customers_go() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question());
    wire.job().await;
    let address = network.api_base();
    let ending = tokio::spawn(network.shutdown());
    assert_eq!(wire.next().await, Got::Close(1012));
    drop(wire);
    tokio::time::timeout(Duration::from_secs(3), ending).await.expect("two seconds at most").expect("ends");
    assert_eq!(tokio::time::timeout(PATIENCE, asking).await.expect("let go").expect("asked").status, 503);
    let port = address.trim_start_matches("http://").to_owned();
    assert!(tokio::net::TcpStream::connect(port).await.is_err(), "nobody listens any more");
}
