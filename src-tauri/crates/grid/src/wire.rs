//! Frames: what comes in, read without trust, and what goes out.

mod out;
mod text;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use types::{ApiFormat, Ask, Den, JobId, ModelId, Private, Refusal};

use crate::chat;
pub(crate) use out::{Outgoing, PONG, error, piece, terminal};

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

/// The parts of a job that we know. Others may come along and are left unread.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    api_format: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    max_length: Option<&'a RawValue>,
    #[serde(borrow)]
    temperature: Option<&'a RawValue>,
    #[serde(borrow)]
    top_p: Option<&'a RawValue>,
}

fn offered(frame: &Envelope<'_>) -> Offered {
    // Text jobs carry no `job_type`; a media job can reach a worker that advertised its model name.
    if frame.job_type.is_some_and(|kind| part::<String>(Some(kind)).as_deref() != Some("text")) {
        return Offered::NotOurs("this worker serves text only".to_owned());
    }
    // Beyond any depth or number, or half a character: the customer's to mend, and nothing for whoever answers it.
    let payload = frame.payload.filter(|payload| text::is_reasonable(payload.get()));
    let Some(payload) = payload.and_then(|payload| serde_json::from_str(payload.get()).ok()) else {
        return Offered::BadRequest(unreadable());
    };
    let format = match api_format(&payload) {
        Some(format) => format,
        None => return Offered::NotOurs("this worker does not speak that API".to_owned()),
    };
    let model = ModelId::new(part::<String>(frame.model).unwrap_or_default());
    match ask(format, &payload) {
        Ok(ask) => Offered::Text { model, ask },
        Err(refusal) => Offered::BadRequest(refusal),
    }
}

fn api_format(payload: &Payload<'_>) -> Option<ApiFormat> {
    match payload.api_format {
        None => Some(ApiFormat::OpenAiChat),
        Some(word) => ApiFormat::parse(&part::<String>(Some(word))?),
    }
}

/// One part as it is, or null.
fn value(raw: Option<&RawValue>) -> Value {
    part(raw).unwrap_or_default()
}

/// What has to be known of a request before it is read.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
}

fn unreadable() -> Refusal {
    Refusal("the request cannot be read".to_owned())
}

fn ask(format: ApiFormat, payload: &Payload<'_>) -> Result<Ask, Refusal> {
    let request = payload.request.filter(|request| request.get().starts_with('{'));
    let known = request.map(|request| serde_json::from_str::<Request<'_>>(request.get()));
    let known = known.transpose().map_err(|_| unreadable())?;
    match (format, request, known) {
        (ApiFormat::OpenAiChat, Some(request), Some(Request { messages: Some(_), .. })) => {
            let fields = serde_json::from_str(request.get()).map_err(|_| unreadable())?;
            let read = chat::faithful(&fields, &value(payload.max_length));
            Ok(Ask::Chat { read, body: Private::from(request.get()) })
        }
        (ApiFormat::OpenAiChat, _, _) => chat::flat(
            &value(payload.prompt),
            &value(payload.max_length),
            &value(payload.temperature),
            &value(payload.top_p),
        ),
        (ApiFormat::OpenAiResponses | ApiFormat::Anthropic, Some(request), Some(known)) => {
            let stream = part::<bool>(known.stream).unwrap_or(false);
            Ok(Ask::Raw { format, body: Private::from(request.get()), stream })
        }
        (ApiFormat::OpenAiResponses | ApiFormat::Anthropic, _, _) => {
            Err(Refusal("the job has no request".to_owned()))
        }
    }
}

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
    fn a_request_is_passed_on_as_it_was_written() {
        let request =
            r#"{ "z":1.50, "messages":[{"role":"user","content":"\u00e9\/"}], "a":12345678901234567890123 }"#;
        for format in ApiFormat::ALL {
            let payload =
                format!(r#"{{"later":{{"x":[1]}},"api_format":"{}","request":{request}}}"#, format.as_str());
            let frame = format!(r#"{{"type":"job","id":"a","model":"m","payload":{payload}}}"#);
            let Ok(Incoming::Job(job)) = read(&frame) else { panic!("a job") };
            match job.offered {
                Offered::Text { ask: Ask::Chat { body, .. } | Ask::Raw { body, .. }, .. } => {
                    assert_eq!(&*body, request, "{format:?}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_request_that_cannot_be_read_is_refused_and_the_line_stays_up() {
        let digits = "9".repeat(400);
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let many = format!(r#""x":[{}1]"#, "1,".repeat(600_000));
        let half = r#""x":"\ud83d""#.to_owned();
        for poison in [format!(r#""seed":{digits}"#), format!(r#""x":{deep}"#), many, half] {
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
