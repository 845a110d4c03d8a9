//! What travels from a worker's socket to the waiting customer.

use std::fmt;

use serde_json::Value;
use tokio::sync::mpsc;

/// A customer's lane from its two ends. News may be lost where the customer falls behind by `room` deltas,
/// the ending never: it has a place of its own.
pub(crate) fn lane(room: usize) -> (Teller, Listener) {
    let (deltas, heard_deltas) = mpsc::channel(room);
    let (ending, heard_ending) = mpsc::channel(1);
    (Teller { deltas, ending }, Listener { deltas: heard_deltas, ending: heard_ending })
}

/// The worker's end of a lane.
pub(crate) struct Teller {
    deltas: mpsc::Sender<Relay>,
    ending: mpsc::Sender<Relay>,
}

impl Teller {
    /// Passes news on without waiting. A customer who hung up hears nothing; the job runs on.
    pub(crate) fn tell(&self, relay: Relay) {
        let lane = match relay {
            Relay::Delta { .. } => &self.deltas,
            // A job ends once, so the one place is free.
            Relay::Done(_) | Relay::Failed { .. } => &self.ending,
        };
        let _ = lane.try_send(relay);
    }
}

/// The customer's end of a lane.
pub(crate) struct Listener {
    deltas: mpsc::Receiver<Relay>,
    ending: mpsc::Receiver<Relay>,
}

impl Listener {
    /// What comes next: all deltas, then the ending. `None` if the job was forgotten.
    pub(crate) async fn next(&mut self) -> Option<Relay> {
        tokio::select! {
            biased;
            Some(delta) = self.deltas.recv() => Some(delta),
            ending = self.ending.recv() => ending,
        }
    }
}

/// One piece of news for a customer.
#[derive(Clone)]
pub(crate) enum Relay {
    /// A token frame's delta, unchanged.
    Delta { delta: Value, finish_reason: Option<String> },
    /// The answer is complete.
    Done(Box<Finished>),
    /// There will be no answer.
    Failed { message: String, fault: Fault },
}

// No part of an answer may be printed, and a worker's words may quote one.
impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delta { .. } => f.write_str("Delta"),
            Self::Done(finished) => finished.fmt(f),
            Self::Failed { fault, .. } => f.debug_tuple("Failed").field(fault).finish(),
        }
    }
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Customer,
    Worker,
}

/// A complete answer with what the customer is told about it.
#[derive(Clone)]
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

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finished")
            .field("text_bytes", &self.text.len())
            .field("billed", &self.billed)
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delta(content: &str) -> Relay {
        Relay::Delta { delta: json!({"content": content}), finish_reason: Some("canary".into()) }
    }

    fn finished() -> Finished {
        Finished {
            text: "canary".into(),
            reasoning: "canary".into(),
            tool_calls: vec!["canary".into()],
            finish_reason: "canary".into(),
            usage: Some("canary".into()),
            billed: 1,
            worker: "rig".into(),
            pace: Pace::of(1.0, None, 1),
        }
    }

    #[tokio::test]
    async fn an_ending_arrives_after_the_deltas_even_if_the_lane_is_full() {
        let (teller, mut listener) = lane(1);
        teller.tell(delta("a"));
        teller.tell(delta("lost"));
        teller.tell(Relay::Done(Box::new(finished())));
        drop(teller);
        assert!(matches!(listener.next().await, Some(Relay::Delta { delta, .. }) if delta["content"] == "a"));
        assert!(matches!(listener.next().await, Some(Relay::Done(_))), "the lane was full");
        assert!(listener.next().await.is_none(), "a forgotten job has no more news");
    }

    #[test]
    fn no_answer_is_printed() {
        let failed = Relay::Failed { message: "canary".into(), fault: Fault::Customer };
        for relay in [delta("canary"), Relay::Done(Box::new(finished())), failed] {
            assert!(!format!("{relay:?}").contains("canary"), "{relay:?}");
        }
    }
}
