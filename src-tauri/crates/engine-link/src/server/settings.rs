//! Which server, and how patiently.

use std::sync::Arc;
use std::time::Duration;

use types::Sensitive;

use super::ServerAddress;

/// One model of one server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where it is.
    pub address: ServerAddress,
    /// The key it wants, if it wants one.
    pub key: Option<Arc<Sensitive<String>>>,
    /// The model, by the name the server lists.
    pub model: String,
    /// How many tokens a prompt and its answer may have together, where the server does not say or says too much.
    pub context: Option<u32>,
    /// How patiently.
    pub patience: ServerPatience,
}

impl ServerSettings {
    /// A model of a server that wants no key and knows its context, with ordinary patience.
    pub fn new(address: ServerAddress, model: impl Into<String>) -> Self {
        let patience = ServerPatience::default();
        Self { address, key: None, model: model.into(), context: None, patience }
    }
}

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerPatience {
    /// Until somebody takes the call.
    pub connect: Duration,
    /// For a page without a generation: the list of models, the health.
    pub page: Duration,
    /// For the few tokens of the health gate. Some servers read the model from disk only when it is first asked for.
    pub gate: Duration,
    /// Between two pieces of an answer; a long prompt is read in silence.
    pub silence: Duration,
    /// From one look at an idle server to the next.
    pub look: Duration,
}

impl Default for ServerPatience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            page: Duration::from_secs(10),
            gate: Duration::from_secs(120),
            silence: Duration::from_secs(120),
            look: Duration::from_secs(30),
        }
    }
}
