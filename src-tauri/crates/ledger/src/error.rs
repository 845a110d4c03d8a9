//! What can go wrong with the file.

use rusqlite::{ErrorCode, ffi};

/// Why the record could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk is full, the file or its folder is read-only, or somebody else holds it for now.
    #[error("the record of jobs and money cannot be written: {0}")]
    NotWritable(#[source] rusqlite::Error),
    /// An older file is not brought up to date without a copy of it, and the copy cannot be kept for now.
    #[error("no copy of the older record of jobs and money can be kept: {0}")]
    NoBackup(#[source] std::io::Error),
    /// The file is damaged or no record of ours.
    #[error("the record of jobs and money cannot be read: {0}")]
    Unreadable(#[source] rusqlite::Error),
    /// The file was written by a newer version.
    #[error("the record of jobs and money is from a newer version ({found}, this one knows {known})")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file is some other program's database.
    #[error("the file is not a record of jobs and money")]
    Foreign,
    /// A row does not say what rows say.
    #[error("{0} in the record cannot be read")]
    Damaged(&'static str),
    /// The wallet is at another plan.
    #[error("another plan of this wallet is not finished")]
    PlanOpen,
    /// The plan is not open: it came to its end, or was never agreed to.
    #[error("this plan is not being carried out any more")]
    PlanEnded,
    /// A second transaction for the same thing.
    #[error("the step has a transaction already, or its nonce is used")]
    Taken,
    /// Anything else.
    #[error("the record of jobs and money failed: {0}")]
    Other(#[source] rusqlite::Error),
}

impl LedgerError {
    /// True if it may pass by itself once there is space again.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::NotWritable(_) | Self::NoBackup(_))
    }
}

/// SQLite's word for a file that cannot be opened ends with the file's path, which has no place on a screen.
fn without_path(error: rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(failure, Some(_)) if failure.code == ErrorCode::CannotOpen => {
            rusqlite::Error::SqliteFailure(failure, None)
        }
        other => other,
    }
}

/// Whether a unique index refused a row.
pub(crate) fn is_second(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE)
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        let error = without_path(error);
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked,
            ) => Self::NotWritable(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Unreadable(error),
            _ => Self::Other(error),
        }
    }
}
