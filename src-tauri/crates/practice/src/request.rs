//! A customer's chat request: its shape, its defaults, its prompt. Pure.

use serde_json::{Map, Value, json};

use crate::error::ApiError;

mod shape;

use shape::{no_json, shape_faults, wrong};

/// The most characters of all messages together.
const MOST_CHARACTERS: usize = 200_000;
/// The most output tokens, and how many there are when the customer names none.
const MOST_TOKENS: u64 = 32_768;

/// A request in good shape.
#[derive(Debug)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) max_tokens: u64,
    pub(crate) prompt: String,
    /// The customer's body with the defaults filled in, but for a seed.
    body: Map<String, Value>,
}

impl ChatRequest {
    /// Checks a body's shape and size, and fills the defaults in.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let body: Value =
            serde_json::from_slice(bytes).map_err(|error| ApiError::Shape(vec![no_json(&error)]))?;
        let Value::Object(body) = body else {
            return Err(ApiError::Shape(vec![wrong(
                "model_attributes_type",
                &["body".into()],
                "Input should be a valid dictionary or object to extract fields from",
                &body,
            )]));
        };
        let faults = shape_faults(&body);
        if !faults.is_empty() {
            return Err(ApiError::Shape(faults));
        }
        Self::filled(body)
    }

    fn filled(body: Map<String, Value>) -> Result<Self, ApiError> {
        let mut body: Map<String, Value> = without_nulls(body);
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
            body,
        })
    }

    /// The seed the customer chose.
    pub(crate) fn seed(&self) -> Option<&Value> {
        self.body.get("seed")
    }

    /// The payload of a job frame.
    pub(crate) fn into_payload(mut self, model: &str, seed: Value) -> Value {
        self.body.insert("model".to_owned(), model.into());
        self.body.insert("seed".to_owned(), seed);
        let (temperature, top_p) = (self.body["temperature"].clone(), self.body["top_p"].clone());
        json!({
            "request": self.body,
            "api_format": "openai-chat",
            "prompt": self.prompt,
            "max_length": self.max_tokens,
            "temperature": temperature,
            "top_p": top_p,
        })
    }
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
        let payload = request.into_payload("m", json!(7));
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
                other => panic!("{change}: {other:?}"),
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
    }
}
