//! Writing down what happens, off the async threads and in order.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{JobState, Ledger, LedgerError, Limits, Totals};
use types::{Den, FinishReason, JobId, ModelId, Sha256, Timestamp, Usage, WorkerName};

use crate::JobLine;
use crate::blocking::blocking;

/// One line to write.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Accepted(ModelId),
    Delivered { text: Sha256, signed: bool, reason: FinishReason, usage: Option<Usage> },
    Ended(JobState),
    Settled(Den),
    Unconfirmed,
}

/// What the ledger says, for the status.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    pub(super) totals: Totals,
    pub(super) recent: Vec<JobLine>,
}

/// The ledger and the lines that a full disk still owes it.
#[derive(Debug)]
pub(super) struct Records {
    ledger: Arc<Mutex<Ledger>>,
    worker: WorkerName,
    owed: VecDeque<(JobId, Line, Timestamp)>,
}

/// How many jobs the status lists.
const RECENT: u32 = 5;

impl Records {
    pub(super) async fn open(
        path: &Path,
        worker: WorkerName,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let path = path.to_owned();
        let ledger = blocking(move || Ledger::open(&path, limits, now)).await?;
        Ok(Self { ledger: Arc::new(Mutex::new(ledger)), worker, owed: VecDeque::new() })
    }

    /// Writes a line, after those still owed. On failure it is owed too, and written when there is space again.
    pub(super) async fn write(&mut self, job: JobId, line: Line, now: Timestamp) -> Result<(), LedgerError> {
        self.owed.push_back((job, line, now));
        self.pay().await
    }

    /// Writes what is owed and makes sure that a next line would fit.
    pub(super) async fn pay_and_probe(&mut self) -> Result<(), LedgerError> {
        self.pay().await?;
        self.with(|ledger, _| ledger.probe()).await
    }

    /// What the ledger says now.
    pub(super) async fn summary(&self) -> Result<Summary, LedgerError> {
        let read = |ledger: &mut Ledger, _: &WorkerName| {
            let recent = ledger.recent(RECENT)?.into_iter().map(JobLine::from).collect();
            Ok(Summary { totals: ledger.totals()?, recent })
        };
        self.with(read).await
    }

    async fn pay(&mut self) -> Result<(), LedgerError> {
        while let Some((job, line, at)) = self.owed.front().cloned() {
            self.with(move |ledger, worker| write(ledger, worker, &job, &line, at)).await?;
            self.owed.pop_front();
        }
        Ok(())
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger, &WorkerName) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (ledger, worker) = (Arc::clone(&self.ledger), self.worker.clone());
        blocking(move || {
            // A panic inside SQLite's wrapper leaves the connection usable: each line is its own transaction.
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut ledger, &worker)
        })
        .await
    }
}

fn write(
    ledger: &mut Ledger,
    worker: &WorkerName,
    job: &JobId,
    line: &Line,
    at: Timestamp,
) -> Result<(), LedgerError> {
    match line {
        Line::Accepted(model) => ledger.accepted(job, worker, model, at),
        Line::Delivered { text, signed, reason, usage } => {
            let hash = (*text != Sha256::of("")).then_some(*text);
            ledger.delivered(job, hash, *signed, *reason, usage.unwrap_or_default(), at)
        }
        Line::Ended(state) => ledger.ended(job, worker, *state, at),
        Line::Settled(den) => ledger.settled(job, *den).map(|_| ()),
        Line::Unconfirmed => ledger.unconfirmed(job),
    }
}
