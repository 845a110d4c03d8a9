//! The messages themselves.

use serde::{Deserialize, Serialize};

/// From the app to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToEngine {
    /// First message.
    Hello {
        /// The sender's protocol version.
        version: u32,
    },
    /// Read, check and load this model file; answered by `Progress` and then `Loaded` or `LoadFailed`.
    Load {
        /// Where the file is.
        path: String,
        /// Use no more context than this.
        max_context: Option<u32>,
    },
    /// Run one chat request.
    Generate(Box<Generate>),
    /// Stop this job after the token in hand; it still ends with `Finished`.
    Cancel {
        /// The job to stop.
        job: String,
    },
    /// End the process.
    Shutdown,
}

/// One chat request.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// The caller's id, repeated in each answer.
    pub job: String,
    /// The conversation.
    pub messages: Vec<Turn>,
    /// Most tokens to generate.
    pub max_tokens: u32,
    /// Stop with `Length` after this long.
    pub max_seconds: u32,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// 0 is greedy.
    pub temperature: f64,
    /// 0 is greedy, 1 is off.
    pub top_p: f64,
    /// Only the k likeliest.
    pub top_k: Option<u32>,
    /// Only tokens at least this likely, relative to the likeliest.
    pub min_p: Option<f64>,
    /// Same seed, same answer.
    pub seed: u64,
    /// Flat penalty on tokens already said.
    pub presence_penalty: f64,
    /// Penalty by count on tokens already said.
    pub frequency_penalty: f64,
    /// Divides the logits of tokens seen; 1 is off.
    pub repetition_penalty: f64,
}

// Prompts must not reach a log by way of `{:?}`.
impl std::fmt::Debug for Generate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generate")
            .field("job", &self.job)
            .field("messages", &self.messages.len())
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

/// One turn of a conversation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// The text.
    pub content: String,
    /// Tools an assistant turn called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<TurnToolCall>,
    /// Which call a tool turn answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The speaker's or tool's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A tool call of an earlier turn.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnToolCall {
    /// The call's id.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The arguments as a string of JSON.
    pub arguments: String,
}

/// From the engine to the app.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromEngine {
    /// First message.
    Hello {
        /// The sender's protocol version.
        version: u32,
        /// The engine's name and version, for the log and the screen.
        engine: String,
        /// What it computes on: `cpu`, `cuda`, `metal`.
        device: String,
    },
    /// How far a load or a prompt has come.
    Progress {
        /// What is being done.
        stage: Stage,
        /// 0 to 100.
        percent: u8,
    },
    /// The model is ready.
    Loaded(ModelFacts),
    /// The model is not loaded; the engine waits for another.
    LoadFailed {
        /// What kind of trouble.
        fault: LoadFault,
        /// For people; names no path.
        message: String,
    },
    /// A piece of the answer: whole Unicode scalars, never empty.
    Token {
        /// The job it belongs to.
        job: String,
        /// The text.
        text: String,
    },
    /// The answer is complete, or was cancelled.
    Finished {
        /// The job that ended.
        job: String,
        /// Why.
        reason: Finish,
        /// What it cost.
        usage: GenerateUsage,
    },
    /// The request itself is bad; nothing was generated. The text may be shown to the customer.
    Refused {
        /// The job that ended.
        job: String,
        /// Why, without paths or internals.
        message: String,
    },
    /// The engine failed at it. Nothing it makes afterwards should be trusted.
    Failed {
        /// The job that ended.
        job: String,
        /// Why, for the log.
        message: String,
    },
    /// Still alive, sent every second whatever else happens.
    Heartbeat {
        /// Steps done since the start: a busy engine whose number stands still hangs.
        steps: u64,
        /// Whether a load or a job is in progress.
        busy: bool,
    },
}

// Outputs must not reach a log by way of `{:?}`.
impl std::fmt::Debug for FromEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hello { version, engine, device } => write!(f, "Hello({version}, {engine}, {device})"),
            Self::Progress { stage, percent } => write!(f, "Progress({stage:?}, {percent} %)"),
            Self::Loaded(facts) => write!(f, "Loaded({facts:?})"),
            Self::LoadFailed { fault, message } => write!(f, "LoadFailed({fault:?}, {message})"),
            Self::Token { job, text } => write!(f, "Token({job}, {} bytes)", text.len()),
            Self::Finished { job, reason, usage } => write!(f, "Finished({job}, {reason:?}, {usage:?})"),
            Self::Refused { job, message } => write!(f, "Refused({job}, {message})"),
            Self::Failed { job, message } => write!(f, "Failed({job}, {message})"),
            Self::Heartbeat { steps, busy } => write!(f, "Heartbeat({steps}, {busy})"),
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The file's structure is being checked.
    Checking,
    /// Weights are being read.
    Loading,
    /// A first token is made, so that the first job does not pay for it.
    Warming,
    /// A prompt is being read.
    Reading,
}

/// What kind of trouble a load had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadFault {
    /// The file cannot be opened or read.
    Unreadable,
    /// The file is not a well-formed model.
    Malformed,
    /// A well-formed model this engine does not run.
    Unsupported,
    /// Not enough memory.
    OutOfMemory,
    /// The engine's own trouble.
    Internal,
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// `general.architecture` of the file.
    pub architecture: String,
    /// `general.name` of the file, if any.
    pub name: Option<String>,
    /// The usable context in tokens.
    pub context: u32,
    /// The commonest weight type, for example `Q8_0`.
    pub quantization: String,
    /// How many weights.
    pub parameters: u64,
    /// True when the quantization has no fast path on this device.
    pub slow: bool,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// End of text or a stop text.
    Stop,
    /// A limit.
    Length,
    /// On request.
    Cancelled,
}

/// What an answer cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateUsage {
    /// Tokens of the rendered prompt.
    pub prompt_tokens: u32,
    /// Tokens generated, a final end-of-text not counted.
    pub completion_tokens: u32,
}
