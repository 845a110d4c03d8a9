//! The parts of the contracts that we read or call, and the logs that we watch.
//!
//! Checked against the contracts' own selectors, topics and bytes by the vectors in `chain.json`.

use alloy::sol;
use alloy::sol_types::{SolCall, SolEvent};
use types::B256;

use crate::ChainError;

sol! {
    /// The AIPG token.
    #[derive(Debug)]
    interface Token {
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function paused() external view returns (bool);

        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
    }

    /// What the Grid's diamond tells about itself.
    #[derive(Debug)]
    interface Inspector {
        function moduleAddress(bytes4 selector) external view returns (address);
        function owner() external view returns (address);
        function isPaused() external view returns (bool);

        struct ModuleCut { address module; uint8 action; bytes4[] selectors; }
        event ModulesUpdated(ModuleCut[] cut, address init, bytes data);
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
        event Paused(address account);
        event Unpaused(address account);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    }

    /// Bonds that are paid back at once.
    #[derive(Debug)]
    interface RegistryV1 {
        struct Worker {
            address workerAddress;
            uint256 bondAmount;
            uint256 totalJobsCompleted;
            uint256 totalRewardsEarned;
            uint256 registeredAt;
            bool isActive;
            bool isSlashed;
        }
        function registerWorker(uint256 bondAmount) external;
        function unbond() external;
        function getWorker(address worker) external view returns (Worker memory);
        function isWorkerActive(address worker) external view returns (bool);
        function getTotalBonded() external view returns (uint256);
        function getMinBond() external view returns (uint256);

        event WorkerRegistered(address indexed worker, uint256 bondAmount);
        event WorkerUnbonded(address indexed worker, uint256 amountReturned);
        event WorkerSlashed(address indexed worker, uint256 slashedAmount);
    }

    /// Bonds with a cooldown. What is the same as in V1 is not repeated, except for the wider worker.
    #[derive(Debug)]
    interface RegistryV2 {
        struct Worker {
            address workerAddress;
            uint256 bondAmount;
            uint256 totalJobsCompleted;
            uint256 totalRewardsEarned;
            uint256 registeredAt;
            bool isActive;
            bool isSlashed;
            uint256 unbondingAt;
        }
        function getWorker(address worker) external view returns (Worker memory);
        function withdrawBond() external;
        function cancelUnbond() external;
        function getUnbondInfo(address worker)
            external view returns (uint256 unbondingAt, uint256 bondAmount, bool withdrawable);
        function unbondingPeriod() external view returns (uint256);
        function slash(address worker, uint256 amount, string calldata reason) external;
        function setUnbondingPeriod(uint256 period) external;
        function setMinBond(uint256 minBond) external;

        event UnbondRequested(address indexed worker, uint256 amount, uint256 unbondingAt);
        event UnbondCancelled(address indexed worker);
        event BondWithdrawn(address indexed worker, uint256 amount);
        event WorkerSlashed(address indexed worker, uint256 slashedAmount, string reason);
        event MinBondUpdated(uint256 oldMin, uint256 newMin);
        event UnbondingPeriodUpdated(uint256 oldSeconds, uint256 newSeconds);
    }

    /// The claim rail: deployed, not in use. `claim` and `previewClaim` take their arguments in different orders.
    #[derive(Debug)]
    interface Rewards {
        struct Report {
            uint256 periodId;
            bytes32 denRoot;
            uint256 totalDen;
            uint256 poolAllocation;
            uint256 reportedAt;
            address reporter;
            string uri;
        }
        function currentPeriodId() external view returns (uint256);
        function periodLengthSeconds() external view returns (uint256);
        function periodAllocation() external view returns (uint256);
        function poolBalance() external view returns (uint256);
        function totalDeposited() external view returns (uint256);
        function totalPaidOut() external view returns (uint256);
        function getReport(uint256 periodId) external view returns (Report memory);
        function isReported(uint256 periodId) external view returns (bool);
        function claim(address worker, uint256 periodId, uint256 den, bytes32[] calldata proof) external;
        function previewClaim(uint256 periodId, address worker, uint256 den, bytes32[] calldata proof)
            external view returns (uint256 amount, bool valid);
        function isClaimed(uint256 periodId, address worker) external view returns (bool);

        event Claimed(uint256 indexed periodId, address indexed worker, address indexed relayer, uint256 den,
            uint256 amount);
        event PeriodAllocationUpdated(uint256 oldAllocation, uint256 newAllocation, string reason);
        event PeriodReported(uint256 indexed periodId, bytes32 denRoot, uint256 totalDen, uint256 poolAllocation,
            address reporter, string ipfsUri);
    }

    /// Base's own contract that knows what a transaction's data costs on L1.
    #[derive(Debug)]
    interface GasPriceOracle {
        function getL1FeeUpperBound(uint256 unsignedTxSize) external view returns (uint256);
        function getOperatorFee(uint256 gasUsed) external view returns (uint256);
    }
}

/// Every log about a bond, with the worker as first argument.
pub(crate) const BOND_TOPICS: [B256; 7] = [
    RegistryV1::WorkerRegistered::SIGNATURE_HASH,
    RegistryV1::WorkerUnbonded::SIGNATURE_HASH,
    RegistryV2::UnbondRequested::SIGNATURE_HASH,
    RegistryV2::UnbondCancelled::SIGNATURE_HASH,
    RegistryV2::BondWithdrawn::SIGNATURE_HASH,
    RegistryV2::WorkerSlashed::SIGNATURE_HASH,
    RegistryV1::WorkerSlashed::SIGNATURE_HASH,
];

/// Every log that changes the rules for all bonds. After any of them nothing that was known before counts.
pub const RULE_TOPICS: [B256; 10] = [
    Inspector::ModulesUpdated::SIGNATURE_HASH,
    Inspector::OwnershipTransferred::SIGNATURE_HASH,
    Inspector::Paused::SIGNATURE_HASH,
    Inspector::Unpaused::SIGNATURE_HASH,
    Inspector::RoleGranted::SIGNATURE_HASH,
    Inspector::RoleRevoked::SIGNATURE_HASH,
    RegistryV2::MinBondUpdated::SIGNATURE_HASH,
    RegistryV2::UnbondingPeriodUpdated::SIGNATURE_HASH,
    Rewards::PeriodAllocationUpdated::SIGNATURE_HASH,
    Rewards::PeriodReported::SIGNATURE_HASH,
];

/// Reads what a call returned, to the last byte.
///
/// A decoder of a narrower struct takes a wider answer and drops the rest without a word, so what was read must also
/// encode to what came.
pub(crate) fn returned<C: SolCall>(bytes: &[u8]) -> Result<C::Return, ChainError> {
    if bytes.is_empty() {
        return Err(ChainError::Empty(C::SIGNATURE));
    }
    let value = C::abi_decode_returns_validate(bytes).map_err(ChainError::garbled)?;
    if C::abi_encode_returns(&value) != bytes {
        return Err(ChainError::garbled(format!("{} returned {} bytes", C::SIGNATURE, bytes.len())));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_zero_and_more_is_no_answer() {
        type MinBond = RegistryV1::getMinBondCall;
        assert_eq!(returned::<MinBond>(&[0; 32]).expect("a zero"), types::U256::ZERO);
        assert_eq!(returned::<MinBond>(&[]), Err(ChainError::Empty("getMinBond()")));
        assert!(returned::<MinBond>(&[0; 64]).is_err(), "two words are no minimum");
        assert!(returned::<Inspector::isPausedCall>(&types::U256::from(2).to_be_bytes::<32>()).is_err());
    }
}
