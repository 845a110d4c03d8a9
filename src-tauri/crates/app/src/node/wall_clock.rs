//! The owner's wall clock, for the schedules.

use jiff::tz::TimeZone;
use types::Timestamp;
use worker::schedule::{LocalTime, Weekday};

/// The day and the minute there. A clock beyond all calendars shows a Monday's midnight.
pub(super) fn local_time(now: Timestamp, zone: &TimeZone) -> LocalTime {
    let local = || {
        let moment = jiff::Timestamp::from_millisecond(i64::try_from(now.millis()).ok()?).ok()?;
        Some(moment.to_zoned(zone.clone()))
    };
    let Some(local) = local() else { return LocalTime { day: Weekday::Monday, minute: 0 } };
    let day = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
    let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    LocalTime { day: Weekday::ALL[day], minute }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_hangs_where_the_owner_is() {
        // 2026-11-22, 23:30 in UTC: a Sunday there, and half past midnight on Monday in Berlin.
        let now = Timestamp::from_millis(1_795_390_200_000);
        let utc = local_time(now, &TimeZone::UTC);
        assert_eq!(utc, LocalTime { day: Weekday::Sunday, minute: 23 * 60 + 30 });
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(local_time(now, &berlin), LocalTime { day: Weekday::Monday, minute: 30 });
    }
}
