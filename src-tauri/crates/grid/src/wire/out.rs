//! Frames that go out.

use serde::Serialize;
use serde_json::value::RawValue;
use types::{Answer, JobId, Piece, Usage};

use super::text::mended;
use crate::socket::{Done, Terminal};

/// The answer to a ping, and the sign of life in a silent stretch.
pub(crate) const PONG: &str = r#"{"type":"pong"}"#;

/// The coordinator's server drops a line on which a larger message comes.
const LARGEST: usize = 16 * 1024 * 1024;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame<'a> {
    Token { id: &'a str, delta: Delta<'a>, finish_reason: Option<&'a str> },
    Raw { id: &'a str, event: Option<&'a str>, data: &'a str },
    Done(DoneFrame<'a>),
    Error { id: &'a str, message: &'a str, client_error: bool },
}

/// One of the coordinator's four kinds. A role is its own to say.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Delta<'a> {
    Content(&'a str),
    ReasoningContent(&'a str),
    Refusal(&'a str),
    ToolCalls(&'a RawValue),
}

#[derive(Serialize)]
struct DoneFrame<'a> {
    id: &'a str,
    #[serde(flatten)]
    chat: Option<ChatEnd<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_json: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageFrame>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker_sig: Option<String>,
}

#[derive(Serialize)]
struct ChatEnd<'a> {
    full_text: &'a str,
    full_reasoning: &'a str,
    finish_reason: &'a str,
}

/// The words of the API that the customer spoke; the coordinator reads both.
#[derive(Serialize)]
#[serde(untagged)]
enum UsageFrame {
    Chat { prompt_tokens: u32, completion_tokens: u32, total_tokens: u64 },
    Raw { input_tokens: u32, output_tokens: u32 },
}

impl UsageFrame {
    fn of(answer: &Answer, Usage { prompt_tokens, completion_tokens }: Usage) -> Self {
        match answer {
            Answer::Chat { .. } => {
                let total_tokens = u64::from(prompt_tokens) + u64::from(completion_tokens);
                Self::Chat { prompt_tokens, completion_tokens, total_tokens }
            }
            Answer::Raw { .. } => Self::Raw { input_tokens: prompt_tokens, output_tokens: completion_tokens },
        }
    }
}

impl Frame<'_> {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("BUG: a frame has no keys but texts")
    }
}

/// What became of something to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// This frame.
    Frame(String),
    /// There is nothing in it.
    Nothing,
    /// It cannot be sent, for this reason.
    Unfit(&'static str),
}

/// One piece of an answer. `finish_reason` stays null here and comes with `done`.
pub(crate) fn piece(job: &JobId, piece: &Piece) -> Outgoing {
    let id = job.as_str();
    let calls;
    let delta = match piece {
        Piece::Text(text) | Piece::Reasoning(text) | Piece::Refusal(text) if text.is_empty() => {
            return Outgoing::Nothing;
        }
        Piece::Text(text) => Delta::Content(text),
        Piece::Reasoning(text) => Delta::ReasoningContent(text),
        Piece::Refusal(text) => Delta::Refusal(text),
        Piece::ToolCalls(list) => {
            calls = mended(list);
            match serde_json::from_str::<Vec<&RawValue>>(&calls) {
                Ok(fragments) if fragments.is_empty() => return Outgoing::Nothing,
                Ok(_) => Delta::ToolCalls(serde_json::from_str(&calls).expect("BUG: it was just read")),
                Err(_) => return Outgoing::Unfit("the tool calls cannot be read"),
            }
        }
        Piece::Event { name, data } => return fit(Frame::Raw { id, event: name.as_deref(), data }.text()),
    };
    fit(Frame::Token { id, delta, finish_reason: None }.text())
}

/// The last frame of a job. An answer that cannot be sent becomes an error: better none than a broken one.
pub(crate) fn terminal(terminal: &Terminal) -> String {
    match terminal {
        Terminal::Done(answer) => match done(answer) {
            Outgoing::Frame(frame) => frame,
            Outgoing::Nothing => error(&answer.job, "there is no answer", false),
            Outgoing::Unfit(why) => error(&answer.job, why, false),
        },
        Terminal::Error { job, message, client_error } => error(job, message, *client_error),
    }
}

/// No answer.
pub(crate) fn error(job: &JobId, message: &str, client_error: bool) -> String {
    Frame::Error { id: job.as_str(), message, client_error }.text()
}

fn done(done: &Done) -> Outgoing {
    let body;
    let (chat, full_json) = match &done.answer {
        Answer::Chat { text, reasoning } => {
            let finish_reason = done.reason.as_str();
            (Some(ChatEnd { full_text: text, full_reasoning: reasoning, finish_reason }), None)
        }
        Answer::Raw { body: None } => (None, None),
        Answer::Raw { body: Some(given) } => {
            body = mended(given);
            match serde_json::from_str::<&RawValue>(&body) {
                Ok(json) if json.get().starts_with('{') => (None, Some(json)),
                Ok(_) | Err(_) => return Outgoing::Unfit("the answer cannot be read"),
            }
        }
    };
    let frame = DoneFrame {
        id: done.job.as_str(),
        chat,
        full_json,
        usage: done.usage.map(|usage| UsageFrame::of(&done.answer, usage)),
        cancelled: done.cancelled.then_some(true),
        // A receipt for nothing is never accepted, and a raw answer has none.
        worker_sig: done.receipt.as_ref().filter(|_| !done.answer.text().is_empty()).map(ToString::to_string),
    };
    fit(Frame::Done(frame).text())
}

fn fit(frame: String) -> Outgoing {
    if frame.len() > LARGEST { Outgoing::Unfit("the answer is too large") } else { Outgoing::Frame(frame) }
}

#[cfg(test)]
mod tests {
    use types::FinishReason;

    use super::*;

    fn job() -> JobId {
        JobId::new("a")
    }

    fn raw(body: &str) -> String {
        terminal(&Terminal::Done(Done {
            job: job(),
            answer: Answer::Raw { body: Some(body.into()) },
            reason: FinishReason::Stop,
            usage: None,
            cancelled: false,
            receipt: None,
        }))
    }

    #[test]
    fn pieces_have_the_form_of_the_protocol() {
        let check =
            |of: Piece, expected: &str| assert_eq!(piece(&job(), &of), Outgoing::Frame(expected.into()));
        check(
            Piece::Text("é\u{1f680}\n".into()),
            "{\"type\":\"token\",\"id\":\"a\",\"delta\":{\"content\":\"é\u{1f680}\\n\"},\"finish_reason\":null}",
        );
        check(
            Piece::Reasoning("hm".into()),
            r#"{"type":"token","id":"a","delta":{"reasoning_content":"hm"},"finish_reason":null}"#,
        );
        check(
            Piece::Refusal("no".into()),
            r#"{"type":"token","id":"a","delta":{"refusal":"no"},"finish_reason":null}"#,
        );
        check(
            Piece::ToolCalls(r#"[{"index":0,"z":1.50,"a":12345678901234567890123}]"#.into()),
            r#"{"type":"token","id":"a","delta":{"tool_calls":[{"index":0,"z":1.50,"a":12345678901234567890123}]},"finish_reason":null}"#,
        );
        check(
            Piece::Event { name: Some("ping".into()), data: r#"{"b": 1,"a":"\ud83d"}"#.into() },
            r#"{"type":"raw","id":"a","event":"ping","data":"{\"b\": 1,\"a\":\"\\ud83d\"}"}"#,
        );
        check(
            Piece::Event { name: None, data: "x".into() },
            r#"{"type":"raw","id":"a","event":null,"data":"x"}"#,
        );
    }

    #[test]
    fn empty_pieces_are_not_sent() {
        for empty in [
            Piece::Text("".into()),
            Piece::Reasoning("".into()),
            Piece::Refusal("".into()),
            Piece::ToolCalls("[]".into()),
        ] {
            assert_eq!(piece(&job(), &empty), Outgoing::Nothing, "{empty:?}");
        }
    }

    #[test]
    fn half_a_character_never_leaves() {
        let Outgoing::Frame(frame) = piece(&job(), &Piece::ToolCalls(r#"[{"x":"\ud83d"}]"#.into())) else {
            panic!("a frame")
        };
        assert!(frame.contains(r#"[{"x":"\ufffd"}]"#), "{frame}");
        assert!(raw(r#"{"x":"\ude80"}"#).contains(r#"{"x":"\ufffd"}"#));
    }

    #[test]
    fn a_body_is_passed_on_as_it_is() {
        let body = r#"{ "z": 1.0, "a": 0.10, "n": 123456789012345678901234567890 }"#;
        assert_eq!(raw(body), format!(r#"{{"type":"done","id":"a","full_json":{body}}}"#));
    }

    #[test]
    fn a_receipt_is_for_a_text_and_never_for_nothing() {
        let is_signed = |answer: Answer| {
            let receipt = Some(types::Signature::test_signature());
            let (reason, usage) = (FinishReason::Stop, None);
            let done = Done { job: job(), answer, reason, usage, cancelled: false, receipt };
            terminal(&Terminal::Done(done)).contains("worker_sig")
        };
        let chat = |text: &str| Answer::Chat { text: text.into(), reasoning: "hm".into() };
        assert!(is_signed(chat(" ")));
        assert!(!is_signed(chat("")), "the coordinator's digest of nothing is none");
        assert!(!is_signed(Answer::Raw { body: None }));
        assert!(!is_signed(Answer::Raw { body: Some("{}".into()) }));
    }

    #[test]
    fn what_cannot_be_sent_becomes_an_error_in_words() {
        let is_error = |frame: &str| frame.starts_with(r#"{"type":"error","id":"a""#) && frame.len() < 200;
        for bad in ["", "no JSON", "[1]", "null", "{\"a\":"] {
            assert!(is_error(&raw(bad)), "{bad}");
        }
        assert!(
            is_error(&raw(&format!(r#"{{"x":"{}"}}"#, "x".repeat(LARGEST)))),
            "the line would be dropped"
        );
        let bad = piece(&job(), &Piece::ToolCalls("{}".into()));
        assert_eq!(bad, Outgoing::Unfit("the tool calls cannot be read"));
        let huge = piece(&job(), &Piece::Text("x".repeat(LARGEST).into()));
        assert_eq!(huge, Outgoing::Unfit("the answer is too large"));
    }
}
