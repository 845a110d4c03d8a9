//! What everybody may read about the network: which models are online, what they are asked for, and how it is.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use types::{Den, ModelId};

use super::jobs::seconds;
use super::text::plain;
use super::{AccountError, PublicClient};

/// No network has more; the coordinator sets no limit of its own.
const MOST_MODELS: usize = 5000;
const LONGEST_NAME: usize = 200;
const LONGEST_SENTENCE: usize = 300;
const MOST_ADVISORIES: usize = 20;
const SCHEMA: &str = "aipg.network.status.v1";

/// A model that somebody serves now, with its measures of the last 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOnline {
    /// Its name.
    pub model: ModelId,
    /// How many processes serve it. They may be one operator's.
    pub workers: u64,
    /// The kind of its jobs.
    pub kind: String,
    /// The longest context among its workers.
    pub context: Option<u64>,
    /// Jobs measured in the last 24 hours: the demand that was served.
    pub jobs_of_a_day: u64,
    /// Tokens a second of those jobs.
    pub tokens_per_second: Option<f64>,
    /// How long customers waited for the first token.
    pub time_to_first_token: Option<Duration>,
}

/// Over which time demand is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// The last hour.
    Hour,
    /// The last day.
    Day,
    /// The last month.
    Month,
}

impl Period {
    /// The coordinator's word. It takes any other for a month.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

/// What was asked of a model in a period, by whomever it was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDemand {
    /// Its name.
    pub model: ModelId,
    /// The kind of the jobs.
    pub kind: String,
    /// How many.
    pub jobs: u64,
    /// What they earned.
    pub den: Den,
}

/// Whether the coordinator is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// It says so itself.
    pub is_ok: bool,
    /// Workers connected now.
    pub workers: u64,
    /// Models that somebody serves now.
    pub models: Vec<ModelId>,
}

/// How the network is, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkStatus {
    /// One word for all of it.
    pub status: String,
    /// Workers online.
    pub workers_online: u64,
    /// How many workers the network wants for each model.
    pub redundancy_target: u64,
    /// The models that have fewer: another worker is most welcome there.
    pub models_below_target: Vec<ModelId>,
    /// Whether a bond is demanded of workers. Unknown where it is not said.
    pub staking_required: Option<bool>,
    /// Sentences of warning, for showing.
    pub advisories: Vec<String>,
}

impl PublicClient {
    /// The models online.
    pub async fn models(&self) -> Result<Vec<ModelOnline>, AccountError> {
        let models: Vec<WireOnline> = read(&self.http.get("/v1/status/models").await?, "the page of models")?;
        Ok(bounded(models)?.into_iter().map(ModelOnline::read).collect())
    }

    /// What was asked of each model in a period.
    pub async fn demand(&self, period: Period) -> Result<Vec<ModelDemand>, AccountError> {
        let path = format!("/v1/stats/models?period={}", period.as_str());
        let page: WireStats = read(&self.http.get(&path).await?, "the page of demand")?;
        // Another period's figures would be shown under this one's name.
        if page.period != period.as_str() {
            return Err(AccountError::wrong("period"));
        }
        bounded(page.models)?.into_iter().map(ModelDemand::read).collect()
    }

    /// How the network is.
    pub async fn network(&self) -> Result<NetworkStatus, AccountError> {
        NetworkStatus::read(&self.http.get("/v1/status/network").await?)
    }

    /// Whether the coordinator is well.
    pub async fn health(&self) -> Result<Health, AccountError> {
        let page: WireHealth = read(&self.http.get("/health").await?, "the page of health")?;
        Ok(Health {
            is_ok: page.status == "ok",
            workers: page.workers_connected,
            models: bounded(page.models_available)?.iter().map(|name| model(name)).collect(),
        })
    }
}

fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, AccountError> {
    serde_json::from_slice(body).map_err(|_| AccountError::wrong(what))
}

fn bounded<T>(models: Vec<T>) -> Result<Vec<T>, AccountError> {
    if models.len() > MOST_MODELS {
        return Err(AccountError::Malformed(format!("{} models", models.len())));
    }
    Ok(models)
}

fn model(name: &str) -> ModelId {
    ModelId::new(plain(name, LONGEST_NAME))
}

impl ModelOnline {
    fn read(wire: WireOnline) -> Self {
        Self {
            model: model(&wire.name),
            workers: wire.count,
            kind: plain(&wire.kind.unwrap_or_default(), LONGEST_NAME),
            context: wire.max_context_length,
            jobs_of_a_day: wire.samples.unwrap_or(0),
            tokens_per_second: wire.tokens_per_s.filter(|speed| (0.0..1e9).contains(speed)),
            time_to_first_token: wire.avg_ttft_s.and_then(seconds),
        }
    }
}

impl ModelDemand {
    fn read(wire: WireDemand) -> Result<Self, AccountError> {
        Ok(Self {
            model: model(&wire.name),
            kind: plain(&wire.kind.unwrap_or_default(), LONGEST_NAME),
            jobs: wire.jobs,
            den: Den::from_wire(wire.den).ok_or_else(|| AccountError::wrong("den"))?,
        })
    }
}

impl NetworkStatus {
    fn read(body: &[u8]) -> Result<Self, AccountError> {
        let wire: WireNetwork = read(body, "the page of the network")?;
        if wire.schema != SCHEMA {
            return Err(AccountError::wrong("schema"));
        }
        let advisories = wire.advisories.into_iter().take(MOST_ADVISORIES);
        Ok(Self {
            status: plain(&wire.status, LONGEST_NAME),
            workers_online: wire.capacity.workers_online,
            redundancy_target: wire.capacity.redundancy_target,
            models_below_target: bounded(wire.capacity.models_below_target)?
                .iter()
                .map(|name| model(name))
                .collect(),
            staking_required: wire.architecture.and_then(|architecture| architecture.staking_required),
            advisories: advisories.map(|advisory| plain(&advisory.summary, LONGEST_SENTENCE)).collect(),
        })
    }
}

#[derive(Deserialize)]
struct WireOnline {
    name: String,
    count: u64,
    #[serde(rename = "type")]
    kind: Option<String>,
    max_context_length: Option<u64>,
    samples: Option<u64>,
    tokens_per_s: Option<f64>,
    avg_ttft_s: Option<f64>,
}

#[derive(Deserialize)]
struct WireStats {
    period: String,
    models: Vec<WireDemand>,
}

#[derive(Deserialize)]
struct WireDemand {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    jobs: u64,
    den: f64,
}

#[derive(Deserialize)]
struct WireHealth {
    status: String,
    workers_connected: u64,
    models_available: Vec<String>,
}

#[derive(Deserialize)]
struct WireNetwork {
    schema: String,
    status: String,
    capacity: WireCapacity,
    architecture: Option<WireArchitecture>,
    #[serde(default)]
    advisories: Vec<WireAdvisory>,
}

#[derive(Deserialize)]
struct WireCapacity {
    workers_online: u64,
    redundancy_target: u64,
    models_below_target: Vec<String>,
}

#[derive(Deserialize)]
struct WireArchitecture {
    staking_required: Option<bool>,
}

#[derive(Deserialize)]
struct WireAdvisory {
    summary: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn status() -> Value {
        json!({"schema": SCHEMA, "status": "operational", "core": {},
            "capacity": {"workers_online": 1, "models_online": 1, "redundancy_target": 3,
                "models_below_target": ["m\u{7}"], "models": []},
            "advisories": [{"code": "x", "severity": "warning", "summary": "Some models\u{1b} lack workers."}],
            "architecture": {"staking_required": false}})
    }

    #[test]
    fn a_bond_is_demanded_not_demanded_or_not_said() {
        let check = |architecture: Value, expected: Option<bool>| {
            let mut page = status();
            page["architecture"] = architecture;
            let read = NetworkStatus::read(page.to_string().as_bytes()).expect("a page");
            assert_eq!(read.staking_required, expected);
            assert_eq!(read.models_below_target, [ModelId::new("m")]);
            assert_eq!(read.advisories, ["Some models lack workers."]);
        };
        check(json!({"staking_required": false}), Some(false));
        check(json!({"staking_required": true}), Some(true));
        check(json!({}), None);
        check(Value::Null, None);
    }

    #[test]
    fn another_schema_is_not_guessed_at() {
        let page = status().to_string().replace(".v1", ".v2");
        assert_eq!(NetworkStatus::read(page.as_bytes()), Err(AccountError::wrong("schema")));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(0_u8.., 0..400)) {
            let _ = NetworkStatus::read(&bytes);
        }
    }
}
