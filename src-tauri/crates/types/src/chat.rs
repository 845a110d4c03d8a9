//! What a chat job asks for, and how an answer ends.

use crate::{Private, canonical_string};

/// One chat request, with the Grid's defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Most tokens to generate. 32768 is the ordinary case; the engine caps it by the free context.
    pub max_tokens: u32,
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<Private>,
    /// How to choose among likely tokens.
    pub sampling: Sampling,
}

/// One turn of a conversation.
#[derive(Clone, PartialEq)]
pub struct Message {
    /// `system`, `user`, `assistant` or `tool`; `developer` has become `system`.
    pub role: String,
    /// The text of the turn; empty for an assistant turn that only called tools.
    pub content: String,
    /// The tools an assistant turn called.
    pub tool_calls: Vec<ToolCall>,
    /// Which call a `tool` turn answers.
    pub tool_call_id: Option<String>,
    /// The speaker's or tool's name, where given.
    pub name: Option<String>,
}

impl Message {
    /// A turn with nothing but text.
    pub fn text(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }
}

// Prompts must not reach a log by way of `{:?}`.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({}, {} bytes)", self.role, self.content.len())
    }
}

/// A tool call of an earlier assistant turn.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The call's id.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments, as a string of JSON.
    pub arguments: String,
}

impl std::fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ToolCall({} bytes)", self.arguments.len())
    }
}

/// A request of our own as the JSON a customer would have sent: its turns, its limit and its temperature.
pub(crate) fn plain_body(request: &ChatRequest) -> String {
    let turn = |message: &Message| {
        let (content, role) = (canonical_string(&message.content), canonical_string(&message.role));
        format!("{{\"content\":{content},\"role\":{role}}}")
    };
    let turns: Vec<String> = request.messages.iter().map(turn).collect();
    format!(
        "{{\"max_tokens\":{},\"messages\":[{}],\"temperature\":{}}}",
        request.max_tokens,
        turns.join(","),
        request.sampling.temperature
    )
}

/// How the next token is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f64,
    /// Nucleus; 0 is greedy, 1 is off.
    pub top_p: f64,
    /// Only the k likeliest, where given.
    pub top_k: Option<u32>,
    /// Only tokens at least this likely, relative to the likeliest.
    pub min_p: Option<f64>,
    /// Same seed, same answer; whoever runs a request without one draws one.
    pub seed: Option<u64>,
    /// Less of what was already said at all.
    pub presence_penalty: f64,
    /// Less of what was said often.
    pub frequency_penalty: f64,
    /// Divides the logits of tokens seen so far; 1 is off.
    pub repetition_penalty: f64,
}

impl Default for Sampling {
    /// The coordinator's defaults.
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            top_k: None,
            min_p: None,
            seed: None,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            repetition_penalty: 1.0,
        }
    }
}

/// A request that would fail on any worker: the customer is told this text, and nobody is blamed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinishReason {
    /// The model was done, or a stop text came.
    Stop,
    /// The token limit, the context or the time limit was reached.
    Length,
    /// The model calls tools and waits for what they say.
    ToolCalls,
    /// The model's server held something back.
    ContentFilter,
    /// The customer cancelled; what was made so far counts.
    Cancelled,
}

impl FinishReason {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How many tokens a job used, by the model's own tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the rendered prompt.
    pub prompt_tokens: u32,
    /// Tokens generated.
    pub completion_tokens: u32,
}
