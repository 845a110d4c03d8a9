//! The JSON that gets signed.

use serde_json::{Map, Value};
use types::canonical_string;

/// Keys sorted, no blanks, ASCII only.
fn canonical(value: &Value) -> String {
    match value {
        Value::String(text) => canonical_string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(object) => canonical_object(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The same for an object.
pub(super) fn canonical_object(object: &Map<String, Value>) -> String {
    let mut entries: Vec<(&String, &Value)> = object.iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| format!("{}:{}", canonical_string(key), canonical(value)))
        .collect();
    format!("{{{}}}", entries.join(","))
}
