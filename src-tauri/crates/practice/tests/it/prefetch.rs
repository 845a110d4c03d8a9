//! Jobs that are bound to a busy connection, and what becomes of them.

use std::time::Duration;

use practice::{Account, Event, Network};
use serde_json::{Value, json};
use types::JobId;

use crate::support::{
    Asking, Wire, ask, drained, event, first_frame, job_id, network, network_with, question,
};

/// Asks, and waits until the request is a job.
async fn asked(network: &Network, account: &Account) -> (Asking, JobId) {
    let mut events = network.events();
    let asking = ask(network, account, question());
    let Event::JobQueued { job } = event(&mut events, |event| matches!(event, Event::JobQueued { .. })).await
    else {
        unreachable!("it was just matched")
    };
    (asking, job)
}

#[tokio::test]
async fn two_further_jobs_are_bound_to_a_busy_worker_and_the_third_is_free() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut slow = Wire::worker(&network, &account.api_key, "slow").await;
    let (_first, running) = asked(&network, &account).await;
    let first = slow.job().await;
    assert_eq!(job_id(&first), running);
    let mut bound = Vec::new();
    for _ in 0..2 {
        let (_asking, job) = asked(&network, &account).await;
        let event = event(&mut events, |event| matches!(event, Event::JobBound { .. })).await;
        assert_eq!(event, Event::JobBound { job: job.clone(), worker: "slow".into() });
        bound.push(job);
    }
    let (_asking, free) = asked(&network, &account).await;
    let mut quick = Wire::worker(&network, &account.api_key, "quick").await;
    let job = quick.job().await;
    assert_eq!(job_id(&job), free, "what is bound waits for the slow worker, although the quick one is idle");
    quick.answer(&job, "x").await;
    let held = drained(&mut events)
        .into_iter()
        .any(|event| matches!(&event, Event::JobSent { job, .. } if bound.contains(job)));
    assert!(!held, "the slow worker holds other people's jobs");
    slow.answer(&first, "x").await;
    for job in &bound {
        let next = slow.job().await;
        assert_eq!(job_id(&next), *job, "in their order");
        slow.answer(&next, "x").await;
    }
}

#[tokio::test]
async fn of_a_lost_sockets_jobs_the_second_bound_one_waits_until_its_claim_is_stale() {
    let (network, _) = network_with(|timings| {
        timings.claim = Duration::from_millis(700);
        timings.sweep = Duration::from_millis(50);
    })
    .await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut lost = Wire::worker(&network, &account.api_key, "rig").await;
    let mut jobs = Vec::new();
    let mut askings = Vec::new();
    for _ in 0..3 {
        let (asking, job) = asked(&network, &account).await;
        jobs.push(job);
        askings.push(asking);
    }
    lost.job().await;
    lost.vanish();
    for expected in &jobs[..2] {
        let back = event(&mut events, |event| matches!(event, Event::JobRequeued { .. })).await;
        assert_eq!(back, Event::JobRequeued { job: expected.clone(), requeues: 1 });
    }
    let mut next = Wire::worker(&network, &account.api_key, "rig").await;
    for expected in &jobs {
        let job = next.job().await;
        assert_eq!(job_id(&job), *expected, "the last one comes when the sweep gives it back");
        next.answer(&job, "x").await;
    }
    for asking in askings {
        assert_eq!(asking.await.expect("asked").text, "x");
    }
    let back: Vec<Event> =
        drained(&mut events).into_iter().filter(|event| matches!(event, Event::JobRequeued { .. })).collect();
    assert_eq!(back, [], "a sweep is no return");
}

#[tokio::test]
async fn an_idle_worker_goes_before_the_shelf_of_a_busy_one() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut busy = Wire::worker(&network, &account.api_key, "a-busy").await;
    let (_first, _) = asked(&network, &account).await;
    busy.job().await;
    let mut idle = Wire::worker(&network, &account.api_key, "b-idle").await;
    let (_second, second) = asked(&network, &account).await;
    assert_eq!(job_id(&idle.job().await), second);
    assert!(!drained(&mut events).iter().any(|event| matches!(event, Event::JobBound { .. })));
}

#[tokio::test]
async fn a_model_whose_workers_are_full_is_refused_by_idle_workers_of_other_models() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut full = Wire::worker(&network, &account.api_key, "full").await;
    let mut askings = Vec::new();
    for _ in 0..3 {
        askings.push(asked(&network, &account).await);
    }
    full.job().await;
    let mut other = first_frame(&account.api_key, "other");
    other["models"] = json!(["other-model"]);
    let _other = Wire::ready(&network, other).await;
    let (refused, _) = asked(&network, &account).await;
    let reply = refused.await.expect("asked");
    let words = "No worker available for the requested model(s): grid/fake-1.";
    assert_eq!((reply.status, reply.error.as_deref()), (502, Some(words)));
    assert!(askings.iter().all(|(asking, _)| !asking.is_finished()), "what is bound still waits");
}

#[tokio::test]
async fn deltas_of_every_kind_are_relayed_unchanged_and_counted_as_the_grid_counts() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let url = format!("{}/v1/chat/completions", network.api_base());
    let body = json!({"model": "grid/fake-1", "stream": true, "n": 3,
        "messages": [{"role": "user", "content": "hi"}]});
    let request = crate::support::http().post(url).bearer_auth(account.api_key.expose()).json(&body);
    let asking =
        tokio::spawn(async move { request.send().await.expect("answers").text().await.expect("text") });
    let job = wire.job().await;
    assert_eq!(job["payload"]["request"]["n"], 3, "and yet one choice is all a worker can give");
    let deltas = [
        json!({"reasoning_content": "one two three"}),
        json!({"refusal": "I would rather not", "x": {"y": [1, null]}}),
        json!({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "su", "arguments": "{\"x\""}}]}),
        json!({"tool_calls": [{"index": 1, "id": "c", "function": {"name": "m", "arguments": ":1}"}}]}),
        json!({"content": "done"}),
    ];
    for delta in &deltas {
        wire.send(json!({"type": "token", "id": job["id"], "delta": delta, "finish_reason": null})).await;
    }
    wire.send(json!({"type": "done", "id": job["id"], "full_text": "", "full_reasoning": "",
        "usage": {"completion_tokens": 999}}))
        .await;
    assert_eq!(wire.frame().await["type"], "ack");
    let text = asking.await.expect("asked");
    let chunks: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    let relayed: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    assert_eq!(relayed[1..6], deltas.iter().collect::<Vec<_>>(), "after the role");
    assert_eq!(chunks[6]["choices"][0]["finish_reason"], "tool_calls");
    let row = network.books().rows[0].clone();
    // Reasoning and content count; tool calls and a refusal do not, whatever the worker reports.
    assert_eq!(row.output_units, 3 + 1);
}
