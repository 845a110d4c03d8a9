//! How a budget is shared among the accounts that worked: pure, in the rail's own double arithmetic.

use types::Aipg;

/// Shares below this many AIPG are dropped for good: not owed, not given to others.
const LEAST_AIPG: f64 = 0.01;

/// What one account did in a period, and where its share goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<A, W> {
    /// Who worked.
    pub account: A,
    /// Where to pay; `None` leaves the share owed.
    pub wallet: Option<W>,
    /// The work.
    pub den: f64,
}

/// One account's share.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation<A, W> {
    /// Who worked.
    pub account: A,
    /// Where to pay.
    pub wallet: Option<W>,
    /// The work.
    pub den: f64,
    /// The part of everybody's work.
    pub share: f64,
    /// The share as the books state it, rounded to eight decimals.
    pub aipg: f64,
    /// What is sent for it.
    pub amount: Aipg,
}

impl<A, W> Allocation<A, W> {
    /// Whether it can be sent now.
    pub const fn payable(&self) -> bool {
        self.wallet.is_some()
    }
}

/// A budget, shared.
#[derive(Debug, Clone, PartialEq)]
pub struct Split<A, W> {
    /// The shares, most work first.
    pub allocations: Vec<Allocation<A, W>>,
    /// Who gets nothing, because the share is too small.
    pub dropped: Vec<A>,
}

/// Shares a budget in proportion to den.
///
/// Accounts without a wallet count like all others: their shares are not given away.
/// *Caveat*: the figures are doubles on purpose. The real rail computes in them, and exact arithmetic would differ.
pub fn split<A, W>(budget_aipg: f64, entries: Vec<Entry<A, W>>) -> Split<A, W> {
    let total: f64 = entries.iter().map(|entry| entry.den).sum();
    let mut split = Split { allocations: Vec::new(), dropped: Vec::new() };
    for Entry { account, wallet, den } in entries {
        let share = if total > 0.0 { den / total } else { 0.0 };
        match worth_sending(budget_aipg * share) {
            Some((aipg, amount)) => {
                split.allocations.push(Allocation { account, wallet, den, share, aipg, amount });
            }
            None => split.dropped.push(account),
        }
    }
    split.allocations.sort_by(|a, b| b.den.total_cmp(&a.den));
    split
}

/// The figure before rounding decides. What is no amount at all is no share either.
fn worth_sending(aipg: f64) -> Option<(f64, Aipg)> {
    let aipg = (aipg >= LEAST_AIPG).then(|| rounded(aipg, 8))?;
    Some((aipg, Aipg::from_payout(aipg)?))
}

/// So many decimals, half to even on the exact binary value, as Python's `round` does.
pub(crate) fn rounded(value: f64, decimals: usize) -> f64 {
    // The standard formatter works on the exact binary value; guarded by `rounding_is_pythons`.
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_pythons() {
        let check = |value, decimals, expected: f64| {
            assert_eq!(rounded(value, decimals), expected, "round({value}, {decimals})");
        };
        // 2^-9 and 3 * 2^-9 are exact in binary with nine decimals: real ties.
        check(0.001953125, 8, 0.00195312);
        check(0.005859375, 8, 0.00585938);
        check(2.675, 2, 2.67);
        check(156.2475, 8, 156.2475);
        check(1e22, 8, 1e22);
    }

    fn shares(budget: f64, dens: &[f64]) -> (Vec<f64>, Vec<usize>) {
        let entries = dens.iter().enumerate();
        let entries = entries.map(|(account, den)| Entry { account, wallet: Some(()), den: *den }).collect();
        let split = split(budget, entries);
        (split.allocations.iter().map(|allocation| allocation.aipg).collect(), split.dropped)
    }

    #[test]
    fn the_least_share_is_judged_before_rounding() {
        assert_eq!(shares(0.01, &[1.0]), (vec![0.01], vec![]));
        // It would round up to the least share.
        assert_eq!(shares(0.009_999_999_999, &[1.0]), (vec![], vec![0]));
    }

    #[test]
    fn a_budget_that_is_no_amount_pays_nobody() {
        for budget in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
            assert_eq!(shares(budget, &[1.0]), (vec![], vec![0]), "{budget}");
        }
        assert_eq!(shares(208.33, &[0.0]), (vec![], vec![0]), "no work, no share");
    }
}
