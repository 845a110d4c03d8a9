//! The hours in which the Grid pays: which is running, when it is paid, and which was left out.

use std::time::Duration;

use jiff::tz::TimeZone;
use ledger::{PayoutRow, Span};
use types::{Aipg, Den, Timestamp, U256};

use super::worth::RateRange;

const HOUR: Duration = Duration::from_secs(3600);

/// The Grid's timer runs at the full hour and up to a minute later.
const LATEST_START: Duration = Duration::from_secs(60);

/// By then an hour that is paid at all has its row.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The hour that is running, and when it is shared out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPayout {
    /// The name its row will have.
    pub period: String,
    /// The hour.
    pub hour: Span,
    /// The earliest moment at which it is shared out.
    pub earliest: Timestamp,
    /// The latest, if the Grid's timer runs.
    pub latest: Timestamp,
}

/// An hour with work and without a row, though there should be one by now.
///
/// There are two causes, which look alike from here: the share was below the least amount and is gone for good, or the
/// Grid's payout run left the hour out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAllocated {
    /// The name its row would have.
    pub period: String,
    /// The hour.
    pub hour: Span,
    /// Our work in it.
    pub den: Den,
    /// How likely the first cause is.
    pub dust: Dust,
}

/// Whether a share may be below the least amount the Grid pays. What is below is dropped for good: no row, never owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dust {
    /// At every recent rate it is enough.
    No,
    /// At some recent rates it is not enough, or there is no rate to tell by.
    Possible,
    /// At no recent rate it is enough.
    Likely,
}

/// The least share of an hour that the Grid pays: 0.01 AIPG.
pub fn least_payout() -> Aipg {
    Aipg::from_base(U256::from(10_000_000_000_000_000_u64))
}

/// Whether the share of this much work may be too small.
pub fn dust(work: Den, rates: Option<&RateRange>) -> Dust {
    let Some(worth) = rates.map(|rates| rates.worth(work)) else { return Dust::Possible };
    if worth.high < least_payout() {
        Dust::Likely
    } else if worth.low < least_payout() {
        Dust::Possible
    } else {
        Dust::No
    }
}

/// The hour in which a moment lies.
pub fn hour_of(moment: Timestamp) -> Span {
    let from = Timestamp::from_millis(moment.millis() - moment.millis() % HOUR.as_millis() as u64);
    Span { from, until: from.plus(HOUR) }
}

/// The Grid's name for the hour in which a moment lies; nothing for a clock beyond all calendars.
pub fn period_of(moment: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(i64::try_from(moment.millis()).ok()?).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).strftime("hour-%Y-%m-%dT%H").to_string())
}

/// The hour that a period's name tells. A name of another form is opaque: an operator's run may use any.
pub fn hour_of_period(period: &str) -> Option<Span> {
    let start = format!("{}:00:00Z", period.strip_prefix("hour-")?);
    let start: jiff::Timestamp = start.parse().ok()?;
    let hour = hour_of(Timestamp::from_millis(u64::try_from(start.as_millisecond()).ok()?));
    // What is written back differently was not of this form.
    (period_of(hour.from)? == period).then_some(hour)
}

/// The hour that is running now.
pub fn next_payout(now: Timestamp) -> Option<NextPayout> {
    let hour = hour_of(now);
    Some(NextPayout {
        period: period_of(now)?,
        hour,
        earliest: hour.until,
        latest: hour.until.plus(LATEST_START),
    })
}

/// The hours with work of ours that should have a row by now and have none. `worked` says our den of each hour, as the
/// coordinator counted it.
pub fn not_allocated(
    worked: &[(Span, Den)],
    known: &[PayoutRow],
    rates: Option<&RateRange>,
    now: Timestamp,
) -> Vec<NotAllocated> {
    let due = worked.iter().filter(|(hour, den)| !den.is_zero() && now >= hour.until.plus(PATIENCE));
    let named = due.filter_map(|&(hour, den)| {
        let period = period_of(hour.from)?;
        let is_known = known.iter().any(|row| row.period == period);
        (!is_known).then(|| NotAllocated { period, hour, den, dust: dust(den, rates) })
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-09-01, 06:00 in UTC.
    const SIX: u64 = 1_788_242_400_000;

    fn at(minutes: u64) -> Timestamp {
        Timestamp::from_millis(SIX + minutes * 60_000)
    }

    #[test]
    fn an_hour_is_named_by_its_beginning_in_utc() {
        for minutes in [0, 1, 59] {
            assert_eq!(period_of(at(minutes)).as_deref(), Some("hour-2026-09-01T06"), "{minutes}");
        }
        assert_eq!(period_of(at(60)).as_deref(), Some("hour-2026-09-01T07"));
        assert_eq!(hour_of_period("hour-2026-09-01T06"), Some(Span { from: at(0), until: at(60) }));
        let others = [
            "",
            "hour-",
            "hour-2026-09-01",
            "hour-2026-9-1T06",
            "hour-2026-09-01T24",
            "hour-2026-09-01T06 ",
            "hour-2026-09-01T06:30",
            "Hour-2026-09-01T06",
            "2026-09-01_2026-09-02",
            "hour-1960-01-01T00",
        ];
        for opaque in others {
            assert_eq!(hour_of_period(opaque), None, "{opaque:?}");
        }
        assert_eq!(period_of(Timestamp::from_millis(u64::MAX)), None, "no calendar goes so far");
    }

    #[test]
    fn the_running_hour_is_paid_at_its_end_or_within_a_minute() {
        let next = next_payout(at(59)).expect("a calendar");
        assert_eq!((next.period.as_str(), next.earliest), ("hour-2026-09-01T06", at(60)));
        assert_eq!(next.latest, at(61));
        assert_eq!(next_payout(at(60)).expect("a calendar").earliest, at(120), "a new hour began");
    }

    fn row(period: &str) -> PayoutRow {
        PayoutRow {
            period: period.into(),
            amount: Aipg::whole(1),
            nth: 1,
            den: Den::from_hundredths(100),
            status: "accrued".into(),
            address: None,
            transaction: None,
            paid_at: None,
            proven_block: None,
            sender: None,
        }
    }

    #[test]
    fn an_hour_with_work_and_without_a_row_is_told_after_a_quarter_of_an_hour() {
        let worked = [(hour_of(at(0)), Den::from_hundredths(10)), (hour_of(at(60)), Den::ZERO)];
        let told = |minutes: u64, known: &[PayoutRow]| -> Vec<String> {
            let missing = not_allocated(&worked, known, None, at(minutes));
            missing.into_iter().map(|hour| hour.period).collect()
        };
        assert_eq!(told(74, &[]), Vec::<String>::new(), "it may still come");
        assert_eq!(told(75, &[]), ["hour-2026-09-01T06"]);
        assert_eq!(told(200, &[]), ["hour-2026-09-01T06"], "an hour without work is owed nothing");
        assert_eq!(told(200, &[row("hour-2026-09-01T06")]), Vec::<String>::new(), "any row is an allocation");
        assert_eq!(told(200, &[row("hour-2026-09-01T07")]), ["hour-2026-09-01T06"]);
    }

    #[test]
    fn a_share_below_a_hundredth_is_lost_for_good() {
        let rates = RateRange::of(&[
            row("hour-2026-09-01T05"),
            PayoutRow { amount: Aipg::parse("0.05").expect("an amount"), ..row("hour-2026-09-01T04") },
        ]);
        let check = |hundredths: u64, expected: Dust| {
            assert_eq!(dust(Den::from_hundredths(hundredths), rates.as_ref()), expected, "{hundredths}");
        };
        // One den was worth 1 AIPG in one hour and 0.05 in the other.
        check(20, Dust::No);
        check(19, Dust::Possible);
        check(1, Dust::Possible);
        check(0, Dust::Likely);
        assert_eq!(dust(Den::from_hundredths(1), None), Dust::Possible, "without a rate nobody can tell");
    }
}
