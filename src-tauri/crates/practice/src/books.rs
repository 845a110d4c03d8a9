//! The coordinator's books: one row for every job, one for every account's share of a period.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::Address;
use types::{Den, JobId, Sha256, Timestamp};

use crate::settlement::PayoutRow;

/// One paid job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRow {
    /// The job.
    pub job_id: JobId,
    /// Who served it.
    pub worker_name: String,
    /// The worker's id.
    pub worker_id: String,
    /// The wallet the worker's account had when the worker connected.
    pub wallet: Option<Address>,
    /// The model's name.
    pub model: String,
    /// What it earned.
    pub den: Den,
    /// The paid tokens.
    pub output_units: u64,
    /// From sending the job to its `done`.
    pub duration: Duration,
    /// From sending the job to its first token, if one came.
    pub ttft: Option<Duration>,
    /// The digest of the flattened prompt.
    pub prompt_hash: Sha256,
    /// The digest of the text; `None` if it is empty.
    pub result_hash: Option<Sha256>,
    /// The receipt; `None` if it was missing or bad.
    pub worker_sig: Option<String>,
    /// When it was settled.
    pub created: Timestamp,
}

impl BookRow {
    /// Whether the job counts as signed.
    pub const fn signed(&self) -> bool {
        self.worker_sig.is_some()
    }
}

/// The books at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Books {
    /// The paid jobs, newest first.
    pub rows: Vec<BookRow>,
    /// The strikes that count now, by worker. Workers without any are not in it.
    pub strikes: BTreeMap<String, u32>,
    /// The payouts, newest first.
    pub payouts: Vec<PayoutRow>,
}

impl Books {
    /// The exact sum of all rows.
    pub fn den_total(&self) -> Den {
        self.rows.iter().map(|row| row.den).sum()
    }

    /// The row of a job.
    pub fn row(&self, job: &JobId) -> Option<&BookRow> {
        self.rows.iter().find(|row| row.job_id == *job)
    }
}
