//! Rows about jobs.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use types::{Den, FinishReason, JobId, ModelId, Sha256, Timestamp, Usage, WorkerName};

use crate::{LedgerError, schema};

/// The open file.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
}

/// Limits a caller may set on the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The file may grow to this many pages of 4 KiB; beyond it writes fail as on a full disk.
    pub max_pages: Option<u32>,
}

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
    /// The model it was for.
    pub model: ModelId,
    /// Where it stands.
    pub state: JobState,
    /// When it was taken on.
    pub accepted_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why the answer ended, as on the wire.
    pub finish_reason: Option<String>,
    /// Tokens generated.
    pub completion_tokens: Option<u32>,
    /// Digest of the answer.
    pub result_hash: Option<Sha256>,
    /// Whether a receipt was sent.
    pub signed: bool,
    /// What it earned, once the coordinator said so.
    pub den: Option<Den>,
}

/// Sums over the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Jobs with an answer delivered.
    pub jobs_done: u64,
    /// Den of all settled jobs.
    pub den: Den,
}

impl Ledger {
    /// Opens or makes the file, brings it up to date, and closes what a crash left open.
    pub fn open(path: &Path, limits: Limits, now: Timestamp) -> Result<Self, LedgerError> {
        let mut ledger = Self { connection: schema::open(path, limits)? };
        ledger.close_leftovers(now)?;
        Ok(ledger)
    }

    fn close_leftovers(&mut self, now: Timestamp) -> Result<(), LedgerError> {
        let change = self.connection.transaction()?;
        let now = now.millis() as i64;
        change.execute("UPDATE job SET state = 'abandoned', ended_at = ?1 WHERE state = 'running'", [now])?;
        change.execute("UPDATE job SET state = 'unconfirmed' WHERE state = 'delivered'", [])?;
        change.commit()?;
        Ok(())
    }

    /// A job was taken on.
    pub fn accepted(
        &mut self,
        job: &JobId,
        worker: &WorkerName,
        model: &ModelId,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT INTO job (job_id, worker_name, model, state, accepted_at) VALUES (?1, ?2, ?3, 'running', ?4)",
            params![job.as_str(), worker.as_str(), model.as_str(), at.millis() as i64],
        )?;
        Ok(())
    }

    /// An answer is about to leave.
    pub fn delivered(
        &mut self,
        job: &JobId,
        result: Option<Sha256>,
        signed: bool,
        reason: FinishReason,
        usage: Usage,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.connection.execute(
            "UPDATE job SET state = 'delivered', ended_at = ?2, finish_reason = ?3, prompt_tokens = ?4,
                 completion_tokens = ?5, result_hash = ?6, signed = ?7
             WHERE attempt = (SELECT max(attempt) FROM job WHERE job_id = ?1 AND state = 'running')",
            params![
                job.as_str(),
                at.millis() as i64,
                reason.as_str(),
                usage.prompt_tokens,
                usage.completion_tokens,
                result.map(|digest| digest.to_string()),
                signed,
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
        let changed = self.connection.execute(
            "UPDATE job SET state = ?2, ended_at = ?3
             WHERE attempt = (SELECT max(attempt) FROM job WHERE job_id = ?1 AND state = 'running')",
            params![job.as_str(), state.name(), at.millis() as i64],
        )?;
        if changed == 0 {
            self.connection.execute(
                "INSERT INTO job (job_id, worker_name, model, state, accepted_at, ended_at)
                 VALUES (?1, ?2, '', ?3, ?4, ?4)",
                params![job.as_str(), worker.as_str(), state.name(), at.millis() as i64],
            )?;
        }
        Ok(())
    }

    /// The coordinator settled a job. False if this job was already credited: nothing changes then.
    pub fn settled(&mut self, job: &JobId, den: Den) -> Result<bool, LedgerError> {
        let change = self.connection.transaction()?;
        let credited: Option<i64> = change
            .query_row(
                "SELECT attempt FROM job WHERE job_id = ?1 AND den_hundredths > 0",
                [job.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        if credited.is_some() && den > Den::ZERO {
            return Ok(false);
        }
        change.execute(
            "UPDATE job SET state = 'settled', den_hundredths = ?2
             WHERE attempt = (SELECT max(attempt) FROM job WHERE job_id = ?1 AND state IN ('delivered', 'unconfirmed'))",
            params![job.as_str(), den.hundredths() as i64],
        )?;
        change.commit()?;
        Ok(true)
    }

    /// Nobody said what a delivered job earned.
    pub fn unconfirmed(&mut self, job: &JobId) -> Result<(), LedgerError> {
        self.connection.execute(
            "UPDATE job SET state = 'unconfirmed'
             WHERE attempt = (SELECT max(attempt) FROM job WHERE job_id = ?1 AND state = 'delivered')",
            [job.as_str()],
        )?;
        Ok(())
    }

    /// The newest rows first.
    pub fn recent(&self, count: u32) -> Result<Vec<JobRow>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT attempt, job_id, model, state, accepted_at, ended_at, finish_reason, completion_tokens,
                    result_hash, signed, den_hundredths
             FROM job ORDER BY attempt DESC LIMIT ?1",
        )?;
        let rows = query.query_map([count], read_row)?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    }

    /// Sums over everything.
    pub fn totals(&self) -> Result<Totals, LedgerError> {
        let totals = self.connection.query_row(
            "SELECT count(*) FILTER (WHERE state IN ('delivered', 'settled', 'unconfirmed')),
                    coalesce(sum(den_hundredths), 0) FROM job",
            [],
            |row| {
                let (jobs, den): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Totals { jobs_done: jobs as u64, den: Den::from_hundredths(den as u64) })
            },
        )?;
        Ok(totals)
    }

    /// Writes nothing of value, but fails as a real write would while the disk is full.
    pub fn probe(&mut self) -> Result<(), LedgerError> {
        let change = self.connection.transaction()?;
        change.execute_batch(
            "CREATE TABLE probe (bytes BLOB); INSERT INTO probe VALUES (zeroblob(16384)); DROP TABLE probe;",
        )?;
        change.commit()?;
        Ok(())
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let state: String = row.get(3)?;
    let hash: Option<String> = row.get(8)?;
    let millis = |value: i64| Timestamp::from_millis(value as u64);
    Ok(JobRow {
        attempt: row.get(0)?,
        job: JobId::new(row.get::<_, String>(1)?),
        model: ModelId::new(row.get::<_, String>(2)?),
        state: JobState::parse(&state).ok_or_else(|| unknown(3, &state))?,
        accepted_at: millis(row.get(4)?),
        ended_at: row.get::<_, Option<i64>>(5)?.map(millis),
        finish_reason: row.get(6)?,
        completion_tokens: row.get(7)?,
        result_hash: hash.as_deref().and_then(Sha256::parse),
        signed: row.get::<_, Option<bool>>(9)?.unwrap_or(false),
        den: row.get::<_, Option<i64>>(10)?.map(|den| Den::from_hundredths(den as u64)),
    })
}

fn unknown(column: usize, state: &str) -> rusqlite::Error {
    let message = format!("unknown state {state}");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, message.into())
}
