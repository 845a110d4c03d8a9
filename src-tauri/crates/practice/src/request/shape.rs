//! The shape of a request, and the words for what is wrong with it.

use serde_json::{Map, Value, json};

const ROLES: [&str; 5] = ["system", "user", "assistant", "tool", "developer"];

/// Everything that is wrong with a body; nothing if its shape is good.
pub(super) fn shape_faults(body: &Map<String, Value>) -> Vec<Value> {
    let mut faults = Vec::new();
    faults.extend(text_fault(body, "model"));
    faults.extend(message_faults(body));
    for (field, least, most) in [("temperature", 0, 2), ("top_p", 0, 1)] {
        faults.extend(range_fault(body, field, least, most, Number::Float));
    }
    for (field, least, most) in [("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)] {
        faults.extend(range_fault(body, field, least, most, Number::Float));
    }
    faults.extend(range_fault(body, "max_tokens", 1, 32_768, Number::Whole));
    faults.extend(range_fault(body, "n", 1, 4, Number::Whole));
    if let Some(stream) = given(body, "stream").filter(|stream| !stream.is_boolean()) {
        faults.push(wrong(
            "bool_type",
            &["body".into(), "stream".into()],
            "Input should be a valid boolean",
            stream,
        ));
    }
    if let Some(seed) = given(body, "seed").filter(|seed| !seed.is_i64() && !seed.is_u64()) {
        faults.push(wrong(
            "int_type",
            &["body".into(), "seed".into()],
            "Input should be a valid integer",
            seed,
        ));
    }
    faults
}

fn given<'a>(body: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    body.get(field).filter(|value| !value.is_null())
}

fn text_fault(body: &Map<String, Value>, field: &str) -> Option<Value> {
    match body.get(field) {
        Some(Value::String(_)) => None,
        Some(other) => Some(wrong(
            "string_type",
            &["body".into(), field.into()],
            "Input should be a valid string",
            other,
        )),
        None => Some(missing(&["body".into(), field.into()], body)),
    }
}

fn message_faults(body: &Map<String, Value>) -> Vec<Value> {
    let path = |index: usize, field: &str| ["body".into(), "messages".into(), index.into(), field.into()];
    match body.get("messages") {
        None => vec![missing(&["body".into(), "messages".into()], body)],
        Some(Value::Array(messages)) => messages
            .iter()
            .enumerate()
            .filter_map(|(index, message)| match message.get("role").map(|role| (role, role.as_str())) {
                Some((_, Some(role))) if ROLES.contains(&role) => None,
                Some((role, _)) => Some(wrong_role(&path(index, "role"), role)),
                None => Some(missing_in(&path(index, "role"), message)),
            })
            .collect(),
        Some(other) => {
            vec![wrong(
                "list_type",
                &["body".into(), "messages".into()],
                "Input should be a valid list",
                other,
            )]
        }
    }
}

#[derive(Clone, Copy)]
enum Number {
    Whole,
    Float,
}

fn range_fault(body: &Map<String, Value>, field: &str, least: i64, most: i64, kind: Number) -> Option<Value> {
    let value = given(body, field)?;
    let path: [Value; 2] = ["body".into(), field.into()];
    let (number, bound) = match kind {
        Number::Whole => match value.as_i64() {
            Some(number) => (number as f64, Value::from as fn(i64) -> Value),
            None => return Some(wrong("int_type", &path, "Input should be a valid integer", value)),
        },
        Number::Float => match value.as_f64() {
            Some(number) => (number, (|bound| Value::from(bound as f64)) as fn(i64) -> Value),
            None => return Some(wrong("float_type", &path, "Input should be a valid number", value)),
        },
    };
    let (name, short, limit) = if number > most as f64 {
        ("less", "le", most)
    } else if number < least as f64 {
        ("greater", "ge", least)
    } else {
        return None;
    };
    let words = format!("Input should be {name} than or equal to {limit}");
    let mut fault = wrong(&format!("{name}_than_equal"), &path, &words, value);
    fault["ctx"] = json!({short: bound(limit)});
    Some(fault)
}

/// One fault: its kind, where, what should be, what is.
pub(super) fn wrong(kind: &str, path: &[Value], words: &str, input: &Value) -> Value {
    json!({"type": kind, "loc": path, "msg": words, "input": input})
}

fn wrong_role(path: &[Value], role: &Value) -> Value {
    let expected = "'system', 'user', 'assistant', 'tool' or 'developer'";
    let mut fault = wrong("literal_error", path, &format!("Input should be {expected}"), role);
    fault["ctx"] = json!({"expected": expected});
    fault
}

fn missing(path: &[Value], body: &Map<String, Value>) -> Value {
    missing_in(path, &Value::Object(body.clone()))
}

fn missing_in(path: &[Value], input: &Value) -> Value {
    wrong("missing", path, "Field required", input)
}

/// The fault of a body that is no JSON.
pub(super) fn no_json(error: &serde_json::Error) -> Value {
    json!({"type": "json_invalid", "loc": ["body", error.column()], "msg": "JSON decode error", "input": {},
        "ctx": {"error": "Expecting value"}})
}
