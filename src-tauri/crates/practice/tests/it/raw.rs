//! The Messages and Responses APIs: what is refused, what is relayed unread, what it earns.

use std::time::Duration;

use practice::{Event, Failure, Network, Purpose};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use types::{Den, Sensitive};

use crate::support::{
    Got, PATIENCE, Wire, ask, copy, drained, event, first_frame, http, job_id, network, network_with,
    question,
};

const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

/// A status and a body.
type Answer = (u16, String);

fn post(network: &Network, path: &str, key: Option<&Sensitive<String>>, body: Value) -> JoinHandle<Answer> {
    let request = http().post(format!("{}{path}", network.api_base())).timeout(PATIENCE).json(&body);
    let request = match key {
        Some(key) => request.header("authorization", format!("Bearer {}", key.expose())),
        None => request,
    };
    tokio::spawn(async move {
        let response = request.send().await.expect("answers");
        (response.status().as_u16(), response.text().await.expect("text"))
    })
}

async fn answered(asking: JoinHandle<Answer>) -> (u16, Value) {
    let (status, body) = tokio::time::timeout(PATIENCE, asking).await.expect("in time").expect("asked");
    (status, serde_json::from_str(&body).expect("JSON"))
}

async fn raw_worker(network: &Network, key: &Sensitive<String>, name: &str, formats: Value) -> Wire {
    let mut first = first_frame(key, name);
    first["api_formats"] = formats;
    Wire::ready(network, first).await.0
}

fn message() -> Value {
    json!({"model": "grid/fake-1", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = message();
    body[field] = value;
    body
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

#[tokio::test]
async fn refusals_have_the_words_and_the_envelope_of_their_api() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let rig_key = network.issue_key(&account.id, Purpose::Worker("rig".into())).expect("a key");
    let nope = Sensitive::new("grid_nope_nope_nope_nope".to_owned());
    let key = Some(&account.api_key);
    let check = async |path, key, body, status: u16, kind: &str, words: &str| {
        let expected = match (path, kind) {
            (MESSAGES, kind) if !kind.is_empty() => json!({"detail": {"type": kind, "message": words}}),
            _ => json!({"detail": words}),
        };
        assert_eq!(answered(post(&network, path, key, body)).await, (status, expected), "{path} {words}");
    };
    let words = "No workers serving the Anthropic Messages API are online.";
    check(MESSAGES, key, message(), 503, "overloaded_error", words).await;
    let words = "No workers serving the OpenAI Responses API are online.";
    check(RESPONSES, key, message(), 503, "", words).await;
    let _wire = raw_worker(&network, &account.api_key, "rig", json!(["anthropic", "openai-responses"])).await;
    for path in [MESSAGES, RESPONSES] {
        let auth = "authentication_error";
        check(path, Some(&nope), message(), 401, auth, "Invalid API key").await;
        check(path, Some(&rig_key), message(), 403, auth, "API key lacks inference.submit scope").await;
        let invalid = "invalid_request_error";
        check(path, key, with("model", Value::Null), 400, invalid, "'model' is required.").await;
        let field = if path == MESSAGES { "max_tokens" } else { "max_output_tokens" };
        let words = format!("{field} must be an integer");
        check(path, key, with("max_tokens", json!("many")), 422, invalid, &words).await;
        let words = format!("{field} must be between 1 and 32768");
        check(path, key, with("max_tokens", json!(0)), 422, invalid, &words).await;
        check(path, key, with("max_tokens", json!(32769)), 422, invalid, &words).await;
        // The body with its 200,000 letters, quotes, commas and the names of its fields.
        let words = "request too large (200102 chars; max 200000)";
        check(path, key, with("pad", json!("y".repeat(200_000))), 413, "", words).await;
        check(path, key, with("pad", nested(64)), 400, "", "request nesting too deep (max 64)").await;
    }
    let words = "Model 'nope' is not available via the Anthropic Messages API. Online: ['grid/fake-1']";
    check(MESSAGES, key, with("model", json!("nope")), 404, "not_found_error", words).await;
    let words = "Model 'nope' is not available via the Responses API. Online: ['grid/fake-1']";
    check(RESPONSES, key, with("model", json!("nope")), 404, "", words).await;
    let (status, body) = answered(post(&network, MESSAGES, key, json!([1]))).await;
    assert_eq!((status, &body["detail"][0]["type"]), (422, &json!("dict_type")));
}

#[tokio::test]
async fn each_api_has_a_minute_of_its_own() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    for path in [MESSAGES, RESPONSES] {
        for _ in 0..30 {
            assert_eq!(answered(post(&network, path, Some(&account.api_key), message())).await.0, 503);
        }
        let words = json!({"error": {"message": "Rate limit exceeded. Please slow down.",
            "type": "rate_limit_error"}});
        let asking = post(&network, path, Some(&account.api_key), message());
        assert_eq!(answered(asking).await, (429, words), "{path}");
    }
}

#[tokio::test]
async fn the_budget_is_written_into_the_request() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut wire =
        raw_worker(&network, &account.api_key, "rig", json!(["anthropic", "openai-responses"])).await;
    let check = async |wire: &mut Wire, path, given: Value, field: &str, budget: u64| {
        let mut body = json!({"model": "grid/fake-1", "input": "hi", "x": {"kept": [1.5, null]}});
        for (name, value) in given.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let asking = post(&network, path, Some(&account.api_key), body.clone());
        let job = wire.job().await;
        body[field] = budget.into();
        let format = if path == MESSAGES { "anthropic" } else { "openai-responses" };
        let payload = json!({"request": body, "api_format": format, "max_length": budget});
        assert_eq!(job["payload"], payload);
        assert_eq!(job.get("job_type"), None);
        wire.send(json!({"type": "done", "id": job["id"], "full_json": {"ok": 1}})).await;
        assert_eq!(wire.frame().await["den"], 0.1);
        assert_eq!(answered(asking).await, (200, json!({"ok": 1})));
    };
    check(&mut wire, MESSAGES, json!({}), "max_tokens", 32768).await;
    check(&mut wire, MESSAGES, json!({"max_tokens": "77"}), "max_tokens", 77).await;
    check(&mut wire, RESPONSES, json!({}), "max_output_tokens", 32768).await;
    check(&mut wire, RESPONSES, json!({"max_tokens": 9.7}), "max_output_tokens", 9).await;
    check(&mut wire, RESPONSES, json!({"max_output_tokens": 5, "max_tokens": 9}), "max_output_tokens", 5)
        .await;
}

#[tokio::test]
async fn an_error_is_told_in_the_workers_words_and_costs_nothing() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = raw_worker(&network, &account.api_key, "rig", json!(["anthropic"])).await;
    for (client_error, status, failure) in [(true, 400, Failure::ClientError), (false, 502, Failure::Raw)] {
        for stream in [false, true] {
            let body = with("stream", stream.into());
            let asking = post(&network, MESSAGES, Some(&account.api_key), body);
            let job = wire.job().await;
            let error = json!({"type": "error", "id": job["id"], "message": "no \"luck\"",
                "client_error": client_error});
            wire.send(error).await;
            let failed = event(&mut events, |event| matches!(event, Event::JobFailed { .. })).await;
            assert_eq!(failed, Event::JobFailed { job: job_id(&job), failure });
            if stream {
                let (status, body) = asking.await.expect("asked");
                let data = json!({"type": "error", "error": {"type": "api_error", "message": "no \"luck\""}});
                let mut lines = body.lines();
                assert_eq!((status, lines.next()), (200, Some("event: error")));
                let line = lines.next().and_then(|line| line.strip_prefix("data: ")).expect("data");
                assert_eq!(serde_json::from_str::<Value>(line).expect("JSON"), data);
            } else {
                assert_eq!(answered(asking).await, (status, json!({"detail": "no \"luck\""})));
            }
        }
    }
    assert!(network.books().strikes.is_empty() && network.books().rows.is_empty());
    let back = drained(&mut events).into_iter().any(|event| matches!(event, Event::JobRequeued { .. }));
    assert!(!back, "a raw job is tried once");
}

#[tokio::test]
async fn a_raw_job_pays_by_the_workers_usage_clears_strikes_and_bears_no_signature() {
    let (network, _) = network().await;
    let wallet = crate::vectors::identity_case().wallet;
    let account = network.open_account(Some(wallet));
    let mut wire = raw_worker(&network, &account.api_key, "rig", json!(["openai-chat", "anthropic"])).await;
    let failing = ask(&network, &account, question());
    let job = wire.job().await;
    wire.token(&job, "x").await;
    wire.error(&job).await;
    failing.await.expect("asked");
    assert_eq!(network.books().strikes.get("rig"), Some(&1));

    let asking = post(&network, MESSAGES, Some(&account.api_key), with("max_tokens", json!(1000)));
    let job = wire.job().await;
    let done = json!({"type": "done", "id": job["id"], "full_json": {"b": 1, "a": "ü"}, "worker_sig": "0x00",
        "usage": {"output_tokens": 5000, "input_tokens": 1024}});
    wire.send(done).await;
    assert_eq!(wire.frame().await, json!({"type": "ack", "id": job["id"], "den": 17.6}));
    assert_eq!(answered(asking).await, (200, json!({"b": 1, "a": "ü"})));
    let row = network.books().rows[0].clone();
    assert_eq!((row.den, row.output_units), (Den::from_hundredths(1760), 1000));
    assert_eq!((row.worker_sig, row.ttft), (None, None));
    assert_eq!(row.result_hash, Some(types::Sha256::of(r#"{"a": "\u00fc", "b": 1}"#)));
    assert!(network.books().strikes.is_empty(), "a completed job wipes the slate");

    let asking = post(&network, MESSAGES, Some(&account.api_key), message());
    let job = wire.job().await;
    wire.send(json!({"type": "done", "id": job["id"]})).await;
    assert_eq!(wire.frame().await["den"], 0.1, "nothing at all is an answer, too");
    assert_eq!(answered(asking).await, (200, json!({})));
}

#[tokio::test]
async fn a_raw_stream_is_byte_for_byte_and_can_be_cancelled() {
    let (network, _) = network_with(|timings| timings.cancel_poll = Duration::ZERO).await;
    let account = network.open_account(None);
    let mut wire = raw_worker(&network, &account.api_key, "rig", json!(["openai-responses"])).await;
    let asking = post(&network, RESPONSES, Some(&account.api_key), with("stream", json!(true)));
    let job = wire.job().await;
    let raw =
        |event: Value, data: &str| json!({"type": "raw", "id": job["id"], "event": event, "data": data});
    wire.send(raw(json!("a.b"), "{ \"x\":1e3,\"x\":2 }")).await;
    wire.send(raw(Value::Null, "not even JSON")).await;
    assert!(network.cancel_job(&job_id(&job)));
    wire.send(json!({"type": "pong"})).await;
    assert_eq!(wire.frame().await, json!({"type": "cancel", "id": job["id"]}));
    wire.send(json!({"type": "done", "id": job["id"], "cancelled": true})).await;
    assert_eq!(wire.frame().await["type"], "ack");
    let (status, body) = asking.await.expect("asked");
    assert_eq!(status, 200);
    assert_eq!(body, "event: a.b\ndata: { \"x\":1e3,\"x\":2 }\n\ndata: not even JSON\n\n");
}

#[tokio::test]
async fn raw_frames_that_are_none_cut_the_line_and_the_job_goes_back() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut wire = raw_worker(&network, &account.api_key, "rig", json!(["anthropic"])).await;
    let _asking = post(&network, MESSAGES, Some(&account.api_key), message());
    let job = wire.job().await;
    wire.send(json!({"type": "raw", "id": job["id"], "event": "e", "data": {"x": 1}})).await;
    assert_eq!(wire.next().await, Got::Cut);
    event(&mut events, |event| matches!(event, Event::JobRequeued { requeues: 1, .. })).await;
    let mut wire = raw_worker(&network, &account.api_key, "rig", json!(["anthropic"])).await;
    assert_eq!(wire.job().await, job);
}

#[tokio::test]
async fn silence_is_a_gateway_timeout_or_the_end_of_the_stream() {
    let (network, _) = network_with(|timings| timings.customer_silence = Duration::from_millis(50)).await;
    let account = network.open_account(None);
    let _wire = raw_worker(&network, &account.api_key, "rig", json!(["anthropic"])).await;
    let asking = post(&network, MESSAGES, Some(&account.api_key), message());
    assert_eq!(answered(asking).await, (504, json!({"detail": "No response from worker"})));
    let asking = post(&network, MESSAGES, Some(&account.api_key), with("stream", json!(true)));
    assert_eq!(asking.await.expect("asked"), (200, String::new()));
}

#[tokio::test]
async fn every_job_is_matched_by_its_format() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut raw = raw_worker(&network, &account.api_key, "raw", json!(["anthropic"])).await;
    let words = "No compatible text workers are currently online.";
    assert_eq!(ask(&network, &account, question()).await.expect("asked").error.as_deref(), Some(words));
    let mut chat = Wire::worker(&network, &account.api_key, "chat").await;
    let message = post(&network, MESSAGES, Some(&copy(&account.api_key)), message());
    let question = ask(&network, &account, question());
    let job = raw.job().await;
    assert_eq!(job["payload"]["api_format"], "anthropic");
    raw.send(json!({"type": "done", "id": job["id"], "full_json": {"ok": 1}})).await;
    let job = chat.job().await;
    assert_eq!(job["payload"]["api_format"], "openai-chat");
    chat.answer(&job, "text").await;
    assert_eq!(answered(message).await.0, 200);
    assert_eq!(question.await.expect("asked").text, "text");
}

#[tokio::test]
async fn a_format_that_only_a_full_worker_serves_is_handed_on_by_idle_ones_until_it_is_too_often() {
    let (network, _) = network().await;
    let account = network.open_account(None);
    let mut events = network.events();
    let mut raw = raw_worker(&network, &account.api_key, "raw", json!(["anthropic"])).await;
    let mut asked = Vec::new();
    for _ in 0..3 {
        asked.push(post(&network, MESSAGES, Some(&account.api_key), message()));
    }
    raw.job().await;
    for _ in 0..2 {
        event(&mut events, |event| matches!(event, Event::JobBound { .. })).await;
    }
    let _idle = Wire::worker(&network, &account.api_key, "chat").await;
    let asking = post(&network, MESSAGES, Some(&account.api_key), message());
    let words = "No worker available serving the 'anthropic' API for model(s): grid/fake-1.";
    assert_eq!(answered(asking).await, (502, json!({"detail": words})));
}
