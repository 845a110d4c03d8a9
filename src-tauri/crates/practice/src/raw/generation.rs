//! One attempt at a raw job as the frames tell it: pure. What the events say is not read.

use serde_json::{Map, Value};
use types::{Den, Sha256};

use super::request::{DIGESTED, digest};
use crate::python::{dumps, int, truthy};
use crate::relay::{Fault, RawEvent};

/// What a frame inside a raw job means. It may quote an answer, so it cannot be printed.
pub(crate) enum RawHeard {
    /// A pong or something unknown.
    Nothing,
    /// An event: it goes to the customer unchanged.
    Event(RawEvent),
    /// The answer is complete. An empty one counts, too.
    Done(Box<RawAnswer>),
    /// There will be no answer, in the worker's words.
    Failed { message: String, fault: Fault },
    /// No frame of this protocol: the connection drops.
    Garbled,
}

/// A complete answer as the worker gave it.
pub(crate) struct RawAnswer {
    /// The whole body, for a customer who did not want a stream.
    pub(crate) body: Value,
    pub(crate) result_hash: Sha256,
    output_tokens: i64,
    input_tokens: i64,
}

impl RawAnswer {
    /// The paid tokens: what the worker says, within what the customer asked for.
    pub(crate) fn output(&self, max_length: u64) -> i64 {
        self.output_tokens.min(i64::try_from(max_length).unwrap_or(i64::MAX))
    }

    /// What it earns: the worker's own figures count, within the budget and the advertised context.
    pub(crate) fn den(&self, model: &str, max_length: u64, max_context_length: u64) -> Den {
        let prompt = u64::try_from(self.input_tokens).unwrap_or(0).min(max_context_length);
        Den::for_text(self.output(max_length), prompt, model)
    }
}

/// What has come so far.
#[derive(Default)]
pub(crate) struct RawGeneration {
    /// The beginning of all data, for the digest.
    data: String,
    events: u32,
}

impl RawGeneration {
    /// How many events came.
    pub(crate) const fn events(&self) -> u32 {
        self.events
    }

    /// Takes the next frame in.
    pub(crate) fn hear(&mut self, frame: &Map<String, Value>) -> RawHeard {
        match frame.get("type").and_then(Value::as_str) {
            Some("raw") => self.event(frame),
            Some("done") => self.done(frame),
            Some("error") => error(frame),
            _ => RawHeard::Nothing,
        }
    }

    fn event(&mut self, frame: &Map<String, Value>) -> RawHeard {
        let data = match frame.get("data") {
            None => String::new(),
            Some(Value::String(data)) => data.clone(),
            Some(_) => return RawHeard::Garbled,
        };
        self.events += 1;
        if self.data.len() < DIGESTED * char::MAX.len_utf8() {
            self.data.push_str(&data);
        }
        let event = frame.get("event").filter(|event| truthy(event));
        let event = event.map(|event| event.as_str().map_or_else(|| event.to_string(), str::to_owned));
        RawHeard::Event(RawEvent { event, data })
    }

    fn done(&self, frame: &Map<String, Value>) -> RawHeard {
        let empty = || Value::Object(Map::new());
        let body = frame.get("full_json").filter(|body| truthy(body)).cloned().unwrap_or_else(empty);
        let usage = frame.get("usage");
        let (Some(output_tokens), Some(input_tokens)) = (
            count(usage, ["output_tokens", "completion_tokens"]),
            count(usage, ["input_tokens", "prompt_tokens"]),
        ) else {
            return RawHeard::Garbled;
        };
        let result_hash = if self.events > 0 { digest(&self.data) } else { digest(&dumps(&body)) };
        RawHeard::Done(Box::new(RawAnswer { body, result_hash, output_tokens, input_tokens }))
    }
}

/// The first of these fields that says something; 0 if none does, `None` if it is no number.
fn count(usage: Option<&Value>, fields: [&str; 2]) -> Option<i64> {
    let said = fields.iter().find_map(|field| usage?.get(field).filter(|value| truthy(value)));
    said.map_or(Some(0), int)
}

fn error(frame: &Map<String, Value>) -> RawHeard {
    let message = frame.get("message").and_then(Value::as_str).unwrap_or("Worker error").to_owned();
    let blamed = frame.get("client_error").is_some_and(truthy);
    RawHeard::Failed { message, fault: if blamed { Fault::Customer } else { Fault::Worker } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(frames: &[Value]) -> Option<RawAnswer> {
        let mut generation = RawGeneration::default();
        frames.iter().find_map(|frame| match generation.hear(frame.as_object().expect("an object")) {
            RawHeard::Done(answer) => Some(*answer),
            _ => None,
        })
    }

    fn done(usage: Value) -> Value {
        json!({"type": "done", "usage": usage})
    }

    #[test]
    fn the_workers_own_figures_are_paid_within_the_budget_and_the_context() {
        let check = |usage: Value, output: i64, den: u64| {
            let answer = answer(&[done(usage.clone())]).expect("an answer");
            assert_eq!(answer.output(1000), output, "{usage}");
            assert_eq!(answer.den("m", 1000, 2048), Den::from_hundredths(den), "{usage}");
        };
        check(json!({"output_tokens": 500, "input_tokens": 1024}), 500, 880);
        check(json!({"completion_tokens": 500, "prompt_tokens": 1024}), 500, 880);
        check(json!({"output_tokens": 5000, "input_tokens": 1024}), 1000, 1760);
        check(json!({"output_tokens": 500, "input_tokens": 99_999}), 500, 1360);
        check(json!({}), 0, 10);
        check(Value::Null, 0, 10);
        check(json!({"output_tokens": "7"}), 7, 10);
        assert!(answer(&[done(json!({"output_tokens": "many"}))]).is_none(), "Python gives up on that");
    }

    #[test]
    fn an_event_keeps_its_bytes_and_an_empty_answer_counts() {
        let mut generation = RawGeneration::default();
        let mut hear = |frame: Value| generation.hear(frame.as_object().expect("an object"));
        let RawHeard::Event(event) = hear(json!({"type": "raw", "event": "e", "data": "{ \"a\":1 }"})) else {
            panic!("an event")
        };
        assert_eq!((event.event.as_deref(), event.data.as_str()), (Some("e"), "{ \"a\":1 }"));
        let RawHeard::Event(event) = hear(json!({"type": "raw", "event": null})) else { panic!("an event") };
        assert_eq!((event.event, event.data.as_str()), (None, ""));
        assert!(matches!(hear(json!({"type": "raw", "data": {}})), RawHeard::Garbled));
        assert!(matches!(hear(json!({"type": "token", "delta": {}})), RawHeard::Nothing));
        let empty = answer(&[json!({"type": "done"})]).expect("an answer");
        assert_eq!((empty.body, empty.result_hash), (json!({}), Sha256::of("{}")));
    }

    #[test]
    fn whose_fault_an_error_is_is_up_to_the_worker() {
        let hear = |frame: Value| RawGeneration::default().hear(frame.as_object().expect("an object"));
        let check = |frame: Value, words: &str, expected: Fault| match hear(frame) {
            RawHeard::Failed { message, fault } => assert_eq!((message.as_str(), fault), (words, expected)),
            _ => panic!("a failure"),
        };
        check(json!({"type": "error"}), "Worker error", Fault::Worker);
        check(json!({"type": "error", "message": "bad", "client_error": 1}), "bad", Fault::Customer);
    }
}
