//! A worker's record as the registry keeps it.

use alloy::sol_types::SolCall;
use types::{Address, Aipg, RegistryVersion, U256};

use crate::contracts::{RegistryV1, RegistryV2};

pub(crate) const V1_WIDTH: usize = 7 * 32;
pub(crate) const V2_WIDTH: usize = 8 * 32;

/// What `getWorker` says. `totalJobsCompleted` is left out: no contract ever writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worker {
    /// The registry it was read from.
    pub version: RegistryVersion,
    /// Zero if this address never registered.
    pub address: Address,
    /// What is held for it.
    pub bond: Aipg,
    /// Over the claim rail, which is not in use; the hourly payouts are not in here.
    pub rewards: Aipg,
    /// Block time of the newest registration, in seconds since 1970.
    pub registered_at: u64,
    /// Registered and not leaving.
    pub is_active: bool,
    /// The bond was taken away.
    pub is_slashed: bool,
    /// V2: block time from which the bond can be withdrawn; zero if no cooldown is set.
    pub unbonding_at: u64,
}

/// Why bytes are no worker of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The other version's width, or no version's. A decoder alone would not notice.
    #[error("a worker's record of this version has another length than {0} bytes")]
    Width(usize),
    /// The right width, and words that cannot be.
    #[error("a worker's record holds words that cannot be")]
    Words,
}

impl Worker {
    /// Reads the bytes that `getWorker` returned.
    pub fn read(version: RegistryVersion, returned: &[u8]) -> Result<Self, WorkerError> {
        let width = match version {
            RegistryVersion::V1 => V1_WIDTH,
            RegistryVersion::V2 => V2_WIDTH,
        };
        // First the width: the seven-word decoder takes eight words and silently drops the cooldown.
        if returned.len() != width {
            return Err(WorkerError::Width(returned.len()));
        }
        let words = match version {
            RegistryVersion::V1 => v1(returned),
            RegistryVersion::V2 => RegistryV2::getWorkerCall::abi_decode_returns_validate(returned).ok(),
        };
        words.and_then(|words| worker(version, &words)).ok_or(WorkerError::Words)
    }

    /// True if not one word of it was ever written.
    pub(crate) fn is_blank(&self) -> bool {
        *self == Self { version: self.version, ..BLANK }
    }
}

const BLANK: Worker = Worker {
    version: RegistryVersion::V1,
    address: Address::ZERO,
    bond: Aipg::ZERO,
    rewards: Aipg::ZERO,
    registered_at: 0,
    is_active: false,
    is_slashed: false,
    unbonding_at: 0,
};

/// V1's record in V2's words, without a cooldown.
fn v1(returned: &[u8]) -> Option<RegistryV2::Worker> {
    let words = RegistryV1::getWorkerCall::abi_decode_returns_validate(returned).ok()?;
    Some(RegistryV2::Worker {
        workerAddress: words.workerAddress,
        bondAmount: words.bondAmount,
        totalJobsCompleted: words.totalJobsCompleted,
        totalRewardsEarned: words.totalRewardsEarned,
        registeredAt: words.registeredAt,
        isActive: words.isActive,
        isSlashed: words.isSlashed,
        unbondingAt: U256::ZERO,
    })
}

fn worker(version: RegistryVersion, words: &RegistryV2::Worker) -> Option<Worker> {
    Some(Worker {
        version,
        address: words.workerAddress,
        bond: Aipg::from_base(words.bondAmount),
        rewards: Aipg::from_base(words.totalRewardsEarned),
        registered_at: words.registeredAt.try_into().ok()?,
        is_active: words.isActive,
        is_slashed: words.isSlashed,
        unbonding_at: words.unbondingAt.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_words_are_no_worker_of_seven() {
        let (v1, v2) = (RegistryVersion::V1, RegistryVersion::V2);
        assert!(Worker::read(v1, &[0; V1_WIDTH]).expect("seven words").is_blank());
        assert!(Worker::read(v2, &[0; V2_WIDTH]).expect("eight words").is_blank());
        assert_eq!(Worker::read(v1, &[0; V2_WIDTH]), Err(WorkerError::Width(V2_WIDTH)));
        assert_eq!(Worker::read(v2, &[0; V1_WIDTH]), Err(WorkerError::Width(V1_WIDTH)));
        assert_eq!(Worker::read(v1, &[]), Err(WorkerError::Width(0)));
    }

    #[test]
    fn a_flag_of_two_is_no_flag() {
        let mut words = [0; V1_WIDTH];
        words[6 * 32 - 1] = 2;
        assert_eq!(Worker::read(RegistryVersion::V1, &words), Err(WorkerError::Words));
    }
}
