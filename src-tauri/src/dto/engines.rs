//! What makes the answers: our own engine, and servers that run already. No path and no key is in here.

mod from;

use serde::{Deserialize, Serialize};

/// The engines and what was found beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Engines {
    /// Those that are set up, in their order.
    pub engines: Vec<Engine>,
    /// Whether they serve now; the practice network serves a model of its own.
    pub serving: bool,
    /// Servers found on this computer that do not serve yet.
    pub found: Vec<FoundServer>,
    /// Whether they are being looked for now.
    pub searching: bool,
}

/// One engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Engine {
    /// Its place in the list.
    pub id: u32,
    /// What it is.
    pub source: EngineSource,
    /// The model's name on the Grid.
    pub serve_as: String,
    /// How many jobs at once, at most.
    pub slots: u8,
    /// How many of them are on the Grid now.
    pub slots_now: u8,
    /// Hours with other numbers.
    pub schedule: Vec<ScheduleLine>,
    /// How it is.
    pub health: EngineHealth,
    /// Which forms of a request it answers.
    pub formats: Vec<Format>,
}

/// What an engine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EngineSource {
    /// Our own, with a model file.
    Own {
        /// The file's name without its folder.
        file: String,
    },
    /// A server that runs already.
    Server {
        /// Where.
        address: String,
        /// Which program, as far as it can be told.
        program: Program,
        /// The model's name there.
        model: String,
    },
}

/// A program that serves models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Program {
    /// Ollama.
    Ollama,
    /// LM Studio.
    LmStudio,
    /// llama.cpp's server.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// Another one that speaks the same language.
    Unknown,
}

/// How an engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum EngineHealth {
    /// It loads or is being tested.
    Starting,
    /// It answers.
    Ready,
    /// Its hours or the owner keep it off the Grid now.
    Off,
    /// It fails or is not there.
    Failing,
    /// Nobody looked yet.
    Unknown,
}

/// A form of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// OpenAI's chat.
    OpenaiChat,
    /// OpenAI's responses.
    OpenaiResponses,
    /// Anthropic's messages.
    Anthropic,
}

/// Hours with another number of jobs at once. The first line that fits counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ScheduleLine {
    /// On which days; none means on every day.
    pub days: Vec<Weekday>,
    /// From when, `08:00`.
    pub from: String,
    /// Until when, `18:00`.
    pub to: String,
    /// How many at once; 0 is off the Grid.
    pub slots: u8,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

/// A server that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct FoundServer {
    /// Where.
    pub address: String,
    /// Which program.
    pub program: Program,
    /// Its models.
    pub models: Vec<String>,
    /// Which forms of a request it answers, as far as that was tried.
    pub formats: Vec<Format>,
    /// Why it cannot be used now.
    pub fault: Option<ServerFault>,
}

/// Why a server cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum ServerFault {
    /// Nobody there, or nobody who answers.
    Unreachable,
    /// It wants a key, or another one.
    Locked,
    /// Somebody is there, but no such server.
    Foreign,
}

/// What an owner wants to serve with a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct EngineWish {
    /// Where it is.
    pub address: String,
    /// The model's name there.
    pub model: String,
    /// How it shall serve.
    pub serving: Serving,
}

/// How an engine shall serve.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The model's name on the Grid; empty means the source's own.
    pub serve_as: String,
    /// How many jobs at once.
    pub slots: u8,
    /// Hours with other numbers.
    pub schedule: Vec<ScheduleLine>,
}

impl Serving {
    /// One job at a time, around the clock, under the source's own name.
    pub(crate) const fn plain() -> Self {
        Self { serve_as: String::new(), slots: 1, schedule: Vec::new() }
    }
}

/// One connection to the Grid and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    /// Its name on the Grid.
    pub worker_name: String,
    /// The model it serves.
    pub model: String,
    /// What it is doing.
    pub phase: super::Phase,
    /// Whether it is the hours that keep it off the Grid.
    pub off_schedule: bool,
    /// The name of what stands in its way.
    pub code: Option<String>,
    /// Since when it is on the Grid, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub online_since: Option<u64>,
}
