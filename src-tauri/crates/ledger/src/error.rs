//! What can go wrong with the file.

use rusqlite::ErrorCode;

/// Why the ledger could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk is full, the file or its folder is read-only, or somebody else holds it for now.
    #[error("the record of jobs cannot be written: {0}")]
    NotWritable(#[source] rusqlite::Error),
    /// The file is damaged or no ledger.
    #[error("the record of jobs cannot be read: {0}")]
    Unreadable(#[source] rusqlite::Error),
    /// The file was written by a newer version.
    #[error("the record of jobs is from a newer version ({found}, this one knows {known})")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file is some other program's database.
    #[error("the file is not a record of jobs")]
    Foreign,
    /// Anything else.
    #[error("the record of jobs failed: {0}")]
    Other(#[source] rusqlite::Error),
}

impl LedgerError {
    /// True if it may pass by itself once there is space again.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::NotWritable(_))
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
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
