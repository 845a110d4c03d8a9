//! Conversations recorded with the real coordinator, replayed from its side.

pub(crate) mod recording;

use std::time::Duration;

use grid::{
    CloseCause, ConnectError, Connection, Endpoint, Event, JobFrame, Offered, Patience, Reason, connect,
};
use serde_json::{Map, Value, json};
use types::{ApiFormat, Ask, JobId};

use crate::coordinator::{Coordinator, Worker};
use crate::{next, register};
use recording::{Line, registration, script, sockets, transcript};

/// What the recorded workers say and we do not, with the disagreement of the protocol notes that says why.
const THEIRS_ONLY: [(&str, &str); 3] = [
    ("signer_address", "D4: ignored, the signer is only in a proof of identity"),
    ("receipt", "D5: ignored, the receipt that is read is worker_sig"),
    ("usage.total_tokens", "section 5: of a raw answer's usage only the two counts are read"),
];

/// What we say and some recorded workers leave out: always the coordinator's own reading of its absence.
fn ours_only() -> Map<String, Value> {
    let usual = json!({
        // Of the first frame. A proof must match them, so they are said.
        "job_types": ["text"], "api_formats": ["openai-chat"], "modalities": ["text"],
        // Of `done` and `token`.
        "full_reasoning": "", "finish_reason": "stop",
    });
    usual.as_object().expect("an object").clone()
}

/// Compares a frame of ours with the recorded one, the two tables aside.
fn compare(ours: &Value, theirs: &Value) {
    let (mut expected, usual) = (theirs.clone(), ours_only());
    for (path, _) in THEIRS_ONLY {
        match path.split_once('.') {
            Some((outer, inner)) if ours[outer].get(inner).is_none() => {
                if let Some(fields) = expected.get_mut(outer).and_then(Value::as_object_mut) {
                    fields.remove(inner);
                }
            }
            Some(_) => {}
            None => {
                expected.as_object_mut().expect("an object").remove(path);
            }
        }
    }
    for (field, said) in ours.as_object().expect("an object") {
        // In a token the reason is always null.
        let said_by_silence = match ours["type"].as_str() {
            Some("token") => field == "finish_reason" && said.is_null(),
            _ => usual.get(field) == Some(said),
        };
        if theirs.get(field).is_none() && said_by_silence {
            expected[field.as_str()] = said.clone();
        }
    }
    assert_eq!(ours, &expected);
}

/// Plays the coordinator's lines and expects the worker's.
async fn play(worker: &mut Worker, lines: &[Line]) {
    for line in lines {
        match line {
            Line::Grid(frame) => worker.say(frame).await,
            Line::Worker(frame) => compare(&worker.frame().await, frame),
            Line::Ping => worker.ping(b"\x01\x02\x03\x04").await,
            Line::Close(code) => worker.close(*code).await,
            Line::Cut => return,
            Line::Gone => {
                worker.closed_politely().await;
                return;
            }
        }
    }
}

/// How one socket of a recording went for us.
struct Outcome {
    events: Vec<Event>,
    refused: Option<ConnectError>,
}

/// Pauses of a busy machine are no silence of an engine.
fn patient() -> Patience {
    Patience { sign_of_life: Duration::from_secs(3600), ..Patience::default() }
}

/// Replays one socket. Where the recording begins in the middle, the registration before it is made up.
async fn replay_socket(coordinator: &Coordinator, endpoint: &Endpoint, lines: Vec<Line>) -> Outcome {
    let first = match lines.first() {
        Some(Line::Worker(frame)) if frame.get("apikey").is_some() => Some(frame.clone()),
        _ => None,
    };
    let ours = match &first {
        Some(frame) => registration(frame),
        None => crate::registration("grid/fake-1"),
    };
    let server = async {
        let mut worker = coordinator.worker().await;
        if first.is_none() {
            worker.ready().await;
        }
        play(&mut worker, &lines).await;
        // A recording that stops while the line is up is ended by us.
        if !matches!(lines.last(), Some(Line::Close(_) | Line::Cut | Line::Gone)) {
            worker.close(1000).await;
        }
    };
    let client = async {
        match connect(endpoint, &ours, patient()).await {
            Ok(connection) => Outcome { events: work(connection, &lines).await, refused: None },
            Err(error) => Outcome { events: Vec::new(), refused: Some(error) },
        }
    };
    let ((), outcome) = tokio::join!(server, client);
    outcome
}

/// Answers every offer as the recorded worker did.
async fn work(mut connection: Connection, lines: &[Line]) -> Vec<Event> {
    let mut offers =
        lines.iter().enumerate().filter(|(_, line)| matches!(line, Line::Grid(f) if f["type"] == "job"));
    let mut events = Vec::new();
    let mut end = None;
    loop {
        let event = next(&mut connection).await;
        match &event {
            Event::Offered(offer) => {
                let (at, _) = offers.next().expect("no more offers than recorded");
                let script = script(&offer.job, &lines[at + 1..]);
                for piece in script.pieces {
                    connection.piece(offer.job.clone(), piece);
                }
                match script.end {
                    Some(terminal) if !script.cancelled => connection.end(terminal),
                    // The recorded worker was killed here.
                    None => connection.close(),
                    waiting => end = waiting,
                }
            }
            Event::Cancel(_) => connection.end(end.take().expect("a job waits for its cancel")),
            Event::Ack(..) | Event::Closed(_) => {}
        }
        let over = matches!(event, Event::Closed(_));
        events.push(event);
        if over {
            return events;
        }
    }
}

async fn replay(name: &str) -> Vec<Outcome> {
    let (coordinator, endpoint) = Coordinator::start().await;
    let mut outcomes = Vec::new();
    for lines in sockets(name) {
        outcomes.push(replay_socket(&coordinator, &endpoint, lines).await);
    }
    outcomes
}

/// What a socket came to, in a few words.
fn in_short(outcome: &Outcome) -> String {
    if let Some(error) = &outcome.refused {
        return match error {
            ConnectError::Refused(refusal) => format!("refused: {:?}", refusal.reason),
            other => format!("{other:?}"),
        };
    }
    let count = |kind: fn(&Event) -> bool| outcome.events.iter().filter(|event| kind(event)).count();
    let end = match outcome.events.last() {
        Some(Event::Closed(CloseCause::Dropped(_))) => "Dropped".to_owned(),
        Some(Event::Closed(cause)) => format!("{cause:?}"),
        other => panic!("no end, but {other:?}"),
    };
    let (jobs, acks) =
        (count(|e| matches!(e, Event::Offered(_))), count(|e| matches!(e, Event::Ack(_, Some(_)))));
    match count(|event| matches!(event, Event::Cancel(_))) {
        0 => format!("{jobs} jobs, {acks} acks, {end}"),
        cancels => format!("{jobs} jobs, {cancels} cancels, {acks} acks, {end}"),
    }
}

async fn check(name: &str, expected: &[&str]) -> Vec<Outcome> {
    let outcomes = replay(name).await;
    let short: Vec<String> = outcomes.iter().map(in_short).collect();
    assert_eq!(short, expected, "{name}");
    outcomes
}

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
