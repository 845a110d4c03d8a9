//! One connection's jobs: from offer to ack.

mod state;
#[cfg(test)]
mod tests;

use types::{Answer, Ask, Den, FinishReason, JobId, ModelId, Piece, Private, Usage};

pub use state::{Jobs, Running};

/// Everything that can happen to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The coordinator pushed a job we can read.
    Offered(Box<Offer>),
    /// The coordinator pushed a job that this worker does not serve.
    OfferedUnservable {
        /// The job.
        job: JobId,
        /// The words for the customer.
        message: String,
        /// True when it would fail on any worker.
        client_error: bool,
    },
    /// The engine made a piece of an answer.
    Made {
        /// The job it belongs to.
        job: JobId,
        /// The piece.
        piece: Piece,
    },
    /// The engine finished.
    Finished {
        /// The job.
        job: JobId,
        /// Why it ended.
        reason: FinishReason,
        /// What it cost, where the engine counts.
        usage: Option<Usage>,
        /// The whole answer to a raw request that was not streamed.
        body: Option<Private>,
    },
    /// The engine says the request itself is bad.
    Refused {
        /// The job.
        job: JobId,
        /// The words for the customer.
        message: String,
    },
    /// The engine failed at the job.
    Failed {
        /// The job.
        job: JobId,
    },
    /// The engine had no time for the job, and will not have enough before the coordinator gives it to somebody else.
    Starved {
        /// The job.
        job: JobId,
    },
    /// The engine process is gone, or is about to be ended.
    EngineGone,
    /// The customer cancelled.
    CancelAsked {
        /// The job.
        job: JobId,
    },
    /// The coordinator settled a job.
    Acked {
        /// The job.
        job: JobId,
        /// What it earned.
        den: Den,
    },
    /// The coordinator did not settle a job in time.
    AckOverdue {
        /// The job.
        job: JobId,
    },
    /// A job could not be recorded as accepted; the engine never saw it.
    NotRecorded {
        /// The job.
        job: JobId,
    },
    /// The connection is gone.
    ConnectionLost,
    /// Drop everything at once: the owner needs the GPU, or the app ends.
    Abandon,
}

/// A job as offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Its id, as received.
    pub job: JobId,
    /// The advertised model it is for.
    pub model: ModelId,
    /// What to do.
    pub ask: Ask,
}

/// What the driver must do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write this down before the effects that follow.
    Record(JobId, Entry),
    /// Let the engine work.
    Generate(Box<Offer>),
    /// Tell the engine to stop; it still answers with a terminal event.
    CancelEngine(JobId),
    /// Send a piece of the answer.
    SendPiece {
        /// The job.
        job: JobId,
        /// The piece.
        piece: Piece,
    },
    /// Send the one terminal message of a job that gave an answer, with a receipt if the text is not empty.
    SendDone(Box<Done>),
    /// Send the one terminal message of a job that gave none.
    SendError {
        /// The job.
        job: JobId,
        /// The words, which can reach the customer.
        message: String,
        /// True when the request would fail anywhere.
        client_error: bool,
    },
    /// Report [`Event::AckOverdue`] if no ack comes in time.
    AwaitAck(JobId),
    /// Close the connection without a word about the job: it goes to another worker, and nobody is blamed.
    Disconnect(Disconnect),
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    /// The coordinator broke the protocol.
    Protocol,
    /// The engine had no time for the job.
    Starved,
}

/// A finished answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The job.
    pub job: JobId,
    /// Exactly what was sent in pieces, or the body of a raw answer.
    pub answer: Answer,
    /// Why it ended.
    pub reason: FinishReason,
    /// What it cost, where the engine counts.
    pub usage: Option<Usage>,
    /// True when it is the part of an answer that a cancel left.
    pub cancelled: bool,
}

/// A line in the life of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Taken on.
    Accepted(ModelId),
    /// An answer is about to leave.
    Delivered {
        /// Digest of the text; whoever records this also makes the receipt over it.
        text: types::Sha256,
        /// Why it ended.
        reason: FinishReason,
        /// What it cost, where the engine counts.
        usage: Option<Usage>,
    },
    /// The request was bad.
    Refused,
    /// We failed at it.
    Failed,
    /// No longer ours.
    Abandoned,
    /// Paid with this much.
    Settled(Den),
    /// Delivered, but the coordinator never said what it earned.
    Unconfirmed,
}

/// What the customer of a failed job reads.
pub const ENGINE_STOPPED: &str = "the engine stopped; please retry";
/// What the customer of an empty answer reads.
pub const NO_OUTPUT: &str = "the model produced no output";

impl Jobs {
    /// What happens next. Pure: same jobs and event, same outcome.
    #[must_use]
    pub fn step(mut self, event: Event) -> (Self, Vec<Effect>) {
        let effects = match event {
            Event::Offered(offer) => self.offered(offer),
            Event::OfferedUnservable { job, message, client_error } => {
                self.offered_unservable(job, message, client_error)
            }
            Event::Made { job, piece } => self.made(job, piece),
            Event::Finished { job, reason, usage, body } => self.finished(&job, reason, usage, body),
            Event::Refused { job, message } => self.refused(&job, message),
            Event::Failed { job } => self.failed(&job),
            Event::Starved { job } => self.starved(job),
            Event::EngineGone => self.engine_gone(),
            Event::CancelAsked { job } => self.cancel_asked(&job),
            Event::Acked { job, den } => self.acked(&job, den),
            Event::AckOverdue { job } => self.ack_overdue(job),
            Event::NotRecorded { job } => self.not_recorded(job),
            Event::ConnectionLost | Event::Abandon => self.let_go(),
        };
        (self, effects)
    }
}
