//! What work is worth, as far as anybody can know it, and why there may be none.

mod from;

use serde::Serialize;

/// What the Grid counts for work, and what that may come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Rates {
    /// When the Grid's figures were read, in milliseconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: u64,
    /// Models online or asked for, the one with the most work for each worker first.
    pub models: Vec<ModelRate>,
    /// What this machine could earn; nothing before it has worked enough to be measured.
    pub could_earn: Option<CouldEarn>,
}

/// One model on the Grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ModelRate {
    /// Its name on the Grid.
    pub model: String,
    /// Whether this computer serves it.
    pub ours: bool,
    /// Work units for a thousand written tokens, as a decimal; nothing for what is no text.
    pub work_units: Option<String>,
    /// Whether the Grid counts it by its size; a name it does not know counts as the smallest.
    pub known: bool,
    /// Whether the Grid says that too few serve it.
    pub wanted: bool,
    /// Workers that serve it now.
    #[cfg_attr(test, ts(type = "number"))]
    pub workers: u64,
    /// Jobs it had in the last hour; nothing where that could not be read.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub jobs: Option<u64>,
}

/// What this machine could earn: ranges, with all that they are reckoned from. Never added to money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct CouldEarn {
    /// The least AIPG in a day; nothing while no payout of ours was ever settled, for then there is no rate.
    pub aipg_low: Option<String>,
    /// The most.
    pub aipg_high: Option<String>,
    /// The least work units in an hour.
    pub work_low: String,
    /// The most.
    pub work_high: String,
    /// How fast this machine is, in tokens a second, as a decimal.
    pub tokens_per_second: String,
    /// At how many jobs that was measured; nothing if it was a benchmark.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub measured_jobs: Option<u64>,
    /// The least share of the time at work, in percent of one connection's: four at work all the time are 400.
    pub busy_low: u16,
    /// The most.
    pub busy_high: u16,
    /// From how many hours online that is; nothing if it is assumed.
    pub busy_hours: Option<u32>,
    /// From how many payouts the rate is.
    pub payouts: u32,
}

/// Something that keeps money from coming, or that looks like it and is as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Its name.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is as it should be, so that nobody need worry.
    pub normal: bool,
    /// The name of the one thing to do.
    pub fix: String,
    /// The name of what stands in the node's way, where that is the cause.
    pub code: Option<String>,
    /// How many, or how many work units, where there is such a figure.
    pub figure: Option<String>,
}

/// How bad a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing is earned or paid while this is so.
    Stops,
    /// Less is earned, or something is not paid.
    Costs,
    /// Good to know.
    Tells,
}
