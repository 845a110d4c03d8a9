// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./Store.sol";

/// What both worker registries share. There is no top-up: a second registration while active is refused.
abstract contract Registry {
    event WorkerRegistered(address indexed worker, uint256 bondAmount);

    modifier whenOpen() {
        require(!Store.shelf().paused, "WorkerRegistry: paused");
        _;
    }

    function isWorkerActive(address worker) external view returns (bool) {
        return Store.shelf().workers[worker].isActive;
    }

    function getTotalBonded() external view returns (uint256) {
        return Store.shelf().totalBonded;
    }

    function getMinBond() external view returns (uint256) {
        return Store.shelf().minBond;
    }

    function checkDeposit(Worker storage worker, uint256 amount) internal view {
        require(!worker.isActive, "WorkerRegistry: already registered");
        require(amount >= Store.shelf().minBond, "WorkerRegistry: insufficient bond");
        require(address(Store.shelf().token) != address(0), "WorkerRegistry: token not set");
    }

    function deposit(Worker storage worker, uint256 amount) internal {
        Shelf storage shelf = Store.shelf();
        shelf.token.transferFrom(msg.sender, address(this), amount);
        worker.workerAddress = msg.sender;
        worker.bondAmount = amount;
        worker.registeredAt = block.timestamp;
        worker.isActive = true;
        shelf.totalBonded += amount;
        emit WorkerRegistered(msg.sender, amount);
    }

    function payBack(Worker storage worker) internal returns (uint256 amount) {
        Shelf storage shelf = Store.shelf();
        amount = worker.bondAmount;
        worker.bondAmount = 0;
        shelf.totalBonded -= amount;
        shelf.token.transfer(msg.sender, amount);
    }
}

/// The first registry: the bond comes back at once.
///
/// It looks at the slashed flag only on the way out and never clears it,
/// so a flagged address can deposit and never leave. The app must know; so the double does the same.
contract RegistryV1 is Registry {
    struct Worker7 {
        address workerAddress;
        uint256 bondAmount;
        uint256 totalJobsCompleted;
        uint256 totalRewardsEarned;
        uint256 registeredAt;
        bool isActive;
        bool isSlashed;
    }

    event WorkerUnbonded(address indexed worker, uint256 amountReturned);

    function registerWorker(uint256 bondAmount) external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        checkDeposit(worker, bondAmount);
        deposit(worker, bondAmount);
    }

    function unbond() external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        require(worker.isActive, "WorkerRegistry: not registered");
        require(!worker.isSlashed, "WorkerRegistry: slashed");
        worker.isActive = false;
        emit WorkerUnbonded(msg.sender, payBack(worker));
    }

    function getWorker(address account) external view returns (Worker7 memory) {
        Worker storage worker = Store.shelf().workers[account];
        return Worker7(
            worker.workerAddress,
            worker.bondAmount,
            worker.totalJobsCompleted,
            worker.totalRewardsEarned,
            worker.registeredAt,
            worker.isActive,
            worker.isSlashed
        );
    }
}

/// The second registry: `unbond` starts a cooldown in which the bond can still be slashed.
contract RegistryV2 is Registry {
    uint256 private constant USUAL_COOLDOWN = 7 days;
    uint256 private constant LONGEST_COOLDOWN = 30 days;

    event UnbondRequested(address indexed worker, uint256 amount, uint256 unbondingAt);
    event UnbondCancelled(address indexed worker);
    event BondWithdrawn(address indexed worker, uint256 amount);
    event WorkerSlashed(address indexed worker, uint256 slashedAmount, string reason);
    event MinBondUpdated(uint256 oldMin, uint256 newMin);
    event UnbondingPeriodUpdated(uint256 oldSeconds, uint256 newSeconds);

    modifier onlyAdmin() {
        require(Store.has(ADMIN_ROLE), "WorkerRegistry: not admin");
        _;
    }

    function registerWorker(uint256 bondAmount) external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        checkDeposit(worker, bondAmount);
        require(worker.bondAmount == 0, "WorkerRegistry: bond in cooldown");
        worker.isSlashed = false;
        worker.unbondingAt = 0;
        deposit(worker, bondAmount);
    }

    function unbond() external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        require(worker.isActive, "WorkerRegistry: not registered");
        require(!worker.isSlashed, "WorkerRegistry: slashed");
        worker.isActive = false;
        worker.unbondingAt = block.timestamp + unbondingPeriod();
        emit UnbondRequested(msg.sender, worker.bondAmount, worker.unbondingAt);
    }

    function cancelUnbond() external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        require(worker.unbondingAt != 0, "WorkerRegistry: not unbonding");
        require(!worker.isSlashed, "WorkerRegistry: slashed");
        require(worker.bondAmount >= Store.shelf().minBond, "WorkerRegistry: bond below min");
        worker.isActive = true;
        worker.unbondingAt = 0;
        emit UnbondCancelled(msg.sender);
    }

    function withdrawBond() external whenOpen {
        Worker storage worker = Store.shelf().workers[msg.sender];
        require(worker.unbondingAt != 0, "WorkerRegistry: no unbond requested");
        require(block.timestamp >= worker.unbondingAt, "WorkerRegistry: cooldown active");
        require(worker.bondAmount > 0, "WorkerRegistry: nothing to withdraw");
        worker.unbondingAt = 0;
        emit BondWithdrawn(msg.sender, payBack(worker));
    }

    /// Works while paused and during a cooldown. What would leave less than the minimum takes everything.
    function slash(address account, uint256 amount, string calldata reason) external {
        require(Store.has(SLASHER_ROLE) || Store.has(ADMIN_ROLE), "WorkerRegistry: not slasher");
        Shelf storage shelf = Store.shelf();
        Worker storage worker = shelf.workers[account];
        require(worker.workerAddress != address(0), "WorkerRegistry: unknown worker");
        require(amount > 0, "WorkerRegistry: zero slash");
        require(amount <= worker.bondAmount, "WorkerRegistry: slash exceeds bond");
        uint256 left = worker.bondAmount - amount;
        if (left < shelf.minBond) (amount, left) = (worker.bondAmount, 0);
        worker.bondAmount = left;
        if (left == 0) {
            worker.isActive = false;
            worker.isSlashed = true;
            worker.unbondingAt = 0;
        }
        shelf.totalBonded -= amount;
        shelf.totalDeposited += amount;
        emit WorkerSlashed(account, amount, reason);
    }

    function setMinBond(uint256 amount) external onlyAdmin {
        emit MinBondUpdated(Store.shelf().minBond, amount);
        Store.shelf().minBond = amount;
    }

    function setUnbondingPeriod(uint256 period) external onlyAdmin {
        require(period <= LONGEST_COOLDOWN, "WorkerRegistry: cooldown too long");
        emit UnbondingPeriodUpdated(unbondingPeriod(), period);
        Store.shelf().cooldown = period;
    }

    function unbondingPeriod() public view returns (uint256) {
        uint256 set = Store.shelf().cooldown;
        return set == 0 ? USUAL_COOLDOWN : set;
    }

    function getUnbondInfo(address account) external view returns (uint256, uint256, bool) {
        Worker storage worker = Store.shelf().workers[account];
        bool withdrawable =
            worker.unbondingAt != 0 && block.timestamp >= worker.unbondingAt && worker.bondAmount > 0;
        return (worker.unbondingAt, worker.bondAmount, withdrawable);
    }

    function getWorker(address account) external view returns (Worker memory) {
        return Store.shelf().workers[account];
    }
}

/// A registry of a kind nobody has seen: one field more than the second.
contract RegistryOfNineFields {
    function getWorker(address account) external view returns (Worker memory, uint256) {
        return (Store.shelf().workers[account], 0);
    }
}
