// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./Store.sol";

/// The budget: one token balance with the bonds, as on Base.
contract RewardPool {
    uint256 private constant USUAL_LENGTH = 86_400;

    event Deposited(address indexed from, uint256 amount, uint256 newBalance);
    event PeriodAllocationUpdated(uint256 oldAllocation, uint256 newAllocation, string reason);
    event PeriodLengthUpdated(uint256 oldSeconds, uint256 newSeconds);

    modifier onlyRewardAdmin() {
        require(Store.has(REWARD_ADMIN_ROLE) || Store.has(ADMIN_ROLE), "RewardPool: not reward admin");
        _;
    }

    function depositRewards(uint256 amount) external {
        Shelf storage shelf = Store.shelf();
        shelf.token.transferFrom(msg.sender, address(this), amount);
        shelf.totalDeposited += amount;
        emit Deposited(msg.sender, amount, poolBalance());
    }

    /// The first setting is unbounded, and so is one after a zero.
    function setPeriodAllocation(uint256 amount, string calldata reason) external onlyRewardAdmin {
        uint256 before = Store.shelf().periodAllocation;
        require(before == 0 || amount == 0 || (amount <= before * 10 && amount >= before / 10), "RewardPool: too far");
        Store.shelf().periodAllocation = amount;
        emit PeriodAllocationUpdated(before, amount, reason);
    }

    function setPeriodLength(uint256 length) external onlyRewardAdmin {
        emit PeriodLengthUpdated(periodLengthSeconds(), length);
        Store.shelf().periodLength = length;
    }

    function currentPeriodId() external view returns (uint256) {
        return block.timestamp / periodLengthSeconds();
    }

    function periodLengthSeconds() public view returns (uint256) {
        uint256 set = Store.shelf().periodLength;
        return set == 0 ? USUAL_LENGTH : set;
    }

    function periodAllocation() external view returns (uint256) {
        return Store.shelf().periodAllocation;
    }

    function poolBalance() public view returns (uint256) {
        Shelf storage shelf = Store.shelf();
        return shelf.totalDeposited < shelf.totalPaidOut ? 0 : shelf.totalDeposited - shelf.totalPaidOut;
    }

    function totalDeposited() external view returns (uint256) {
        return Store.shelf().totalDeposited;
    }

    function totalPaidOut() external view returns (uint256) {
        return Store.shelf().totalPaidOut;
    }
}

/// One report per period, after its end, for ever.
contract DenReporter {
    event PeriodReported(
        uint256 indexed periodId,
        bytes32 denRoot,
        uint256 totalDen,
        uint256 poolAllocation,
        address reporter,
        string ipfsUri
    );

    function reportPeriod(uint256 periodId, bytes32 root, uint256 totalDen, string calldata uri) external {
        require(Store.has(REPORTER_ROLE), "DenReporter: not reporter");
        Shelf storage shelf = Store.shelf();
        uint256 length = shelf.periodLength == 0 ? 86_400 : shelf.periodLength;
        require(periodId < block.timestamp / length, "DenReporter: period not ended");
        require(shelf.reports[periodId].reportedAt == 0, "DenReporter: period exists");
        uint256 allocation = shelf.periodAllocation;
        shelf.reports[periodId] =
            Report(periodId, root, totalDen, allocation, block.timestamp, msg.sender, uri);
        emit PeriodReported(periodId, root, totalDen, allocation, msg.sender, uri);
    }

    function getReport(uint256 periodId) external view returns (Report memory) {
        return Store.shelf().reports[periodId];
    }

    function isReported(uint256 periodId) external view returns (bool) {
        return Store.shelf().reports[periodId].reportedAt != 0;
    }
}

/// Pays shares of a period against Merkle proofs. Three generations differ in what they refuse.
abstract contract PaymentRouter {
    uint256 private constant LARGEST_BATCH = 200;

    event Claimed(
        uint256 indexed periodId, address indexed worker, address indexed relayer, uint256 den, uint256 amount
    );

    function claim(address worker, uint256 periodId, uint256 den, bytes32[] calldata proof) external {
        require(!Store.shelf().paused, "PaymentRouter: paused");
        require(worker != address(0), "PaymentRouter: zero worker");
        require(den > 0, "PaymentRouter: zero den");
        require(Store.shelf().reports[periodId].reportedAt != 0, "PaymentRouter: period not reported");
        require(!Store.shelf().claimed[periodId][worker], "PaymentRouter: already claimed");
        require(holds(periodId, worker, den, proof), "PaymentRouter: bad proof");
        pay(worker, periodId, den);
    }

    /// Entries that cannot be paid are passed over.
    function claimBatch(
        uint256 periodId,
        address[] calldata workers,
        uint256[] calldata dens,
        bytes32[][] calldata proofs
    ) external {
        require(!Store.shelf().paused, "PaymentRouter: paused");
        require(workers.length == dens.length && dens.length == proofs.length, "PaymentRouter: length mismatch");
        require(workers.length <= LARGEST_BATCH, "PaymentRouter: batch too large");
        require(Store.shelf().reports[periodId].reportedAt != 0, "PaymentRouter: period not reported");
        for (uint256 i = 0; i < workers.length; i++) {
            bool due = workers[i] != address(0) && dens[i] > 0 && !Store.shelf().claimed[periodId][workers[i]]
                && holds(periodId, workers[i], dens[i], proofs[i]);
            if (due) pay(workers[i], periodId, dens[i]);
        }
    }

    function isClaimed(uint256 periodId, address worker) external view returns (bool) {
        return Store.shelf().claimed[periodId][worker];
    }

    /// Says less than the whole truth, as the real one does: pauses are not looked at.
    function previewClaim(uint256 periodId, address worker, uint256 den, bytes32[] calldata proof)
        external
        view
        returns (uint256 amount, bool valid)
    {
        Shelf storage shelf = Store.shelf();
        if (shelf.reports[periodId].reportedAt == 0 || shelf.claimed[periodId][worker]) return (0, false);
        if (worker == address(0) || den == 0 || !holds(periodId, worker, den, proof)) return (0, false);
        amount = share(periodId, den);
        valid = foresees(periodId, amount);
    }

    /// What keeps a share from being paid; empty if nothing does.
    function obstacle(uint256 periodId, uint256 amount) internal view virtual returns (string memory);

    /// Whether the preview says valid.
    function foresees(uint256 periodId, uint256 amount) internal view virtual returns (bool);

    function overspends(uint256 periodId, uint256 amount) internal view returns (bool) {
        Shelf storage shelf = Store.shelf();
        return shelf.paidInPeriod[periodId] + amount > shelf.reports[periodId].poolAllocation;
    }

    function pay(address worker, uint256 periodId, uint256 den) private {
        Shelf storage shelf = Store.shelf();
        uint256 amount = share(periodId, den);
        require(amount > 0, "PaymentRouter: zero payout");
        string memory why = obstacle(periodId, amount);
        require(bytes(why).length == 0, why);
        shelf.claimed[periodId][worker] = true;
        shelf.paidInPeriod[periodId] += amount;
        shelf.totalPaidOut += amount;
        if (shelf.workers[worker].isActive) shelf.workers[worker].totalRewardsEarned += amount;
        shelf.token.transfer(worker, amount);
        emit Claimed(periodId, worker, msg.sender, den, amount);
    }

    function share(uint256 periodId, uint256 den) private view returns (uint256) {
        Report storage report = Store.shelf().reports[periodId];
        return den * report.poolAllocation / report.totalDen;
    }

    function holds(uint256 periodId, address worker, uint256 den, bytes32[] calldata proof)
        private
        view
        returns (bool)
    {
        bytes32 node = keccak256(abi.encodePacked(worker, den));
        for (uint256 i = 0; i < proof.length; i++) {
            (bytes32 low, bytes32 high) = node < proof[i] ? (node, proof[i]) : (proof[i], node);
            node = keccak256(abi.encodePacked(low, high));
        }
        return node == Store.shelf().reports[periodId].denRoot;
    }
}

/// As first deployed: pays whatever the report says, also out of bonds.
contract PaymentRouterV1 is PaymentRouter {
    function obstacle(uint256, uint256) internal pure override returns (string memory) {
        return "";
    }

    function foresees(uint256, uint256) internal pure override returns (bool) {
        return true;
    }
}

/// The main branch: a period's budget is a limit, which the preview does not know.
contract PaymentRouterMain is PaymentRouter {
    function obstacle(uint256 periodId, uint256 amount) internal view override returns (string memory) {
        return overspends(periodId, amount) ? "PaymentRouter: period overpay" : "";
    }

    function foresees(uint256, uint256) internal pure override returns (bool) {
        return true;
    }
}

/// The second branch: also never more than was ever put in.
contract PaymentRouterV2 is PaymentRouter {
    function obstacle(uint256 periodId, uint256 amount) internal view override returns (string memory) {
        if (overspends(periodId, amount)) return "PaymentRouter: period overpay";
        return overdraws(amount) ? "exceeds rewards" : "";
    }

    function foresees(uint256 periodId, uint256 amount) internal view override returns (bool) {
        return amount > 0 && !overspends(periodId, amount) && !overdraws(amount);
    }

    function overdraws(uint256 amount) private view returns (bool) {
        return Store.shelf().totalPaidOut + amount > Store.shelf().totalDeposited;
    }
}
