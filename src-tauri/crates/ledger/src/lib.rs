//! What did we do?
//!
//! One SQLite file holds a row per attempt at a job. The meaning of a row is the caller's; this crate keeps it.
//!
//! **Invariants**
//! - A change is on disk when the call returns: write-ahead log with `synchronous = FULL`.
//! - Rows are never deleted, and a job is credited once, however often its ack arrives.
//! - A file from a newer version is refused and left as it is.
//! - Opening closes what a crash left open: a running job was abandoned, a delivered one is unconfirmed.
//! - No prompt and no output is stored, only sizes and a digest.
//!
//! Calls block; run them off the async threads.

mod error;
mod job;
mod schema;

pub use error::LedgerError;
pub use job::{JobRow, JobState, Ledger, Limits, Totals};
