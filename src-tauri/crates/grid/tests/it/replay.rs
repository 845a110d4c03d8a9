//! Conversations recorded with the real coordinator, replayed from its side.

use std::path::Path;

use grid::{CloseCause, ConnectError, Done, Event, JobFrame, Offered, Reason, Terminal};
use serde_json::{Value, json};
use types::{Answer, Ask, FinishReason, JobId, Piece, Usage};

use crate::coordinator::{Coordinator, Worker};
use crate::{next, register};

fn transcript(name: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/transcripts");
    let text =
        std::fs::read_to_string(Path::new(folder).join(format!("{name}.jsonl"))).expect("a transcript");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// The frames between worker and coordinator, without the sockets' own pings and the upgrade.
fn frames(name: &str) -> Vec<(String, Value)> {
    let between = |line: &Value| matches!(line["dir"].as_str(), Some("grid->worker" | "worker->grid"));
    transcript(name)
        .into_iter()
        .filter(|line| between(line) && line["frame"].get("ws").is_none())
        .map(|line| (line["dir"].as_str().expect("a direction").to_owned(), line["frame"].clone()))
        .collect()
}

/// Plays the coordinator's lines, and expects the worker's; what the old worker sent beyond the protocol is taken out.
async fn play(worker: &mut Worker, frames: Vec<(String, Value)>) {
    for (direction, mut frame) in frames {
        if direction == "grid->worker" {
            worker.say(&frame).await;
            continue;
        }
        if let Some(fields) = frame.as_object_mut() {
            // The coordinator reads neither; see the disagreements D4 and D5 of the protocol notes.
            fields.remove("receipt");
            fields.remove("signer_address");
        }
        assert_eq!(worker.frame().await, frame);
    }
}

#[tokio::test]
async fn text_register() {
    let (coordinator, endpoint) = Coordinator::start().await;
    let recorded = frames("text-register");
    let (registration, rest) = recorded.split_first().expect("frames");
    let theirs = registration.1.clone();
    let server = tokio::spawn({
        let rest = rest.to_vec();
        async move {
            let mut worker = coordinator.worker().await;
            let ours = worker.frame().await;
            play(&mut worker, rest).await;
            worker.close(1000).await;
            ours
        }
    });
    let mut connection = register(&endpoint, "grid/fake-1").await.expect("ready");
    assert_eq!(next(&mut connection).await, Event::Closed(CloseCause::Dropped("closed with 1000".into())));
    let ours = server.await.expect("the coordinator saw what it expected");
    for field in ["apikey", "name", "models", "max_length", "max_context_length", "api_formats", "modalities"]
    {
        assert_eq!(ours[field], theirs[field], "{field}");
    }
    assert_eq!(ours["job_types"], json!(["text"]), "said explicitly, since a proof must match it");
    for never in ["type", "signer_address", "worker_profile", "wallet"] {
        assert_eq!(ours.get(never), None, "{never} has no place in the first frame");
    }
}

/// What an engine would have said, taken from the recorded worker frames of one job.
fn recorded_answer(job: &JobId, recorded: &[(String, Value)], from: usize) -> (Vec<String>, Terminal) {
    let mut pieces = Vec::new();
    for (_, frame) in recorded[from..].iter().filter(|(direction, _)| direction == "worker->grid") {
        match frame["type"].as_str() {
            Some("token") => pieces.push(frame["delta"]["content"].as_str().expect("text").to_owned()),
            Some("done") => {
                let count = |field: &str| frame["usage"][field].as_u64().expect("a count") as u32;
                let reason = match frame["finish_reason"].as_str() {
                    Some("length") => FinishReason::Length,
                    _ => FinishReason::Stop,
                };
                let usage = Usage {
                    prompt_tokens: count("prompt_tokens"),
                    completion_tokens: count("completion_tokens"),
                };
                let answer = Answer::Chat { text: pieces.concat().into(), reasoning: "".into() };
                let (job, usage) = (job.clone(), Some(usage));
                let done = Done { job, answer, reason, usage, cancelled: false, receipt: None };
                return (pieces, Terminal::Done(done));
            }
            Some("error") => {
                let message = frame["message"].as_str().expect("words").to_owned();
                let client_error = frame["client_error"].as_bool().expect("a flag");
                return (pieces, Terminal::Error { job: job.clone(), message, client_error });
            }
            _ => {}
        }
    }
    panic!("the recording ends in the middle of {job}");
}

/// Replays a recording of jobs and returns the events our side saw.
async fn replay_jobs(name: &str) -> Vec<Event> {
    let (coordinator, endpoint) = Coordinator::start().await;
    let recorded = frames(name);
    let server = tokio::spawn({
        let recorded = recorded.clone();
        async move {
            let mut worker = coordinator.worker().await;
            worker.ready().await;
            play(&mut worker, recorded).await;
            worker.close(1000).await;
        }
    });
    let mut connection = register(&endpoint, "grid/fake-1").await.expect("ready");
    let mut events = Vec::new();
    let mut offers = recorded.iter().enumerate().filter(|(_, (_, frame))| frame["type"] == "job");
    loop {
        let event = next(&mut connection).await;
        if let Event::Offered(offer) = &event {
            let (at, _) = offers.next().expect("no more offers than recorded");
            let (pieces, end) = recorded_answer(&offer.job, &recorded, at);
            for piece in pieces {
                connection.piece(offer.job.clone(), Piece::Text(piece.into()));
            }
            connection.end(end);
        }
        let over = matches!(event, Event::Closed(_));
        events.push(event);
        if over {
            break;
        }
    }
    server.await.expect("every frame was the recorded one");
    events
}

fn request(frame: &JobFrame) -> &types::ChatRequest {
    match &frame.offered {
        Offered::Text { ask: Ask::Chat { read: Ok(request), .. }, .. } => request,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn text_job() {
    let events = replay_jobs("text-job").await;
    let offers: Vec<_> = events
        .iter()
        .filter_map(|event| if let Event::Offered(frame) = event { Some(frame) } else { None })
        .collect();
    assert_eq!(offers.len(), 4);
    let first = request(offers[0]);
    assert_eq!(first.messages[0].content, "Be terse.", "the faithful form, not the flat copy");
    assert_eq!((first.max_tokens, first.sampling.seed), (32_768, Some(7_444_653_969_681_687)));
    assert_eq!((request(offers[2]).max_tokens, request(offers[2]).sampling.temperature), (5, 0.0));
    assert_eq!(request(offers[3]).stop, ["delta".into()]);
    assert_eq!(request(offers[3]).sampling.top_k, Some(40));
    let acks =
        events.iter().filter(|event| matches!(event, Event::Ack(_, Some(den)) if den.hundredths() == 10));
    assert_eq!(acks.count(), 4, "each done was acked with the floor");
}

#[tokio::test]
async fn client_error() {
    let events = replay_jobs("client-error").await;
    assert!(
        !events.iter().any(|event| matches!(event, Event::Ack(..))),
        "an error is never acked, nor waited for"
    );
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Offered(_))).count(), 2);
}

#[tokio::test]
async fn empty_output() {
    let events = replay_jobs("empty-output").await;
    let offers = events.iter().filter(|event| matches!(event, Event::Offered(_))).count();
    assert_eq!(offers, 7, "three attempts at each of two jobs, the same id each time, and a good one");
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Ack(..))).count(), 1);
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
        "audio without profile" | "bad profile" | "bad identity proof" => Some(Reason::Other),
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
