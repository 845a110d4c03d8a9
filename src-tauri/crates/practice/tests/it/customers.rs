//! What a customer is told.

use std::time::Duration;

use practice::{ChatCall, Customer, CustomerError, Event, Network, Options, Purpose, Reply};
use serde_json::{Value, json};
use types::{Den, Message, Sensitive};

use crate::support::{
    HandClock, PATIENCE, T0, Wire, ask, copy, event, first_frame, job_id, network, network_with, question,
};

async fn get(network: &Network, path: &str, key: Option<&Sensitive<String>>) -> (u16, Value) {
    let request = crate::support::http().get(format!("{}{path}", network.api_base()));
    let request = match key {
        Some(key) => request.header("apikey", key.expose()),
        None => request,
    };
    let response = request.send().await.expect("answers");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

async fn told(network: &Network, key: Sensitive<String>, call: ChatCall) -> Reply {
    let customer = Customer::new(&network.api_base(), key, PATIENCE).expect("loopback");
    customer.chat(&call).await.expect("a reply")
}

async fn check(network: &Network, key: &Sensitive<String>, call: ChatCall, status: u16, words: &str) {
    let reply = told(network, copy(key), call).await;
    assert_eq!((reply.status, reply.error.as_deref()), (status, Some(words)));
}

#[tokio::test]
async fn refusals_have_the_coordinators_words() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let key = &account.api_key;
    check(&network, key, question(), 503, "No compatible text workers are currently online.").await;
    let _wire = Wire::worker(&network, key, "rig").await;
    let nope = ChatCall::ask("nope", "hi");
    check(&network, key, nope, 404, "Model 'nope' is not available. Online models: ['grid/fake-1']").await;
    check(&network, &Sensitive::new("grid_wrong".into()), question(), 401, "Invalid API key").await;
    let rig_key = network.issue_key(&account.id, Purpose::Worker("rig".into())).expect("a key");
    check(&network, &rig_key, question(), 403, "API key lacks inference.submit scope").await;
    let long = ChatCall::ask("grid/fake-1", "y".repeat(200_001));
    check(&network, key, long, 413, "request too large (200001 chars; max 200000)").await;
}

#[tokio::test]
async fn the_31st_request_of_a_minute_is_too_fast_even_if_all_failed() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    for _ in 0..30 {
        assert_eq!(told(&network, copy(&account.api_key), question()).await.status, 503);
    }
    check(&network, &account.api_key, question(), 429, "Rate limit exceeded. Please slow down.").await;
    clock.advance(Duration::from_secs(60));
    assert_eq!(told(&network, copy(&account.api_key), question()).await.status, 503);
}

/// A worker that answers every job, for as long as its socket lives.
fn echo(mut wire: Wire) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let job = wire.job().await;
            wire.answer(&job, "x").await;
        }
    })
}

/// Opens a stream and hangs up after its first piece.
async fn hang_up(network: &Network, key: &Sensitive<String>) {
    let body =
        json!({"model": "grid/fake-1", "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let mut response = crate::support::http()
        .post(format!("{}/v1/chat/completions", network.api_base()))
        .bearer_auth(key.expose())
        .json(&body)
        .send()
        .await
        .expect("answers");
    assert_eq!(response.status(), 200);
    response.chunk().await.expect("the role chunk comes at once");
}

#[tokio::test]
async fn dropped_streams_leak_their_slots_for_half_an_hour() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    // No worker answers before the customer is gone, as with the slow answers in the recording.
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    for _ in 0..24 {
        hang_up(&network, &account.api_key).await;
    }
    let words = "Too many concurrent requests (limit 24). Retry shortly.";
    check(&network, &account.api_key, question(), 429, words).await;
    for _ in 0..24 {
        let job = wire.job().await;
        wire.answer(&job, "x").await;
        event(&mut events, |event| matches!(event, Event::JobSettled { .. })).await;
    }
    assert_eq!(network.books().rows.len(), 24, "the jobs ran to their end and were paid in full");
    check(&network, &account.api_key, question(), 429, words).await;
    clock.advance(Duration::from_secs(1800));
    let echo = echo(wire);
    assert_eq!(told(&network, copy(&account.api_key), question()).await.text, "x");
    echo.abort();
}

#[tokio::test]
async fn an_answer_read_to_its_end_gives_its_slot_back() {
    let (network, clock) = network().await;
    let account = network.open_account(None);
    let echo = echo(Wire::worker(&network, &account.api_key, "rig").await);
    for round in 1..=26 {
        clock.advance(Duration::from_secs(3));
        for call in [question(), question().streamed()] {
            let reply = told(&network, copy(&account.api_key), call).await;
            assert_eq!(reply.text, "x", "round {round}, with 24 slots");
        }
        clock.advance(Duration::from_secs(3));
    }
    echo.abort();
}

#[tokio::test]
async fn a_hang_up_cancels_where_the_network_was_told_so() {
    let options = Options { cancel_on_disconnect: true, ..Options::new(HandClock::at(T0), 7) };
    let network = Network::start(options).await.expect("starts");
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    hang_up(&network, &account.api_key).await;
    let job = wire.job().await;
    // The hang-up is noticed when the next piece cannot be delivered.
    let mut pace = tokio::time::interval(Duration::from_millis(350));
    let cancelled = async {
        loop {
            tokio::select! {
                frame = wire.frame() => return frame,
                _ = pace.tick() => {}
            }
            wire.token(&job, "x").await;
        }
    };
    let frame = tokio::time::timeout(PATIENCE, cancelled).await.expect("cancelled in time");
    assert_eq!(frame, json!({"type": "cancel", "id": job["id"]}));
}

#[tokio::test]
async fn a_stream_has_deltas_usage_and_the_workers_name() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, ChatCall { seed: Some(42), ..question().streamed() });
    let job = wire.job().await;
    assert_eq!(job["payload"]["request"]["seed"], 42);
    wire.token(&job, "Hel").await;
    wire.token(&job, "lo").await;
    wire.send(json!({"type": "done", "id": job["id"], "full_text": "Hello", "finish_reason": "length",
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}))
        .await;
    wire.frame().await;
    let reply = asking.await.expect("asked");
    assert_eq!(
        (reply.text.as_str(), reply.deltas, reply.finish_reason.as_deref()),
        ("Hello", 2, Some("length"))
    );
    assert_eq!(reply.usage["completion_tokens"], 2);
    let grid = reply.grid.expect("a note");
    assert_eq!((grid.worker.as_deref(), &grid.seed), (Some("rig"), &json!(42)));
}

#[tokio::test]
async fn a_worker_that_sends_no_tokens_leaves_a_streaming_customer_without_text() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let asking = ask(&network, &account, question().streamed());
    let job = wire.job().await;
    wire.done(&job, "hello from done").await;
    assert_eq!(wire.frame().await["den"], 0.1, "it is paid all the same");
    let reply = asking.await.expect("asked");
    assert_eq!((reply.text.as_str(), reply.finish_reason.as_deref()), ("", Some("stop")));
    assert_eq!(reply.usage.len(), 0);

    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.done(&job, "hello from done").await;
    let reply = asking.await.expect("asked");
    assert_eq!(reply.text, "hello from done");
    let counted = json!({"prompt_tokens": 6, "completion_tokens": 3, "total_tokens": 9});
    assert_eq!(Value::Object(reply.usage), counted, "the coordinator's own count, as in the recording");
}

#[tokio::test]
async fn a_lost_job_is_answered_with_nothing_and_status_200() {
    let (network, _) = network_with(|timings| timings.customer_silence = Duration::from_millis(100)).await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let reply = told(&network, copy(&account.api_key), question()).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.finish_reason.as_deref()), (200, "", Some("stop")));
    assert_eq!(reply.grid.expect("a note").worker, None, "nobody served it");
    let reply = told(&network, copy(&account.api_key), question().streamed()).await;
    assert_eq!((reply.status, reply.finish_reason), (200, None), "nothing but [DONE]");
    let job = wire.job().await;
    assert_eq!(wire.answer(&job, "x").await["den"], 0.1, "it runs for nobody and is paid");
}

#[tokio::test]
async fn den_follows_the_least_of_all_counts() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let text = "alpha bravo charlie delta echo foxtrot golf hotel india juliett ".repeat(10);
    let asking = ask(&network, &account, question());
    let job = wire.job().await;
    wire.send(json!({"type": "done", "id": job["id"], "full_text": text,
        "usage": {"prompt_tokens": 9, "completion_tokens": 50, "total_tokens": 59}}))
        .await;
    let ack = wire.frame().await;
    asking.await.expect("asked");
    let row = network.books().row(&job_id(&job)).expect("a row").clone();
    assert_eq!((row.output_units, row.den), (50, Den::for_text(50, 3, "grid/fake-1")));
    assert_eq!(ack["den"], 0.51);
}

#[tokio::test]
async fn pages_show_workers_models_and_the_account() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let key = &account.api_key;
    assert_eq!(get(&network, "/v1/models", None).await, (200, json!({"object": "list", "data": []})));
    let mut first = first_frame(key, "rig");
    first["modalities"] = json!(["image", "text"]);
    let (mut wire, id) = Wire::ready(&network, first).await;
    let (_, models) = get(&network, "/v1/models", None).await;
    assert_eq!(models["data"][0]["id"], "auto");
    assert_eq!(models["data"][1]["input_modalities"], json!(["text", "image"]), "text first");
    for path in ["/v1/models/grid/fake-1", "/v1/models/grid%2Ffake-1", "/v2"] {
        assert_eq!(get(&network, path, None).await, (404, json!({"detail": "Not Found"})), "{path}");
    }
    let (_, workers) = get(&network, "/v1/workers", None).await;
    let row =
        json!({"id": id, "name": "rig", "models": ["grid/fake-1"], "job_types": ["text"], "online": true});
    assert_eq!(workers, json!({"count": 1, "workers": [row]}));

    let asking = ask(&network, &account, ChatCall { model: "auto".into(), ..question() });
    let job = wire.job().await;
    assert_eq!(job["model"], "grid/fake-1", "auto became a model");
    wire.answer(&job, "x").await;
    asking.await.expect("asked");
    let (_, mine) = get(&network, "/v1/account/workers", Some(key)).await;
    assert_eq!(
        (&mine["den_earned"], &mine["jobs_completed"], &mine["online"]),
        (&json!(0.1), &json!(1), &json!(1))
    );
    let (_, page) = get(&network, "/v1/account", Some(key)).await;
    assert_eq!(page["account_id"], account.id.as_str());
    assert_eq!(get(&network, "/v1/account", None).await.0, 401);
    let validator = network.issue_key(&account.id, Purpose::Validator).expect("a key");
    let (status, refusal) = get(&network, "/v1/account", Some(&validator)).await;
    assert_eq!((status, &refusal["detail"]), (403, &json!("API key lacks account.read scope")));
}

#[tokio::test]
async fn a_customer_speaks_to_loopback_only_and_does_not_wait_for_ever() {
    let elsewhere = Customer::new("http://192.0.2.1:80", Sensitive::new("k".into()), PATIENCE);
    assert!(matches!(elsewhere, Err(CustomerError::NotLoopback)));
    let (network, _) = network().await;
    let account = network.open_account(None);
    let _wire = Wire::worker(&network, &account.api_key, "rig").await;
    let hasty = Customer::new(&network.api_base(), copy(&account.api_key), Duration::from_millis(50))
        .expect("loopback");
    assert!(matches!(hasty.chat(&question()).await, Err(CustomerError::TooSlow)));
}

#[tokio::test]
async fn a_seeded_network_draws_the_same_seeds() {
    let mut seeds = Vec::new();
    for _ in 0..2 {
        let (network, _) = network().await;
        let account = network.open_account(None);
        let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
        let call = ChatCall { messages: vec![Message::text("user", "hi")], ..question() };
        let _asking = ask(&network, &account, call);
        seeds.push(wire.job().await["payload"]["request"]["seed"].as_u64().expect("a whole number"));
    }
    assert_eq!(seeds[0], seeds[1]);
    assert!(seeds[0] < 1 << 53);
}

#[tokio::test]
async fn a_customers_seed_keeps_its_digits_on_the_way_to_the_worker_and_back() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire = Wire::worker(&network, &account.api_key, "rig").await;
    let seed = "-340282366920938463463374607431768211456";
    for stream in [false, true] {
        let body =
            format!(r#"{{"model": "grid/fake-1", "messages": [], "stream": {stream}, "seed": {seed}}}"#);
        let asking = crate::support::http()
            .post(format!("{}/v1/chat/completions", network.api_base()))
            .bearer_auth(account.api_key.expose())
            .timeout(PATIENCE)
            .body(body)
            .send();
        let asking = tokio::spawn(async move { asking.await.expect("answers").text().await.expect("text") });
        let job = wire.text().await;
        assert!(job.contains(seed), "{job}");
        wire.answer(&serde_json::from_str(&job).expect("JSON"), "x").await;
        let answer = asking.await.expect("asked");
        assert!(answer.contains(&format!(r#""seed":{seed}}}"#)), "{answer}");
    }
}
