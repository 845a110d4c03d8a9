//! What travels from a worker's socket to the waiting customer.

use serde_json::Value;

/// One piece of news for a customer.
#[derive(Debug, Clone)]
pub(crate) enum Relay {
    /// A token frame's delta, unchanged.
    Delta { delta: Value, finish_reason: Option<String> },
    /// The answer is complete.
    Done(Box<Finished>),
    /// There will be no answer.
    Failed { message: String, fault: Fault },
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Customer,
    Worker,
}

/// A complete answer with what the customer is told about it.
#[derive(Debug, Clone)]
pub(crate) struct Finished {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: Vec<Value>,
    pub(crate) finish_reason: String,
    /// What the worker reported.
    pub(crate) usage: Option<Value>,
    /// What the coordinator counted, for when the worker reported nothing.
    pub(crate) billed: u64,
    pub(crate) worker: String,
    pub(crate) pace: Pace,
}

/// How fast an answer came, as the customer is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    pub(crate) gen_time: f64,
    pub(crate) ttft: Option<f64>,
    pub(crate) tokens_per_s: Option<f64>,
}

impl Pace {
    /// Seconds to two places, tokens a second to one.
    pub(crate) fn of(duration: f64, ttft: Option<f64>, output_units: i64) -> Self {
        let generating = ttft.map(|ttft| duration - ttft).filter(|seconds| *seconds > 0.0);
        Self {
            gen_time: rounded(duration, 100.0),
            ttft: ttft.map(|ttft| rounded(ttft, 100.0)),
            tokens_per_s: generating.map(|seconds| rounded(output_units.max(0) as f64 / seconds, 10.0)),
        }
    }
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
