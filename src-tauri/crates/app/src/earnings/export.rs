//! The history as a table for spreadsheets: RFC 4180, UTF-8, moments in UTC, exact decimals.
//!
//! Names in it were made by strangers, so no cell can be taken for a formula. Where it goes is chosen in the system's own
//! dialog; no page names a path.

mod file;

use std::io::Write;

use csv::{Terminator, Writer, WriterBuilder};
use ledger::{Cursor, JobRow, LARGEST_PAGE, LedgerError, PayoutRow, Span};
use types::Timestamp;

pub use file::into_file;

use super::record::Record;
use super::{Standing, hour_of_period};

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The record could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The table could not be written. Nothing of it is left.
    #[error("the table could not be written: {0}")]
    Io(#[from] std::io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

const JOB_COLUMNS: [&str; 18] = [
    "coordinator",
    "attempt",
    "job_id",
    "worker",
    "kind",
    "model",
    "engine",
    "state",
    "accepted_at",
    "first_token_at",
    "ended_at",
    "duration_s",
    "prompt_tokens",
    "completion_tokens",
    "tokens_per_s",
    "finish_reason",
    "den",
    "signed",
];

const PAYOUT_COLUMNS: [&str; 14] = [
    "period",
    "hour_start",
    "den",
    "aipg",
    "aipg_base_units",
    "standing",
    "grid_status",
    "wallet",
    "transaction",
    "sender",
    "block",
    "created",
    "paid_at",
    "number",
];

impl Record {
    /// All jobs taken on within a span, the oldest first, to wherever the app chose. Answers how many there were. Disks
    /// wait, and so does the thread that asks.
    ///
    /// The rows pass through a few hundred at a time, and the record is free for others in between.
    pub fn write_jobs(&self, span: Span, to: impl Write) -> Result<u64, ExportError> {
        let mut table = table(to, &JOB_COLUMNS)?;
        let (mut rows, mut cursor) = (0, Some(Cursor::Oldest { after: None }));
        while let Some(here) = cursor {
            let page = self.at_once(|ledger| ledger.history(span, here, LARGEST_PAGE))?;
            for row in &page.rows {
                table.write_record(job(self.coordinator(), row))?;
                rows += 1;
            }
            cursor = page.next;
        }
        table.flush()?;
        Ok(rows)
    }
}

/// Payouts, in the order in which they are given. Answers how many there were.
pub fn write_payouts(payouts: &[PayoutRow], to: impl Write) -> Result<u64, ExportError> {
    let mut table = table(to, &PAYOUT_COLUMNS)?;
    for row in payouts {
        table.write_record(payout(row))?;
    }
    table.flush()?;
    Ok(payouts.len() as u64)
}

fn table<W: Write>(to: W, columns: &[&str]) -> Result<Writer<W>, ExportError> {
    let mut table = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(to);
    table.write_record(columns)?;
    Ok(table)
}

fn job(coordinator: &str, row: &JobRow) -> [String; JOB_COLUMNS.len()] {
    let duration = row.duration().map(|span| format!("{}.{:03}", span.as_secs(), span.subsec_millis()));
    [
        plain(coordinator),
        row.attempt.to_string(),
        plain(row.job.as_str()),
        plain(&row.worker),
        plain(&row.kind),
        plain(row.model.as_str()),
        plain(row.engine.as_deref().unwrap_or_default()),
        row.state.name().to_owned(),
        iso(Some(row.accepted_at)),
        iso(row.first_token_at),
        iso(row.ended_at),
        duration.unwrap_or_default(),
        figure(row.prompt_tokens),
        figure(row.completion_tokens),
        row.tokens_per_second().map(|speed| format!("{speed:.2}")).unwrap_or_default(),
        plain(row.finish_reason.as_deref().unwrap_or_default()),
        figure(row.den),
        if row.signed { "yes" } else { "no" }.to_owned(),
    ]
}

fn payout(row: &PayoutRow) -> [String; PAYOUT_COLUMNS.len()] {
    let standing = Standing::of(row);
    // Of a row that was not sent the journal has the moment at which the Grid made it, and of one that was the moment of
    // the payment.
    let (created, paid_at) = match standing {
        Standing::Paid | Standing::SaidToBePaid => (None, row.paid_at),
        Standing::Sending
        | Standing::Retrying
        | Standing::Owed
        | Standing::UnderReview
        | Standing::Held
        | Standing::Other => (row.paid_at, None),
    };
    [
        plain(&row.period),
        iso(hour_of_period(&row.period).map(|hour| hour.from)),
        row.den.to_string(),
        row.amount.to_string(),
        row.amount.base().to_string(),
        standing.name().to_owned(),
        plain(&row.status),
        figure(row.address),
        figure(row.transaction),
        figure(row.sender),
        figure(row.proven_block),
        iso(created),
        iso(paid_at),
        row.nth.to_string(),
    ]
}

fn figure(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// ISO 8601 in UTC. What no calendar has stays empty.
fn iso(moment: Option<Timestamp>) -> String {
    let millis = moment.and_then(|moment| i64::try_from(moment.millis()).ok());
    let moment = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.map(|moment| moment.to_string()).unwrap_or_default()
}

/// A stranger's text as a text. Spreadsheets take a cell that begins with one of these for a formula, also through quotes;
/// one that begins with an apostrophe is marked too, so that no two texts become one.
fn plain(text: &str) -> String {
    const FORMULA: [char; 11] =
        ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let is_risky = text.trim_start_matches(' ').starts_with(FORMULA) || text.starts_with('\'');
    if is_risky { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
