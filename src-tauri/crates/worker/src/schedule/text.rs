//! Rules as they are written in the settings.

use super::{Rule, Weekday};

/// One rule as it is written. The words are the Grid workers' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleText<'a> {
    /// `mon-fri`, `sat,sun`, or nothing for every day.
    pub days: &'a str,
    /// `08:00`, or nothing for midnight.
    pub start: &'a str,
    /// `18:00`, exclusive; `24:00` or nothing for the end of the day. Before the start it is over midnight.
    pub end: &'a str,
    /// How many slots.
    pub slots: u32,
}

/// Why a rule is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not one of `mon` to `sun`.
    #[error("{0:?} is no day of the week")]
    Day(String),
    /// Not `00:00` to `23:59`, or `24:00` at an end.
    #[error("{0:?} is no time of day")]
    Time(String),
    /// It begins when it ends.
    #[error("a window from {0} to {0} has no length")]
    Empty(String),
}

const MIDNIGHT: u16 = 24 * 60;

pub(super) fn rule(text: &RuleText<'_>) -> Result<Rule, ScheduleError> {
    let start = if text.start.is_empty() { 0 } else { time(text.start)? };
    let end = match text.end {
        "" | "24:00" => MIDNIGHT,
        end => time(end)?,
    };
    if start == end {
        return Err(ScheduleError::Empty(text.start.to_owned()));
    }
    Ok(Rule { days: days(text.days)?, start, end, slots: text.slots })
}

fn time(word: &str) -> Result<u16, ScheduleError> {
    let no_time = || ScheduleError::Time(word.to_owned());
    let number = |digits: &str| match digits.len() {
        1 | 2 if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<u16>().ok(),
        _ => None,
    };
    let (hour, minute) = word.split_once(':').ok_or_else(no_time)?;
    match (number(hour), number(minute)) {
        (Some(hour @ 0..=23), Some(minute @ 0..=59)) => Ok(hour * 60 + minute),
        _ => Err(no_time()),
    }
}

fn days(list: &str) -> Result<Vec<Weekday>, ScheduleError> {
    if list.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut days = Vec::new();
    for part in list.split(',') {
        match part.split_once('-') {
            None => days.push(day(part)?),
            Some((from, to)) => days.extend(span(day(from)?, day(to)?)),
        }
    }
    Ok(days)
}

/// From one day to the other, over the end of the week if need be.
fn span(from: Weekday, to: Weekday) -> impl Iterator<Item = Weekday> {
    let (from, to) = (from as usize, to as usize);
    let days = (to + 7 - from) % 7 + 1;
    (0..days).map(move |later| Weekday::ALL[(from + later) % 7])
}

fn day(word: &str) -> Result<Weekday, ScheduleError> {
    let short = word.trim().to_ascii_lowercase();
    match short.as_str() {
        "mon" => Ok(Weekday::Monday),
        "tue" => Ok(Weekday::Tuesday),
        "wed" => Ok(Weekday::Wednesday),
        "thu" => Ok(Weekday::Thursday),
        "fri" => Ok(Weekday::Friday),
        "sat" => Ok(Weekday::Saturday),
        "sun" => Ok(Weekday::Sunday),
        _ => Err(ScheduleError::Day(short)),
    }
}
