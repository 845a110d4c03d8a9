//! What did we do?
//!
//! One SQLite file holds a row per attempt at a job, the plans the wallet agreed to with every transaction signed for
//! them, and the payouts. The meaning of a row is the caller's; this crate keeps it.
//!
//! **Invariants**
//! - A change is on disk when the call returns: write-ahead log with `synchronous = FULL`.
//! - Rows are never deleted, and a job is credited once, however often its ack arrives.
//! - Everything about jobs is within one coordinator's book: a ledger sees nothing of another's.
//! - A file from a newer version is refused and left as it is.
//! - Opening closes what a crash left open: a running job was abandoned, a delivered one is unconfirmed. Joining closes
//!   nothing.
//! - Everything about money is within one chain: a journal sees nothing of another chain's.
//! - One plan of a wallet is open at a time, one step has one living transaction, one nonce is used once, and one
//!   transfer proves one payout: unique indexes, not code, say so.
//! - A transaction goes only where its state allows, and only a plan that is open gets one.
//! - An older file is brought up to date only after a copy of it was kept beside it.
//! - No prompt and no output is stored, only sizes and a digest; and no key, only signed transactions.
//!
//! Calls block; run them off the async threads.

mod book;
mod error;
mod history;
mod job;
mod journal;
mod payout;
mod schema;
mod stated;
mod sums;
mod transaction;

pub use book::{Ledger, Limits};
pub use error::LedgerError;
pub use history::{Cursor, JobPage, LARGEST_PAGE, Span};
pub use job::{Acceptance, Delivery, JobRow, JobState};
pub use journal::{Journal, OpenPlan, PlanEnd};
pub use payout::PayoutRow;
pub use stated::Stated;
pub use sums::{By, Sums, Totals};
pub use transaction::{TransactionId, TransactionRow, TransactionState};
