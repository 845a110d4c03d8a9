//! What travels from a worker's socket to the waiting customer.

use std::fmt;

use serde_json::Value;
use tokio::sync::mpsc;

/// A customer's lane from its two ends. Pieces may be lost where the customer falls behind by `room` of them,
/// the ending never: it has a place of its own.
pub(crate) fn lane<P, D>(room: usize) -> (Teller<P, D>, Listener<P, D>) {
    let (pieces, heard_pieces) = mpsc::channel(room);
    let (ending, heard_ending) = mpsc::channel(1);
    (Teller { pieces, ending }, Listener { pieces: heard_pieces, ending: heard_ending })
}

/// The worker's end of a lane of pieces `P` that are done with a `D`.
pub(crate) struct Teller<P, D> {
    pieces: mpsc::Sender<P>,
    ending: mpsc::Sender<Ending<D>>,
}

impl<P, D> Teller<P, D> {
    /// Passes a piece on without waiting. A customer who hung up hears nothing; the job runs on.
    pub(crate) fn piece(&self, piece: P) {
        let _ = self.pieces.try_send(piece);
    }

    /// There is nothing more to say. A job ends once, so the one place is free.
    pub(crate) fn end(&self, ending: Ending<D>) {
        let _ = self.ending.try_send(ending);
    }
}

/// The customer's end of a lane.
pub(crate) struct Listener<P, D> {
    pieces: mpsc::Receiver<P>,
    ending: mpsc::Receiver<Ending<D>>,
}

impl<P, D> Listener<P, D> {
    /// What comes next: all pieces, then the ending. `None` if the job was forgotten.
    pub(crate) async fn next(&mut self) -> Option<Relay<P, D>> {
        tokio::select! {
            biased;
            Some(piece) = self.pieces.recv() => Some(Relay::Piece(piece)),
            ending = self.ending.recv() => ending.map(Relay::Ended),
        }
    }
}

/// One piece of news for a customer. No part of an answer may be printed, so none of this can be.
pub(crate) enum Relay<P, D> {
    /// A piece of the answer.
    Piece(P),
    /// There is no more.
    Ended(Ending<D>),
}

/// How an answer ends.
pub(crate) enum Ending<D> {
    /// It is complete.
    Done(D),
    /// There will be no answer.
    Failed { message: String, fault: Fault },
}

/// The lane of a chat job: what is told, and by whom.
pub(crate) type ChatTeller = Teller<Delta, Finished>;
/// The other end of it.
pub(crate) type ChatListener = Listener<Delta, Finished>;
/// The lane of a raw job. It is done with the worker's whole body, where it has one.
pub(crate) type RawTeller = Teller<RawEvent, Value>;
/// The other end of it.
pub(crate) type RawListener = Listener<RawEvent, Value>;

/// A token frame's delta, unchanged.
pub(crate) struct Delta {
    pub(crate) delta: Value,
    pub(crate) finish_reason: Option<String>,
}

/// A raw frame's event, unchanged.
pub(crate) struct RawEvent {
    pub(crate) event: Option<String>,
    pub(crate) data: String,
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
    use super::*;

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
    async fn an_ending_arrives_after_the_pieces_even_if_the_lane_is_full() {
        let (teller, mut listener) = lane(1);
        teller.piece("a");
        teller.piece("lost");
        teller.end(Ending::Done("whole"));
        drop(teller);
        assert!(matches!(listener.next().await, Some(Relay::Piece("a"))));
        let ended = listener.next().await;
        assert!(matches!(ended, Some(Relay::Ended(Ending::Done("whole")))), "the lane was full");
        assert!(listener.next().await.is_none(), "a forgotten job has no more news");
    }

    #[test]
    fn no_answer_is_printed() {
        assert!(!format!("{:?}", finished()).contains("canary"));
    }
}
