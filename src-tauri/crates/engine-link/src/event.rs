//! What an engine said.

use engine_protocol::{LoadFault, ModelFacts, Stage};
use types::{FinishReason, JobId, Usage};

/// One thing an engine said, or the fact that it is gone.
#[derive(Clone, PartialEq)]
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
    Token {
        /// The job.
        job: JobId,
        /// Whole Unicode scalars.
        text: String,
    },
    /// An answer is complete.
    Finished {
        /// The job.
        job: JobId,
        /// Why.
        reason: FinishReason,
        /// What it cost.
        usage: Usage,
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

// Outputs must not reach a log by way of `{:?}`.
impl std::fmt::Debug for EngineEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Progress { stage, percent } => write!(f, "Progress({stage:?}, {percent} %)"),
            Self::Loaded(facts) => write!(f, "Loaded({facts:?})"),
            Self::LoadFailed { fault, message } => write!(f, "LoadFailed({fault:?}, {message})"),
            Self::Token { job, text } => write!(f, "Token({job}, {} bytes)", text.len()),
            Self::Finished { job, reason, usage } => write!(f, "Finished({job}, {reason:?}, {usage:?})"),
            Self::Refused { job, message } => write!(f, "Refused({job}, {message})"),
            Self::Failed { job, message } => write!(f, "Failed({job}, {message})"),
            Self::Gone { why } => write!(f, "Gone({why})"),
        }
    }
}
