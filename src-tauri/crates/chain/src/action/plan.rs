//! From a wish to a plan, or to what stands before it.

use std::time::Duration;

use types::{Address, Aipg, Intent, Network, Plan, Timestamp, Wei};

use super::facts::Facts;
use super::ready::{Obstacle, Readiness, concerns_registry, outlook};

/// What an owner may want with one click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Put up a bond.
    Bond {
        /// How much.
        amount: Aipg,
    },
    /// Take back the permission to take AIPG.
    Revoke,
    /// Take the bond back, or on V2 start to.
    Unbond,
    /// Stay after all.
    CancelUnbond,
    /// Take the bond after the cooldown.
    WithdrawBond,
    /// Send AIPG.
    SendAipg {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Aipg,
    },
    /// Send ETH.
    SendEth {
        /// Whom to.
        to: Address,
        /// How much.
        amount: Wei,
    },
    /// Send all ETH that the fee leaves.
    SendAllEth {
        /// Whom to.
        to: Address,
    },
}

impl Wish {
    /// Whether it depends on which registry is served. Sends and the way back of a permission do not.
    pub const fn concerns_registry(&self) -> bool {
        match self {
            Self::Bond { .. } | Self::Unbond | Self::CancelUnbond | Self::WithdrawBond => true,
            Self::Revoke | Self::SendAipg { .. } | Self::SendEth { .. } | Self::SendAllEth { .. } => false,
        }
    }
}

/// What a plan takes from its surroundings.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Fresh and random.
    pub id: String,
    /// The chain.
    pub network: Network,
    /// The wallet.
    pub from: Address,
    /// The time now.
    pub now: Timestamp,
    /// How long the plan holds.
    pub life: Duration,
    /// The most one transaction's data costs on L1.
    pub data_fee: Wei,
}

/// The most gas a step may take, for the limit the owner sees before it can be estimated: an estimate of `registerWorker`
/// fails until the approval is mined. A third above what the compiled contracts were seen to need; each transaction's own
/// limit comes from an estimate, and a plan whose fees do not suffice stops and asks again.
const fn most_gas(intent: &Intent) -> u64 {
    match intent {
        Intent::Approve { .. } => 75_000,
        Intent::Register { .. } => 380_000,
        Intent::Unbond | Intent::WithdrawBond => 110_000,
        Intent::CancelUnbond | Intent::SendAipg { .. } => 100_000,
        // A contract wallet may do a little when it is paid.
        Intent::SendEth { .. } => 60_000,
    }
}

/// Makes the plan for a wish, or says what stands before it.
pub fn plan(wish: Wish, facts: &Facts, terms: Terms) -> Result<Plan, Obstacle> {
    let steps = steps(wish, facts, terms.data_fee);
    let fee_limit: Wei = steps.iter().map(|step| fee(step, facts, terms.data_fee)).sum();
    if steps.iter().any(|step| is_lost(step, &terms.network)) {
        return Err(Obstacle::LostDestination);
    }
    match outlook(&steps, facts.registry, facts) {
        Readiness::Go => {}
        Readiness::InEffect => return Err(nothing_to_do(&steps)),
        Readiness::Blocked(obstacle) => return Err(obstacle),
    }
    let needed = steps.iter().map(value).sum::<Wei>().saturating_add(fee_limit);
    let short = needed.saturating_sub(facts.eth);
    if !short.is_zero() {
        return Err(Obstacle::NotEnoughEth { short });
    }
    let registry = facts.registry.filter(|_| steps.iter().any(concerns_registry));
    let Terms { id, network, from, now, life, .. } = terms;
    Ok(Plan { id, network, from, registry, steps, fee_limit, expires_at: now.plus(life) })
}

fn fee(step: &Intent, facts: &Facts, data_fee: Wei) -> Wei {
    facts.cost(most_gas(step)).saturating_add(data_fee)
}

fn steps(wish: Wish, facts: &Facts, data_fee: Wei) -> Vec<Intent> {
    match wish {
        // A permission that suffices is not asked for again.
        Wish::Bond { amount } if facts.allowance >= amount => vec![Intent::Register { amount }],
        Wish::Bond { amount } => vec![Intent::Approve { amount }, Intent::Register { amount }],
        Wish::Revoke => vec![Intent::Approve { amount: Aipg::ZERO }],
        Wish::Unbond => vec![Intent::Unbond],
        Wish::CancelUnbond => vec![Intent::CancelUnbond],
        Wish::WithdrawBond => vec![Intent::WithdrawBond],
        Wish::SendAipg { to, amount } => vec![Intent::SendAipg { to, amount }],
        Wish::SendEth { to, amount } => vec![Intent::SendEth { to, amount }],
        Wish::SendAllEth { to } => {
            let fee = fee(&Intent::SendEth { to, amount: Wei::ZERO }, facts, data_fee);
            vec![Intent::SendEth { to, amount: facts.eth.saturating_sub(fee) }]
        }
    }
}

fn nothing_to_do(steps: &[Intent]) -> Obstacle {
    match steps.last() {
        Some(Intent::Register { .. } | Intent::CancelUnbond) => Obstacle::AlreadyBonded,
        Some(Intent::Unbond | Intent::WithdrawBond) => Obstacle::NotBonded,
        Some(Intent::Approve { .. } | Intent::SendAipg { .. } | Intent::SendEth { .. }) | None => {
            Obstacle::Nothing
        }
    }
}

/// What no wallet of ours signs; said before the owner is asked. The keys know a few more such addresses.
fn is_lost(step: &Intent, network: &Network) -> bool {
    match step {
        Intent::SendAipg { to, .. } | Intent::SendEth { to, .. } => {
            to.is_zero() || *to == network.token() || *to == network.grid()
        }
        _ => false,
    }
}

pub(super) const fn value(intent: &Intent) -> Wei {
    match *intent {
        Intent::SendEth { amount, .. } => amount,
        _ => Wei::ZERO,
    }
}
