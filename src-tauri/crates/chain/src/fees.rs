//! What to offer for a transaction. Integers only.

/// An offer per gas, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// The most, tip included.
    pub max_fee: u128,
    /// The tip.
    pub tip: u128,
}

/// The node's suggestion, but never more than the owner's cap.
pub fn capped_tip(suggested: u128, cap: u128) -> u128 {
    suggested.min(cap)
}

/// Twice the base fee and the tip: holds through six full blocks in a row.
pub fn max_fee(base_fee: u128, tip: u128) -> u128 {
    base_fee.saturating_mul(2).saturating_add(tip)
}

/// The estimate and a fifth, rounded up. A limit equal to the gas that is used in the end would fail, because refunds
/// come only after the work.
pub fn gas_limit(estimate: u64) -> u64 {
    estimate.saturating_add(estimate.div_ceil(5))
}

/// An offer that takes the place of an earlier one with the same nonce: at least a tenth more on both, as nodes
/// demand, and at least what is asked for now.
///
/// A local anvil takes one wei more, so only the test here guards this rule.
pub fn replacement(earlier: Fees, now: Fees) -> Fees {
    let tip = raised(earlier.tip).max(now.tip);
    Fees { max_fee: raised(earlier.max_fee).max(now.max_fee).max(tip), tip }
}

/// A tenth more, rounded up, and at least one more.
fn raised(fee: u128) -> u128 {
    fee.saturating_add(fee.div_ceil(10).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_offers_a_tenth_more_on_both_and_no_wei_beyond() {
        let check = |max_fee: u128, tip: u128, expected: (u128, u128)| {
            let offer = replacement(Fees { max_fee, tip }, Fees { max_fee: 0, tip: 0 });
            assert_eq!((offer.max_fee, offer.tip), expected, "{max_fee} {tip}");
        };
        check(100, 10, (110, 11));
        check(101, 11, (112, 13));
        check(1, 0, (2, 1));
        check(0, 0, (1, 1));
        check(u128::MAX, u128::MAX, (u128::MAX, u128::MAX));
    }

    #[test]
    fn a_replacement_follows_a_market_that_ran_away() {
        let offer = replacement(Fees { max_fee: 100, tip: 1 }, Fees { max_fee: 900, tip: 1 });
        assert_eq!(offer, Fees { max_fee: 900, tip: 2 });
        let inverted = replacement(Fees { max_fee: 10, tip: 10 }, Fees { max_fee: 0, tip: 50 });
        assert!(inverted.max_fee >= inverted.tip, "a tip above the whole is no transaction");
    }

    #[test]
    fn limits_and_offers_round_towards_being_mined() {
        assert_eq!(gas_limit(234_810), 281_772);
        assert_eq!(gas_limit(234_811), 281_774, "rounded up");
        assert_eq!(gas_limit(u64::MAX), u64::MAX);
        assert_eq!(max_fee(5_000_000, 1_000_000), 11_000_000);
        assert_eq!(capped_tip(1_000_000_000, 2_000_000), 2_000_000);
        assert_eq!(capped_tip(1, 2_000_000), 1);
    }
}
