//! The record and the payouts, as the screen shows them.

use app::earnings::causes::Cause as Found;
use app::earnings::{
    BooksCheck, Checked, Cursor, Dust, Earnings, NextPayout, NotAllocated, PayoutRow, Standing as Stands,
    Subject, Verdict, hour_of_period,
};
use app::money::desk::Outlook;
use types::Timestamp;

use super::{
    BookLine, Books, BooksVerdict, Day, History, JobPage, JobRecord, OpenHour, Payday, PayoutPage,
    PayoutRecord, Standing, TooSmall,
};
use crate::dto::Cause;

/// As many lines as a piece of a list has.
const PIECE: usize = 25;

impl History {
    /// What the books' desk read, beside what money knows.
    pub(crate) fn of(
        read: &app::earnings::History,
        check: Option<&BooksCheck>,
        outlook: Option<&Outlook>,
        practice: bool,
    ) -> Self {
        let open_hours = read.not_allocated.iter().map(OpenHour::from).collect();
        Self {
            days: read.days.iter().map(Day::from).collect(),
            payday: payday(read.payday.as_ref(), outlook.filter(|_| practice), open_hours),
            books: check.map(Books::from),
            why: read.causes.iter().map(|cause: &Found| Cause::from(cause)).collect(),
        }
    }
}

/// On a real Grid by its clock. The practice network has hours of its own, which have no place on one, and says itself
/// when it pays.
fn payday(next: Option<&NextPayout>, outlook: Option<&Outlook>, open_hours: Vec<OpenHour>) -> Option<Payday> {
    let (hour, expected) = match next {
        Some(next) => (Some(next.hour.from.millis()), next.latest),
        None => (None, outlook?.next_payout?),
    };
    Some(Payday { hour, expected: expected.millis(), open_hours })
}

impl From<&NotAllocated> for OpenHour {
    fn from(open: &NotAllocated) -> Self {
        let too_small = match open.dust {
            Dust::No => TooSmall::No,
            Dust::Possible => TooSmall::Possible,
            Dust::Likely => TooSmall::Likely,
        };
        Self { hour: open.hour.from.millis(), work_units: open.den.to_string(), too_small }
    }
}

impl From<&app::earnings::Day> for Day {
    fn from(day: &app::earnings::Day) -> Self {
        Self {
            begins: day.span.from.millis(),
            work_units: day.sums.den.to_string(),
            jobs: day.sums.delivered,
        }
    }
}

impl From<&BooksCheck> for Books {
    fn from(check: &BooksCheck) -> Self {
        let lines = check.workers.iter().chain(&check.wallet).map(BookLine::from).collect();
        Self { at: check.at.millis(), lines }
    }
}

impl From<&Checked> for BookLine {
    fn from(checked: &Checked) -> Self {
        let worker_name = match &checked.subject {
            Subject::Worker(name) => Some(name.clone()),
            Subject::Wallet(_) => None,
        };
        let verdict = match &checked.verdict {
            Verdict::Agree => BooksVerdict::Agree,
            Verdict::TheyKnowMore { by, .. } => BooksVerdict::TheyKnowMore { by: by.den.to_string() },
            Verdict::WeKnowMore { by } => BooksVerdict::WeKnowMore { by: by.den.to_string() },
            Verdict::BegunAnew => BooksVerdict::BegunAnew,
            Verdict::NotBegun => BooksVerdict::NotBegun,
        };
        Self {
            worker_name,
            since: checked.since.map(Timestamp::millis),
            ours: checked.ours.den.to_string(),
            theirs: checked.theirs.den.to_string(),
            verdict,
        }
    }
}

impl JobPage {
    /// How many lines are asked for at once.
    pub(crate) const PIECE: u32 = PIECE as u32;
}

impl From<app::earnings::JobPage> for JobPage {
    fn from(page: app::earnings::JobPage) -> Self {
        let next = page.next.and_then(|next| match next {
            Cursor::Newest { before } => before,
            Cursor::Oldest { after } => after,
        });
        let job = |row: &_| JobRecord::of(row);
        Self { jobs: page.rows.iter().map(job).collect(), next }
    }
}

impl JobRecord {
    fn of(row: &app::earnings::JobRow) -> Self {
        Self {
            attempt: row.attempt,
            id: row.job.to_string(),
            worker_name: row.worker.clone(),
            model: row.model.to_string(),
            state: row.state.name().to_owned(),
            accepted_at: row.accepted_at.millis(),
            finished_at: row.ended_at.map(Timestamp::millis),
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            tokens_per_second: row.tokens_per_second().map(|speed| format!("{speed:.1}")),
            work_units: row.den.map(|den| den.to_string()),
            signed: row.signed,
        }
    }
}

impl PayoutPage {
    /// A piece of all payouts ever seen, newest first.
    pub(crate) fn of(earnings: Option<&Earnings>, after: Option<u32>) -> Self {
        let from = after.unwrap_or(0) as usize;
        let rows = earnings.map(|earnings| earnings.payouts.as_slice()).unwrap_or_default();
        let piece = rows.iter().skip(from).take(PIECE).map(PayoutRecord::from).collect();
        let next = u32::try_from(from.saturating_add(PIECE)).ok();
        Self { payouts: piece, next: next.filter(|next| (*next as usize) < rows.len()) }
    }
}

impl From<&PayoutRow> for PayoutRecord {
    fn from(row: &PayoutRow) -> Self {
        let standing = match Stands::of(row) {
            Stands::Paid => Standing::Paid,
            Stands::SaidToBePaid => Standing::SaidToBePaid,
            Stands::Sending => Standing::Sending,
            Stands::Retrying => Standing::Retrying,
            Stands::Owed => Standing::Owed,
            Stands::UnderReview => Standing::UnderReview,
            Stands::Held => Standing::Held,
            Stands::Other => Standing::Unknown,
        };
        Self {
            period: row.period.clone(),
            hour: hour_of_period(&row.period).map(|hour| hour.from.millis()),
            aipg: row.amount.to_string(),
            work_units: (!row.den.is_zero()).then(|| row.den.to_string()),
            standing,
            transaction: row.transaction.map(|transaction| transaction.to_string()),
            address: row.address.map(|address| address.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use app::earnings::next_payout;
    use types::Den;

    use super::*;

    #[test]
    fn a_real_grid_pays_by_the_clock_and_the_practice_network_by_its_own_word() {
        let (start, now) = (1_788_242_400_000, Timestamp::from_millis(1_788_242_400_000 + 20 * 60_000));
        let outlook = Outlook { work: Den::ZERO, estimate: None, next_payout: Some(now) };
        let found = |next: Option<&NextPayout>, outlook| {
            payday(next, outlook, vec![]).map(|payday| (payday.hour, payday.expected))
        };
        assert_eq!(found(next_payout(now).as_ref(), None), Some((Some(start), start + 61 * 60_000)));
        assert_eq!(found(None, Some(&outlook)), Some((None, now.millis())));
        assert_eq!(found(None, None), None);
    }
}
