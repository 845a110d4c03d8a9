//! A server's complaint, made fit for a stranger: the customer reads it word for word.

use serde_json::Value;

/// Longer ones are cut.
const LONGEST: usize = 300;

/// Some servers repeat the request inside their complaint. Nothing of it may come back, since complaints are logged.
const ECHOES: [&str; 4] = ["'input'", "\"input\"", "input_value", "'messages':"];

/// What to tell the customer about a request that a server turned down.
pub(crate) fn complaint(status: u16, body: &[u8]) -> String {
    let said = clean(&said(body));
    let general = match status {
        413 => "the request is too large for this model's server",
        _ => "this model's server cannot work with the request",
    };
    if said.is_empty() { general.to_owned() } else { format!("{general}: {said}") }
}

/// The message in the shapes that servers use, or nothing.
fn said(body: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return String::new() };
    let candidates = [
        &body["error"]["message"],
        &body["error"],
        &body["message"],
        &body["detail"],
        &body["detail"][0]["msg"],
    ];
    candidates.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
}

/// Leaves out words that could be paths, addresses or keys, and whatever a terminal would act upon.
pub(crate) fn clean(message: &str) -> String {
    if ECHOES.iter().any(|echo| message.contains(echo)) {
        return String::new();
    }
    let message: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut clean = String::new();
    for word in message.split_whitespace() {
        let word = if is_telling(word) { "…" } else { word };
        if clean.len() + word.len() >= LONGEST {
            clean.push_str(" …");
            break;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(word);
    }
    clean
}

/// Whether a word says something about the owner's machine.
fn is_telling(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let looks_secret = word.len() >= 20
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+'\"`:,*".contains(&byte));
    lower.contains('/')
        || lower.contains('\\')
        || lower.contains('@')
        || lower.contains("localhost")
        || lower.contains("sk-")
        || holds_an_address(&lower)
        || looks_secret
}

/// Four numbers with dots, or two colons with hexadecimal digits around them.
fn holds_an_address(word: &str) -> bool {
    let numbers = word.split(|c: char| !c.is_ascii_digit() && c != '.');
    let ipv4 = numbers.into_iter().any(|part| part.split('.').filter(|part| !part.is_empty()).count() >= 4);
    let hexadecimal = |c: char| c.is_ascii_hexdigit() || c == ':';
    let ipv6 = word.split(|c| !hexadecimal(c)).any(|part| part.matches(':').count() >= 2);
    ipv4 || ipv6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_keeps_its_sense_and_loses_what_it_tells_about_the_machine() {
        let check = |status: u16, body: &str, expected: &str| {
            assert_eq!(complaint(status, body.as_bytes()), expected, "{body}");
        };
        let cannot = "this model's server cannot work with the request";
        check(
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","code":400}}"#,
            &format!("{cannot}: This model's maximum context length is 8192 tokens."),
        );
        check(400, r#"{"error":"model is busy"}"#, &format!("{cannot}: model is busy"));
        check(422, r#"{"detail":[{"msg":"field required"}]}"#, &format!("{cannot}: field required"));
        check(413, "<html>nginx/1.2</html>", "the request is too large for this model's server");
        check(
            400,
            r#"{"error":{"message":"cannot open /home/eve/models/a.gguf on 192.168.1.7:8080 (fe80::1) as eve@box, key sk-abc or 9f8e7d6c5b4a39281706f5e4 C:\\models\\b http://localhost:1/x \u001b[31mred"}}"#,
            &format!("{cannot}: cannot open … on … … as … key … or … … … [31mred"),
        );
        check(422, r#"{"message":"[{'msg': 'bad', 'input': 'my diary'}]"}"#, cannot);
    }

    #[test]
    fn a_long_complaint_is_cut() {
        let body = format!(r#"{{"error":{{"message":"{}"}}}}"#, "word ".repeat(10_000));
        let words = complaint(400, body.as_bytes());
        assert!(words.len() < LONGEST + 100 && words.ends_with('…'), "{words}");
        let one = format!(r#"{{"error":{{"message":"{}"}}}}"#, "w".repeat(10_000));
        assert!(complaint(400, one.as_bytes()).len() < LONGEST);
    }
}
