//! JSON as Python writes it, which the coordinator's digests are made of.

use serde_json::Value;
use types::canonical_string;

/// Keys sorted, a blank after every comma and colon, ASCII only.
pub(crate) fn dumps(value: &Value) -> String {
    match value {
        Value::String(text) => canonical_string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(dumps).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", canonical_string(key), dumps(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Whether Python takes a value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) => true,
    }
}

/// What Python's `int` makes of a value, as far as it fits; `None` where it gives up.
pub(crate) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_written_as_python_does() {
        let value = json!({"b": [1, true, null], "a": "ü\n", "c": {}});
        assert_eq!(dumps(&value), r#"{"a": "\u00fc\n", "b": [1, true, null], "c": {}}"#);
    }

    #[test]
    fn numbers_are_read_as_python_does() {
        let check = |value: Value, expected| assert_eq!(int(&value), expected, "{value}");
        check(json!(7), Some(7));
        check(json!(7.9), Some(7));
        check(json!(" 12 "), Some(12));
        check(json!(true), Some(1));
        check(json!("many"), None);
        check(json!([]), None);
    }
}
