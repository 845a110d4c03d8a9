//! The fields of a request's body, refused in the words of the coordinator's framework.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use crate::error::ApiError;

/// A body under examination. Every fault is noted, and all of them are told at once.
pub(super) struct Form {
    fields: Map<String, Value>,
    faults: Vec<Value>,
}

/// Any length.
pub(super) const ANY: RangeInclusive<usize> = 0..=usize::MAX;

impl Form {
    /// Reads a body that must be an object.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        let refused = |fault: Value| Err(ApiError::Shape(vec![fault]));
        if body.is_empty() {
            return refused(
                json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null}),
            );
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self { fields, faults: Vec::new() }),
            Ok(other) => refused(json!({"type": "model_attributes_type", "loc": ["body"],
                "msg": "Input should be a valid dictionary or object to extract fields from", "input": other})),
            Err(error) => refused(json!({"type": "json_invalid", "loc": ["body", error.column()],
                "msg": "JSON decode error", "input": {}, "ctx": {"error": "Expecting value"}})),
        }
    }

    fn fault(&mut self, kind: &str, field: &str, words: &str, context: Option<Value>) {
        let mut fault =
            json!({"type": kind, "loc": ["body", field], "msg": words, "input": self.fields[field]});
        if let Some(context) = context {
            fault["ctx"] = context;
        }
        self.faults.push(fault);
    }

    fn missing(&mut self, field: &str) {
        self.faults.push(
            json!({"type": "missing", "loc": ["body", field], "msg": "Field required", "input": self.fields}),
        );
    }

    /// A text of this many characters.
    pub(super) fn text(&mut self, field: &str, length: RangeInclusive<usize>) -> String {
        match self.fields.get(field) {
            None => self.missing(field),
            Some(Value::String(text)) => {
                let (text, count) = (text.clone(), text.chars().count());
                if length.contains(&count) {
                    return text;
                }
                let (kind, bound, most) = if count < *length.start() {
                    ("short", *length.start(), "least")
                } else {
                    ("long", *length.end(), "most")
                };
                let plural = if bound == 1 { "" } else { "s" };
                let words = format!("String should have at {most} {bound} character{plural}");
                let limit = if most == "least" { "min_length" } else { "max_length" };
                self.fault(&format!("string_too_{kind}"), field, &words, Some(json!({limit: bound})));
            }
            Some(_) => self.fault("string_type", field, "Input should be a valid string", None),
        }
        String::new()
    }

    /// A text, null, or nothing at all.
    pub(super) fn text_if_given(&mut self, field: &str) -> Option<String> {
        match self.fields.get(field) {
            None | Some(Value::Null) => None,
            Some(_) => Some(self.text(field, ANY)),
        }
    }

    /// A text or null, which must be there: a client that forgets it must not clear anything.
    pub(super) fn text_or_null(&mut self, field: &str) -> Option<String> {
        match self.fields.get(field) {
            Some(Value::Null) => None,
            _ => Some(self.text(field, ANY)),
        }
    }

    /// A whole number, or the usual one if none is given.
    pub(super) fn whole(&mut self, field: &str, usual: i64, bounds: RangeInclusive<i64>) -> i64 {
        let number = match self.fields.get(field) {
            None => return usual,
            Some(Value::String(text)) => match text.trim().parse() {
                Ok(number) => number,
                Err(_) => {
                    let words = "Input should be a valid integer, unable to parse string as an integer";
                    self.fault("int_parsing", field, words, None);
                    return usual;
                }
            },
            Some(value) => match value.as_i64() {
                Some(number) => number,
                None => {
                    self.fault("int_type", field, "Input should be a valid integer", None);
                    return usual;
                }
            },
        };
        let (kind, short, bound) = if number < *bounds.start() {
            ("greater", "ge", *bounds.start())
        } else if number > *bounds.end() {
            ("less", "le", *bounds.end())
        } else {
            return number;
        };
        let words = format!("Input should be {kind} than or equal to {bound}");
        self.fault(&format!("{kind}_than_equal"), field, &words, Some(json!({short: bound})));
        usual
    }

    /// True or false; false if nothing is given.
    pub(super) fn flag(&mut self, field: &str) -> bool {
        match self.fields.get(field) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault("bool_type", field, "Input should be a valid boolean", None);
                false
            }
        }
    }

    /// One of two words; the first if nothing is given.
    pub(super) fn either(&mut self, field: &str, words: [&'static str; 2]) -> &'static str {
        let [first, second] = words;
        match self.fields.get(field) {
            None => first,
            Some(given) => words.into_iter().find(|word| given == word).unwrap_or_else(|| {
                let expected = format!("'{first}' or '{second}'");
                let said = format!("Input should be {expected}");
                self.fault("literal_error", field, &said, Some(json!({"expected": expected})));
                first
            }),
        }
    }

    /// Notes every field but these.
    pub(super) fn nothing_but(&mut self, fields: &[&str]) {
        let extra: Vec<String> =
            self.fields.keys().filter(|field| !fields.contains(&field.as_str())).cloned().collect();
        for field in extra {
            self.fault("extra_forbidden", &field, "Extra inputs are not permitted", None);
        }
    }

    /// All faults, if there are any.
    pub(super) fn done(self) -> Result<(), ApiError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ApiError::Shape(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_the_frameworks_words() {
        let check = |field: Value, read: &dyn Fn(&mut Form), expected: &[&str]| {
            let body = json!({"x": field}).to_string();
            let mut form = Form::read(body.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"));
            read(&mut form);
            let faults: Vec<Value> =
                form.faults.iter().map(|fault| json!([fault["type"], fault["msg"]])).collect();
            let expected: Vec<Value> =
                if expected.is_empty() { Vec::new() } else { vec![json!([expected[0], expected[1]])] };
            assert_eq!(faults, expected, "{body}");
        };
        let text = |form: &mut Form| drop(form.text("x", 1..=3));
        check(json!("abc"), &text, &[]);
        check(json!("äöü"), &text, &[]);
        check(json!(""), &text, &["string_too_short", "String should have at least 1 character"]);
        check(json!("abcd"), &text, &["string_too_long", "String should have at most 3 characters"]);
        check(json!(null), &text, &["string_type", "Input should be a valid string"]);
        check(json!(null), &|form| assert_eq!(form.text_if_given("x"), None), &[]);
        check(json!(null), &|form| assert_eq!(form.text_or_null("x"), None), &[]);
        check(
            json!(7),
            &|form| drop(form.text_if_given("x")),
            &["string_type", "Input should be a valid string"],
        );
        check(json!(7), &|form| drop(form.text_or_null("y")), &["missing", "Field required"]);
        let whole = |form: &mut Form| assert!((1..=3).contains(&form.whole("x", 2, 1..=3)));
        check(json!(3), &whole, &[]);
        check(json!("3"), &whole, &[]);
        check(json!(0), &whole, &["greater_than_equal", "Input should be greater than or equal to 1"]);
        check(json!(4), &whole, &["less_than_equal", "Input should be less than or equal to 3"]);
        check(json!(1.5), &whole, &["int_type", "Input should be a valid integer"]);
        let flag = |form: &mut Form| assert_eq!(form.flag("x"), form.faults.is_empty());
        check(json!(true), &flag, &[]);
        check(json!(1), &flag, &["bool_type", "Input should be a valid boolean"]);
        let either = |form: &mut Form| assert!(["a", "b"].contains(&form.either("x", ["a", "b"])));
        check(json!("b"), &either, &[]);
        check(json!("c"), &either, &["literal_error", "Input should be 'a' or 'b'"]);
        check(
            json!(1),
            &|form| form.nothing_but(&["y"]),
            &["extra_forbidden", "Extra inputs are not permitted"],
        );
    }

    #[test]
    fn a_body_must_be_an_object() {
        let check = |body: &str, kind: &str| match Form::read(body.as_bytes()) {
            Err(ApiError::Shape(faults)) => assert_eq!(faults[0]["type"], kind, "{body}"),
            other => panic!("{body}: {:?}", other.map(|_| "accepted")),
        };
        check("", "missing");
        check("[]", "model_attributes_type");
        check("{", "json_invalid");
    }
}
