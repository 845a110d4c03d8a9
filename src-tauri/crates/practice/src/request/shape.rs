//! The shape of a request, and the words for what is wrong with it.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{SEED, Seed};

const ROLES: [&str; 5] = ["system", "user", "assistant", "tool", "developer"];

/// Everything that is wrong with a body; nothing if its shape is good.
pub(super) fn shape_faults(body: &Map<String, Value>, seed: Option<&RawValue>) -> Vec<Value> {
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
    faults.extend(kind_fault(body, "stream", Value::is_boolean, "bool_type", "boolean"));
    faults.extend(kind_fault(body, "tools", Value::is_array, "list_type", "list"));
    faults.extend(kind_fault(body, "response_format", Value::is_object, "dict_type", "dictionary"));
    if let Some(stop) = body.get("stop") {
        faults.extend(text_or_list(&["body".into(), "stop".into()], stop, TEXTS));
    }
    if seed.is_some_and(|seed| Seed::read(seed).is_none()) {
        let words = "Input should be a valid integer";
        faults.push(wrong("int_type", &["body".into(), SEED.into()], words, &body[SEED]));
    }
    faults
}

/// The fault of a field that is given and not of its kind.
fn kind_fault(
    body: &Map<String, Value>,
    field: &str,
    fits: fn(&Value) -> bool,
    kind: &str,
    name: &str,
) -> Option<Value> {
    let value = given(body, field).filter(|value| !fits(value))?;
    Some(wrong(kind, &["body".into(), field.into()], &format!("Input should be a valid {name}"), value))
}

/// What a list holds, in the coordinator's words.
#[derive(Clone, Copy)]
struct Items {
    list: &'static str,
    fits: fn(&Value) -> bool,
    kind: &'static str,
    name: &'static str,
}

const TEXTS: Items = Items { list: "list[str]", fits: Value::is_string, kind: "string_type", name: "string" };
const PARTS: Items =
    Items { list: "list[dict]", fits: Value::is_object, kind: "dict_type", name: "dictionary" };

/// A text, a list, or nothing. What is neither has a fault for each of the two.
fn text_or_list(path: &[Value], value: &Value, items: Items) -> Vec<Value> {
    let fault = |kind: &str, place: &[Value], name: &str, input: &Value| {
        wrong(kind, &[path, place].concat(), &format!("Input should be a valid {name}"), input)
    };
    let no_text = || fault("string_type", &["str".into()], "string", value);
    match value {
        Value::Null | Value::String(_) => Vec::new(),
        Value::Array(list) => {
            let misfits = list.iter().enumerate().filter(|(_, item)| !(items.fits)(item));
            let faults = misfits
                .map(|(index, item)| fault(items.kind, &[items.list.into(), index.into()], items.name, item));
            let faults: Vec<Value> = faults.collect();
            if faults.is_empty() { faults } else { [vec![no_text()], faults].concat() }
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            vec![no_text(), fault("list_type", &[items.list.into()], "list", value)]
        }
    }
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
            .flat_map(|(index, message)| {
                let role = role_fault(&path(index, "role"), message);
                let content = text_or_list(&path(index, "content"), &message["content"], PARTS);
                role.into_iter().chain(content)
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

fn role_fault(path: &[Value], message: &Value) -> Option<Value> {
    match message.get("role").map(|role| (role, role.as_str())) {
        Some((_, Some(role))) if ROLES.contains(&role) => None,
        Some((role, _)) => Some(wrong_role(path, role)),
        None => Some(missing_in(path, message)),
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
pub(crate) fn wrong(kind: &str, path: &[Value], words: &str, input: &Value) -> Value {
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
pub(crate) fn no_json(error: &serde_json::Error) -> Value {
    json!({"type": "json_invalid", "loc": ["body", error.column()], "msg": "JSON decode error", "input": {},
        "ctx": {"error": "Expecting value"}})
}
