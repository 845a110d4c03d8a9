//! Recorded conversations, cut into the sockets they went over.

use std::path::Path;

use serde_json::Value;
use types::{
    Answer, ApiFormat, Delegation, DelegationCertificate, FinishReason, JobId, Piece, RegistrationProof,
    Sensitive, Usage, WorkerName,
};

use grid::{Done, Identity, Registration, Terminal};

/// Something that went over a socket.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    /// A frame of the coordinator.
    Grid(Value),
    /// A frame of the worker.
    Worker(Value),
    /// The coordinator pings the socket itself.
    Ping,
    /// The coordinator closes with this number.
    Close(u16),
    /// The coordinator's side just ends.
    Cut,
    /// The worker's side just ends.
    Gone,
}

pub(crate) fn transcript(name: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/transcripts");
    let text =
        std::fs::read_to_string(Path::new(folder).join(format!("{name}.jsonl"))).expect("a transcript");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// The sockets of a recording, in the order of their first lines. Where they are not numbered, a first frame begins a
/// new one.
pub(crate) fn sockets(name: &str) -> Vec<Vec<Line>> {
    let mut sockets: Vec<(Value, Vec<Line>)> = Vec::new();
    for entry in transcript(name) {
        let mut frame = entry["frame"].clone();
        let Some(line) = line(entry["dir"].as_str().unwrap_or_default(), &mut frame) else { continue };
        let number = entry["frame"]["_conn"].clone();
        let begins =
            number.is_null() && matches!(&line, Line::Worker(frame) if frame.get("apikey").is_some());
        match sockets.iter_mut().rfind(|(of, _)| *of == number).filter(|_| !begins) {
            Some((_, lines)) => lines.push(line),
            None => sockets.push((number, vec![line])),
        }
    }
    // Whoever ends a socket first ended it; what follows is the echo.
    for (_, lines) in &mut sockets {
        let end = lines.iter().position(|line| matches!(line, Line::Close(_) | Line::Cut | Line::Gone));
        lines.truncate(end.map_or(lines.len(), |at| at + 1));
    }
    sockets.into_iter().map(|(_, lines)| lines).collect()
}

fn line(direction: &str, frame: &mut Value) -> Option<Line> {
    let fields = frame.as_object_mut()?;
    for ours in ["_conn", "tag"] {
        fields.remove(ours);
    }
    let is_event = fields.contains_key("event") && !fields.contains_key("type");
    match (direction, fields.get("ws").and_then(Value::as_str)) {
        ("grid->worker", Some("ping")) => Some(Line::Ping),
        ("grid->worker", Some("close")) => Some(Line::Close(fields["code"].as_u64()? as u16)),
        ("grid->worker", Some("tcp-eof")) => Some(Line::Cut),
        ("worker->grid", Some("tcp-eof")) => Some(Line::Gone),
        ("grid->worker", None) if !is_event => Some(Line::Grid(frame.take())),
        ("worker->grid", None) if !is_event => Some(Line::Worker(frame.take())),
        _ => None,
    }
}

/// A first frame of ours that says what the recorded one says.
pub(crate) fn registration(frame: &Value) -> Registration {
    let list = |field: &str, usual: &str| match frame[field].as_array() {
        Some(items) => items.iter().map(|item| item.as_str().expect("text").to_owned()).collect(),
        None => vec![usual.to_owned()],
    };
    let number = |field: &str| u32::try_from(frame[field].as_u64().expect("a number")).expect("fits");
    let formats = list("api_formats", "openai-chat");
    Registration {
        api_key: Sensitive::new(frame["apikey"].as_str().expect("a key").to_owned()),
        name: WorkerName::new(frame["name"].as_str().expect("a name")).expect("a name"),
        models: list("models", "m"),
        job_types: list("job_types", "text"),
        max_length: number("max_length"),
        max_context_length: number("max_context_length"),
        api_formats: formats.iter().map(|word| ApiFormat::parse(word).expect("a format")).collect(),
        modalities: list("modalities", "text"),
        bridge_agent: frame["bridge_agent"].as_str().expect("a program").to_owned(),
        identity: frame.get("worker_identity").map(identity),
    }
}

fn identity(identity: &Value) -> Identity {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let texts = |value: &Value| value.as_array().expect("a list").iter().map(text).collect();
    let name = |value: &Value| WorkerName::new(text(value)).expect("a name");
    let (proof, delegation) = (&identity["payload"], &identity["delegation"]["payload"]);
    Identity {
        proof: RegistrationProof {
            timestamp: proof["timestamp"].as_u64().expect("seconds"),
            nonce: text(&proof["nonce"]),
            worker_signer: text(&proof["worker_signer"]).parse().expect("an address"),
            worker_name: name(&proof["worker_name"]),
            models: texts(&proof["models"]),
            job_types: texts(&proof["job_types"]),
            bridge_agent: text(&proof["bridge_agent"]),
        },
        signature: text(&identity["signature"]).parse().expect("a signature"),
        delegation: DelegationCertificate {
            delegation: Delegation {
                delegation_id: text(&delegation["delegation_id"]),
                payout_wallet: text(&delegation["payout_wallet"]).parse().expect("an address"),
                worker_signer: text(&delegation["worker_signer"]).parse().expect("an address"),
                worker_name: name(&delegation["worker_name"]),
                issued_at: delegation["issued_at"].as_u64().expect("seconds"),
                expires_at: delegation["expires_at"].as_u64().expect("seconds"),
            },
            signature: text(&identity["delegation"]["signature"]).parse().expect("a signature"),
        },
    }
}

/// What an engine would have said for one offer.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) pieces: Vec<Piece>,
    /// Whether the customer's cancel comes before the end.
    pub(crate) cancelled: bool,
    /// None where the recording ends in the middle of the job.
    pub(crate) end: Option<Terminal>,
}

/// Read from the lines after the offer.
pub(crate) fn script(job: &JobId, lines: &[Line]) -> Script {
    let mut script = Script::default();
    for line in lines {
        match line {
            Line::Grid(frame) => script.cancelled |= frame["type"] == "cancel",
            Line::Worker(frame) => match frame["type"].as_str() {
                Some("token") => script.pieces.push(delta(&frame["delta"])),
                Some("raw") => script.pieces.push(Piece::Event {
                    name: frame["event"].as_str().map(str::to_owned),
                    data: frame["data"].as_str().expect("data").into(),
                }),
                Some("done") => {
                    script.end = Some(done(job, frame));
                    return script;
                }
                Some("error") => {
                    script.end = Some(Terminal::Error {
                        job: job.clone(),
                        message: frame["message"].as_str().expect("words").to_owned(),
                        client_error: frame["client_error"].as_bool().expect("a flag"),
                    });
                    return script;
                }
                _ => {}
            },
            Line::Ping | Line::Close(_) | Line::Cut | Line::Gone => {}
        }
    }
    script
}

fn delta(delta: &Value) -> Piece {
    let fields = delta.as_object().expect("an object");
    match fields.iter().next().map(|(kind, value)| (kind.as_str(), value)) {
        Some(("content", Value::String(text))) => Piece::Text(text.as_str().into()),
        Some(("reasoning_content", Value::String(text))) => Piece::Reasoning(text.as_str().into()),
        Some(("tool_calls", calls)) => Piece::ToolCalls(calls.to_string().into()),
        other => panic!("an unknown delta {other:?}"),
    }
}

fn done(job: &JobId, frame: &Value) -> Terminal {
    let text = |field: &str| frame[field].as_str().unwrap_or_default().into();
    let answer = match (frame.get("full_text"), frame.get("full_json")) {
        (Some(_), _) => Answer::Chat { text: text("full_text"), reasoning: text("full_reasoning") },
        (None, body) => Answer::Raw { body: body.map(|body| body.to_string().into()) },
    };
    let count = |names: [&str; 2]| {
        let counts = names.iter().find_map(|name| frame["usage"][*name].as_u64());
        u32::try_from(counts.expect("a count")).expect("fits")
    };
    let usage = frame.get("usage").map(|_| Usage {
        prompt_tokens: count(["prompt_tokens", "input_tokens"]),
        completion_tokens: count(["completion_tokens", "output_tokens"]),
    });
    let reason = match frame["finish_reason"].as_str() {
        Some("length") => FinishReason::Length,
        Some("cancelled") => FinishReason::Cancelled,
        Some("stop") | None => FinishReason::Stop,
        Some(other) => panic!("an unknown reason {other}"),
    };
    Terminal::Done(Done {
        job: job.clone(),
        answer,
        reason,
        usage,
        cancelled: frame["cancelled"].as_bool().unwrap_or(false),
        receipt: frame["worker_sig"].as_str().map(|signature| signature.parse().expect("a signature")),
    })
}
