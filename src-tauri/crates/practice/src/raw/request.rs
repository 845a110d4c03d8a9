//! A customer's raw request: its bounds, its model, its budget. Pure.

use std::collections::BTreeSet;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use types::Sha256;

use super::refusal::RawRefusal;
use crate::error::ApiError;
use crate::format::RawFormat;
use crate::python::{dumps, int, truthy};
use crate::request::{no_json, wrong};

/// The most characters, written out.
const MOST_CHARACTERS: usize = 200_000;
/// The deepest nesting.
const DEEPEST: usize = 64;
/// The most output tokens, and how many there are when the customer names none.
const MOST_TOKENS: i64 = 32_768;
/// How much of a text goes into its digest.
pub(super) const DIGESTED: usize = 20_000;

/// A request in good shape. It holds a prompt, so it cannot be printed.
pub(crate) struct RawRequest {
    pub(crate) model: String,
    pub(crate) format: RawFormat,
    pub(crate) stream: bool,
    pub(crate) max_length: u64,
    body: Value,
}

/// A body that is a JSON object.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => {
            let words = "Input should be a valid dictionary";
            Err(ApiError::Shape(vec![wrong("dict_type", &["body".into()], words, &other)]))
        }
        Err(error) => Err(ApiError::Shape(vec![no_json(&error)])),
    }
}

/// Refuses what is too large or too deep to be walked through.
pub(super) fn guard(body: &Map<String, Value>) -> Result<(), RawRefusal> {
    let body = Value::Object(body.clone());
    let size = dumps(&body).chars().count();
    if size > MOST_CHARACTERS {
        return Err(ApiError::TooLarge(size).into());
    }
    if depth(&body) > DEEPEST { Err(RawRefusal::too_deep(DEEPEST)) } else { Ok(()) }
}

fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(object) => object.values().map(depth).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    deepest.map_or(0, |deepest| deepest + 1)
}

impl RawRequest {
    /// Checks a body against what is online and writes its output budget into it.
    pub(super) fn of(
        mut body: Map<String, Value>,
        format: RawFormat,
        online: &BTreeSet<String>,
    ) -> Result<Self, RawRefusal> {
        let wanted = body.get("model").filter(|model| truthy(model));
        let wanted = wanted.ok_or_else(|| RawRefusal::no_model(format))?.clone();
        if online.is_empty() {
            return Err(RawRefusal::no_workers(format));
        }
        let Some(model) = wanted.as_str().filter(|wanted| online.contains(*wanted)) else {
            let wanted = wanted.as_str().map_or_else(|| dumps(&wanted), str::to_owned);
            let online: Vec<String> = online.iter().cloned().collect();
            return Err(RawRefusal::unknown_model(format, &wanted, &online));
        };
        let max_length = budget(&mut body, format)?;
        let stream = body.get("stream").is_some_and(truthy);
        Ok(Self { model: model.to_owned(), format, stream, max_length, body: Value::Object(body) })
    }

    /// The payload of a job frame.
    pub(crate) fn payload(&self) -> Box<RawValue> {
        let payload =
            json!({"request": self.body, "api_format": self.format.name(), "max_length": self.max_length});
        to_raw_value(&payload).expect("BUG: what was read as JSON can be written as JSON")
    }

    /// The digest the books keep of the request.
    pub(crate) fn hash(&self) -> Sha256 {
        digest(&dumps(&self.body))
    }
}

/// The digest of the beginning of a text, which is all of it but for the longest.
pub(super) fn digest(text: &str) -> Sha256 {
    let end = text.char_indices().nth(DIGESTED).map_or(text.len(), |(end, _)| end);
    Sha256::of(&text[..end])
}

fn budget(body: &mut Map<String, Value>, format: RawFormat) -> Result<u64, RawRefusal> {
    let given = |field: &str| body.get(field).filter(|value| !value.is_null());
    let (field, value) = match format {
        RawFormat::Messages => ("max_tokens", given("max_tokens")),
        RawFormat::Responses => {
            ("max_output_tokens", given("max_output_tokens").or_else(|| given("max_tokens")))
        }
    };
    let tokens = match value {
        None => MOST_TOKENS,
        Some(Value::String(text)) if text.is_empty() => MOST_TOKENS,
        Some(value) => {
            int(value).ok_or_else(|| RawRefusal::budget(format, format!("{field} must be an integer")))?
        }
    };
    if !(1..=MOST_TOKENS).contains(&tokens) {
        let words = format!("{field} must be between 1 and {MOST_TOKENS}");
        return Err(RawRefusal::budget(format, words));
    }
    body.insert(field.to_owned(), tokens.into());
    Ok(tokens.unsigned_abs())
}
