//! Writing down what happens, off the async threads and in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::{Acceptance, Delivery, JobState, Ledger, LedgerError, Limits, Totals};
use tokio::sync::{Notify, watch};
use types::{Den, FinishReason, JobId, ModelId, Sha256, Timestamp, Usage, WorkerName};

use crate::blocking::blocking;
use crate::{Home, JobLine};

/// One line to write.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Accepted {
        model: ModelId,
        engine: Option<String>,
    },
    Delivered {
        text: Sha256,
        signed: bool,
        reason: FinishReason,
        usage: Option<Usage>,
        first_token_at: Option<Timestamp>,
    },
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

/// The one open ledger of a node, for all its slots.
#[derive(Debug, Clone)]
pub(super) struct Books {
    ledger: Arc<Mutex<Ledger>>,
    summary: watch::Sender<Summary>,
    bell: Arc<Notify>,
}

/// How many jobs the status lists.
const RECENT: u32 = 5;

impl Books {
    /// Opens the file, once for all slots: what is open in it then, nobody is at any more.
    pub(super) async fn open(
        home: &Home,
        book: &str,
        limits: Limits,
        now: Timestamp,
        bell: Arc<Notify>,
    ) -> Result<(Self, watch::Receiver<Summary>), LedgerError> {
        let (path, book) = (home.ledger(), book.to_owned());
        let ledger = blocking(move || Ledger::open(&path, limits, now)).await?.of_coordinator(&book);
        let (summary, watched) = watch::channel(read(&ledger)?);
        Ok((Self { ledger: Arc::new(Mutex::new(ledger)), summary, bell }, watched))
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let ledger = Arc::clone(&self.ledger);
        blocking(move || {
            // A panic inside SQLite's wrapper leaves the connection usable: each line is its own transaction.
            let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut ledger)
        })
        .await
    }

    async fn refresh(&self) -> Result<(), LedgerError> {
        let summary = self.with(|ledger| read(ledger)).await?;
        self.summary.send_replace(summary);
        self.bell.notify_one();
        Ok(())
    }
}

/// A slot's hand in the books, and the lines that a full disk still owes them.
#[derive(Debug)]
pub(super) struct Records {
    books: Books,
    worker: WorkerName,
    owed: VecDeque<(JobId, Line, Timestamp)>,
}

impl Records {
    pub(super) const fn new(books: Books, worker: WorkerName) -> Self {
        Self { books, worker, owed: VecDeque::new() }
    }

    /// Writes a line, after those still owed. On failure it is owed too, and written when there is space again.
    pub(super) async fn write(&mut self, job: JobId, line: Line, now: Timestamp) -> Result<(), LedgerError> {
        self.owed.push_back((job, line, now));
        self.pay().await?;
        self.books.refresh().await
    }

    /// Writes what is owed and makes sure that a next line would fit.
    pub(super) async fn pay_and_probe(&mut self) -> Result<(), LedgerError> {
        self.pay().await?;
        self.books.with(Ledger::probe).await?;
        self.books.refresh().await
    }

    async fn pay(&mut self) -> Result<(), LedgerError> {
        while let Some((job, line, at)) = self.owed.front().cloned() {
            let worker = self.worker.clone();
            self.books.with(move |ledger| write(ledger, &worker, &job, &line, at)).await?;
            self.owed.pop_front();
        }
        Ok(())
    }
}

fn read(ledger: &Ledger) -> Result<Summary, LedgerError> {
    let recent = ledger.recent(RECENT)?.into_iter().map(JobLine::from).collect();
    Ok(Summary { totals: ledger.totals()?, recent })
}

fn write(
    ledger: &mut Ledger,
    worker: &WorkerName,
    job: &JobId,
    line: &Line,
    at: Timestamp,
) -> Result<(), LedgerError> {
    match line {
        Line::Accepted { model, engine } => {
            let taken = Acceptance { worker, model, kind: "text", engine: engine.as_deref(), at };
            ledger.accept(job, &taken)
        }
        Line::Delivered { text, signed, reason, usage, first_token_at } => {
            let result = (*text != Sha256::of("")).then_some(*text);
            let (signed, reason, usage, first_token_at) = (*signed, *reason, *usage, *first_token_at);
            ledger.answered(job, worker, &Delivery { result, signed, reason, usage, first_token_at, at })
        }
        Line::Ended(state) => ledger.ended(job, worker, *state, at),
        Line::Settled(den) => ledger.acked(job, worker, *den).map(|_| ()),
        Line::Unconfirmed => ledger.unconfirmed(job),
    }
}
