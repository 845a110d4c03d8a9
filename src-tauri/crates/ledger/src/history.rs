//! Everything that was ever done, a bounded piece at a time.

use rusqlite::params;
use types::{JobId, Timestamp};

use crate::job::{COLUMNS, read_row};
use crate::{JobRow, Ledger, LedgerError};

/// No piece is larger, whatever is asked for.
pub const LARGEST_PAGE: u32 = 500;

/// A span of time: from its beginning up to, and without, its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: Timestamp,
    /// Where it is over.
    pub until: Timestamp,
}

impl Span {
    /// All of time.
    pub const ALWAYS: Self =
        Self { from: Timestamp::from_millis(0), until: Timestamp::from_millis(i64::MAX as u64) };

    /// From a moment on.
    pub const fn since(from: Timestamp) -> Self {
        Self { from, ..Self::ALWAYS }
    }

    /// As SQLite's numbers, which have a sign.
    pub(crate) fn bounds(self) -> (i64, i64) {
        let bound = |at: Timestamp| i64::try_from(at.millis()).unwrap_or(i64::MAX);
        (bound(self.from), bound(self.until))
    }
}

/// From where on, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// The newest first: from the newest, or from behind this attempt.
    Newest {
        /// The last attempt of the piece before.
        before: Option<i64>,
    },
    /// The oldest first: from the oldest, or from behind this attempt.
    Oldest {
        /// The last attempt of the piece before.
        after: Option<i64>,
    },
}

/// A piece of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobPage {
    /// Its rows, in the order that was asked for.
    pub rows: Vec<JobRow>,
    /// From where the next piece goes on; `None` if this was the last.
    pub next: Option<Cursor>,
}

impl Ledger {
    /// A piece of the jobs taken on within a span, of `count` rows and never more than [`LARGEST_PAGE`].
    pub fn history(&self, span: Span, cursor: Cursor, count: u32) -> Result<JobPage, LedgerError> {
        let count = count.min(LARGEST_PAGE);
        let (edge, way) = match cursor {
            Cursor::Newest { before } => (before.unwrap_or(i64::MAX), "attempt < ?4 ORDER BY attempt DESC"),
            Cursor::Oldest { after } => (after.unwrap_or(i64::MIN), "attempt > ?4 ORDER BY attempt ASC"),
        };
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job
             WHERE book = ?1 AND accepted_at >= ?2 AND accepted_at < ?3 AND {way} LIMIT ?5"
        ))?;
        let (start, end) = span.bounds();
        // One more than asked for tells whether there is more.
        let rows = query.query_map(params![self.book, start, end, edge, count + 1], read_row)?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        let is_more = rows.len() > count as usize;
        rows.truncate(count as usize);
        let last = rows.last().map(|row| row.attempt);
        let next = last.filter(|_| is_more).map(|last| match cursor {
            Cursor::Newest { .. } => Cursor::Newest { before: Some(last) },
            Cursor::Oldest { .. } => Cursor::Oldest { after: Some(last) },
        });
        Ok(JobPage { rows, next })
    }

    /// The newest rows first.
    pub fn recent(&self, count: u32) -> Result<Vec<JobRow>, LedgerError> {
        Ok(self.history(Span::ALWAYS, Cursor::Newest { before: None }, count)?.rows)
    }

    /// All attempts at one job, the oldest first.
    pub fn attempts(&self, job: &JobId) -> Result<Vec<JobRow>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM job WHERE book = ?1 AND job_id = ?2 ORDER BY attempt LIMIT {LARGEST_PAGE}"
        ))?;
        Ok(query.query_map(params![self.book, job.as_str()], read_row)?.collect::<Result<_, _>>()?)
    }

    /// The books there are in this file, by name.
    pub fn books(&self) -> Result<Vec<String>, LedgerError> {
        let mut query = self.connection.prepare_cached("SELECT DISTINCT book FROM job ORDER BY book")?;
        Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}
