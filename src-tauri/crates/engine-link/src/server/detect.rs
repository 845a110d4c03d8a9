//! Which servers already run?

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use types::{ApiFormat, Sensitive};

use super::facts::{self, Listing};
use super::http::{Http, HttpFault};
use super::{ServerAddress, ServerKind, ServerPatience, gate};

/// Where the common servers are unless their owners said otherwise: Ollama, LM Studio, llama.cpp, vLLM, SGLang.
pub const KNOWN_PORTS: [u16; 5] = [11_434, 1234, 8080, 8000, 30_000];

/// A server on this computer answers at once or is not worth waiting for.
const SHORT: ServerPatience = ServerPatience {
    connect: Duration::from_millis(500),
    page: Duration::from_secs(2),
    gate: Duration::from_secs(10),
    silence: Duration::from_secs(10),
    look: Duration::from_secs(30),
};

/// A server that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub address: ServerAddress,
    /// Which program.
    pub kind: ServerKind,
    /// What it serves.
    pub models: Vec<FoundModel>,
    /// The APIs it speaks of its own, tried with its first model. Empty where trying would make the server load a
    /// model into the owner's memory; it is then known after a load.
    pub formats: Vec<ApiFormat>,
}

/// A model of a server that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundModel {
    /// By the name the server lists.
    pub name: String,
    /// How many tokens a prompt and its answer may have together, where the server says.
    pub context: Option<u32>,
}

/// Why there is no server to use at an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// Nobody there, or nobody who answers.
    #[error("no server can be reached there: {0}")]
    Unreachable(String),
    /// It wants a key, or another one.
    #[error("the server wants a key, or another one than it got")]
    Locked,
    /// Somebody there, but no such server.
    #[error("what answers there is not an OpenAI-compatible server: {0}")]
    Foreign(String),
}

/// Looks at these ports of this computer, all at once. Whatever is no such server is passed over.
pub async fn detect(ports: &[u16]) -> Vec<Found> {
    let mut looks = JoinSet::new();
    for (place, port) in ports.iter().copied().enumerate() {
        looks.spawn(async move { (place, survey_within(&ServerAddress::here(port), None, SHORT).await) });
    }
    let mut found: Vec<_> = looks.join_all().await;
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().filter_map(|(_, found)| found.ok()).collect()
}

/// Looks at one server.
pub async fn survey(
    address: &ServerAddress,
    key: Option<&Arc<Sensitive<String>>>,
) -> Result<Found, ServerFault> {
    survey_within(address, key, ServerPatience::default()).await
}

async fn survey_within(
    address: &ServerAddress,
    key: Option<&Arc<Sensitive<String>>>,
    patience: ServerPatience,
) -> Result<Found, ServerFault> {
    let http = Http::new(address, key, patience).map_err(fault)?;
    let Listing { kind, models } = facts::listing(&http).await.map_err(fault)?;
    let formats = match models.first() {
        Some(first) if kind.is_resident() => {
            gate::formats(&http.with_patience(patience.gate), &first.name).await
        }
        Some(_) | None => Vec::new(),
    };
    let mut found = Vec::new();
    let deadline = Instant::now() + patience.gate;
    for model in models {
        // A long list may be asked about only in part; a load asks again.
        let told = timeout_at(deadline, facts::told(&http, kind, &model)).await.unwrap_or_default();
        found.push(FoundModel { name: model.name, context: told.context });
    }
    Ok(Found { address: address.clone(), kind, models: found, formats })
}

fn fault(fault: HttpFault) -> ServerFault {
    match fault {
        HttpFault::Key | HttpFault::Status(401 | 403) => ServerFault::Locked,
        HttpFault::Nobody | HttpFault::Untrusted | HttpFault::Slow | HttpFault::Cut => {
            ServerFault::Unreachable(fault.to_string())
        }
        HttpFault::TooLarge | HttpFault::Garbled | HttpFault::Status(_) => {
            ServerFault::Foreign(fault.to_string())
        }
    }
}
