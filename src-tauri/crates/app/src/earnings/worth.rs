//! What work may be worth in AIPG: a range, from what was settled for ours before.

use ledger::PayoutRow;
use types::{Aipg, Den, U256};

/// So many of the newest rows make a range: a day of hourly payouts.
const ROWS: usize = 24;

/// A range of AIPG. An estimate, never to be added to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AipgRange {
    /// The least.
    pub low: Aipg,
    /// The most.
    pub high: Aipg,
}

/// What one unit of work was worth, by the newest rows that were settled for us. It moves every hour with everybody's
/// work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRange {
    low: (Aipg, Den),
    high: (Aipg, Den),
    /// How many rows it is from.
    pub rows: usize,
    /// The period of the oldest of them.
    pub first: String,
    /// The period of the newest.
    pub last: String,
}

impl RateRange {
    /// From rows of the journal, newest first; nothing if none of them has both work and an amount.
    ///
    /// A row counts whether it is paid or not: that it was allocated is what sets the rate.
    pub fn of(rows: &[PayoutRow]) -> Option<Self> {
        let usable = rows.iter().filter(|row| !row.den.is_zero() && !row.amount.is_zero());
        let newest: Vec<&PayoutRow> = usable.take(ROWS).collect();
        let (last, first) = (newest.first()?, newest.last()?);
        let rate = |row: &&PayoutRow| (row.amount, row.den);
        // a/b < c/d as a·d < c·b: whole numbers, and no row has a den of nothing.
        let by_rate = |one: &(Aipg, Den), other: &(Aipg, Den)| cross(one, other).cmp(&cross(other, one));
        Some(Self {
            low: newest.iter().map(rate).min_by(by_rate)?,
            high: newest.iter().map(rate).max_by(by_rate)?,
            rows: newest.len(),
            first: first.period.clone(),
            last: last.period.clone(),
        })
    }

    /// What this much work would be worth at the lowest and at the highest of these rates.
    pub fn worth(&self, work: Den) -> AipgRange {
        AipgRange { low: at_rate(work, self.low), high: at_rate(work, self.high) }
    }
}

fn cross(one: &(Aipg, Den), other: &(Aipg, Den)) -> U256 {
    one.0.base().saturating_mul(U256::from(other.1.hundredths()))
}

fn at_rate(work: Den, (amount, den): (Aipg, Den)) -> Aipg {
    let worth = amount.base().saturating_mul(U256::from(work.hundredths()));
    Aipg::from_base(worth / U256::from(den.hundredths().max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(period: &str, aipg: &str, hundredths: u64) -> PayoutRow {
        PayoutRow {
            period: period.into(),
            amount: Aipg::parse(aipg).expect("an amount"),
            nth: 1,
            den: Den::from_hundredths(hundredths),
            status: "sent".into(),
            address: None,
            transaction: None,
            paid_at: None,
            proven_block: None,
            sender: None,
        }
    }

    fn range(low: &str, high: &str) -> AipgRange {
        let amount = |text| Aipg::parse(text).expect("an amount");
        AipgRange { low: amount(low), high: amount(high) }
    }

    #[test]
    fn the_range_is_from_the_lowest_rate_to_the_highest() {
        let rows = [
            row("c", "3", 200),
            row("b", "1", 400),
            row("none", "5", 0),
            row("dust", "0", 10),
            row("a", "2", 200),
        ];
        let rates = RateRange::of(&rows).expect("a basis");
        assert_eq!(rates.worth(Den::from_hundredths(100)), range("0.25", "1.5"));
        assert_eq!((rates.rows, rates.first.as_str(), rates.last.as_str()), (3, "a", "c"));
        assert_eq!(rates.worth(Den::ZERO), range("0", "0"));
    }

    #[test]
    fn without_a_settled_row_there_is_no_range() {
        assert_eq!(RateRange::of(&[]), None);
        assert_eq!(RateRange::of(&[row("a", "0", 10), row("b", "1", 0)]), None);
    }

    #[test]
    fn rows_of_long_ago_do_not_count() {
        let mut rows: Vec<_> = (0..24).map(|hour| row(&format!("{hour}"), "1", 100)).collect();
        rows.push(row("long ago", "1000", 100));
        let rates = RateRange::of(&rows).expect("a basis");
        assert_eq!(rates.worth(Den::from_hundredths(100)), range("1", "1"));
    }

    proptest::proptest! {
        #[test]
        fn low_is_never_above_high(
            rows in proptest::collection::vec((1_u64.., 1_u64..1_000_000_000), 1..30),
            work in 0_u64..1_000_000_000_000,
        ) {
            let rows: Vec<_> = rows.iter().map(|&(base, hundredths)| PayoutRow {
                amount: Aipg::from_base(U256::from(base)),
                ..row("p", "1", hundredths)
            }).collect();
            let worth = RateRange::of(&rows).expect("a basis").worth(Den::from_hundredths(work));
            proptest::prop_assert!(worth.low <= worth.high);
        }
    }
}
