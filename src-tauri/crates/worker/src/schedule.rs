//! How many slots does the owner want at this hour?

mod text;

pub use text::{RuleText, ScheduleError};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// The week, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}

/// A moment on the owner's wall: the day and the minute since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The day.
    pub day: Weekday,
    /// Minutes since midnight, 0 to 1439.
    pub minute: u16,
}

/// Windows of the week with a number of slots each. Without any, the number is always the usual one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Empty for every day.
    days: Vec<Weekday>,
    start: u16,
    /// Exclusive.
    end: u16,
    slots: u32,
}

impl Schedule {
    /// Reads the rules, in their order.
    pub fn read(rules: &[RuleText<'_>]) -> Result<Self, ScheduleError> {
        rules.iter().map(text::rule).collect::<Result<_, _>>().map(Self)
    }

    /// How many slots are wanted now, of this many there are: the first window that fits says so, else all. 0 is off the
    /// Grid.
    pub fn slots(&self, now: LocalTime, usual: u32) -> u32 {
        let rule = self.0.iter().find(|rule| rule.covers(now));
        rule.map_or(usual, |rule| rule.slots.min(usual))
    }
}

impl Rule {
    /// A window over midnight is tested by today's weekday, as the Grid's own workers do: a Friday night does not reach
    /// into a Saturday that is not listed.
    fn covers(&self, now: LocalTime) -> bool {
        if !self.days.is_empty() && !self.days.contains(&now.day) {
            return false;
        }
        if self.start < self.end {
            (self.start..self.end).contains(&now.minute)
        } else {
            now.minute >= self.start || now.minute < self.end
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(moment: &str) -> LocalTime {
        let (day, time) = moment.split_once(' ').expect("a day and a time");
        let (hour, minute) = time.split_once(':').expect("hours and minutes");
        let number = |text: &str| text.parse::<u16>().expect("a number");
        let day = Weekday::ALL.into_iter().find(|known| format!("{known:?}").to_lowercase().starts_with(day));
        LocalTime { day: day.expect("a day"), minute: number(hour) * 60 + number(minute) }
    }

    fn rule(text: &str) -> RuleText<'_> {
        let parts: Vec<&str> = text.split('|').collect();
        let [days, start, end, slots] = parts[..] else { panic!("four parts in {text}") };
        RuleText { days, start, end, slots: slots.parse().expect("a number") }
    }

    #[test]
    fn the_first_window_that_fits_decides() {
        let check = |rules: &[&str], moment: &str, expected: u32| {
            let rules: Vec<RuleText<'_>> = rules.iter().map(|text| rule(text)).collect();
            let schedule = Schedule::read(&rules).expect("good rules");
            assert_eq!(schedule.slots(at(moment), 4), expected, "{rules:?} at {moment}");
        };
        let office = "mon-fri|08:00|18:00|1";
        check(&[], "mon 12:00", 4);
        check(&[office], "mon 07:59", 4);
        check(&[office], "mon 08:00", 1);
        check(&[office], "fri 17:59", 1);
        check(&[office], "fri 18:00", 4);
        check(&[office], "sat 12:00", 4);
        check(&[office, "|||0"], "sat 12:00", 0);
        check(&[office, "|||0"], "tue 12:00", 1);
        check(&["|||0", office], "tue 12:00", 0);
        check(&["sat,sun|10:00||2"], "sun 23:59", 2);
        check(&["sat,sun|10:00||2"], "mon 00:00", 4);
        check(&["sat,sun|10:00|24:00|2"], "sat 09:59", 4);
        check(&["fri|22:00|06:00|0"], "fri 23:00", 0);
        check(&["fri|22:00|06:00|0"], "fri 05:59", 0);
        check(&["fri|22:00|06:00|0"], "sat 01:00", 4);
        check(&["fri,sat|22:00|06:00|0"], "sat 01:00", 0);
        check(&["sat-mon|||1"], "sun 03:00", 1);
        check(&["sat-mon|||1"], "tue 03:00", 4);
        check(&["Mon - Fri, SUN|||3"], "sun 03:00", 3);
        check(&["|||9"], "mon 12:00", 4);
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_in_words() {
        let check = |text: &str, expected: &str| {
            let error = Schedule::read(&[rule(text)]).expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
        };
        check("someday|||1", "\"someday\" is no day of the week");
        check("mon-|||1", "\"\" is no day of the week");
        check("mon,|||1", "\"\" is no day of the week");
        check("|8|18:00|1", "\"8\" is no time of day");
        check("|08:60||1", "\"08:60\" is no time of day");
        check("|24:00||1", "\"24:00\" is no time of day");
        check("||24:01|1", "\"24:01\" is no time of day");
        check("|+1:00||1", "\"+1:00\" is no time of day");
        check("|08:00|08:00|1", "a window from 08:00 to 08:00 has no length");
    }
}
