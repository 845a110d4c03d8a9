//! May a step be done now, is it done already, or what stands before it?

use types::{Aipg, Intent, RegistryVersion, Wei};

use super::facts::{Facts, Standing};

/// What stands before a step. Nothing of the step was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The contract is not one we know, or became another one than was planned for.
    #[error("the Grid's contract is not one this version knows, or it has changed")]
    ContractChanged,
    /// The Grid's contract is paused.
    #[error("the Grid's contract is paused")]
    GridPaused,
    /// The token is paused.
    #[error("AIPG transfers are paused")]
    TokenPaused,
    /// The least bond is not known.
    #[error("the least bond cannot be read")]
    MinimumUnknown,
    /// The bond is too small.
    #[error("the least bond is {minimum} AIPG")]
    BelowMinimum {
        /// The least.
        minimum: Aipg,
    },
    /// Nothing cannot be bonded or sent.
    #[error("the amount is zero")]
    Nothing,
    /// Too little AIPG.
    #[error("{short} AIPG are missing")]
    NotEnoughAipg {
        /// How much is missing.
        short: Aipg,
    },
    /// Too little ETH for the fees.
    #[error("{short} ETH are missing for the network's fees")]
    NotEnoughEth {
        /// How much is missing.
        short: Wei,
    },
    /// A bond is up already; there is no way to add to it.
    #[error("a bond is up already")]
    AlreadyBonded,
    /// There is no bond to take back.
    #[error("there is no bond")]
    NotBonded,
    /// An earlier bond is still held.
    #[error("an earlier bond is held until its cooldown ends")]
    CoolingDown {
        /// Seconds since 1970, by the chain's clock.
        until: u64,
    },
    /// What is put up now could not be taken back.
    #[error("the contract holds a mark against this wallet, so a bond could not be taken back")]
    Barred,
    /// The permission is not there or too small.
    #[error("the permission to take the bond is missing")]
    NotApproved,
    /// The fees rose above what was agreed to.
    #[error("the network's fees rose above what was agreed to")]
    FeesRose,
    /// The time of the plan ran out.
    #[error("the time for this plan ran out")]
    Expired,
    /// The owner or the wallet refused to sign.
    #[error("it was not signed")]
    NotSigned,
    /// The node says that it would fail.
    #[error("the network says that this would fail")]
    WouldFail,
    /// Another transaction of this wallet was mined in its place.
    #[error("another transaction of this wallet took its place")]
    Overtaken,
    /// Nobody owns this address, or it is one of the contracts.
    #[error("what is sent to this address would be lost")]
    LostDestination,
}

impl Obstacle {
    /// Every name, for tables and tests.
    pub const NAMES: [&str; 19] = [
        "contract-changed",
        "grid-paused",
        "token-paused",
        "minimum-unknown",
        "below-minimum",
        "nothing",
        "not-enough-aipg",
        "not-enough-eth",
        "already-bonded",
        "not-bonded",
        "cooling-down",
        "barred",
        "not-approved",
        "fees-rose",
        "expired",
        "not-signed",
        "would-fail",
        "overtaken",
        "lost-destination",
    ];

    /// The stable name, for message files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ContractChanged => "contract-changed",
            Self::GridPaused => "grid-paused",
            Self::TokenPaused => "token-paused",
            Self::MinimumUnknown => "minimum-unknown",
            Self::BelowMinimum { .. } => "below-minimum",
            Self::Nothing => "nothing",
            Self::NotEnoughAipg { .. } => "not-enough-aipg",
            Self::NotEnoughEth { .. } => "not-enough-eth",
            Self::AlreadyBonded => "already-bonded",
            Self::NotBonded => "not-bonded",
            Self::CoolingDown { .. } => "cooling-down",
            Self::Barred => "barred",
            Self::NotApproved => "not-approved",
            Self::FeesRose => "fees-rose",
            Self::Expired => "expired",
            Self::NotSigned => "not-signed",
            Self::WouldFail => "would-fail",
            Self::Overtaken => "overtaken",
            Self::LostDestination => "lost-destination",
        }
    }
}

/// Whether a step may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It may.
    Go,
    /// What it is for is so already.
    InEffect,
    /// It may not.
    Blocked(Obstacle),
}

/// Whether a step may be done, by what the chain says now. `registry` is the one the plan was made for.
pub fn readiness(intent: &Intent, registry: Option<RegistryVersion>, facts: &Facts) -> Readiness {
    use Readiness::{Blocked, Go, InEffect};
    if concerns_registry(intent) && (facts.registry.is_none() || facts.registry != registry) {
        return Blocked(Obstacle::ContractChanged);
    }
    let verdict = match *intent {
        Intent::Approve { amount } if facts.allowance == amount => InEffect,
        // A larger permission than needed is not ours to leave as it is.
        Intent::Approve { .. } => Go,
        Intent::Register { amount } => may_register(amount, facts),
        Intent::Unbond => may_unbond(facts),
        Intent::CancelUnbond => match facts.standing {
            Standing::CoolingDown { amount, .. } | Standing::Withdrawable { amount } => {
                at_least_the_minimum(amount, facts)
            }
            Standing::Bonded { .. } => InEffect,
            Standing::Free | Standing::Barred | Standing::Unclear => Blocked(Obstacle::NotBonded),
        },
        Intent::WithdrawBond => match facts.standing {
            Standing::Withdrawable { .. } => moves_aipg(facts),
            Standing::CoolingDown { until, .. } => Blocked(Obstacle::CoolingDown { until }),
            // Without a bond there is nothing to take back. Not "done": it may have been taken by somebody else.
            Standing::Free | Standing::Bonded { .. } | Standing::Barred | Standing::Unclear => {
                Blocked(Obstacle::NotBonded)
            }
        },
        Intent::SendAipg { amount, .. } => match enough(amount, facts) {
            Go => moves_aipg(facts),
            other => other,
        },
        Intent::SendEth { amount, .. } if amount.is_zero() => Blocked(Obstacle::Nothing),
        Intent::SendEth { .. } => Go,
    };
    match verdict {
        Go if concerns_registry(intent) && facts.grid_paused => Blocked(Obstacle::GridPaused),
        other => other,
    }
}

/// Whether these steps can be done one after the other, or what the first of them that cannot is blocked by.
/// `InEffect` if the last of them is: then the ones before it would only leave something behind.
pub(super) fn outlook(steps: &[Intent], registry: Option<RegistryVersion>, facts: &Facts) -> Readiness {
    let mut then = facts.clone();
    let mut last = Readiness::InEffect;
    for step in steps {
        last = readiness(step, registry, &then);
        if matches!(last, Readiness::Blocked(_)) {
            break;
        }
        if let Intent::Approve { amount } = *step {
            then.allowance = amount;
        }
    }
    last
}

/// Approvals and sends concern the token or nobody; the rest depends on which registry is served.
pub(super) const fn concerns_registry(intent: &Intent) -> bool {
    match intent {
        Intent::Register { .. } | Intent::Unbond | Intent::CancelUnbond | Intent::WithdrawBond => true,
        Intent::Approve { .. } | Intent::SendAipg { .. } | Intent::SendEth { .. } => false,
    }
}

fn may_register(amount: Aipg, facts: &Facts) -> Readiness {
    use Readiness::{Blocked, Go, InEffect};
    match facts.standing {
        Standing::Bonded { amount: bonded } if bonded == amount => return InEffect,
        Standing::Bonded { .. } => return Blocked(Obstacle::AlreadyBonded),
        Standing::CoolingDown { until, .. } => return Blocked(Obstacle::CoolingDown { until }),
        Standing::Withdrawable { .. } => return Blocked(Obstacle::AlreadyBonded),
        Standing::Barred => return Blocked(Obstacle::Barred),
        Standing::Unclear => return Blocked(Obstacle::ContractChanged),
        Standing::Free => {}
    }
    match at_least_the_minimum(amount, facts) {
        Go => {}
        other => return other,
    }
    match enough(amount, facts) {
        Go if facts.allowance < amount => Blocked(Obstacle::NotApproved),
        Go => moves_aipg(facts),
        other => other,
    }
}

fn may_unbond(facts: &Facts) -> Readiness {
    use Readiness::{Blocked, InEffect};
    match (facts.standing, facts.registry) {
        // On V1 the bond is paid by this very call; on V2 nothing moves yet.
        (Standing::Bonded { .. }, Some(RegistryVersion::V1)) => moves_aipg(facts),
        (Standing::Bonded { .. }, _) => Readiness::Go,
        (Standing::CoolingDown { .. } | Standing::Withdrawable { .. }, _) => InEffect,
        (Standing::Free | Standing::Barred | Standing::Unclear, _) => Blocked(Obstacle::NotBonded),
    }
}

fn at_least_the_minimum(amount: Aipg, facts: &Facts) -> Readiness {
    match facts.min_bond {
        None => Readiness::Blocked(Obstacle::MinimumUnknown),
        _ if amount.is_zero() => Readiness::Blocked(Obstacle::Nothing),
        Some(minimum) if amount < minimum => Readiness::Blocked(Obstacle::BelowMinimum { minimum }),
        Some(_) => Readiness::Go,
    }
}

fn enough(amount: Aipg, facts: &Facts) -> Readiness {
    if amount.is_zero() {
        return Readiness::Blocked(Obstacle::Nothing);
    }
    match amount.saturating_sub(facts.aipg) {
        Aipg::ZERO => Readiness::Go,
        short => Readiness::Blocked(Obstacle::NotEnoughAipg { short }),
    }
}

const fn moves_aipg(facts: &Facts) -> Readiness {
    if facts.token_paused { Readiness::Blocked(Obstacle::TokenPaused) } else { Readiness::Go }
}
