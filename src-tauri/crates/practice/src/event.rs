//! What happens on the practice network, for tests and for people who watch.

use std::time::Duration;

use alloy_primitives::{Address, B256};
use types::{Aipg, Den, JobId};

use crate::settlement::RailError;

/// One thing that happened. Prompts and answers are never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A worker registered.
    WorkerReady {
        /// Its name.
        worker: String,
        /// Its id, the same for good.
        worker_id: String,
    },
    /// A registration was refused.
    RegistrationRefused {
        /// The words in the error frame.
        message: String,
        /// The close code that followed.
        code: u16,
    },
    /// An idle worker was pinged.
    PingSent {
        /// The worker.
        worker: String,
    },
    /// A customer's request became a job.
    JobQueued {
        /// The job.
        job: JobId,
    },
    /// A job was bound to a worker that is busy: it comes next.
    JobBound {
        /// The job.
        job: JobId,
        /// The worker.
        worker: String,
    },
    /// A job went out to a worker.
    JobSent {
        /// The job.
        job: JobId,
        /// The worker.
        worker: String,
    },
    /// A token or raw frame came in.
    TokenRelayed {
        /// The job.
        job: JobId,
        /// How many have come in this attempt.
        frames: u32,
    },
    /// A cancel frame was sent.
    CancelSent {
        /// The job.
        job: JobId,
    },
    /// A worker failed a job for the first time.
    Strike {
        /// The worker.
        worker: String,
        /// The job.
        job: JobId,
        /// Its strikes now.
        count: u32,
    },
    /// A worker had too many strikes.
    Evicted {
        /// The worker.
        worker: String,
        /// How long its name is barred.
        bar: Duration,
    },
    /// A job went back into the queue.
    JobRequeued {
        /// The job.
        job: JobId,
        /// How often that happened to it.
        requeues: u32,
    },
    /// A `done` was settled and entered in the books.
    JobSettled {
        /// The job.
        job: JobId,
        /// The worker.
        worker: String,
        /// What it earned.
        den: Den,
        /// Whether the receipt's signature was good.
        signed: bool,
    },
    /// A `done` came for a job that somebody else had finished: den 0, no row.
    JobRepeated {
        /// The job.
        job: JobId,
        /// The worker that came second.
        worker: String,
    },
    /// A job ended without an answer.
    JobFailed {
        /// The job.
        job: JobId,
        /// Why.
        failure: Failure,
    },
    /// The jobs of a period were shared out.
    PeriodSettled {
        /// The period's id.
        period: String,
        /// How many jobs.
        jobs: usize,
        /// Their den.
        den: Den,
        /// How many accounts got nothing, because their shares were too small.
        dropped: usize,
    },
    /// A payout was sent.
    PayoutSent {
        /// The period's id.
        period: String,
        /// Who was paid.
        to: Address,
        /// How much.
        amount: Aipg,
        /// The transaction.
        tx: B256,
    },
    /// A payout was not sent, or nobody knows.
    PayoutFailed {
        /// The period's id.
        period: String,
        /// Who was to be paid.
        to: Address,
        /// What the rail said.
        error: RailError,
    },
    /// A worker's socket ended.
    SocketClosed {
        /// The worker, if it had registered.
        worker: Option<String>,
        /// The close code either side gave; 1006 if none.
        code: u16,
    },
}

/// Why a job ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The worker said that the request itself is bad.
    ClientError,
    /// The worker failed after its first token.
    MidGeneration,
    /// Too many attempts.
    GaveUp,
    /// The worker failed a raw job: there is one attempt.
    Raw,
    /// Idle workers of other models or formats handed it on to each other until it was too often.
    Unserved,
}
