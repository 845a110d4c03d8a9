//! A customer's chat request: its shape, its defaults, its prompt. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::error::ApiError;

mod seed;
mod shape;

pub(crate) use seed::Seed;
use shape::shape_faults;
pub(crate) use shape::{no_json, wrong};

/// The most characters of all messages together.
const MOST_CHARACTERS: usize = 200_000;
/// The most output tokens, and how many there are when the customer names none.
const MOST_TOKENS: u64 = 32_768;
/// A field with a number of any size, which [`Value`] cannot hold.
const SEED: &str = "seed";

/// A request in good shape. It holds a prompt, so it cannot be printed.
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) max_tokens: u64,
    pub(crate) prompt: String,
    seed: Option<Seed>,
    /// The customer's body with the defaults filled in, but for a seed.
    body: Map<String, Value>,
}

impl ChatRequest {
    /// Checks a body's shape and size, and fills the defaults in.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let raw: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(bytes).map_err(|error| no_object(bytes, &error))?;
        let body = values(&raw).map_err(|error| ApiError::Shape(vec![no_json(&error)]))?;
        let seed = raw.get(SEED).filter(|seed| seed.get() != "null");
        let faults = shape_faults(&body, seed.map(AsRef::as_ref));
        if !faults.is_empty() {
            return Err(ApiError::Shape(faults));
        }
        Self::filled(body, seed.and_then(|seed| Seed::read(seed)))
    }

    fn filled(body: Map<String, Value>, seed: Option<Seed>) -> Result<Self, ApiError> {
        let mut body: Map<String, Value> = without_nulls(body);
        body.remove(SEED);
        body.entry("max_tokens").or_insert_with(|| MOST_TOKENS.into());
        body.entry("stream").or_insert(Value::Bool(false));
        body.entry("n").or_insert_with(|| 1.into());
        for (field, usual) in [("temperature", 0.7), ("top_p", 0.9)] {
            let value = body.get(field).and_then(Value::as_f64).unwrap_or(usual);
            body.insert(field.to_owned(), value.into());
        }
        if body.get("tools").is_some_and(|tools| tools.as_array().is_some_and(Vec::is_empty)) {
            body.remove("tools");
        }
        let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let size: usize = messages.iter().map(|message| content(message).chars().count()).sum();
        if size > MOST_CHARACTERS {
            return Err(ApiError::TooLarge(size));
        }
        Ok(Self {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"] == true,
            max_tokens: body["max_tokens"].as_u64().unwrap_or(MOST_TOKENS),
            prompt: flattened(messages),
            seed,
            body,
        })
    }

    /// The seed the customer chose.
    pub(crate) const fn seed(&self) -> Option<&Seed> {
        self.seed.as_ref()
    }

    /// The payload of a job frame.
    pub(crate) fn payload(mut self, model: &str, seed: &Seed) -> Box<RawValue> {
        self.body.insert("model".to_owned(), model.into());
        let payload = Payload {
            temperature: self.body["temperature"].clone(),
            top_p: self.body["top_p"].clone(),
            request: Request { body: self.body, seed },
            api_format: "openai-chat",
            prompt: self.prompt,
            max_length: self.max_tokens,
        };
        to_raw_value(&payload).expect("BUG: what was read as JSON can be written as JSON")
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    request: Request<'a>,
    api_format: &'static str,
    prompt: String,
    max_length: u64,
    temperature: Value,
    top_p: Value,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(flatten)]
    body: Map<String, Value>,
    seed: &'a Seed,
}

/// The fault of a body that is no object: either another kind of JSON, or none.
fn no_object(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    let words = "Input should be a valid dictionary or object to extract fields from";
    ApiError::Shape(vec![match serde_json::from_slice::<Value>(bytes) {
        Ok(body) if !body.is_object() => wrong("model_attributes_type", &["body".into()], words, &body),
        _ => no_json(error),
    }])
}

/// The fields as values. A seed may not fit one: it is read on its own, and here only echoed in faults.
fn values(raw: &BTreeMap<String, Box<RawValue>>) -> Result<Map<String, Value>, serde_json::Error> {
    raw.iter()
        .map(|(field, raw)| match serde_json::from_str(raw.get()) {
            Err(_) if field == SEED => Ok((field.clone(), Value::Null)),
            value => value.map(|value| (field.clone(), value)),
        })
        .collect()
}

/// Fields that are null are dropped, at the top and in each message.
fn without_nulls(body: Map<String, Value>) -> Map<String, Value> {
    let filled = |object: Map<String, Value>| object.into_iter().filter(|(_, value)| !value.is_null());
    filled(body)
        .map(|(field, value)| match (field.as_str(), value) {
            ("messages", Value::Array(messages)) => {
                let messages = messages.into_iter().map(|message| match message {
                    Value::Object(message) => Value::Object(filled(message).collect()),
                    other => other,
                });
                (field, messages.collect())
            }
            (_, value) => (field, value),
        })
        .collect()
}

/// The flattened copy of a conversation; only its words are counted.
fn flattened(messages: &[Value]) -> String {
    let mut lines: Vec<String> = messages
        .iter()
        .map(|message| {
            let text = content(message);
            match message["role"].as_str().unwrap_or_default() {
                "user" => format!("User: {text}"),
                "assistant" => format!("Assistant: {text}"),
                "tool" => format!("Tool: {text}"),
                _ => text,
            }
        })
        .collect();
    lines.push("Assistant:".to_owned());
    lines.join("\n")
}

/// The text of a message: its content, or the text parts of it.
fn content(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: Value) -> Result<ChatRequest, ApiError> {
        ChatRequest::parse(body.to_string().as_bytes())
    }

    #[test]
    fn defaults_are_filled_in_and_nulls_dropped() {
        let request = parse(json!({"model": "m", "tools": [], "stop": null, "top_k": 40, "temperature": 0,
            "messages": [{"role": "system", "content": "Be terse."}, {"role": "assistant", "content": null,
            "tool_calls": []}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}]}))
        .expect("a good request");
        let payload = request.payload("m", &Seed::drawn(7));
        let payload: Value = serde_json::from_str(payload.get()).expect("JSON");
        assert_eq!(payload["prompt"], "Be terse.\nAssistant: \nUser: hi\nAssistant:");
        let expected = json!({"model": "m", "temperature": 0.0, "top_p": 0.9, "max_tokens": 32768, "stream": false,
            "n": 1, "seed": 7, "top_k": 40, "messages": [{"role": "system", "content": "Be terse."},
            {"role": "assistant", "tool_calls": []}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}]});
        assert_eq!(payload["request"], expected);
    }

    #[test]
    fn shapes_are_refused_in_the_coordinators_words() {
        let check = |change: Value, field: &str, kind: &str| {
            let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
            for (name, value) in change.as_object().expect("an object") {
                body[name] = value.clone();
            }
            match parse(body) {
                Err(ApiError::Shape(faults)) => {
                    assert_eq!(
                        (faults[0]["loc"][1].as_str(), faults[0]["type"].as_str()),
                        (Some(field), Some(kind))
                    );
                }
                other => panic!("{change}: {:?}", other.map(|_| "accepted")),
            }
        };
        check(json!({"max_tokens": 99999}), "max_tokens", "less_than_equal");
        check(json!({"max_tokens": 0}), "max_tokens", "greater_than_equal");
        check(json!({"temperature": 2.1}), "temperature", "less_than_equal");
        check(json!({"n": 5}), "n", "less_than_equal");
        check(json!({"messages": "x"}), "messages", "list_type");
        check(json!({"messages": [{"role": "king"}]}), "messages", "literal_error");
        check(json!({"seed": 1.5}), "seed", "int_type");
        check(json!({"model": 3}), "model", "string_type");
        check(json!({"tools": {"x": 1}}), "tools", "list_type");
        check(json!({"response_format": "json"}), "response_format", "dict_type");
        check(json!({"stop": 5}), "stop", "string_type");
    }

    #[test]
    fn a_text_or_a_list_that_is_neither_has_a_fault_for_each() {
        let check = |body: Value, expected: Value| {
            let places: Vec<Value> = match parse(body) {
                Err(ApiError::Shape(faults)) => {
                    faults.iter().map(|fault| json!([fault["type"], fault["loc"]])).collect()
                }
                other => panic!("{expected}: {:?}", other.map(|_| "accepted")),
            };
            assert_eq!(Value::from(places), expected);
        };
        let said = |content: Value| json!({"model": "m", "messages": [{"role": "user", "content": content}]});
        check(
            said(json!(5)),
            json!([
                ["string_type", ["body", "messages", 0, "content", "str"]],
                ["list_type", ["body", "messages", 0, "content", "list[dict]"]]
            ]),
        );
        check(
            said(json!([{"type": "text", "text": "x"}, "y"])),
            json!([
                ["string_type", ["body", "messages", 0, "content", "str"]],
                ["dict_type", ["body", "messages", 0, "content", "list[dict]", 1]]
            ]),
        );
        let mut stop = said(json!("x"));
        stop["stop"] = json!(["a", 5]);
        check(
            stop,
            json!([
                ["string_type", ["body", "stop", "str"]],
                ["string_type", ["body", "stop", "list[str]", 1]]
            ]),
        );
    }

    #[test]
    fn what_fits_is_accepted() {
        for content in [json!("x"), json!(null), json!([]), json!([{"type": "text", "text": "x"}])] {
            let body = json!({"model": "m", "messages": [{"role": "user", "content": content}], "stop": ["a"],
                "tools": [{}], "response_format": {"type": "text"}});
            assert!(parse(body).is_ok(), "{content}");
        }
        assert!(parse(json!({"model": "m", "messages": [{"role": "user"}], "stop": "a"})).is_ok());
    }

    #[test]
    fn a_seed_is_any_integer_and_keeps_its_digits() {
        let huge = "9".repeat(400);
        for seed in ["0", "-1", "18446744073709551616", "-9223372036854775809", huge.as_str()] {
            let body = format!(r#"{{"model": "m", "messages": [], "seed": {seed}}}"#);
            let request = ChatRequest::parse(body.as_bytes()).expect("an integer");
            let seed_read = request.seed().cloned().expect("given");
            let payload = request.payload("m", &seed_read);
            assert!(payload.get().contains(&format!(r#""seed":{seed}}}"#)), "{seed}");
        }
        for seed in ["1.0", "1e3", "1E3", "-0.5", "1e400", r#""7""#, "true", "[1]"] {
            let body = format!(r#"{{"model": "m", "messages": [], "seed": {seed}}}"#);
            match ChatRequest::parse(body.as_bytes()) {
                Err(ApiError::Shape(faults)) => assert_eq!(faults[0]["type"], "int_type", "{seed}"),
                other => panic!("{seed}: {:?}", other.map(|_| "accepted")),
            }
        }
        let none = ChatRequest::parse(br#"{"model": "m", "messages": [], "seed": null}"#).expect("no seed");
        assert!(none.seed().is_none());
    }

    #[test]
    fn a_body_that_is_no_object_is_told_apart_from_no_json() {
        for (body, kind) in [("[1]", "model_attributes_type"), ("{", "json_invalid"), ("", "json_invalid")] {
            match ChatRequest::parse(body.as_bytes()) {
                Err(ApiError::Shape(faults)) => assert_eq!(faults[0]["type"], kind, "{body}"),
                other => panic!("{body}: {:?}", other.map(|_| "accepted")),
            }
        }
    }
}
