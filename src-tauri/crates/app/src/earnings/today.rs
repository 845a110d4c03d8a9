//! What counts as today: the owner's own day, from midnight to midnight.

use jiff::tz::TimeZone;
use ledger::PayoutRow;
use types::{Aipg, Timestamp};

/// What was paid since midnight, and is on the chain.
pub(super) fn paid_today(payouts: &[PayoutRow], now: Timestamp, zone: &TimeZone) -> Aipg {
    let today = midnight(now, zone);
    let proven = payouts.iter().filter(|row| row.proven_block.is_some());
    proven.filter(|row| row.paid_at.is_some_and(|paid| paid >= today)).map(|row| row.amount).sum()
}

/// Whether both moments are of one day of the owner's.
pub(crate) fn is_same_day(one: Timestamp, other: Timestamp) -> bool {
    let zone = TimeZone::system();
    midnight(one, &zone) == midnight(other, &zone)
}

/// The beginning of the day in which this moment lies. A clock beyond all calendars has no days: then all of time is today.
fn midnight(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let start = || {
        let moment = jiff::Timestamp::from_millisecond(i64::try_from(now.millis()).ok()?).ok()?;
        let start = moment.to_zoned(zone.clone()).start_of_day().ok()?;
        u64::try_from(start.timestamp().as_millisecond()).ok()
    };
    Timestamp::from_millis(start().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Den;

    /// 2026-11-22, 12:00 in UTC.
    const NOON: u64 = 1_795_348_800_000;
    const HOUR: u64 = 3_600_000;

    fn paid(at: Option<u64>, proven_block: Option<u64>) -> PayoutRow {
        PayoutRow {
            period: "hour".into(),
            amount: Aipg::whole(1),
            nth: 1,
            den: Den::default(),
            status: "sent".into(),
            address: None,
            transaction: None,
            paid_at: at.map(Timestamp::from_millis),
            proven_block,
            sender: None,
        }
    }

    fn check(hours_east: i8, age: u64, counts: bool) {
        let zone = TimeZone::fixed(jiff::tz::offset(hours_east));
        let rows = [paid(Some(NOON - age * HOUR), Some(1))];
        let expected = if counts { Aipg::whole(1) } else { Aipg::ZERO };
        let found = paid_today(&rows, Timestamp::from_millis(NOON), &zone);
        assert_eq!(found, expected, "{age} hours before noon, {hours_east} hours east");
    }

    #[test]
    fn a_day_begins_at_the_owners_midnight() {
        check(0, 12, true);
        check(0, 13, false);
        check(-5, 7, true);
        check(-5, 8, false);
        check(9, 21, true);
        check(9, 22, false);
    }

    #[test]
    fn what_the_chain_does_not_show_or_the_grid_gives_no_moment_for_was_not_paid_today() {
        let rows = [paid(Some(NOON), None), paid(None, Some(1))];
        assert_eq!(paid_today(&rows, Timestamp::from_millis(NOON), &TimeZone::UTC), Aipg::ZERO);
    }

    #[test]
    fn a_clock_beyond_all_calendars_is_no_panic() {
        let rows = [paid(Some(NOON), Some(1))];
        assert_eq!(paid_today(&rows, Timestamp::from_millis(u64::MAX), &TimeZone::UTC), Aipg::whole(1));
    }
}
