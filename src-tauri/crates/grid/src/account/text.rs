//! Texts of a stranger: names, words and moments.

use time::{Date, Month};
use types::{Address, B256, Timestamp};

/// The longest moment that is shown as it came.
const LONGEST_MOMENT: usize = 40;

/// A moment as the coordinator wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Its words without control characters, cut to a length: for a form that this version cannot read.
    pub text: String,
    /// The moment, if it could be read.
    pub at: Option<Timestamp>,
}

impl Moment {
    pub(super) fn read(text: &str) -> Self {
        Self { text: plain(text, LONGEST_MOMENT), at: moment(text) }
    }
}

/// A text without control characters, cut to a length.
pub(super) fn plain(text: &str, longest: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(longest).collect()
}

/// A name that is kept as it is; `None` if it is empty, too long or holds control characters.
pub(super) fn name(text: &str, longest: usize) -> Option<String> {
    let good = !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    good.then(|| text.to_owned())
}

/// `0x` and 40 hex digits. The inner `None` is the empty text that stands for no address.
pub(super) fn address(text: &str) -> Option<Option<Address>> {
    if text.is_empty() {
        return Some(None);
    }
    let digits = text.strip_prefix("0x")?;
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(Some(Address::from(bytes)))
}

/// 64 lower-case hex digits, with `0x` or without: the coordinator stores both.
pub(super) fn transaction(text: &str) -> Option<B256> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(B256::from(bytes))
}

/// A moment in ISO 8601. Without an offset it is UTC: the coordinator's database decides which of the two is written.
///
/// `None` for anything that is no moment since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes()[10], b'T' | b' ') {
        return None;
    }
    let (time, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => rest.split_at(at),
        None => (rest, "Z"),
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let time =
        date.with_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, u8::try_from(second).ok()?);
    let seconds = time.ok()?.assume_utc().unix_timestamp().checked_sub(offset_seconds(offset)?)?;
    let millis = u64::try_from(seconds).ok()?.checked_mul(1000)?.checked_add(millis(fraction)?)?;
    Some(Timestamp::from_millis(millis))
}

/// How far a clock there is ahead of UTC.
fn offset_seconds(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let [hours, minutes] = numbers(digits, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3600 + minutes * 60))
}

fn millis(fraction: &str) -> Option<u64> {
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{fraction:0<3}")[..3].parse().ok()
}

/// Numbers of so many digits each, apart by a sign.
fn numbers<const N: usize>(text: &str, apart: char, digits: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(apart);
    let mut found = [0; N];
    for (place, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *place = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_an_offset() {
        let check = |text: &str, millis: Option<u64>| {
            assert_eq!(moment(text).map(Timestamp::millis), millis, "{text:?}");
        };
        check("2026-09-01T11:00:00", Some(1_788_260_400_000));
        check("2026-09-01T11:00:00+00:00", Some(1_788_260_400_000));
        check("2026-09-01T11:00:00Z", Some(1_788_260_400_000));
        check("2026-09-01 13:30:00+02:30", Some(1_788_260_400_000));
        check("2026-09-01T06:00:00-05:00", Some(1_788_260_400_000));
        check("2026-11-22T11:18:30.098551+00:00", Some(1_795_346_310_098));
        check("1970-01-01T00:00:00.5", Some(500));
        check("2024-02-29T23:59:59", Some(1_709_251_199_000));
        for bad in [
            "",
            "soon",
            "2026-09-01",
            "2023-02-29T00:00:00",
            "2026-09-01T24:00:00",
            "2026-09-01T11:00",
            "2026-09-01T11:00:00.",
            "2026-09-01T11:00:00+2",
            "2026-09-01T11:00:00+24:00",
            "2026-09-01T11:00:00Zulu",
            "1969-12-31T23:59:59",
            "1970-01-01T00:00:00+00:01",
            "２026-09-01T11:00:00",
            "2026-09-0１T11:00:00",
            "+026-09-01T11:00:00",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn a_hash_is_64_lower_case_digits_and_nothing_else() {
        let good = "ab".repeat(32);
        assert_eq!(transaction(&good), transaction(&format!("0x{good}")));
        assert_eq!(transaction(&good), Some(B256::repeat_byte(0xab)));
        for bad in [
            "",
            "0x",
            "broadcast failed",
            &good[1..],
            &format!("{good}ab"),
            &good.to_uppercase(),
            &format!("0X{good}"),
            &format!("0x0x{good}"),
            &format!(" {good}"),
        ] {
            assert_eq!(transaction(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_empty_or_whole() {
        assert_eq!(address(""), Some(None));
        let digits = "b2".repeat(20);
        assert_eq!(address(&format!("0x{digits}")), Some(Some(Address::repeat_byte(0xb2))));
        for bad in ["0x", "b2", &digits, &format!("0x{digits}b2"), &format!("0x{}zz", &digits[2..])] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_fall(text in ".{0,40}") {
            let _ = (moment(&text), transaction(&text), address(&text), name(&text, 10));
        }
    }
}
