//! Plays the coordinator's side of a recording against our client, and an engine's side behind it.

use std::time::Duration;

use grid::{CloseCause, ConnectError, Connection, Endpoint, Event, Patience, connect};
use serde_json::{Map, Value, json};

use super::recording::{Line, registration, script, sockets};
use crate::coordinator::{Coordinator, Worker};
use crate::next;

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
pub(super) struct Outcome {
    pub(super) events: Vec<Event>,
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

pub(super) async fn check(name: &str, expected: &[&str]) -> Vec<Outcome> {
    let outcomes = replay(name).await;
    let short: Vec<String> = outcomes.iter().map(in_short).collect();
    assert_eq!(short, expected, "{name}");
    outcomes
}
