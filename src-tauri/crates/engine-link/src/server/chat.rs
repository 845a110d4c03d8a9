//! What one event of a chat stream says.

use serde::Deserialize;
use serde_json::Value;
use types::{FinishReason, Piece, Private, Usage};

use super::usage;

/// What an event brought.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    /// Pieces of the answer, in order.
    pub(crate) pieces: Vec<Piece>,
    /// Why it ended, once it has.
    pub(crate) finish: Option<FinishReason>,
    /// What it cost, usually at the very end.
    pub(crate) usage: Option<Usage>,
}

/// An event that ends the answer as a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChatFault {
    /// Not a chunk of a chat.
    Garbled,
    /// The server says that the request is bad; its words.
    Refused(String),
    /// The server says that it failed.
    Failed,
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    index: Option<u64>,
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    reasoning_content: Option<String>,
    // What some servers call the same.
    reasoning: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Value>>,
}

/// Reads the data of one event.
pub(crate) fn read(data: &str) -> Result<Said, ChatFault> {
    let chunk: Chunk = serde_json::from_str(data).map_err(|_| ChatFault::Garbled)?;
    if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
        return Err(complaint(&error));
    }
    if chunk.choices.is_none() && chunk.usage.is_none() {
        return Err(ChatFault::Garbled);
    }
    let mut said = Said { usage: chunk.usage.as_ref().and_then(usage::read), ..Said::default() };
    for choice in chunk.choices.unwrap_or_default() {
        // Further choices have no place in the coordinator's protocol.
        if choice.index.unwrap_or_default() != 0 {
            continue;
        }
        said.pieces.extend(choice.delta.map(pieces).unwrap_or_default());
        if let Some(word) = choice.finish_reason {
            said.finish = Some(finish(&word)?);
        }
    }
    Ok(said)
}

/// Empty ones are left out: the coordinator writes the role itself.
fn pieces(delta: Delta) -> Vec<Piece> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty()).map(Private::from);
    let calls = delta.tool_calls.filter(|calls| !calls.is_empty());
    let calls = calls.map(|calls| Private::from(Value::Array(calls).to_string()));
    let reasoning = text(delta.reasoning_content).or_else(|| text(delta.reasoning));
    let pieces = [
        reasoning.map(Piece::Reasoning),
        text(delta.content).map(Piece::Text),
        calls.map(Piece::ToolCalls),
        text(delta.refusal).map(Piece::Refusal),
    ];
    pieces.into_iter().flatten().collect()
}

fn finish(word: &str) -> Result<FinishReason, ChatFault> {
    match word {
        "length" | "max_tokens" | "model_length" => Ok(FinishReason::Length),
        "tool_calls" | "function_call" => Ok(FinishReason::ToolCalls),
        "content_filter" => Ok(FinishReason::ContentFilter),
        // What vLLM and SGLang write when they give an answer up.
        "abort" | "error" => Err(ChatFault::Failed),
        _ => Ok(FinishReason::Stop),
    }
}

/// An error inside a stream that has begun: its number tells whose fault it is, where it has one.
fn complaint(error: &Value) -> ChatFault {
    match error["code"].as_u64().or_else(|| error["code"].as_str()?.parse().ok()) {
        Some(400 | 413 | 422) => ChatFault::Refused(error["message"].as_str().unwrap_or_default().to_owned()),
        Some(_) | None => ChatFault::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expected: Result<Said, ChatFault>) {
        assert_eq!(read(data), expected, "{data}");
    }

    fn pieces(pieces: Vec<Piece>) -> Result<Said, ChatFault> {
        Ok(Said { pieces, ..Said::default() })
    }

    #[test]
    fn deltas_become_pieces_and_empty_ones_nothing() {
        let delta =
            |delta: &str| format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#);
        check(&delta(r#"{"content":"Hel"}"#), pieces(vec![Piece::Text("Hel".into())]));
        check(&delta(r#"{"reasoning_content":"hm"}"#), pieces(vec![Piece::Reasoning("hm".into())]));
        check(&delta(r#"{"reasoning":"hm"}"#), pieces(vec![Piece::Reasoning("hm".into())]));
        check(
            &delta(r#"{"reasoning":"hm","reasoning_content":"hm"}"#),
            pieces(vec![Piece::Reasoning("hm".into())]),
        );
        check(&delta(r#"{"refusal":"I will not"}"#), pieces(vec![Piece::Refusal("I will not".into())]));
        check(
            &delta(r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\""}}]}"#),
            pieces(vec![Piece::ToolCalls(
                r#"[{"function":{"arguments":"{\"","name":"f"},"id":"a","index":0}]"#.into(),
            )]),
        );
        for empty in [
            r#"{"role":"assistant","content":null}"#,
            r#"{"role":"assistant","content":""}"#,
            "{}",
            "null",
            r#"{"tool_calls":[]}"#,
        ] {
            check(&delta(empty), pieces(vec![]));
        }
        check(r#"{"choices":[{"index":1,"delta":{"content":"second choice"}}]}"#, pieces(vec![]));
        check(r#"{"choices":[]}"#, pieces(vec![]));
    }

    #[test]
    fn ends_and_costs_are_read() {
        for (word, expected) in [
            ("stop", FinishReason::Stop),
            ("length", FinishReason::Length),
            ("tool_calls", FinishReason::ToolCalls),
            ("content_filter", FinishReason::ContentFilter),
            ("eos", FinishReason::Stop),
        ] {
            let data = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{word}"}}]}}"#);
            check(&data, Ok(Said { finish: Some(expected), ..Said::default() }));
        }
        let usage = Some(Usage { prompt_tokens: 9, completion_tokens: 2 });
        let data = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
        check(data, Ok(Said { usage, ..Said::default() }));
        check(r#"{"choices":[],"usage":null}"#, pieces(vec![]));
    }

    #[test]
    fn what_is_no_chunk_is_garbled_and_errors_are_told_apart() {
        for garbled in [
            "",
            "hello",
            "7",
            "{}",
            "[]",
            r#"{"choices":7}"#,
            r#"{"choices":[{"delta":{"content":7}}]}"#,
            r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"\udc00"}}]}}]}"#,
            &"[".repeat(100_000),
        ] {
            check(garbled, Err(ChatFault::Garbled));
        }
        check(r#"{"error":{"code":500,"message":"cuda"}}"#, Err(ChatFault::Failed));
        check(r#"{"error":"boom"}"#, Err(ChatFault::Failed));
        check(r#"{"error":{"code":400,"message":"no"}}"#, Err(ChatFault::Refused("no".into())));
        check(r#"{"choices":[{"finish_reason":"abort"}]}"#, Err(ChatFault::Failed));
    }
}
