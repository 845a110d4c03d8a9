//! A job's seed.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// An integer of any size, carried on digit by digit: a customer's seed has no bound.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Seed(Box<RawValue>);

impl Seed {
    /// The network's own choice.
    pub(crate) fn drawn(seed: u64) -> Self {
        Self(to_raw_value(&seed).expect("BUG: an integer is JSON"))
    }

    /// A customer's choice; `None` if it is no integer. As for JSON readers elsewhere, 1.0 is a float.
    pub(super) fn read(json: &RawValue) -> Option<Self> {
        let digits = json.get().strip_prefix('-').unwrap_or(json.get());
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| Self(json.to_owned()))
    }
}
