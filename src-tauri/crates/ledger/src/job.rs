//! A job, from taking it on to what it earned.

use std::time::Duration;

use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};
use types::{Den, FinishReason, JobId, ModelId, Sha256, Timestamp, Usage, WorkerName};

use crate::{Ledger, LedgerError};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Being worked on.
    Running,
    /// The answer left; the ack is awaited.
    Delivered,
    /// The coordinator said what it earned.
    Settled,
    /// The answer left, and nobody said what it earned.
    Unconfirmed,
    /// The request was bad.
    Refused,
    /// We failed at it.
    Failed,
    /// No longer ours.
    Abandoned,
}

impl JobState {
    const ALL: [Self; 7] = [
        Self::Running,
        Self::Delivered,
        Self::Settled,
        Self::Unconfirmed,
        Self::Refused,
        Self::Failed,
        Self::Abandoned,
    ];

    /// The same word in the file, in logs and on screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Delivered => "delivered",
            Self::Settled => "settled",
            Self::Unconfirmed => "unconfirmed",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One attempt at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The attempt's number in this file.
    pub attempt: i64,
    /// The coordinator's id.
    pub job: JobId,
    /// Under which name it was worked.
    pub worker: String,
    /// The model it was for. Empty for a job that was refused unread.
    pub model: ModelId,
    /// The kind of job, as on the wire.
    pub kind: String,
    /// What computed it, if that was said.
    pub engine: Option<String>,
    /// Where it stands.
    pub state: JobState,
    /// When it was taken on.
    pub accepted_at: Timestamp,
    /// When its first token left.
    pub first_token_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why the answer ended, as on the wire.
    pub finish_reason: Option<String>,
    /// Tokens read.
    pub prompt_tokens: Option<u32>,
    /// Tokens generated.
    pub completion_tokens: Option<u32>,
    /// Digest of the answer.
    pub result_hash: Option<Sha256>,
    /// Whether a receipt was sent.
    pub signed: bool,
    /// What it earned, once the coordinator said so.
    pub den: Option<Den>,
}

impl JobRow {
    /// How long it took.
    pub fn duration(&self) -> Option<Duration> {
        self.ended_at.map(|ended| ended.since(self.accepted_at))
    }

    /// How long the customer waited for the first token.
    pub fn time_to_first_token(&self) -> Option<Duration> {
        self.first_token_at.map(|first| first.since(self.accepted_at))
    }

    /// Tokens a second over the whole job, as the coordinator reckons it.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let seconds = self.duration()?.as_secs_f64();
        (seconds > 0.0).then_some(f64::from(self.completion_tokens?) / seconds)
    }
}

/// A job that is taken on.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// Under which name.
    pub worker: &'a WorkerName,
    /// The model it is for.
    pub model: &'a ModelId,
    /// The kind of job, as on the wire.
    pub kind: &'a str,
    /// What will compute it.
    pub engine: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// An answer that is about to leave.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// Digest of the answer, if there is one.
    pub result: Option<Sha256>,
    /// Whether a receipt goes along.
    pub signed: bool,
    /// Why it ended.
    pub reason: FinishReason,
    /// Its tokens, where somebody counted them.
    pub usage: Option<Usage>,
    /// When its first token left.
    pub first_token_at: Option<Timestamp>,
    /// When it leaves.
    pub at: Timestamp,
}

/// The attempt that is being worked on under this name. The same job may run on another slot of ours at the same time.
const RUNNING_HERE: &str = "attempt = (SELECT max(attempt) FROM job
     WHERE book = ?1 AND job_id = ?2 AND state = 'running' AND worker_name = ?3)";

impl Ledger {
    /// A job was taken on.
    pub fn accept(&mut self, job: &JobId, taken: &Acceptance<'_>) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT INTO job (book, job_id, worker_name, model, kind, engine, state, accepted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7)",
            params![
                self.book,
                job.as_str(),
                taken.worker.as_str(),
                taken.model.as_str(),
                taken.kind,
                taken.engine,
                taken.at.millis() as i64
            ],
        )?;
        Ok(())
    }

    /// An answer is about to leave the slot of this name.
    pub fn answered(
        &mut self,
        job: &JobId,
        worker: &WorkerName,
        answer: &Delivery,
    ) -> Result<(), LedgerError> {
        self.connection.execute(
            &format!(
                "UPDATE job SET state = 'delivered', ended_at = ?4, finish_reason = ?5, prompt_tokens = ?6,
                     completion_tokens = ?7, result_hash = ?8, signed = ?9, first_token_at = ?10
                 WHERE {RUNNING_HERE}"
            ),
            params![
                self.book,
                job.as_str(),
                worker.as_str(),
                answer.at.millis() as i64,
                answer.reason.as_str(),
                answer.usage.map(|usage| usage.prompt_tokens),
                answer.usage.map(|usage| usage.completion_tokens),
                answer.result.map(|digest| digest.to_string()),
                answer.signed,
                answer.first_token_at.map(|first| first.millis() as i64),
            ],
        )?;
        Ok(())
    }

    /// A job ended without an answer. One that was never taken on gets a row of its own.
    pub fn ended(
        &mut self,
        job: &JobId,
        worker: &WorkerName,
        state: JobState,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let (job, worker, at) = (job.as_str(), worker.as_str(), at.millis() as i64);
        let changed = self.connection.execute(
            &format!("UPDATE job SET state = ?4, ended_at = ?5 WHERE {RUNNING_HERE}"),
            params![self.book, job, worker, state.name(), at],
        )?;
        if changed == 0 {
            self.connection.execute(
                "INSERT INTO job (book, job_id, worker_name, model, state, accepted_at, ended_at)
                 VALUES (?1, ?2, ?3, '', ?4, ?5, ?5)",
                params![self.book, job, worker, state.name(), at],
            )?;
        }
        Ok(())
    }

    /// The coordinator settled a job: by an ack, or later in its feed. False if nothing changed, because the job was
    /// credited already or no answer to it ever left.
    pub fn settled(&mut self, job: &JobId, den: Den) -> Result<bool, LedgerError> {
        self.settle(job, None, den)
    }

    /// The same as this worker was told: two of ours can have delivered one job, and each is told what its own earned.
    pub fn acked(&mut self, job: &JobId, worker: &WorkerName, den: Den) -> Result<bool, LedgerError> {
        self.settle(job, Some(worker), den)
    }

    fn settle(&mut self, job: &JobId, worker: Option<&WorkerName>, den: Den) -> Result<bool, LedgerError> {
        // Takes the write lock before it looks: an ack and the feed may tell of one job at the same moment.
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let credited: Option<i64> = change
            .query_row(
                "SELECT attempt FROM job WHERE book = ?1 AND job_id = ?2 AND den_hundredths > 0",
                params![self.book, job.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        if credited.is_some() && den > Den::ZERO {
            return Ok(false);
        }
        let settled = change.execute(
            "UPDATE job SET state = 'settled', den_hundredths = ?3
             WHERE attempt = (SELECT max(attempt) FROM job
                 WHERE book = ?1 AND job_id = ?2 AND worker_name = coalesce(?4, worker_name)
                     AND state IN ('delivered', 'unconfirmed'))",
            params![self.book, job.as_str(), den.hundredths() as i64, worker.map(WorkerName::as_str)],
        )?;
        change.commit()?;
        Ok(settled == 1)
    }

    /// Nobody said what a delivered job earned.
    pub fn unconfirmed(&mut self, job: &JobId) -> Result<(), LedgerError> {
        self.connection.execute(
            "UPDATE job SET state = 'unconfirmed' WHERE attempt =
                 (SELECT max(attempt) FROM job WHERE book = ?1 AND job_id = ?2 AND state = 'delivered')",
            params![self.book, job.as_str()],
        )?;
        Ok(())
    }
}

/// What [`read_row`] reads, in its order.
pub(crate) const COLUMNS: &str = "attempt, job_id, worker_name, model, kind, engine, state, accepted_at,
     first_token_at, ended_at, finish_reason, prompt_tokens, completion_tokens, result_hash, signed, den_hundredths";

pub(crate) fn read_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let state: String = row.get(6)?;
    let hash: Option<String> = row.get(13)?;
    let millis = |value: i64| Timestamp::from_millis(value as u64);
    Ok(JobRow {
        attempt: row.get(0)?,
        job: JobId::new(row.get::<_, String>(1)?),
        worker: row.get(2)?,
        model: ModelId::new(row.get::<_, String>(3)?),
        kind: row.get(4)?,
        engine: row.get(5)?,
        state: JobState::parse(&state).ok_or_else(|| unknown(6, &state))?,
        accepted_at: millis(row.get(7)?),
        first_token_at: row.get::<_, Option<i64>>(8)?.map(millis),
        ended_at: row.get::<_, Option<i64>>(9)?.map(millis),
        finish_reason: row.get(10)?,
        prompt_tokens: row.get(11)?,
        completion_tokens: row.get(12)?,
        result_hash: hash.as_deref().and_then(Sha256::parse),
        signed: row.get::<_, Option<bool>>(14)?.unwrap_or(false),
        den: row.get::<_, Option<i64>>(15)?.map(|den| Den::from_hundredths(den as u64)),
    })
}

fn unknown(column: usize, state: &str) -> rusqlite::Error {
    let message = format!("unknown state {state}");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, message.into())
}
