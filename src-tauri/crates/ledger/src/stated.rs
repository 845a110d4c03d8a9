//! What a coordinator stated, and when: the other side of our books.

use rusqlite::{OptionalExtension, Row, params};
use types::{Den, Timestamp};

use crate::{Ledger, LedgerError};

/// Lifetime sums, as a coordinator stated them at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// When.
    pub at: Timestamp,
    /// Jobs it counts.
    pub jobs: u64,
    /// Den it counts.
    pub den: Den,
}

impl Ledger {
    /// Keeps what was stated about a worker or a wallet. Where the count begins, as a baseline.
    pub fn state(&mut self, subject: &str, stated: Stated, is_baseline: bool) -> Result<(), LedgerError> {
        self.connection.execute(
            "INSERT INTO stated (book, subject, at, jobs, den_hundredths, is_baseline) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.book,
                subject,
                stated.at.millis() as i64,
                stated.jobs as i64,
                stated.den.hundredths() as i64,
                is_baseline
            ],
        )?;
        Ok(())
    }

    /// Where the count began: the newest baseline.
    pub fn baseline(&self, subject: &str) -> Result<Option<Stated>, LedgerError> {
        self.last(subject, "AND is_baseline = 1")
    }

    /// What was stated last.
    pub fn last_stated(&self, subject: &str) -> Result<Option<Stated>, LedgerError> {
        self.last(subject, "")
    }

    fn last(&self, subject: &str, and: &str) -> Result<Option<Stated>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT at, jobs, den_hundredths FROM stated WHERE book = ?1 AND subject = ?2 {and}
             ORDER BY id DESC LIMIT 1"
        ))?;
        Ok(query.query_row(params![self.book, subject], read).optional()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Stated> {
    let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
    Ok(Stated {
        at: Timestamp::from_millis(number(0)?),
        jobs: number(1)?,
        den: Den::from_hundredths(number(2)?),
    })
}
