//! Conversations recorded with the real coordinator, replayed from its side.

mod player;
pub(crate) mod recording;

use grid::{CloseCause, ConnectError, Event, JobFrame, Offered, Reason};
use serde_json::Value;
use types::{ApiFormat, Ask, JobId};

use crate::coordinator::Coordinator;
use crate::{next, register};
use player::{Outcome, check};
use recording::{Line, sockets, transcript};

fn offers(outcomes: &[Outcome]) -> Vec<&JobFrame> {
    let events = outcomes.iter().flat_map(|outcome| &outcome.events);
    events.filter_map(|event| if let Event::Offered(frame) = event { Some(&**frame) } else { None }).collect()
}

fn request(frame: &JobFrame) -> &types::ChatRequest {
    match &frame.offered {
        Offered::Text { ask: Ask::Chat { read: Ok(request), .. }, .. } => request,
        other => panic!("{other:?}"),
    }
}

fn ids(outcomes: &[Outcome]) -> Vec<&JobId> {
    offers(outcomes).into_iter().map(|frame| &frame.job).collect()
}

#[tokio::test]
async fn text_register() {
    let recorded = sockets("text-register");
    assert!(recorded[0].contains(&Line::Ping), "the socket's own pings are in it");
    check("text-register", &["0 jobs, 0 acks, Normal"]).await;
}

#[tokio::test]
async fn text_job() {
    let outcomes = check("text-job", &["4 jobs, 4 acks, Normal"]).await;
    let offers = offers(&outcomes);
    let first = request(offers[0]);
    assert_eq!(first.messages[0].content, "Be terse.", "the faithful form, not the flat copy");
    assert_eq!((first.max_tokens, first.sampling.seed), (32_768, Some(7_444_653_969_681_687)));
    assert_eq!((request(offers[2]).max_tokens, request(offers[2]).sampling.temperature), (5, 0.0));
    assert_eq!(request(offers[3]).stop, ["delta".into()]);
    assert_eq!(request(offers[3]).sampling.top_k, Some(40));
}

#[tokio::test]
async fn client_error() {
    // An error is never acked, nor waited for.
    check("client-error", &["2 jobs, 0 acks, Normal"]).await;
}

#[tokio::test]
async fn empty_output() {
    let outcomes = check("empty-output", &["7 jobs, 1 acks, Normal"]).await;
    let ids = ids(&outcomes);
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "three attempts at the same job");
}

#[tokio::test]
async fn backend_dies_midway() {
    check("backend-dies-midway", &["1 jobs, 0 acks, Replaced", "0 jobs, 0 acks, Normal"]).await;
}

#[tokio::test]
async fn eviction() {
    let refused = "refused: Evicted";
    let expected = ["13 jobs, 0 acks, Dropped", refused, refused, refused, refused, "1 jobs, 0 acks, Normal"];
    let outcomes = check("eviction", &expected).await;
    let ids = ids(&outcomes);
    assert_eq!(ids[12], ids[13], "the job that evicted us is the first to come back");
}

#[tokio::test]
async fn lost_job_ghost_poller() {
    check("lost-job-ghost-poller", &["6 jobs, 6 acks, Normal"]).await;
}

#[tokio::test]
async fn limits_429() {
    check("limits-429", &["2 jobs, 2 acks, Normal"]).await;
}

#[tokio::test]
async fn raw_formats() {
    let outcomes = check("raw-formats", &["6 jobs, 6 acks, Normal"]).await;
    let kinds: Vec<(ApiFormat, bool)> = offers(&outcomes)
        .iter()
        .map(|frame| match &frame.offered {
            Offered::Text { ask: Ask::Raw { format, stream, .. }, .. } => (*format, *stream),
            other => panic!("{other:?}"),
        })
        .collect();
    let (messages, responses) = (ApiFormat::Anthropic, ApiFormat::OpenAiResponses);
    let expected = [
        (messages, false),
        (messages, false),
        (messages, false),
        (messages, true),
        (responses, false),
        (responses, true),
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn text_cancel_frame() {
    check("text-cancel-frame", &["1 jobs, 1 cancels, 1 acks, Normal"]).await;
}

#[tokio::test]
async fn text_done_only() {
    check("text-done-only", &["2 jobs, 2 acks, Normal"]).await;
}

#[tokio::test]
async fn text_parallel() {
    check("text-parallel", &["2 jobs, 2 acks, Normal"]).await;
}

#[tokio::test]
async fn text_signed_worker() {
    check("text-signed-worker", &["2 jobs, 2 acks, Normal", "refused: ProofUsed"]).await;
}

#[tokio::test]
async fn text_stream_cancel() {
    check("text-stream-cancel", &["1 jobs, 1 acks, Normal"]).await;
}

#[tokio::test]
async fn worker_killed_midjob() {
    let outcomes = check("worker-killed-midjob", &["1 jobs, 0 acks, Ours", "1 jobs, 1 acks, Normal"]).await;
    let ids = ids(&outcomes);
    assert_eq!(ids[0], ids[1], "it starts over on the new socket");
}

#[tokio::test]
async fn register_errors() {
    let recorded = transcript("register-errors");
    let mut tags: Vec<String> = Vec::new();
    for line in recorded.iter().filter(|line| line["dir"] == "grid->worker") {
        let tag = line["frame"]["tag"].as_str().unwrap_or_default().to_owned();
        if !tag.is_empty() && tags.last() != Some(&tag) {
            tags.push(tag);
        }
    }
    for tag in tags {
        let lines = |dir: &str| {
            let of_tag =
                recorded.iter().filter(|line| line["dir"] == dir && line["frame"]["tag"] == tag.as_str());
            of_tag.map(|line| line["frame"].clone()).collect::<Vec<_>>()
        };
        check_refusal(&tag, lines("grid->worker")).await;
    }
}

async fn check_refusal(tag: &str, answers: Vec<Value>) {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.frame().await;
        for answer in answers {
            match answer["code"].as_u64() {
                // 1006 is no frame: the connection just ends.
                Some(1006) => return,
                Some(code) => worker.close(code as u16).await,
                None => worker.say(&answer).await,
            }
        }
        worker.closed_politely().await;
    });
    let outcome = register(&endpoint, "grid/fake-1").await;
    let expected = match tag {
        "no apikey" | "no name" | "bad key" | "session token as key" => Some(Reason::Key),
        "validator key" => Some(Reason::Scope),
        "name of another account" => Some(Reason::NameTaken),
        "retired model" => Some(Reason::RetiredModel),
        "audio without profile" => Some(Reason::Audio),
        "bad profile" | "bad identity proof" => Some(Reason::OurFault),
        _ => None,
    };
    match (expected, outcome) {
        (Some(reason), Err(ConnectError::Refused(refusal))) => assert_eq!(refusal.reason, reason, "{tag}"),
        (None, Err(ConnectError::NoAnswer(_))) => {
            assert!(
                ["not json", "json array", "silent for 30 s"].contains(&tag),
                "{tag} was dropped without a word"
            );
        }
        (None, Ok(_)) => {
            let accepted = [
                "unknown job type falls back to text",
                "models not a list",
                "empty models",
                "extra fields and tiny",
            ];
            assert!(accepted.contains(&tag), "{tag} was accepted");
        }
        (expected, outcome) => panic!("{tag}: expected {expected:?}, got {outcome:?}"),
    }
    server.await.expect("the script ran");
}

#[tokio::test]
async fn a_newer_socket_with_our_name_is_told_from_a_dropped_one() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let server = tokio::spawn(async move {
        let mut worker = coordinator.worker().await;
        worker.ready().await;
        worker.close(1012).await;
        worker.closed_politely().await;
    });
    let mut connection = register(&endpoint, "m").await.expect("ready");
    assert_eq!(next(&mut connection).await, Event::Closed(CloseCause::Replaced));
    server.await.expect("the script ran");
}
