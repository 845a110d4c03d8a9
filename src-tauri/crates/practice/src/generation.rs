//! One attempt at a text job as the frames tell it: pure.
//!
//! The ids in the frames are not looked at: whatever comes while a job is open belongs to it.

use std::fmt;

use serde_json::{Map, Value};

/// What a frame inside a job means.
#[derive(PartialEq)]
pub(crate) enum Heard {
    /// A pong or something unknown.
    Nothing,
    /// A token: its delta goes to the customer unchanged.
    Token { delta: Value, finish_reason: Option<String> },
    /// The answer is complete.
    Answer(Box<Answer>),
    /// The worker ended without an answer; an empty `done` counts as that too.
    Failed,
    /// The worker says the request is bad, in these words.
    ClientError(String),
    /// No frame of this protocol: the connection drops.
    Garbled,
}

// No part of an answer may be printed, and a worker's words may quote one.
impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Token { .. } => f.write_str("Token"),
            Self::Answer(answer) => answer.fmt(f),
            Self::Failed => f.write_str("Failed"),
            Self::ClientError(_) => f.write_str("ClientError"),
            Self::Garbled => f.write_str("Garbled"),
        }
    }
}

/// A complete answer as the worker gave it.
#[derive(Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: Vec<Value>,
    pub(crate) finish_reason: String,
    pub(crate) usage: Option<Value>,
    pub(crate) worker_sig: Option<String>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.text.len() + self.reasoning.len();
        f.debug_struct("Answer").field("bytes", &bytes).finish_non_exhaustive()
    }
}

impl Answer {
    /// The completion tokens the worker reported, if it is a whole number.
    pub(crate) fn reported(&self) -> Option<i64> {
        self.usage.as_ref()?.get("completion_tokens")?.as_i64()
    }
}

/// What has come so far. It cannot be printed.
#[derive(Default)]
pub(crate) struct Generation {
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    frames: u32,
    finish_reason: Option<String>,
}

impl Generation {
    /// How many token frames came.
    pub(crate) const fn frames(&self) -> u32 {
        self.frames
    }

    /// Takes the next frame in.
    pub(crate) fn hear(&mut self, frame: &Map<String, Value>) -> Heard {
        match frame.get("type").and_then(Value::as_str) {
            Some("token") => self.token(frame),
            Some("done") => self.done(frame),
            Some("error") => error(frame),
            _ => Heard::Nothing,
        }
    }

    fn token(&mut self, frame: &Map<String, Value>) -> Heard {
        let Some(delta) = delta_of(frame) else { return Heard::Garbled };
        self.frames += 1;
        self.text.push_str(str_of(delta.get("content")));
        self.reasoning.push_str(str_of(delta.get("reasoning_content")));
        for fragment in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            merge(&mut self.tool_calls, fragment);
        }
        let finish_reason = non_empty(frame.get("finish_reason"));
        if finish_reason.is_some() {
            self.finish_reason.clone_from(&finish_reason);
        }
        Heard::Token { delta: Value::Object(delta), finish_reason }
    }

    fn done(&mut self, frame: &Map<String, Value>) -> Heard {
        let text = non_empty(frame.get("full_text")).unwrap_or_else(|| std::mem::take(&mut self.text));
        let reasoning =
            non_empty(frame.get("full_reasoning")).unwrap_or_else(|| std::mem::take(&mut self.reasoning));
        let something = !text.trim().is_empty()
            || !reasoning.trim().is_empty()
            || !self.tool_calls.is_empty()
            || self.frames > 0;
        if !something && frame.get("cancelled") != Some(&Value::Bool(true)) {
            return Heard::Failed;
        }
        let usual = if self.tool_calls.is_empty() { "stop" } else { "tool_calls" };
        let finish_reason = non_empty(frame.get("finish_reason"))
            .or_else(|| self.finish_reason.take())
            .unwrap_or_else(|| usual.to_owned());
        Heard::Answer(Box::new(Answer {
            text,
            reasoning,
            tool_calls: self.tool_calls.iter().map(ToolCall::to_json).collect(),
            finish_reason,
            usage: frame
                .get("usage")
                .filter(|usage| usage.as_object().is_some_and(|u| !u.is_empty()))
                .cloned(),
            worker_sig: non_empty(frame.get("worker_sig")),
        }))
    }
}

fn error(frame: &Map<String, Value>) -> Heard {
    if frame.get("client_error") == Some(&Value::Bool(true)) {
        let message = non_empty(frame.get("message")).unwrap_or_else(|| "Bad request".to_owned());
        return Heard::ClientError(message);
    }
    Heard::Failed
}

/// The delta of a token frame; the older form with `text` and `reasoning` still works.
fn delta_of(frame: &Map<String, Value>) -> Option<Map<String, Value>> {
    match frame.get("delta") {
        Some(Value::Object(delta)) => Some(delta.clone()),
        Some(Value::Null) | None => {
            let reasoning = frame.get("reasoning") == Some(&Value::Bool(true));
            let field = if reasoning { "reasoning_content" } else { "content" };
            Some(Map::from_iter([(field.to_owned(), Value::from(str_of(frame.get("text"))))]))
        }
        Some(_) => None,
    }
}

fn str_of(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn non_empty(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

struct ToolCall {
    index: u64,
    id: String,
    kind: String,
    name: String,
    arguments: String,
}

impl ToolCall {
    fn to_json(&self) -> Value {
        serde_json::json!({
            "id": self.id,
            "type": self.kind,
            "function": {"name": self.name, "arguments": self.arguments},
        })
    }
}

/// Fragments are merged by index: id and type overwrite, name and arguments are appended.
fn merge(calls: &mut Vec<ToolCall>, fragment: &Value) {
    let index = fragment.get("index").and_then(Value::as_u64).unwrap_or(0);
    let place = calls.iter().position(|call| call.index == index).unwrap_or_else(|| {
        calls.push(ToolCall {
            index,
            id: String::new(),
            kind: "function".to_owned(),
            name: String::new(),
            arguments: String::new(),
        });
        calls.len() - 1
    });
    let call = &mut calls[place];
    if let Some(id) = non_empty(fragment.get("id")) {
        call.id = id;
    }
    if let Some(kind) = non_empty(fragment.get("type")) {
        call.kind = kind;
    }
    let function = fragment.get("function");
    call.name.push_str(str_of(function.and_then(|function| function.get("name"))));
    call.arguments.push_str(str_of(function.and_then(|function| function.get("arguments"))));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hear(generation: &mut Generation, frame: Value) -> Heard {
        generation.hear(frame.as_object().expect("an object"))
    }

    fn answer(frames: &[Value]) -> Option<Answer> {
        let mut generation = Generation::default();
        frames.iter().find_map(|frame| match hear(&mut generation, frame.clone()) {
            Heard::Answer(answer) => Some(*answer),
            _ => None,
        })
    }

    #[test]
    fn the_full_text_wins_over_the_tokens_unless_it_is_empty() {
        let token = json!({"type": "token", "delta": {"content": "ab"}});
        let given = answer(&[token.clone(), json!({"type": "done", "full_text": "abc"})]).expect("an answer");
        assert_eq!(given.text, "abc");
        let joined = answer(&[token, json!({"type": "done", "full_text": ""})]).expect("an answer");
        assert_eq!((joined.text.as_str(), joined.finish_reason.as_str()), ("ab", "stop"));
    }

    #[test]
    fn an_empty_done_is_a_failure_unless_cancelled() {
        let mut fresh = Generation::default();
        assert_eq!(hear(&mut fresh, json!({"type": "done", "full_text": "  "})), Heard::Failed);
        assert!(answer(&[json!({"type": "done", "cancelled": true})]).is_some());
        let blank_token = json!({"type": "token", "delta": {"content": ""}});
        assert!(answer(&[blank_token, json!({"type": "done"})]).is_some(), "a token frame is enough");
    }

    #[test]
    fn tool_fragments_are_merged_by_index() {
        let call = |fragment: Value| json!({"type": "token", "delta": {"tool_calls": [fragment]}});
        let given = answer(&[
            call(json!({"index": 0, "id": "a", "function": {"name": "sum", "arguments": "{\"x\""}})),
            call(json!({"index": 0, "function": {"arguments": ":1}"}})),
            json!({"type": "done"}),
        ])
        .expect("an answer");
        assert_eq!(given.tool_calls[0]["function"], json!({"name": "sum", "arguments": "{\"x\":1}"}));
        assert_eq!(given.finish_reason, "tool_calls");
    }

    #[test]
    fn no_answer_is_printed() {
        let mut generation = Generation::default();
        for frame in [
            json!({"type": "token", "delta": {"content": "canary"}, "finish_reason": "canary"}),
            json!({"type": "error", "message": "canary", "client_error": true}),
            json!({"type": "done", "full_text": "canary", "full_reasoning": "canary", "usage": {"canary": 1},
                "finish_reason": "canary", "worker_sig": "canary"}),
        ] {
            let heard = hear(&mut generation, frame);
            assert!(!format!("{heard:?}").contains("canary"), "{heard:?}");
        }
    }

    #[test]
    fn frames_that_are_no_tokens_are_told_apart() {
        let mut generation = Generation::default();
        assert_eq!(hear(&mut generation, json!({"type": "pong"})), Heard::Nothing);
        assert_eq!(hear(&mut generation, json!({"type": "token", "delta": "text"})), Heard::Garbled);
        let client = json!({"type": "error", "message": "too long", "client_error": true});
        assert_eq!(hear(&mut generation, client), Heard::ClientError("too long".into()));
        assert_eq!(hear(&mut generation, json!({"type": "error", "message": "oops"})), Heard::Failed);
        let legacy = hear(&mut generation, json!({"type": "token", "text": "x", "reasoning": true}));
        assert_eq!(legacy, Heard::Token { delta: json!({"reasoning_content": "x"}), finish_reason: None });
    }
}
