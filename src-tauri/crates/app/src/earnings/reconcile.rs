//! Our books held against the coordinator's.

use std::time::Duration;

use ledger::{Stated, Sums};
use types::{Address, Den, Timestamp};

/// So long the coordinator's pages may be behind its own acks before a difference means anything.
pub(super) const BEHIND: Duration = Duration::from_secs(60);

/// Sums of doubles have crumbs. What is less than this apart is the same.
const CRUMBS: Den = Den::from_hundredths(1);

/// Jobs and what they earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many.
    pub jobs: u64,
    /// Their work.
    pub den: Den,
}

/// What a sum is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One worker's name, on the account's page.
    Worker(String),
    /// All work for a wallet, on the page for everybody.
    Wallet(Address),
}

/// One sum of the coordinator's held against ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it is about.
    pub subject: Subject,
    /// From when on both sides are counted; nothing while the count has not begun.
    pub since: Option<Timestamp>,
    /// What the coordinator counts since then.
    pub theirs: Count,
    /// What its acks and its feed told us since then.
    pub ours: Count,
    /// What is to be thought of it.
    pub verdict: Verdict,
}

/// What is to be thought of two sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are the same, but for what is under way right now.
    Agree,
    /// The coordinator counts more: deliveries nobody confirmed to us, or another machine with this name or wallet.
    TheyKnowMore {
        /// So much more.
        by: Count,
        /// Our deliveries of that time that nobody confirmed. If there are as many, they explain it.
        unconfirmed: u64,
    },
    /// We count more: it is not in their books yet, or lost there.
    WeKnowMore {
        /// So much more.
        by: Count,
    },
    /// The coordinator's sum went back, so its books are other ones now. The count begins anew.
    BegunAnew,
    /// The count begins at the next moment at which nothing is under way.
    NotBegun,
}

impl Verdict {
    /// The stable name, for message files and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::TheyKnowMore { .. } => "they-know-more",
            Self::WeKnowMore { .. } => "we-know-more",
            Self::BegunAnew => "begun-anew",
            Self::NotBegun => "not-begun",
        }
    }
}

/// Our side since the baseline, read before and after the coordinator's page: an ack may fall between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ours {
    /// What ended long enough ago to be in their books, as it stood before.
    pub firm: Sums,
    /// Everything, as it stood after.
    pub all: Sums,
}

impl Ours {
    fn least(&self) -> Count {
        Count { jobs: self.firm.credited, den: self.firm.den }
    }

    /// What we know of.
    pub(super) fn count(&self) -> Count {
        Count { jobs: self.all.credited, den: self.all.den }
    }

    /// Whether nothing that they may count already is still unknown to us, so that a count can begin.
    pub(super) fn is_quiet(&self) -> bool {
        self.all.awaiting == 0 && self.all.credited == self.firm.credited
    }
}

/// Holds the coordinator's sum against ours, both counted from the baseline on.
pub fn compare(baseline: Stated, theirs: Stated, ours: &Ours) -> Verdict {
    if theirs.jobs < baseline.jobs || theirs.den + CRUMBS < baseline.den {
        return Verdict::BegunAnew;
    }
    let theirs = since(baseline, theirs);
    let (least, most) = (ours.least(), ours.count());
    if theirs.den + CRUMBS < least.den || theirs.jobs < least.jobs {
        return Verdict::WeKnowMore { by: above(least, theirs) };
    }
    let more = above(theirs, most);
    let is_more = theirs.den > most.den + CRUMBS || more.jobs > 0;
    // Their page may show what our acks are still on the way for.
    if !is_more || (more.jobs > 0 && more.jobs <= ours.all.awaiting) {
        return Verdict::Agree;
    }
    Verdict::TheyKnowMore { by: more, unconfirmed: ours.all.unconfirmed }
}

/// What they count since the baseline.
pub(super) fn since(baseline: Stated, theirs: Stated) -> Count {
    Count { jobs: theirs.jobs.saturating_sub(baseline.jobs), den: theirs.den - baseline.den }
}

fn above(one: Count, other: Count) -> Count {
    Count { jobs: one.jobs.saturating_sub(other.jobs), den: one.den - other.den }
}

/// Where the count begins when a sum is seen for the first time. `ours` is all that we ever knew.
///
/// Lifetime sums that are no more than ours are counted from nothing on. More means that they knew this name before this
/// book began: then the count begins now, if nothing is under way. A wallet's may also be less, because they count under
/// it only what was worked since it is ours.
pub(super) fn first_baseline(subject: &Subject, theirs: Stated, ours: &Ours) -> Option<Stated> {
    let nothing = Stated { at: Timestamp::from_millis(0), jobs: 0, den: Den::ZERO };
    let now = ours.is_quiet().then_some(theirs);
    match (compare(nothing, theirs, ours), subject) {
        (Verdict::Agree, _) | (Verdict::WeKnowMore { .. }, Subject::Worker(_)) => Some(nothing),
        (Verdict::WeKnowMore { .. }, Subject::Wallet(_))
        | (Verdict::TheyKnowMore { .. } | Verdict::BegunAnew | Verdict::NotBegun, _) => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(jobs: u64, hundredths: u64) -> Stated {
        Stated { at: Timestamp::from_millis(5), jobs, den: Den::from_hundredths(hundredths) }
    }

    fn sums(credited: u64, hundredths: u64) -> Sums {
        Sums { credited, den: Den::from_hundredths(hundredths), ..Sums::default() }
    }

    fn count(jobs: u64, hundredths: u64) -> Count {
        Count { jobs, den: Den::from_hundredths(hundredths) }
    }

    /// Ours: this much firmly, this much in all, so many answers whose ack is awaited.
    fn ours(firm: (u64, u64), all: (u64, u64), awaiting: u64) -> Ours {
        Ours { firm: sums(firm.0, firm.1), all: Sums { awaiting, unconfirmed: 2, ..sums(all.0, all.1) } }
    }

    #[test]
    fn two_sums_are_judged_by_what_may_be_under_way() {
        let check = |theirs: (u64, u64), ours: Ours, expected: Verdict| {
            let verdict = compare(stated(10, 1000), stated(10 + theirs.0, 1000 + theirs.1), &ours);
            assert_eq!(verdict, expected, "{theirs:?} against {ours:?}");
        };
        let they = |jobs, den| Verdict::TheyKnowMore { by: count(jobs, den), unconfirmed: 2 };
        let we = |jobs, den| Verdict::WeKnowMore { by: count(jobs, den) };
        let quiet = |jobs: u64, den: u64| ours((jobs, den), (jobs, den), 0);
        check((0, 0), quiet(0, 0), Verdict::Agree);
        check((3, 50), quiet(3, 50), Verdict::Agree);
        check((3, 51), quiet(3, 50), Verdict::Agree);
        check((3, 49), quiet(3, 50), Verdict::Agree);
        check((3, 52), quiet(3, 50), they(0, 2));
        check((4, 60), quiet(3, 50), they(1, 10));
        check((2, 40), quiet(3, 50), we(1, 10));
        check((3, 48), quiet(3, 50), we(0, 2));
        // An answer is out and its ack on the way: they may count it or not, but not two.
        check((3, 50), ours((3, 50), (3, 50), 1), Verdict::Agree);
        check((4, 300), ours((3, 50), (3, 50), 1), Verdict::Agree);
        check((5, 300), ours((3, 50), (3, 50), 1), they(2, 250));
        check((3, 60), ours((3, 50), (3, 50), 1), they(0, 10));
        // What we were told within the last minute need not be on their page yet.
        check((3, 50), ours((3, 50), (4, 70), 0), Verdict::Agree);
        check((4, 70), ours((3, 50), (4, 70), 0), Verdict::Agree);
        check((2, 40), ours((3, 50), (4, 70), 0), we(1, 10));
    }

    #[test]
    fn a_sum_that_went_back_is_of_other_books() {
        for theirs in [stated(9, 1000), stated(10, 998), stated(0, 0)] {
            assert_eq!(compare(stated(10, 1000), theirs, &Ours::default()), Verdict::BegunAnew, "{theirs:?}");
        }
        assert_eq!(compare(stated(10, 1000), stated(10, 999), &Ours::default()), Verdict::Agree, "crumbs");
    }

    #[test]
    fn a_count_begins_with_nothing_unless_they_knew_the_name_before() {
        let worker = Subject::Worker("rig".into());
        let at = |theirs, ours| first_baseline(&worker, theirs, &ours).map(|baseline| baseline.jobs);
        assert_eq!(at(stated(3, 50), ours((3, 50), (3, 50), 0)), Some(0), "all of it is ours");
        assert_eq!(at(stated(2, 40), ours((3, 50), (3, 50), 0)), Some(0), "and what is lost is told");
        assert_eq!(at(stated(7, 90), ours((3, 50), (3, 50), 0)), Some(7), "the name is older than this book");
        assert_eq!(at(stated(7, 90), ours((3, 50), (3, 50), 1)), None, "not while an ack is on the way");
        assert_eq!(at(stated(7, 90), ours((2, 40), (3, 50), 0)), None, "nor right after one");
        let wallet = Subject::Wallet(Address::repeat_byte(1));
        let less = first_baseline(&wallet, stated(2, 40), &ours((3, 50), (3, 50), 0));
        assert_eq!(less.map(|baseline| baseline.jobs), Some(2), "the rest was worked for an earlier wallet");
    }
}
