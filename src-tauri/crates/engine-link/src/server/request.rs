//! The customer's request as the server gets it: its own model, its own limit, and everything else as it came.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;
use types::{ApiFormat, Ask, Private, Refusal};

use super::links;

/// The parts of a request that a model reads, and in which a server looks for things to fetch.
const PARTS: [&str; 6] = ["messages", "input", "system", "instructions", "tools", "mcp_servers"];
/// Where the APIs take a limit. All of those that are given are kept within the context.
const LIMITS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
/// In English a token has some four bytes; three leave room for other languages.
const BYTES_PER_TOKEN: u64 = 3;
/// What a template writes around a conversation.
const TEMPLATE: u64 = 32;

type Fields = BTreeMap<String, Box<RawValue>>;

/// A request ready to be posted.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The API it is for.
    pub(crate) format: ApiFormat,
    /// The model by the name the customer called it, as JSON. The answer bears it too.
    pub(crate) asked: Box<RawValue>,
    /// What to post.
    pub(crate) body: Private,
    /// The same without a limit, where prompt and limit together may be more than the context. Servers that refuse
    /// the sum fill the context that is left when they get no limit.
    pub(crate) unlimited: Option<Private>,
}

/// What the server's model has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// Tokens of a prompt and its answer together.
    pub(crate) context: u32,
    /// Whether there may be pictures.
    pub(crate) pictures: bool,
}

/// The page of an API.
pub(crate) const fn page(format: ApiFormat) -> &'static str {
    match format {
        ApiFormat::OpenAiChat => "/v1/chat/completions",
        ApiFormat::OpenAiResponses => "/v1/responses",
        ApiFormat::Anthropic => "/v1/messages",
    }
}

/// Makes the server's request out of the customer's.
pub(crate) fn shape(ask: &Ask, model: &str, room: Room) -> Result<Request, Refusal> {
    let (format, stream, body) = match ask {
        Ask::Chat { body, .. } => (ApiFormat::OpenAiChat, true, body),
        Ask::Raw { format, body, stream } => (*format, *stream, body),
    };
    let mut fields: Fields =
        serde_json::from_str(body).map_err(|_| Refusal("the request is not a JSON object".into()))?;
    let mut prompt = 0;
    for name in PARTS {
        let Some(part) = fields.get(name) else { continue };
        let part: Value = serde_json::from_str(part.get())
            .map_err(|_| Refusal(format!("{name} of the request cannot be read")))?;
        links::refuse(&part)?;
        // Of a tool only its description is read, which may speak of pictures.
        if !room.pictures && name != "tools" && links::holds_a_picture(&part) {
            // llama.cpp answers this as if it were its own fault.
            return Err(Refusal("this model reads text only, no images".into()));
        }
        prompt += text_bytes(&part);
    }
    let asked = fields.remove("model").filter(|name| name.get().starts_with('"')).unwrap_or_else(nameless);
    set(&mut fields, "model", &Value::from(model));
    if stream || fields.contains_key("stream") {
        set(&mut fields, "stream", &Value::from(stream));
    }
    match format {
        ApiFormat::OpenAiChat => {
            set(&mut fields, "stream_options", &serde_json::json!({"include_usage": true}));
            // The coordinator's protocol has room for one.
            if fields.contains_key("n") {
                set(&mut fields, "n", &Value::from(1));
            }
        }
        ApiFormat::OpenAiResponses | ApiFormat::Anthropic => {}
    }
    let unlimited = limit(&mut fields, format, prompt, u64::from(room.context));
    Ok(Request { format, asked, body: write(&fields), unlimited })
}

/// Keeps the limits within the context, and makes the request without any where that may not be enough.
fn limit(fields: &mut Fields, format: ApiFormat, prompt: u64, context: u64) -> Option<Private> {
    let free = context.saturating_sub(prompt / BYTES_PER_TOKEN + TEMPLATE).max(1);
    let mut may_not_fit = false;
    for name in LIMITS {
        let Some(given) = fields.get(name) else { continue };
        let Ok(given) = given.get().parse::<u64>() else { continue };
        let limit = given.min(free);
        // No token is shorter than a byte.
        may_not_fit |= prompt + TEMPLATE + limit > context;
        set(fields, name, &Value::from(limit));
    }
    // The Messages API demands a limit.
    if !may_not_fit || format == ApiFormat::Anthropic {
        return None;
    }
    let unlimited: Fields = fields
        .iter()
        .filter(|(name, _)| !LIMITS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Some(write(&unlimited))
}

fn set(fields: &mut Fields, name: &str, value: &Value) {
    let value = serde_json::value::to_raw_value(value).expect("BUG: a JSON value can be written");
    fields.insert(name.to_owned(), value);
}

/// Who called it nothing is told nothing: the server's own name of it may be a path.
fn nameless() -> Box<RawValue> {
    serde_json::value::to_raw_value("").expect("BUG: an empty text can be written")
}

fn write(fields: &Fields) -> Private {
    serde_json::to_string(fields).expect("BUG: JSON that was read can be written").into()
}

/// How much text a model has to read: pictures are not read as letters.
fn text_bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) if text.starts_with("data:") => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(parts) => parts.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.values().map(text_bytes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(body: &str) -> Ask {
        Ask::Chat { read: Err(Refusal("our own engine cannot".into())), body: body.into() }
    }

    const ROOM: Room = Room { context: 8192, pictures: true };

    fn shaped(ask: &Ask) -> Value {
        let request = shape(ask, "backend-name", ROOM).expect("it is shaped");
        serde_json::from_str(&request.body).expect("JSON")
    }

    #[test]
    fn only_what_the_server_must_know_differs_from_what_the_customer_sent() {
        let body = r#"{"model":"grid/fake-1","messages":[{"role":"user","content":"hi"}],"temperature":0.70,
            "max_tokens":100,"stream":false,"n":2,"seed":-123456789012345678901234567890,
            "tools":[{"type":"function","function":{"name":"z","parameters":{"b":1,"a":2}}}],"made_up":{"x":[1e400]}}"#;
        let request = shape(&chat(body), "backend-name", ROOM).expect("it is shaped");
        for kept in [
            r#""temperature":0.70"#,
            r#""max_tokens":100"#,
            r#""seed":-123456789012345678901234567890"#,
            r#""parameters":{"b":1,"a":2}"#,
            r#""made_up":{"x":[1e400]}"#,
            r#""model":"backend-name""#,
            r#""stream":true"#,
            r#""stream_options":{"include_usage":true}"#,
        ] {
            assert!(request.body.contains(kept), "{kept} in {}", &*request.body);
        }
        assert!(request.body.contains("\"n\":1"), "one answer is all the protocol has room for");
        assert_eq!(request.unlimited, None, "it surely fits");
    }

    #[test]
    fn a_limit_larger_than_the_context_is_cut_to_what_is_free() {
        let check = |prompt: usize, given: u64, expected: u64, may_not_fit: bool| {
            let body =
                format!(r#"{{"messages":[{{"content":"{}"}}],"max_tokens":{given}}}"#, "x".repeat(prompt));
            let request = shape(&chat(&body), "m", ROOM).expect("it is shaped");
            let limit = format!("\"max_tokens\":{expected}");
            assert!(request.body.contains(&limit), "{prompt} {given}: {expected}");
            assert_eq!(request.unlimited.is_some(), may_not_fit, "{prompt} {given}");
            assert!(!request.unlimited.is_some_and(|body| body.contains("max_tokens")));
        };
        check(300, 500, 500, false);
        check(0, 32_768, 8160, false);
        check(300, 32_768, 8060, true);
        check(3000, 32_768, 7160, true);
        check(30_000, 32_768, 1, true);
        check(30_000, 1, 1, true);
    }

    #[test]
    fn servers_get_what_the_real_worker_sent_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/data/transcripts");
        let mut compared = 0;
        for name in ["text-job.jsonl", "client-error.jsonl", "empty-output.jsonl"] {
            let text = std::fs::read_to_string(format!("{folder}/{name}")).expect("a transcript");
            let lines: Vec<Value> =
                text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            let mut job = None;
            for line in &lines {
                let frame = &line["frame"];
                if frame["type"] == "job" {
                    job = Some(frame["payload"]["request"].to_string());
                }
                let (Some(sent), Some(job)) = (frame["body"].as_object(), &job) else { continue };
                if line["dir"] != "worker->backend" || sent["stream"] != true {
                    continue;
                }
                let shaped =
                    shape(&chat(job), "fake-1", Room { context: 65_536, ..ROOM }).expect("it is shaped");
                assert_eq!(serde_json::from_str::<Value>(&shaped.body).expect("JSON"), frame["body"]);
                compared += 1;
            }
        }
        assert!(compared >= 5, "only {compared} requests were compared");
    }

    #[test]
    fn a_picture_is_no_text() {
        let picture = format!("data:image/png;base64,{}", "A".repeat(100_000));
        let body = format!(
            r#"{{"messages":[{{"content":[{{"type":"image_url","image_url":{{"url":"{picture}"}}}}]}}],"max_tokens":4000}}"#
        );
        assert_eq!(shaped(&chat(&body))["max_tokens"], 4000);
        let text_only = Room { pictures: false, ..ROOM };
        let refused = shape(&chat(&body), "m", text_only).expect_err("it cannot see");
        assert!(refused.0.contains("text only"), "{refused}");
        let tools = r#"{"messages":[],"tools":[{"function":{"parameters":{"image_url":{}}}}]}"#;
        assert!(shape(&chat(tools), "m", text_only).is_ok(), "a tool may be about pictures");
    }

    #[test]
    fn a_raw_request_keeps_its_form() {
        let raw = |stream: bool| Ask::Raw {
            format: ApiFormat::Anthropic,
            body: r#"{"model":"grid/x","max_tokens":32768,"messages":[]}"#.into(),
            stream,
        };
        assert_eq!(
            shaped(&raw(false)),
            serde_json::json!({"model": "backend-name", "max_tokens": 8160, "messages": []})
        );
        assert_eq!(shaped(&raw(true))["stream"], true);
        let responses = Ask::Raw {
            format: ApiFormat::OpenAiResponses,
            body: r#"{"input":"hi","max_output_tokens":50}"#.into(),
            stream: false,
        };
        assert_eq!(
            shaped(&responses),
            serde_json::json!({"model": "backend-name", "input": "hi", "max_output_tokens": 50})
        );
    }

    #[test]
    fn what_is_no_request_is_refused_in_words() {
        let deep = format!(r#"{{"messages":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let link = r#"{"messages":[{"content":[{"image_url":{"url":"http://10.0.0.1"}}]}]}"#;
        for bad in ["", "[]", "{", "\"x\"", r#"{"messages":[}"#, r#"{"messages":["\ud800"]}"#, &deep, link] {
            assert!(shape(&chat(bad), "m", ROOM).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
    }
}
