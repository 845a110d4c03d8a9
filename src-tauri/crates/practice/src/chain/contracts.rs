//! The calls that the practice chain itself makes.
#![allow(missing_docs, clippy::pub_underscore_fields, reason = "the macro writes these items")]

alloy::sol! {
    struct ModuleCut {
        address module;
        uint8 action;
        bytes4[] selectors;
    }

    interface Token {
        function mint(address to, uint256 amount);
        function transfer(address to, uint256 amount);
        function balanceOf(address account) returns (uint256);
        function allowance(address owner, address spender) returns (uint256);
        function pause();
        function unpause();
    }

    interface Grid {
        function updateModules(ModuleCut[] cut, address init, bytes data);
        function moduleAddress(bytes4 selector) returns (address);
        function owner() returns (address);
        function pause();
        function unpause();
    }

    interface Registry {
        function registerWorker(uint256 bondAmount);
        function unbond();
        function getWorker(address worker);
        function isWorkerActive(address worker);
        function getTotalBonded();
        function getMinBond();
        function cancelUnbond();
        function withdrawBond();
        function getUnbondInfo(address worker);
        function unbondingPeriod();
        function slash(address worker, uint256 amount, string reason);
        function setUnbondingPeriod(uint256 period);
        function setMinBond(uint256 amount);
    }

    interface Rewards {
        function depositRewards(uint256 amount);
        function setPeriodAllocation(uint256 amount, string reason);
        function setPeriodLength(uint256 length);
        function currentPeriodId();
        function periodLengthSeconds();
        function periodAllocation();
        function poolBalance();
        function totalDeposited();
        function totalPaidOut();
        function reportPeriod(uint256 periodId, bytes32 root, uint256 totalDen, string uri);
        function getReport(uint256 periodId);
        function isReported(uint256 periodId);
        function claim(address worker, uint256 periodId, uint256 den, bytes32[] proof);
        function claimBatch(uint256 periodId, address[] workers, uint256[] dens, bytes32[][] proofs);
        function isClaimed(uint256 periodId, address worker);
        function previewClaim(uint256 periodId, address worker, uint256 den, bytes32[] proof);
    }

    interface Models {
        function getModelCount();
        function getModel(uint256 id);
        function getModelByHash(bytes32 modelHash);
        function isModelActive(uint256 id);
        function isModelExists(uint256 id);
        function getConstraints(bytes32 modelHash);
        function validateParams(bytes32 modelHash, uint16 steps, uint16 cfg, bytes32 sampler, bytes32 scheduler);
    }

    interface Rig {
        function setUp(address token, uint256 minBond);
        function flagAsSlashed(address worker);
        function seize(address to);
    }
}
