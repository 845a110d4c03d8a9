//! What one event or one body of a raw answer says. It is relayed as it is; only its end and its cost are read.

use serde_json::Value;
use types::{ApiFormat, Usage};

use super::usage;

/// Where a raw stream stands after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// More must come.
    Open,
    /// This was its last event.
    Complete,
    /// The server gave the answer up.
    Broken,
}

/// Follows one raw stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawStream {
    format: ApiFormat,
    prompt: Option<u32>,
    completion: Option<u32>,
}

impl RawStream {
    pub(crate) const fn new(format: ApiFormat) -> Self {
        Self { format, prompt: None, completion: None }
    }

    /// Reads one event's data; `None` if it is none of this API.
    pub(crate) fn read(&mut self, data: &str) -> Option<Phase> {
        let event: Value = serde_json::from_str(data).ok()?;
        let kind = event["type"].as_str()?;
        // Messages counts the prompt at the start and the answer at the end, Responses both at the end.
        for usage in [&event["message"]["usage"], &event["usage"], &event["response"]["usage"]] {
            self.count(usage);
        }
        let last: &[&str] = match self.format {
            ApiFormat::Anthropic => &["message_stop"],
            ApiFormat::OpenAiResponses => &["response.completed", "response.incomplete"],
            ApiFormat::OpenAiChat => &[],
        };
        Some(match kind {
            "error" | "response.failed" => Phase::Broken,
            kind if last.contains(&kind) => Phase::Complete,
            _ => Phase::Open,
        })
    }

    fn count(&mut self, usage: &Value) {
        let number = |name: &str| usage[name].as_u64().and_then(|count| u32::try_from(count).ok());
        self.prompt = number("input_tokens").or(self.prompt);
        self.completion = number("output_tokens").or(self.completion);
    }

    /// What it cost, as far as the server said.
    pub(crate) fn usage(&self) -> Option<Usage> {
        Some(Usage { prompt_tokens: self.prompt?, completion_tokens: self.completion? })
    }
}

/// Whether a body is a whole answer of this API, and what it cost.
///
/// The whole of it is read, so that nothing leaves that the coordinator could not read.
pub(crate) fn whole(format: ApiFormat, body: &str) -> Option<Option<Usage>> {
    let body: Value = serde_json::from_str(body).ok()?;
    // Words about a failure are no answer, even in the shape of one.
    let failed = body["status"] == "failed" || !body["error"].is_null();
    (is_native(format, &body) && !failed).then(|| usage::read(&body["usage"]))
}

/// Whether this is how the API itself would answer.
pub(crate) fn is_native(format: ApiFormat, body: &Value) -> bool {
    match format {
        ApiFormat::OpenAiChat => body["choices"].is_array(),
        ApiFormat::OpenAiResponses => body["object"] == "response" && body["output"].is_array(),
        ApiFormat::Anthropic => {
            body["type"] == "message" && body["role"] == "assistant" && body["content"].is_array()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_complete_only_with_the_last_event_of_its_api() {
        let check = |format: ApiFormat, data: &[&str], phase: Option<Phase>, usage: Option<(u32, u32)>| {
            let mut stream = RawStream::new(format);
            let last = data.iter().map(|data| stream.read(data)).last().flatten();
            assert_eq!(last, phase, "{data:?}");
            let found = stream.usage().map(|usage| (usage.prompt_tokens, usage.completion_tokens));
            assert_eq!(found, usage, "{data:?}");
        };
        let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":0}}}"#;
        let delta = r#"{"type":"message_delta","delta":{},"usage":{"output_tokens":3}}"#;
        let stop = r#"{"type":"message_stop"}"#;
        check(ApiFormat::Anthropic, &[start], Some(Phase::Open), Some((7, 0)));
        check(ApiFormat::Anthropic, &[start, delta, stop], Some(Phase::Complete), Some((7, 3)));
        check(
            ApiFormat::Anthropic,
            &[start, r#"{"type":"error","error":{}}"#],
            Some(Phase::Broken),
            Some((7, 0)),
        );
        let done =
            r#"{"type":"response.completed","response":{"usage":{"input_tokens":12,"output_tokens":2}}}"#;
        check(ApiFormat::OpenAiResponses, &[done], Some(Phase::Complete), Some((12, 2)));
        check(ApiFormat::OpenAiResponses, &[r#"{"type":"response.failed"}"#], Some(Phase::Broken), None);
        check(ApiFormat::OpenAiResponses, &[stop], Some(Phase::Open), None);
        for garbled in ["", "7", "{}", "{\"type\":7}", "<html>"] {
            check(ApiFormat::Anthropic, &[garbled], None, None);
        }
    }

    #[test]
    fn a_body_counts_only_if_it_is_the_apis_own() {
        let message = r#"{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":7,"output_tokens":3}}"#;
        let usage = Usage { prompt_tokens: 7, completion_tokens: 3 };
        assert_eq!(whole(ApiFormat::Anthropic, message), Some(Some(usage)));
        assert_eq!(whole(ApiFormat::OpenAiResponses, message), None);
        assert_eq!(whole(ApiFormat::OpenAiResponses, r#"{"object":"response","output":[]}"#), Some(None));
        let failed = r#"{"object":"response","output":[],"error":{"message":"/home/eve"}}"#;
        assert_eq!(
            whole(ApiFormat::OpenAiResponses, failed),
            None,
            "the words are about the owner's machine"
        );
        let surrogate = r#"{"type":"message","role":"assistant","content":["\ud800"]}"#;
        assert_eq!(whole(ApiFormat::Anthropic, surrogate), None, "the coordinator would stumble over it");
    }
}
