//! What the registry logged about a bond.

use types::{Address, Aipg, B256};

use crate::contracts::{RegistryV1, RegistryV2};
use crate::receipt::Log;

/// One entry of a bond's history, kept under its block's hash and its place there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BondEvent {
    /// The block's number.
    pub block_number: u64,
    /// The block's hash.
    pub block_hash: B256,
    /// Its place among the block's logs.
    pub log_index: u64,
    /// The transaction that caused it.
    pub transaction: B256,
    /// What happened.
    pub fact: BondFact,
}

/// What happened to a bond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BondFact {
    /// It was put up.
    Registered {
        /// The bond.
        amount: Aipg,
    },
    /// V1: it was paid back.
    Unbonded {
        /// What came back.
        amount: Aipg,
    },
    /// V2: its cooldown began.
    UnbondRequested {
        /// The bond.
        amount: Aipg,
        /// Block time from which it can be withdrawn.
        unbonding_at: u64,
    },
    /// V2: its owner stays after all.
    UnbondCancelled,
    /// V2: it was paid back.
    Withdrawn {
        /// What came back.
        amount: Aipg,
    },
    /// It was taken, in part or as a whole.
    Slashed {
        /// What was taken.
        amount: Aipg,
        /// The words that were given. Foreign text.
        reason: Option<String>,
    },
}

impl BondFact {
    /// What a log of the Grid's contract says about this owner's bond.
    pub(crate) fn of(log: &Log, grid: Address, owner: Address) -> Option<Self> {
        let (about, fact) = Self::read(log, grid)?;
        (about == owner).then_some(fact)
    }

    fn read(log: &Log, grid: Address) -> Option<(Address, Self)> {
        let aipg = Aipg::from_base;
        if let Some(event) = log.read::<RegistryV1::WorkerRegistered>(grid) {
            return Some((event.worker, Self::Registered { amount: aipg(event.bondAmount) }));
        }
        if let Some(event) = log.read::<RegistryV1::WorkerUnbonded>(grid) {
            return Some((event.worker, Self::Unbonded { amount: aipg(event.amountReturned) }));
        }
        if let Some(event) = log.read::<RegistryV2::UnbondRequested>(grid) {
            let unbonding_at = event.unbondingAt.try_into().ok()?;
            return Some((event.worker, Self::UnbondRequested { amount: aipg(event.amount), unbonding_at }));
        }
        if let Some(event) = log.read::<RegistryV2::UnbondCancelled>(grid) {
            return Some((event.worker, Self::UnbondCancelled));
        }
        if let Some(event) = log.read::<RegistryV2::BondWithdrawn>(grid) {
            return Some((event.worker, Self::Withdrawn { amount: aipg(event.amount) }));
        }
        if let Some(event) = log.read::<RegistryV2::WorkerSlashed>(grid) {
            let fact = Self::Slashed { amount: aipg(event.slashedAmount), reason: Some(event.reason) };
            return Some((event.worker, fact));
        }
        let event = log.read::<RegistryV1::WorkerSlashed>(grid)?;
        Some((event.worker, Self::Slashed { amount: aipg(event.slashedAmount), reason: None }))
    }
}
