//! Sums over the rows of a span.

use std::time::Duration;

use rusqlite::{Row, params};
use types::{Den, WorkerName};

use crate::{Ledger, LedgerError, Span};

/// Sums over the whole book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Jobs with an answer delivered.
    pub jobs_done: u64,
    /// Den of all settled jobs.
    pub den: Den,
}

/// What the attempts that ended within a span add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Answers delivered, whatever they earned.
    pub delivered: u64,
    /// Jobs the coordinator credited.
    pub credited: u64,
    /// Den of the credited jobs.
    pub den: Den,
    /// Answers whose ack may still come.
    pub awaiting: u64,
    /// Answers nobody said anything about.
    pub unconfirmed: u64,
    /// Requests that were bad.
    pub refused: u64,
    /// Jobs we failed at.
    pub failed: u64,
    /// Jobs that were taken from us.
    pub abandoned: u64,
    /// Tokens read for the answers.
    pub prompt_tokens: u64,
    /// Tokens generated for the answers.
    pub completion_tokens: u64,
    /// How long the answers with counted tokens took, one after the other.
    pub busy: Duration,
}

impl Sums {
    /// Tokens a second while at work; `None` before anything was measured.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let seconds = self.busy.as_secs_f64();
        (seconds > 0.0 && self.completion_tokens > 0).then(|| self.completion_tokens as f64 / seconds)
    }
}

/// By what rows are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By the model they were for.
    Model,
    /// By the worker's name.
    Worker,
}

const DONE: &str = "state IN ('delivered', 'settled', 'unconfirmed')";

fn sums_of() -> String {
    format!(
        "count(*) FILTER (WHERE {DONE}), count(*) FILTER (WHERE den_hundredths > 0),
         coalesce(sum(den_hundredths), 0), count(*) FILTER (WHERE state = 'delivered'),
         count(*) FILTER (WHERE state = 'unconfirmed'), count(*) FILTER (WHERE state = 'refused'),
         count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'abandoned'),
         coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
         coalesce(sum(max(ended_at - accepted_at, 0)) FILTER (WHERE completion_tokens > 0), 0)"
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sums> {
    let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
    Ok(Sums {
        delivered: number(0)?,
        credited: number(1)?,
        den: Den::from_hundredths(number(2)?),
        awaiting: number(3)?,
        unconfirmed: number(4)?,
        refused: number(5)?,
        failed: number(6)?,
        abandoned: number(7)?,
        prompt_tokens: number(8)?,
        completion_tokens: number(9)?,
        busy: Duration::from_millis(number(10)?),
    })
}

impl Ledger {
    /// Sums over everything.
    pub fn totals(&self) -> Result<Totals, LedgerError> {
        let totals = self.connection.query_row(
            &format!(
                "SELECT count(*) FILTER (WHERE {DONE}), coalesce(sum(den_hundredths), 0) FROM job WHERE book = ?1"
            ),
            [&self.book],
            |row| {
                let (jobs, den): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Totals { jobs_done: jobs as u64, den: Den::from_hundredths(den as u64) })
            },
        )?;
        Ok(totals)
    }

    /// What ended within a span, of one worker or of all. For sums of days the caller says when his days begin.
    pub fn sums(&self, span: Span, worker: Option<&WorkerName>) -> Result<Sums, LedgerError> {
        let (from, until) = span.bounds();
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {} FROM job WHERE book = ?1 AND ended_at >= ?2 AND ended_at < ?3
                 AND (?4 IS NULL OR worker_name = ?4)",
            sums_of()
        ))?;
        let worker = worker.map(WorkerName::as_str);
        Ok(query.query_row(params![self.book, from, until, worker], read)?)
    }

    /// What ended within a span, put together, the most den first; of at most 1,000 names.
    pub fn sums_by(&self, by: By, span: Span) -> Result<Vec<(String, Sums)>, LedgerError> {
        let (from, until) = span.bounds();
        let column = match by {
            By::Model => "model",
            By::Worker => "worker_name",
        };
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {}, {column} FROM job WHERE book = ?1 AND ended_at >= ?2 AND ended_at < ?3
             GROUP BY {column} ORDER BY 3 DESC, {column} LIMIT 1000",
            sums_of()
        ))?;
        let rows = query.query_map(params![self.book, from, until], |row| Ok((row.get(11)?, read(row)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
