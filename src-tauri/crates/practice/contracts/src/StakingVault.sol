// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PausedByRole} from "./Roles.sol";
import {IToken} from "./Store.sol";

/// The old staking vault. Its `exit` always fails, because it enters twice what may be entered once.
contract StakingVault is PausedByRole {
    bytes32 public constant REWARD_DISTRIBUTOR_ROLE = keccak256("REWARD_DISTRIBUTOR_ROLE");

    IToken public immutable stakingToken;
    uint256 public constant rewardsDuration = 7 days;
    uint256 public periodFinish;
    uint256 public rewardRate;
    uint256 public lastUpdateTime;
    uint256 public rewardPerTokenStored;
    uint256 public totalSupply;
    mapping(address user => uint256) public balanceOf;
    mapping(address user => uint256) public userRewardPerTokenPaid;
    mapping(address user => uint256) public rewards;
    bool private entered;

    event Staked(address indexed user, uint256 amount);
    event Withdrawn(address indexed user, uint256 amount);
    event RewardPaid(address indexed user, uint256 reward);
    event RewardAdded(uint256 reward, uint256 newRate, uint256 periodFinish);

    constructor(IToken token) {
        stakingToken = token;
        grant(DEFAULT_ADMIN_ROLE, msg.sender);
        grant(PAUSER_ROLE, msg.sender);
        grant(REWARD_DISTRIBUTOR_ROLE, msg.sender);
    }

    modifier once() {
        require(!entered, "ReentrancyGuard: reentrant call");
        entered = true;
        _;
        entered = false;
    }

    modifier settled(address user) {
        rewardPerTokenStored = rewardPerToken();
        lastUpdateTime = lastTimeRewardApplicable();
        if (user != address(0)) {
            rewards[user] = earned(user);
            userRewardPerTokenPaid[user] = rewardPerTokenStored;
        }
        _;
    }

    function rewardsToken() external view returns (IToken) {
        return stakingToken;
    }

    function stake(uint256 amount) external once settled(msg.sender) {
        require(!paused, "Pausable: paused");
        require(amount > 0, "stake=0");
        totalSupply += amount;
        balanceOf[msg.sender] += amount;
        stakingToken.transferFrom(msg.sender, address(this), amount);
        emit Staked(msg.sender, amount);
    }

    function withdraw(uint256 amount) public once settled(msg.sender) {
        require(amount > 0, "withdraw=0");
        require(amount <= balanceOf[msg.sender], "exceeds balance");
        totalSupply -= amount;
        balanceOf[msg.sender] -= amount;
        stakingToken.transfer(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
    }

    function getReward() public once settled(msg.sender) {
        uint256 reward = rewards[msg.sender];
        if (reward > 0) {
            rewards[msg.sender] = 0;
            stakingToken.transfer(msg.sender, reward);
            emit RewardPaid(msg.sender, reward);
        }
    }

    function exit() external once {
        withdraw(balanceOf[msg.sender]);
        getReward();
    }

    /// Nothing checks that the reward is really there: then it comes out of what others staked.
    function notifyRewardAmount(uint256 reward)
        external
        onlyRole(REWARD_DISTRIBUTOR_ROLE)
        settled(address(0))
    {
        uint256 left = block.timestamp < periodFinish ? (periodFinish - block.timestamp) * rewardRate : 0;
        rewardRate = (reward + left) / rewardsDuration;
        lastUpdateTime = block.timestamp;
        periodFinish = block.timestamp + rewardsDuration;
        emit RewardAdded(reward, rewardRate, periodFinish);
    }

    function lastTimeRewardApplicable() public view returns (uint256) {
        return block.timestamp < periodFinish ? block.timestamp : periodFinish;
    }

    function rewardPerToken() public view returns (uint256) {
        if (totalSupply == 0) return rewardPerTokenStored;
        return rewardPerTokenStored
            + (lastTimeRewardApplicable() - lastUpdateTime) * rewardRate * 1e18 / totalSupply;
    }

    function earned(address user) public view returns (uint256) {
        return balanceOf[user] * (rewardPerToken() - userRewardPerTokenPaid[user]) / 1e18 + rewards[user];
    }
}
