//! The record of jobs, as pages and exports read it beside a running node.

mod check;
mod recall;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
pub use ledger::{By, Cursor, JobPage, Sums};
use ledger::{Ledger, LedgerError, Limits, Span};
use types::{Clock, Timestamp};

pub use check::BooksCheck;

use super::hours;
use crate::Home;
use crate::blocking::blocking;

/// No chart shows more days.
const MOST_DAYS: u32 = 400;

/// One coordinator's book in the record of a home. Cheap to clone.
///
/// It has a connection of its own to the file, so that a long read never keeps a job from being written down.
#[derive(Clone)]
pub struct Record {
    ledger: Arc<Mutex<Ledger>>,
    coordinator: Arc<str>,
    clock: Arc<dyn Clock>,
    _home: Home,
}

/// What ended on one day of the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// From midnight to midnight. A day on which clocks change has 23 or 25 hours.
    pub span: Span,
    /// What ended on it.
    pub sums: Sums,
}

impl Record {
    /// Opens the book of the coordinator with this name, beside the node that writes in it if there is one.
    pub async fn open(
        home: &Home,
        limits: Limits,
        coordinator: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LedgerError> {
        let (path, name) = (home.ledger(), coordinator.to_owned());
        let ledger = blocking(move || Ledger::join(&path, limits).map(|ledger| ledger.of_coordinator(&name)));
        Ok(Self {
            ledger: Arc::new(Mutex::new(ledger.await?)),
            coordinator: coordinator.into(),
            clock,
            _home: home.clone(),
        })
    }

    /// A piece of the history.
    pub async fn history(&self, span: Span, cursor: Cursor, count: u32) -> Result<JobPage, LedgerError> {
        self.with(move |ledger| ledger.history(span, cursor, count)).await
    }

    /// What ended within a span.
    pub async fn sums(&self, span: Span) -> Result<Sums, LedgerError> {
        self.with(move |ledger| ledger.sums(span, None)).await
    }

    /// What ended within a span, for each model or each worker, the most den first.
    pub async fn sums_by(&self, by: By, span: Span) -> Result<Vec<(String, Sums)>, LedgerError> {
        self.with(move |ledger| ledger.sums_by(by, span)).await
    }

    /// The newest days of the owner's calendar, today last, of which there are at most 400.
    pub async fn days(&self, count: u32) -> Result<Vec<Day>, LedgerError> {
        let spans = days(self.clock.now(), count.min(MOST_DAYS), &TimeZone::system());
        self.with(move |ledger| {
            spans.into_iter().map(|span| Ok(Day { span, sums: ledger.sums(span, None)? })).collect()
        })
        .await
    }

    /// The newest whole hours in UTC and the one that is running, oldest first: what [`super::not_allocated`] asks for.
    pub async fn hours(&self, count: u32) -> Result<Vec<(Span, Sums)>, LedgerError> {
        let last = hours::hour_of(self.clock.now());
        let length = last.until.since(last.from).as_millis() as u64;
        let from = |back: u64| Timestamp::from_millis(last.from.millis().saturating_sub(back * length));
        let spans: Vec<Span> =
            (0..u64::from(count.min(MOST_DAYS))).rev().map(|back| hours::hour_of(from(back))).collect();
        self.with(move |ledger| spans.into_iter().map(|span| Ok((span, ledger.sums(span, None)?))).collect())
            .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let record = self.clone();
        blocking(move || record.at_once(work)).await
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whose book it is.
    pub fn coordinator(&self) -> &str {
        &self.coordinator
    }

    /// On the thread that asks, which may be kept waiting.
    pub(super) fn at_once<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        // A panic inside SQLite's wrapper leaves the connection usable: each call is its own transaction.
        work(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({})", self.coordinator)
    }
}

/// The newest days, today last. A clock beyond all calendars has none.
fn days(now: Timestamp, count: u32, zone: &TimeZone) -> Vec<Span> {
    let today = i64::try_from(now.millis()).ok().and_then(|now| jiff::Timestamp::from_millisecond(now).ok());
    let Some(today) = today.and_then(|now| now.to_zoned(zone.clone()).start_of_day().ok()) else {
        return Vec::new();
    };
    let day = |back: u32| {
        let from = today.checked_sub(i64::from(back).days()).ok()?.start_of_day().ok()?;
        let until = from.checked_add(1.day()).ok()?.start_of_day().ok()?;
        Some(Span { from: millis(&from)?, until: millis(&until)? })
    };
    (0..count).rev().filter_map(day).collect()
}

fn millis(moment: &Zoned) -> Option<Timestamp> {
    u64::try_from(moment.timestamp().as_millisecond()).ok().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    /// 2026-03-29, 12:00 in UTC: in Berlin a day of 23 hours.
    const NOON: u64 = 1_774_785_600_000;

    #[test]
    fn days_follow_one_another_without_a_gap_also_when_clocks_change() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule");
        let days = days(Timestamp::from_millis(NOON), 3, &berlin);
        let hours: Vec<u64> =
            days.iter().map(|day| (day.until.millis() - day.from.millis()) / HOUR).collect();
        assert_eq!(hours, [24, 24, 23]);
        assert!(days.windows(2).all(|pair| pair[0].until == pair[1].from), "{days:?}");
        let today = days.last().expect("three days");
        assert!(today.from.millis() <= NOON && NOON < today.until.millis());
    }

    #[test]
    fn a_clock_beyond_all_calendars_has_no_days() {
        assert_eq!(days(Timestamp::from_millis(u64::MAX), 3, &TimeZone::UTC), []);
    }
}
