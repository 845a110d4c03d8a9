//! Frames: what comes in, read without trust, and what goes out.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use types::{Answer, ApiFormat, Ask, Den, JobId, ModelId, Piece, Private, Refusal};

use crate::chat;
use crate::socket::Done;

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
    /// Text to be made.
    Text {
        /// The advertised model it is for.
        model: ModelId,
        /// The request.
        ask: Ask,
    },
    /// A request that would fail on any worker.
    BadRequest(Refusal),
    /// A kind of job we never offered to do.
    NotOurs(String),
}

/// The longest id we take; the coordinator's are UUIDs.
const LONGEST_ID: usize = 200;

/// One frame with its parts still unread: a request that cannot be read is the request's fault, not the line's.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    den: Option<&'a RawValue>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    job_type: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// Reads one frame, or says in a few words why it is no frame of the protocol.
pub(crate) fn read(text: &str) -> Result<Incoming, String> {
    let frame: Envelope<'_> =
        serde_json::from_str(text).map_err(|_| "a frame is not an object of the protocol".to_owned())?;
    match frame.kind.as_str() {
        "ready" => Ok(Incoming::Ready),
        "ping" => Ok(Incoming::Ping),
        "error" => Ok(Incoming::Error { message: part(frame.message).unwrap_or_default() }),
        "job" => Ok(Incoming::Job(Box::new(JobFrame { job: id(&frame)?, offered: offered(&frame) }))),
        "cancel" => Ok(Incoming::Cancel(id(&frame)?)),
        "ack" => Ok(Incoming::Ack(id(&frame)?, part(frame.den).and_then(Den::from_wire))),
        _ => Ok(Incoming::Unknown),
    }
}

/// One part, if it is there and of the kind that is wanted.
fn part<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

fn id(frame: &Envelope<'_>) -> Result<JobId, String> {
    match part::<String>(frame.id) {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => Ok(JobId::new(id)),
        _ => Err("a frame has no usable id".to_owned()),
    }
}

fn offered(frame: &Envelope<'_>) -> Offered {
    // Text jobs carry no `job_type`; a media job can reach a worker that advertised its model name.
    if frame.job_type.is_some_and(|kind| part::<String>(Some(kind)).as_deref() != Some("text")) {
        return Offered::NotOurs("this worker serves text only".to_owned());
    }
    // Numbers beyond any range and nesting beyond any depth are the customer's to mend.
    let Some(payload) = part::<Value>(frame.payload) else {
        return Offered::BadRequest(Refusal("the request cannot be read".to_owned()));
    };
    let format = match payload.get("api_format").map(Value::as_str) {
        None => ApiFormat::OpenAiChat,
        Some(word) => match word.and_then(ApiFormat::parse) {
            Some(format) => format,
            None => return Offered::NotOurs("this worker does not speak that API".to_owned()),
        },
    };
    let model = ModelId::new(part::<String>(frame.model).unwrap_or_default());
    match ask(format, &payload) {
        Ok(ask) => Offered::Text { model, ask },
        Err(refusal) => Offered::BadRequest(refusal),
    }
}

fn ask(format: ApiFormat, payload: &Value) -> Result<Ask, Refusal> {
    let request = payload.get("request").filter(|request| request.is_object());
    match format {
        ApiFormat::OpenAiChat => {
            let read = chat::read(payload);
            Ok(Ask::Chat { read, body: Private::from(chat::body(payload).to_string()) })
        }
        ApiFormat::OpenAiResponses | ApiFormat::Anthropic => {
            let request = request.ok_or_else(|| Refusal("the job has no request".to_owned()))?;
            let stream = request["stream"].as_bool().unwrap_or(false);
            Ok(Ask::Raw { format, body: Private::from(request.to_string()), stream })
        }
    }
}

/// One piece of an answer. `finish_reason` stays null here and comes with `done`.
pub(crate) fn piece(job: &JobId, piece: &Piece) -> String {
    let delta = match piece {
        Piece::Text(text) => json!({"content": &**text}),
        Piece::Reasoning(text) => json!({"reasoning_content": &**text}),
        Piece::Refusal(text) => json!({"refusal": &**text}),
        Piece::ToolCalls(calls) => {
            json!({"tool_calls": serde_json::from_str::<Value>(calls).unwrap_or_else(|_| json!([]))})
        }
        Piece::Event { name, data } => {
            return json!({"type": "raw", "id": job.as_str(), "event": name, "data": &**data}).to_string();
        }
    };
    json!({"type": "token", "id": job.as_str(), "delta": delta, "finish_reason": null}).to_string()
}

/// A whole answer.
pub(crate) fn done(done: &Done) -> String {
    let mut frame = json!({"type": "done", "id": done.job.as_str()});
    match &done.answer {
        Answer::Chat { text, reasoning } => {
            frame["full_text"] = json!(&**text);
            frame["full_reasoning"] = json!(&**reasoning);
            frame["finish_reason"] = json!(done.reason.as_str());
        }
        Answer::Raw { body: Some(body) } => {
            frame["full_json"] = serde_json::from_str(body).unwrap_or(Value::Null);
        }
        Answer::Raw { body: None } => {}
    }
    if let Some(usage) = done.usage {
        frame["usage"] = json!({
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": u64::from(usage.prompt_tokens) + u64::from(usage.completion_tokens),
        });
    }
    if done.cancelled {
        frame["cancelled"] = json!(true);
    }
    if let Some(signature) = &done.receipt {
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
        assert!(matches!(offered(r#""job_type":7,"payload":{"prompt":"x"}"#), Offered::NotOurs(_)));
        for odd in [r#""payload":{"api_format":"telegraph","prompt":"x"}"#, r#""payload":{"api_format":7}"#] {
            assert!(matches!(offered(odd), Offered::NotOurs(_)), "{odd}");
        }
        let raw = offered(r#""payload":{"api_format":"anthropic","request":{"stream":true}}"#);
        assert!(matches!(raw, Offered::Text { ask: Ask::Raw { stream: true, .. }, .. }));
        let empty = offered(r#""payload":{"api_format":"anthropic","prompt":"x"}"#);
        assert!(matches!(empty, Offered::BadRequest(_)), "a raw job is its request");
        assert!(matches!(offered(r#""payload":{"prompt":"x"}"#), Offered::Text { .. }));
        assert!(matches!(offered(r#""payload":7"#), Offered::BadRequest(_)));
        assert!(matches!(offered(r#""x":1"#), Offered::BadRequest(_)));
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused_and_the_line_stays_up() {
        let digits = "9".repeat(400);
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        for poison in [format!(r#""seed":{digits}"#), format!(r#""x":{deep}"#)] {
            let request = format!(r#"{{"messages":[{{"role":"user","content":"hi"}}],{poison}}}"#);
            let frame = format!(r#"{{"type":"job","id":"a","model":"m","payload":{{"request":{request}}}}}"#);
            let Ok(Incoming::Job(job)) = read(&frame) else { panic!("the line must stay up") };
            assert!(matches!(job.offered, Offered::BadRequest(_)), "{:.60}", poison);
        }
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
