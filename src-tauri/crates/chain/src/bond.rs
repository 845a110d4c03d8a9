//! How a bond stands, and what its owner may do about it.

use types::{Aipg, RegistryVersion};

use crate::worker::Worker;

/// Something the owner can ask of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserAction {
    /// Put up a bond.
    Register,
    /// Take it back (V1), or start the cooldown (V2).
    Unbond,
    /// Stay after all.
    CancelUnbond,
    /// Take it back after the cooldown.
    WithdrawBond,
}

impl UserAction {
    /// The contract's name for it.
    pub const fn function(self) -> &'static str {
        match self {
            Self::Register => "registerWorker",
            Self::Unbond => "unbond",
            Self::CancelUnbond => "cancelUnbond",
            Self::WithdrawBond => "withdrawBond",
        }
    }
}

/// How a bond stands. `isActive` alone would not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BondState {
    /// This address never registered.
    NeverBonded,
    /// Bonded.
    Active {
        /// What is held. May be below the current minimum, which changes nothing.
        bond: Aipg,
    },
    /// Registered without collateral, which a minimum of zero allows. Not a bond to show as one.
    ActiveZeroBond,
    /// Was bonded and took it back.
    Exited,
    /// V2: leaving.
    Cooldown {
        /// What is held, and can still be slashed.
        bond: Aipg,
        /// Block time from which it can be withdrawn.
        until: u64,
    },
    /// V2: the cooldown is over; the bond waits, without a deadline.
    Withdrawable {
        /// What is held.
        bond: Aipg,
    },
    /// V2: a cooldown with nothing in it.
    EmptyCooldown,
    /// V2: the whole bond was taken. May register again.
    SlashedOut,
    /// V1: flagged and out. A new bond would be taken and could never be unbonded: never deposit.
    V1SlashedInactive,
    /// V1: flagged and in. There is no way out.
    V1SlashedLocked,
    /// Anything else. Show the raw facts, do nothing.
    Inconsistent,
}

impl BondState {
    /// Judges a record at a block's time. The computer's own clock has no say.
    pub fn of(worker: &Worker, block_time: u64) -> Self {
        match worker.version {
            RegistryVersion::V1 if worker.is_slashed && worker.is_active => Self::V1SlashedLocked,
            RegistryVersion::V1 if worker.is_slashed => Self::V1SlashedInactive,
            _ if worker.is_blank() => Self::NeverBonded,
            _ if worker.address.is_zero() => Self::Inconsistent,
            RegistryVersion::V1 | RegistryVersion::V2 => Self::known(worker, block_time),
        }
    }

    fn known(worker: &Worker, block_time: u64) -> Self {
        let Worker { bond, unbonding_at, .. } = *worker;
        match (worker.is_active, worker.is_slashed, bond.is_zero(), unbonding_at) {
            (true, false, false, 0) => Self::Active { bond },
            (true, false, true, 0) => Self::ActiveZeroBond,
            (false, false, true, 0) => Self::Exited,
            (false, true, true, 0) => Self::SlashedOut,
            (false, false, true, _) => Self::EmptyCooldown,
            (false, false, false, until) if until > block_time => Self::Cooldown { bond, until },
            (false, false, false, until) if until > 0 => Self::Withdrawable { bond },
            _ => Self::Inconsistent,
        }
    }

    /// What the owner may do, given the minimum read from the chain. An unknown minimum allows no deposit.
    pub fn actions(&self, min_bond: Option<Aipg>) -> Vec<UserAction> {
        let known = min_bond.is_some();
        let enough = |bond: Aipg| min_bond.is_some_and(|min| bond >= min);
        let choices: &[(UserAction, bool)] = match *self {
            Self::NeverBonded | Self::Exited | Self::SlashedOut => &[(UserAction::Register, known)],
            Self::Active { .. } | Self::ActiveZeroBond => &[(UserAction::Unbond, true)],
            Self::Cooldown { bond, .. } => &[(UserAction::CancelUnbond, enough(bond))],
            Self::Withdrawable { bond } => {
                &[(UserAction::WithdrawBond, true), (UserAction::CancelUnbond, enough(bond))]
            }
            Self::EmptyCooldown => {
                let unenforced = enough(Aipg::ZERO);
                &[(UserAction::Register, unenforced), (UserAction::CancelUnbond, unenforced)]
            }
            Self::V1SlashedInactive | Self::V1SlashedLocked | Self::Inconsistent => &[],
        };
        choices.iter().filter(|(_, allowed)| *allowed).map(|(action, _)| *action).collect()
    }

    /// The same word in vectors, journals and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NeverBonded => "never_bonded",
            Self::Active { .. } => "active",
            Self::ActiveZeroBond => "active_zero_bond",
            Self::Exited => "exited",
            Self::Cooldown { .. } => "cooldown",
            Self::Withdrawable { .. } => "withdrawable",
            Self::EmptyCooldown => "empty_cooldown",
            Self::SlashedOut => "slashed_out",
            Self::V1SlashedInactive => "v1_slashed_inactive",
            Self::V1SlashedLocked => "v1_slashed_locked",
            Self::Inconsistent => "inconsistent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Address;

    fn worker(version: RegistryVersion, flags: (bool, bool), bond: u64, unbonding_at: u64) -> Worker {
        Worker {
            version,
            address: Address::repeat_byte(1),
            bond: Aipg::whole(bond),
            rewards: Aipg::ZERO,
            registered_at: 1,
            is_active: flags.0,
            is_slashed: flags.1,
            unbonding_at,
        }
    }

    #[test]
    fn states_that_no_recorded_case_shows() {
        use RegistryVersion::{V1, V2};
        let check =
            |worker: Worker, name: &str| assert_eq!(BondState::of(&worker, 100).name(), name, "{worker:?}");
        check(worker(V1, (true, true), 1, 0), "v1_slashed_locked");
        check(Worker { address: Address::ZERO, ..worker(V1, (false, true), 0, 0) }, "v1_slashed_inactive");
        check(worker(V2, (false, false), 0, 50), "empty_cooldown");
        check(worker(V2, (true, true), 1, 0), "inconsistent");
        check(worker(V2, (false, true), 1, 0), "inconsistent");
        check(worker(V2, (true, false), 1, 50), "inconsistent");
        check(worker(V1, (false, false), 1, 0), "inconsistent");
        check(Worker { address: Address::ZERO, ..worker(V2, (false, false), 0, 0) }, "inconsistent");
    }

    #[test]
    fn an_unknown_minimum_takes_no_money_in_and_keeps_none_back() {
        let (none, some) = (Aipg::ZERO, Aipg::whole(5));
        let check = |state: BondState, min: Option<Aipg>, expected: &[UserAction]| {
            assert_eq!(state.actions(min), expected, "{state:?} {min:?}");
        };
        check(BondState::NeverBonded, None, &[]);
        check(BondState::Active { bond: some }, None, &[UserAction::Unbond]);
        check(BondState::Withdrawable { bond: some }, None, &[UserAction::WithdrawBond]);
        check(BondState::EmptyCooldown, Some(some), &[]);
        check(BondState::EmptyCooldown, Some(none), &[UserAction::Register, UserAction::CancelUnbond]);
        check(BondState::V1SlashedInactive, Some(none), &[]);
    }
}
