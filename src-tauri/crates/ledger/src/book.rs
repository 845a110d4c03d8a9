//! The open file, and which coordinator's book of it.

use std::path::Path;

use rusqlite::Connection;
use types::Timestamp;

use crate::{LedgerError, schema};

/// The jobs of one coordinator's book.
///
/// All slots of a node write through one of these, behind a lock of their own. Whoever only reads, or runs besides, takes
/// another with [`Ledger::join`].
#[derive(Debug)]
pub struct Ledger {
    pub(crate) connection: Connection,
    pub(crate) book: String,
}

/// Limits a caller may set on the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// The file may grow to this many pages of 4 KiB; beyond it writes fail as on a full disk.
    pub max_pages: Option<u32>,
}

impl Ledger {
    /// Opens or makes the file, brings it up to date, and closes what a crash left open, in every book.
    ///
    /// Once for each start of a node, before any of its slots works: what is open in the file then, nobody is at any
    /// more. The book is the one without a name until [`Ledger::of_coordinator`] says another.
    pub fn open(path: &Path, limits: Limits, now: Timestamp) -> Result<Self, LedgerError> {
        let mut ledger = Self::join(path, limits)?;
        ledger.close_leftovers(now)?;
        Ok(ledger)
    }

    /// Opens the file besides a node that works with it, and closes nothing.
    pub fn join(path: &Path, limits: Limits) -> Result<Self, LedgerError> {
        Ok(Self { connection: schema::open(path, limits)?, book: String::new() })
    }

    /// The same file, at the book of the coordinator with this name. The name is compared as a whole and has no meaning
    /// here; a practice network that was started anew should have another one.
    #[must_use]
    pub fn of_coordinator(self, name: &str) -> Self {
        Self { book: name.to_owned(), ..self }
    }

    fn close_leftovers(&mut self, now: Timestamp) -> Result<(), LedgerError> {
        let change = self.connection.transaction()?;
        let now = now.millis() as i64;
        change.execute("UPDATE job SET state = 'abandoned', ended_at = ?1 WHERE state = 'running'", [now])?;
        change.execute("UPDATE job SET state = 'unconfirmed' WHERE state = 'delivered'", [])?;
        change.commit()?;
        Ok(())
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
