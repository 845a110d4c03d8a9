//! A chat request as customers write it, read into ours or refused in words.

use serde_json::{Map, Value, json};
use types::{Ask, ChatRequest, Message, Private, Refusal, Sampling, Sha256, ToolCall};

type Read<T> = Result<T, Refusal>;

/// The coordinator's own default when a customer gave no limit.
const DEFAULT_MAX_TOKENS: u32 = 32_768;
/// More stop texts than any real client sends.
const MOST_STOPS: usize = 64;

/// Wishes that change what an answer means. An engine that cannot grant them must say so rather than ignore them.
const MEANINGFUL: [&str; 6] =
    ["grammar", "guided_json", "guided_regex", "guided_choice", "guided_grammar", "logit_bias"];

/// Reads a customer's own request. The job's limit holds besides the request's.
pub(crate) fn faithful(request: &Map<String, Value>, limit: &Value) -> Read<ChatRequest> {
    refuse_what_we_cannot_do(request)?;
    let messages = request["messages"].as_array().ok_or_else(|| bad("messages must be a list"))?;
    if messages.is_empty() {
        return Err(bad("messages must not be empty"));
    }
    Ok(ChatRequest {
        messages: messages.iter().map(message).collect::<Read<_>>()?,
        max_tokens: request.get("max_tokens").map_or(DEFAULT_MAX_TOKENS, tokens).min(tokens(limit)),
        stop: stops(request.get("stop"))?,
        sampling: sampling(request),
    })
}

/// Reads the older flat form: one user turn. Its JSON is written as the customer could have.
pub(crate) fn flat(prompt: &Value, limit: &Value, temperature: &Value, top_p: &Value) -> Read<Ask> {
    let prompt = prompt.as_str().ok_or_else(|| bad("the job has no prompt"))?;
    let fields: Map<String, Value> = [("temperature", temperature), ("top_p", top_p)]
        .into_iter()
        .filter(|(_, value)| value.is_number())
        .map(|(field, value)| (field.to_owned(), value.clone()))
        .collect();
    let request = ChatRequest {
        messages: vec![Message::text("user", prompt)],
        max_tokens: tokens(limit),
        stop: Vec::new(),
        sampling: sampling(&fields),
    };
    let mut body = fields;
    body.insert("max_tokens".to_owned(), json!(request.max_tokens));
    body.insert("messages".to_owned(), json!([{"role": "user", "content": prompt}]));
    Ok(Ask::Chat { read: Ok(request), body: Private::from(Value::Object(body).to_string()) })
}

fn refuse_what_we_cannot_do(request: &Map<String, Value>) -> Read<()> {
    let given = |field: &str| request.get(field).filter(|value| !value.is_null());
    let has_tools = given("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty());
    if has_tools && given("tool_choice").and_then(Value::as_str) != Some("none") {
        return Err(bad("this model does not support tools"));
    }
    let format = given("response_format").map(|format| format["type"].as_str().unwrap_or_default());
    if format.is_some_and(|format| format != "text") {
        return Err(bad("this model does not support response_format"));
    }
    if given("logprobs").is_some_and(|value| value != &Value::Bool(false)) {
        return Err(bad("this model does not support logprobs"));
    }
    match MEANINGFUL.into_iter().find(|field| given(field).is_some_and(|value| !is_empty(value))) {
        Some(field) => Err(bad(&format!("this model does not support {field}"))),
        None => Ok(()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn message(message: &Value) -> Read<Message> {
    let role = match message["role"].as_str() {
        Some("developer" | "system") => "system",
        Some(role @ ("user" | "assistant" | "tool")) => role,
        _ => return Err(bad("a message has an unknown role")),
    };
    let optional = |field: &str| message[field].as_str().map(str::to_owned);
    Ok(Message {
        role: role.to_owned(),
        content: content(&message["content"])?,
        tool_calls: tool_calls(&message["tool_calls"])?,
        tool_call_id: optional("tool_call_id"),
        name: optional("name"),
    })
}

fn content(content: &Value) -> Read<String> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => parts.iter().map(part).collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(bad("a message's content must be text")),
    }
}

fn part(part: &Value) -> Read<&str> {
    match (part["type"].as_str(), part["text"].as_str()) {
        (Some("text"), Some(text)) => Ok(text),
        // Never fetched: an address in a request could point anywhere.
        (Some("image_url"), _) => Err(bad("this model reads text only, no images")),
        _ => Err(bad("this model reads text parts only")),
    }
}

fn tool_calls(calls: &Value) -> Read<Vec<ToolCall>> {
    let Some(calls) = calls.as_array() else { return Ok(Vec::new()) };
    let call = |call: &Value| {
        let field =
            |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| bad("a tool call is incomplete"));
        let function = &call["function"];
        Ok(ToolCall {
            id: call["id"].as_str().unwrap_or_default().to_owned(),
            name: field(&function["name"])?,
            arguments: field(&function["arguments"])?,
        })
    };
    calls.iter().map(call).collect()
}

fn stops(stop: Option<&Value>) -> Read<Vec<Private>> {
    let stops: Vec<&str> = match stop {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several
            .iter()
            .map(|stop| stop.as_str().ok_or_else(|| bad("stop must be text or a list of texts")))
            .collect::<Read<_>>()?,
        Some(_) => return Err(bad("stop must be text or a list of texts")),
    };
    if stops.len() > MOST_STOPS {
        return Err(bad("too many stop texts"));
    }
    Ok(stops.into_iter().filter(|stop| !stop.is_empty()).map(Private::from).collect())
}

/// Harmless wishes: taken where the engine has them, else ignored.
fn sampling(request: &Map<String, Value>) -> Sampling {
    let number = |field: &str| request.get(field).and_then(Value::as_f64);
    let usual = Sampling::default();
    Sampling {
        temperature: number("temperature").unwrap_or(usual.temperature).clamp(0.0, 2.0),
        top_p: number("top_p").unwrap_or(usual.top_p).clamp(0.0, 1.0),
        top_k: number("top_k").filter(|k| *k >= 1.0).map(|k| k.min(f64::from(u32::MAX)) as u32),
        min_p: number("min_p").filter(|p| *p > 0.0).map(|p| p.min(1.0)),
        seed: request.get("seed").and_then(seed),
        presence_penalty: number("presence_penalty").unwrap_or(0.0).clamp(-2.0, 2.0),
        frequency_penalty: number("frequency_penalty").unwrap_or(0.0).clamp(-2.0, 2.0),
        repetition_penalty: number("repetition_penalty").filter(|p| *p > 0.0).unwrap_or(1.0).clamp(0.1, 10.0),
    }
}

/// Any JSON number is a seed, negative and huge ones too; equal numbers give equal seeds.
fn seed(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    if let Some(seed) = number.as_u64() {
        return Some(seed);
    }
    if let Some(negative) = number.as_i64() {
        return Some(negative.cast_unsigned());
    }
    let digest = Sha256::of(number.to_string()).to_string();
    u64::from_str_radix(&digest[..16], 16).ok()
}

/// A limit; what is none is the coordinator's own.
fn tokens(value: &Value) -> u32 {
    let count = value.as_u64().filter(|count| *count > 0);
    count.map_or(DEFAULT_MAX_TOKENS, |count| u32::try_from(count).unwrap_or(u32::MAX))
}

fn bad(words: &str) -> Refusal {
    Refusal(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(extra: Value) -> Read<ChatRequest> {
        let mut request = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 32768});
        for (field, value) in extra.as_object().expect("an object") {
            request[field] = value.clone();
        }
        faithful(request.as_object().expect("an object"), &json!(32768))
    }

    #[test]
    fn the_turns_of_a_conversation_are_read() {
        let read = request(json!({"messages": [
            {"role": "developer", "content": "Be terse."},
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"}]}))
        .expect("reads");
        let turns: Vec<_> = read.messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect();
        assert_eq!(turns, [("system", "Be terse."), ("user", "ab"), ("assistant", ""), ("tool", "42")]);
        assert_eq!(read.messages[2].tool_calls[0].name, "f");
        assert_eq!(read.messages[3].tool_call_id.as_deref(), Some("1"));
    }

    #[test]
    fn the_flat_form_is_one_user_turn() {
        let ask = flat(&json!("Once"), &json!(7), &json!(0.0), &json!("odd")).expect("reads");
        let Ask::Chat { read: Ok(read), body } = ask else { panic!("a chat") };
        assert_eq!((read.messages[0].content.as_str(), read.max_tokens), ("Once", 7));
        assert_eq!((read.sampling.temperature, read.sampling.top_p), (0.0, 0.9));
        let expected = r#"{"max_tokens":7,"messages":[{"content":"Once","role":"user"}],"temperature":0.0}"#;
        assert_eq!(&*body, expected);
        assert!(flat(&json!(7), &Value::Null, &Value::Null, &Value::Null).is_err());
    }

    #[test]
    fn the_smaller_of_two_limits_holds() {
        let check = |asked: Value, limit: Value, expected: u32| {
            let request = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": asked});
            let read = faithful(request.as_object().expect("an object"), &limit).expect("reads");
            assert_eq!(read.max_tokens, expected, "{request} {limit}");
        };
        check(json!(5), json!(9), 5);
        check(json!(9), json!(5), 5);
        check(json!(5), Value::Null, 5);
        check(json!(0), json!(-1), 32_768);
        check(json!(u64::MAX), json!(u64::MAX), u32::MAX);
    }

    #[test]
    fn defaults_fill_what_a_probe_leaves_out() {
        let read = request(json!({"max_tokens": null})).expect("reads");
        assert_eq!((read.sampling.temperature, read.sampling.top_p, read.max_tokens), (0.7, 0.9, 32_768));
    }

    #[test]
    fn wishes_we_cannot_grant_are_refused_in_words() {
        for (wish, word) in [
            (json!({"tools": [{"type": "function"}]}), "tools"),
            (json!({"response_format": {"type": "json_object"}}), "response_format"),
            (json!({"logprobs": true}), "logprobs"),
            (json!({"guided_json": {"type": "object"}}), "guided_json"),
            (json!({"grammar": "root ::= x"}), "grammar"),
            (
                json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]}),
                "images",
            ),
            (json!({"messages": [{"role": "wizard", "content": "x"}]}), "role"),
            (json!({"messages": []}), "messages"),
            (json!({"stop": [7]}), "stop"),
        ] {
            let refusal = request(wish.clone()).expect_err("must be refused");
            assert!(refusal.0.contains(word), "{wish}: {refusal}");
        }
    }

    #[test]
    fn harmless_wishes_are_taken_or_ignored() {
        let read = request(json!({
            "top_k": 40, "x_unknown": {"a": 1}, "n": 3, "stop": "delta", "tools": [], "logit_bias": {},
            "response_format": {"type": "text"}, "logprobs": false, "reasoning_effort": "low"}))
        .expect("reads");
        assert_eq!((read.sampling.top_k, read.stop), (Some(40), vec!["delta".into()]));
        let no_tools = request(json!({"tools": [{"type": "function"}], "tool_choice": "none"}));
        assert!(no_tools.is_ok(), "tools that must not be used change nothing");
    }

    #[test]
    fn every_number_is_a_seed() {
        let seed =
            |seed: Value| request(json!({"seed": seed})).expect("reads").sampling.seed.expect("a seed");
        assert_eq!(seed(json!(42)), 42);
        assert_eq!(seed(json!(-1)), u64::MAX);
        let huge: Value = serde_json::from_str("123456789012345678901234567890").expect("a number");
        assert_eq!(seed(huge.clone()), seed(huge.clone()), "the same each time");
        assert_ne!(seed(huge), seed(json!(0)));
    }
}
