//! What one click can do about the bond now.

use chain::action::Wish;
use chain::{BondState, Snapshot};
use types::Wei;

use super::view::Offer;
use crate::money::{Money, MoneyError};

/// Each thing that makes sense by what the chain showed, with its plan or what stands before it.
pub(super) fn offers(money: &Money, seen: &Snapshot, data_fee: Wei) -> Vec<Offer> {
    let offer = |wish| match money.plan_on(wish, seen, data_fee) {
        Ok(plan) => Some(Offer { wish, plan: Ok(plan) }),
        Err(MoneyError::Obstacle(obstacle)) => Some(Offer { wish, plan: Err(obstacle) }),
        Err(error) => {
            tracing::info!(%error, "what could be done about the bond is not known");
            None
        }
    };
    wishes(seen).into_iter().filter_map(offer).collect()
}

fn wishes(seen: &Snapshot) -> Vec<Wish> {
    // What an earlier plan left behind, and any use of it would need a new yes anyway.
    let left_over = (!seen.allowance.is_zero()).then_some(Wish::Revoke);
    about_the_bond(seen).into_iter().chain(left_over).collect()
}

fn about_the_bond(seen: &Snapshot) -> Vec<Wish> {
    let bond = seen.min_bond.map(|amount| Wish::Bond { amount });
    match seen.bond {
        None | Some(BondState::Inconsistent | BondState::V1SlashedLocked | BondState::EmptyCooldown) => vec![],
        Some(BondState::Active { .. } | BondState::ActiveZeroBond) => vec![Wish::Unbond],
        Some(BondState::Cooldown { .. } | BondState::Withdrawable { .. }) => {
            vec![Wish::WithdrawBond, Wish::CancelUnbond]
        }
        Some(
            BondState::NeverBonded
            | BondState::Exited
            | BondState::SlashedOut
            // Shown with what stands in the way, so that nobody wonders why there is no button.
            | BondState::V1SlashedInactive,
        ) => bond.into_iter().collect(),
    }
}
