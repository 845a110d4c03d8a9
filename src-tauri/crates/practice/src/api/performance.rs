//! How fast models were, from the books.

use std::time::Duration;

use serde_json::{Value, json};
use types::{Den, Timestamp};

use super::number;
use crate::books::BookRow;
use crate::settlement::rounded;

/// A day, the span of the status pages.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The rows that were entered within a span; all of them without one.
pub(super) fn within(
    rows: &[BookRow],
    span: Option<Duration>,
    now: Timestamp,
) -> impl Iterator<Item = &BookRow> {
    rows.iter().filter(move |row| span.is_none_or(|span| now.since(row.created) < span))
}

/// The jobs of one model, counted together.
#[derive(Debug, Default)]
pub(super) struct Performance {
    jobs: usize,
    den: Den,
    units: u64,
    generating: Duration,
    latency: Duration,
    ttft: Duration,
    with_ttft: u32,
}

impl<'a> FromIterator<&'a BookRow> for Performance {
    fn from_iter<Rows: IntoIterator<Item = &'a BookRow>>(rows: Rows) -> Self {
        let mut sum = Self::default();
        for row in rows {
            sum.jobs += 1;
            sum.den = sum.den + row.den;
            sum.units += row.output_units;
            sum.generating += generating(row);
            sum.latency += row.duration;
            sum.ttft += row.ttft.unwrap_or_default();
            sum.with_ttft += u32::from(row.ttft.is_some());
        }
        sum
    }
}

impl Performance {
    pub(super) const fn jobs(&self) -> usize {
        self.jobs
    }

    /// Jobs, work and paid units.
    pub(super) fn work(&self) -> Value {
        json!({"jobs": self.jobs, "den": number(self.den), "units": self.units})
    }

    /// The averages. Without a sample there is none.
    pub(super) fn speed(&self) -> Value {
        let average =
            |sum: Duration, count: u32| (count > 0).then(|| rounded(sum.as_secs_f64() / f64::from(count), 2));
        json!({"samples": self.jobs, "tokens_per_s": rate(self.units, self.generating),
            "avg_ttft_s": average(self.ttft, self.with_ttft),
            "avg_latency_s": average(self.latency, u32::try_from(self.jobs).unwrap_or(u32::MAX))})
    }
}

/// How long a job's tokens took, without the wait for the first one.
fn generating(row: &BookRow) -> Duration {
    row.duration.saturating_sub(row.ttft.unwrap_or_default())
}

fn rate(units: u64, span: Duration) -> Option<f64> {
    (!span.is_zero()).then(|| rounded(units as f64 / span.as_secs_f64(), 1))
}

/// The tokens a second of one job.
pub(super) fn job_rate(row: &BookRow) -> Option<f64> {
    rate(row.output_units, generating(row))
}

/// Puts the members of both objects into one.
pub(super) fn joined(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}
