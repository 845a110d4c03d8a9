//! What an engine said.

use engine_protocol::{LoadFault, ModelFacts, Stage};
use types::{FinishReason, JobId, Piece, Private, Usage};

/// One thing an engine said, or the fact that it is gone.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineEvent {
    /// How far a load or a prompt has come.
    Progress {
        /// What is being done.
        stage: Stage,
        /// 0 to 100.
        percent: u8,
    },
    /// The model is ready.
    Loaded(ModelFacts),
    /// The model was not loaded; the engine still lives.
    LoadFailed {
        /// What kind of trouble.
        fault: LoadFault,
        /// For people.
        message: String,
    },
    /// A piece of an answer.
    Piece {
        /// The job.
        job: JobId,
        /// The piece.
        piece: Piece,
    },
    /// An answer is complete.
    Finished {
        /// The job.
        job: JobId,
        /// Why.
        reason: FinishReason,
        /// What it cost, where the engine counts.
        usage: Option<Usage>,
        /// The whole answer to a raw request that was not streamed.
        body: Option<Private>,
    },
    /// The request itself is bad.
    Refused {
        /// The job.
        job: JobId,
        /// For the customer.
        message: String,
    },
    /// The engine failed at a job and should not be trusted any more.
    Failed {
        /// The job.
        job: JobId,
        /// For the log.
        message: String,
    },
    /// The process is gone; nothing follows.
    Gone {
        /// How it ended.
        why: String,
    },
}
