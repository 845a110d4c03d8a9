//! The shape of what a customer is answered, whole or in chunks.

use serde::Serialize;
use serde_json::Value;

use crate::hub::{Hub, Placed};
use crate::relay::Finished;
use crate::request::Seed;

/// An answer or a chunk of one.
#[derive(Serialize)]
pub(crate) struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grid: Option<GridNote<'a>>,
}

impl<'a> Completion<'a> {
    pub(crate) fn new(hub: &Hub, placed: &'a Placed, object: &'static str, choices: Value) -> Self {
        Self {
            id: &placed.completion_id,
            object,
            created: hub.now().seconds(),
            model: &placed.model,
            choices,
            usage: None,
            grid: None,
        }
    }
}

/// What the coordinator adds about the service.
#[derive(Serialize)]
pub(crate) struct GridNote<'a> {
    #[serde(flatten)]
    served: Option<Served<'a>>,
    seed: &'a Seed,
}

#[derive(Serialize)]
struct Served<'a> {
    worker: &'a str,
    gen_time: f64,
    ttft: Option<f64>,
    tokens_per_s: Option<f64>,
}

impl<'a> GridNote<'a> {
    pub(crate) fn served(finished: &'a Finished, seed: &'a Seed) -> Self {
        let Finished { worker, pace, .. } = finished;
        let served =
            Served { worker, gen_time: pace.gen_time, ttft: pace.ttft, tokens_per_s: pace.tokens_per_s };
        Self { served: Some(served), seed }
    }

    /// Nobody served it: only the seed is known.
    pub(crate) const fn lost(seed: &'a Seed) -> Self {
        Self { served: None, seed }
    }
}
