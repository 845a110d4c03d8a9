//! Frames: what comes in, read without trust, and what goes out.

use serde_json::{Value, json};
use types::{ChatRequest, Den, FinishReason, JobId, ModelId, Refusal, Signature, Usage};

use crate::chat;

/// What one frame from the coordinator says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Incoming {
    Ready,
    Error {
        message: String,
    },
    Ping,
    Job(Box<JobFrame>),
    Cancel(JobId),
    /// `None` when the amount is no amount.
    Ack(JobId, Option<Den>),
    /// A kind we do not know; the protocol may grow.
    Unknown,
}

/// A job as pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFrame {
    /// Its id, as received.
    pub job: JobId,
    /// What it asks for.
    pub offered: Offered,
}

/// What a job asks for, as far as this worker can read it.
#[derive(Debug, Clone, PartialEq)]
pub enum Offered {
    /// A chat we can try.
    Chat {
        /// The advertised model it is for.
        model: ModelId,
        /// The request.
        request: ChatRequest,
    },
    /// A chat that would fail on any worker, or that this model cannot do.
    BadRequest(Refusal),
    /// A kind of job we never offered to do.
    NotOurs(String),
}

/// The longest id we take; the coordinator's are UUIDs.
const LONGEST_ID: usize = 200;

/// Reads one frame, or says in a few words why it is no frame of the protocol.
pub(crate) fn read(text: &str) -> Result<Incoming, String> {
    let value: Value = serde_json::from_str(text).map_err(|_| "a frame is not JSON".to_owned())?;
    let frame = value.as_object().ok_or("a frame is not an object")?;
    let kind = frame.get("type").and_then(Value::as_str).ok_or("a frame has no type")?;
    match kind {
        "ready" => Ok(Incoming::Ready),
        "ping" => Ok(Incoming::Ping),
        "error" => Ok(Incoming::Error { message: string(&value, "message") }),
        "job" => Ok(Incoming::Job(Box::new(JobFrame { job: id(&value)?, offered: offered(&value) }))),
        "cancel" => Ok(Incoming::Cancel(id(&value)?)),
        "ack" => Ok(Incoming::Ack(id(&value)?, value["den"].as_f64().and_then(Den::from_wire))),
        _ => Ok(Incoming::Unknown),
    }
}

fn string(frame: &Value, field: &str) -> String {
    frame[field].as_str().unwrap_or_default().to_owned()
}

fn id(frame: &Value) -> Result<JobId, String> {
    match frame["id"].as_str() {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => Ok(JobId::new(id)),
        _ => Err("a frame has no usable id".to_owned()),
    }
}

fn offered(frame: &Value) -> Offered {
    // Text jobs carry no `job_type`; a media job can reach a worker that advertised its model name.
    match frame.get("job_type").map(Value::as_str) {
        None | Some(Some("text")) => {}
        Some(_) => return Offered::NotOurs("this worker serves text only".to_owned()),
    }
    let payload = &frame["payload"];
    match payload.get("api_format").map(Value::as_str) {
        None | Some(Some("openai-chat")) => {}
        Some(_) => return Offered::NotOurs("this worker serves chat completions only".to_owned()),
    }
    match chat::read(payload) {
        Ok(request) => Offered::Chat { model: ModelId::new(string(frame, "model")), request },
        Err(refusal) => Offered::BadRequest(refusal),
    }
}

/// One piece of an answer. `finish_reason` stays null here and comes with `done`.
pub(crate) fn token(job: &JobId, text: &str) -> String {
    json!({"type": "token", "id": job.as_str(), "delta": {"content": text}, "finish_reason": null})
        .to_string()
}

/// A whole answer.
pub(crate) fn done(
    job: &JobId,
    text: &str,
    reason: FinishReason,
    usage: Usage,
    cancelled: bool,
    receipt: Option<&Signature>,
) -> String {
    let mut frame = json!({
        "type": "done",
        "id": job.as_str(),
        "full_text": text,
        "full_reasoning": "",
        "finish_reason": reason.as_str(),
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": u64::from(usage.prompt_tokens) + u64::from(usage.completion_tokens),
        },
    });
    if cancelled {
        frame["cancelled"] = json!(true);
    }
    if let Some(signature) = receipt {
        frame["worker_sig"] = json!(signature.to_string());
    }
    frame.to_string()
}

/// No answer.
pub(crate) fn error(job: &JobId, message: &str, client_error: bool) -> String {
    json!({"type": "error", "id": job.as_str(), "message": message, "client_error": client_error}).to_string()
}

/// The answer to a ping, and the sign of life in a silent stretch.
pub(crate) const PONG: &str = r#"{"type":"pong"}"#;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_of_the_protocol_are_read() {
        assert_eq!(read(r#"{"type":"ping"}"#), Ok(Incoming::Ping));
        assert_eq!(read(r#"{"type":"no_job"}"#), Ok(Incoming::Unknown));
        let ack = read(r#"{"type":"ack","id":"a","den":14.520000000000001}"#);
        assert_eq!(ack, Ok(Incoming::Ack(JobId::new("a"), Some(Den::from_hundredths(1452)))));
        assert_eq!(read(r#"{"type":"ack","id":"a","den":-1}"#), Ok(Incoming::Ack(JobId::new("a"), None)));
    }

    #[test]
    fn what_is_no_frame_is_said_to_be_none() {
        for bad in
            ["hello", "[1]", "{}", r#"{"type":7}"#, r#"{"type":"job"}"#, r#"{"type":"cancel","id":""}"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        let long = format!(r#"{{"type":"cancel","id":"{}"}}"#, "x".repeat(201));
        assert!(read(&long).is_err(), "an id has a length");
        assert!(read(&"[".repeat(100_000)).is_err(), "depth has a limit");
    }

    #[test]
    fn jobs_we_never_offered_are_not_taken_for_chats() {
        let offered = |extra: &str| {
            let frame = format!(r#"{{"type":"job","id":"a","model":"m",{extra}}}"#);
            match read(&frame) {
                Ok(Incoming::Job(job)) => job.offered,
                other => panic!("{other:?}"),
            }
        };
        assert!(matches!(offered(r#""job_type":"video","payload":{"prompt":"x"}"#), Offered::NotOurs(_)));
        assert!(matches!(offered(r#""job_type":null,"payload":{"prompt":"x"}"#), Offered::NotOurs(_)));
        assert!(matches!(
            offered(r#""payload":{"api_format":"anthropic","prompt":"x"}"#),
            Offered::NotOurs(_)
        ));
        assert!(matches!(offered(r#""payload":{"prompt":"x"}"#), Offered::Chat { .. }));
        assert!(matches!(offered(r#""payload":7"#), Offered::BadRequest(_)));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn reading_mutated_jobs_never_panics(at in 0_usize..400, byte in prop::num::u8::ANY) {
            let job = r#"{"type":"job","id":"a","model":"m","payload":{"request":{"messages":[{"role":"user","content":
                [{"type":"text","text":"hi"}]}],"temperature":0.7,"max_tokens":32768,"stop":["x"],"seed":-5},
                "api_format":"openai-chat","max_length":32768}}"#;
            let mut bytes = job.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(&String::from_utf8_lossy(&bytes));
        }
    }
}
