//! Moments as the coordinator writes them.

use time::{OffsetDateTime, PrimitiveDateTime};
use types::Timestamp;

/// ISO 8601 with microseconds and offset, as its API shows a moment.
pub(crate) fn iso(at: Timestamp) -> String {
    let date = date(at);
    let (hour, minute, second) = date.to_hms();
    let millis = at.millis() % 1000;
    format!("{}T{hour:02}:{minute:02}:{second:02}.{millis:03}000+00:00", day(at))
}

/// The same in whole seconds, as a sign-in text writes it.
pub(crate) fn zulu(at: Timestamp) -> String {
    let (hour, minute, second) = date(at).to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day(at))
}

/// The clock hour a moment lies in, as its period ids name it.
pub(crate) fn hour(at: Timestamp) -> String {
    format!("{}T{:02}", day(at), date(at).hour())
}

/// The day a moment lies in.
pub(crate) fn day(at: Timestamp) -> String {
    let date = date(at);
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn date(at: Timestamp) -> OffsetDateTime {
    let seconds = i64::try_from(at.seconds()).unwrap_or(i64::MAX);
    // The calendar ends with the year 9999; a clock beyond stands at its end.
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or_else(|_| PrimitiveDateTime::MAX.assume_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_iso() {
        let check = |millis, expected: &str| assert_eq!(iso(Timestamp::from_millis(millis)), expected);
        check(0, "1970-01-01T00:00:00.000000+00:00");
        check(1_709_251_199_999, "2024-02-29T23:59:59.999000+00:00");
        check(1_800_000_000_000, "2027-01-15T08:00:00.000000+00:00");
    }

    #[test]
    fn an_hour_is_named_by_its_start() {
        let check = |millis, expected: &str| assert_eq!(hour(Timestamp::from_millis(millis)), expected);
        check(1_709_251_199_999, "2024-02-29T23");
        check(1_709_251_200_000, "2024-03-01T00");
    }
}
