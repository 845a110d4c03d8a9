// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

interface IToken {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// Eight fields; the first registry knows seven of them.
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

struct Report {
    uint256 periodId;
    bytes32 denRoot;
    uint256 totalDen;
    uint256 poolAllocation;
    uint256 reportedAt;
    address reporter;
    string uri;
}

struct Model {
    bytes32 modelHash;
    uint8 modelType;
    string fileName;
    string name;
    string version;
    string ipfsCid;
    string downloadUrl;
    uint256 sizeBytes;
    string quantization;
    string format;
    uint32 vramMB;
    string baseModel;
    bool inpainting;
    bool img2img;
    bool controlnet;
    bool lora;
    bool isActive;
    bool isNSFW;
    uint256 timestamp;
    address creator;
}

struct Constraints {
    uint16 stepsMin;
    uint16 stepsMax;
    uint16 cfgMinTenths;
    uint16 cfgMaxTenths;
    uint8 clipSkip;
    bytes32[] samplers;
    bytes32[] schedulers;
    bool exists;
}

/// What all facets share. It lies far from slot 0, so that no facet's own variables can touch it,
/// and keeps its order for ever, so that bonds survive an upgrade.
struct Shelf {
    address owner;
    bool paused;
    mapping(bytes4 selector => address) facetOf;
    address[] facets;
    mapping(address facet => bytes4[]) selectorsOf;
    mapping(bytes32 role => mapping(address account => bool)) roles;
    IToken token;
    uint256 minBond;
    uint256 totalBonded;
    mapping(address worker => Worker) workers;
    uint256 cooldown;
    uint256 totalDeposited;
    uint256 totalPaidOut;
    uint256 periodAllocation;
    uint256 periodLength;
    mapping(uint256 period => Report) reports;
    mapping(uint256 period => mapping(address worker => bool)) claimed;
    mapping(uint256 period => uint256) paidInPeriod;
    Model[] models;
    mapping(bytes32 modelHash => uint256 id) modelIds;
    mapping(bytes32 modelHash => Constraints) constraints;
    mapping(uint256 modelId => uint256) denMultipliers;
}

bytes32 constant ADMIN_ROLE = keccak256("ADMIN_ROLE");
bytes32 constant ANCHOR_ROLE = keccak256("ANCHOR_ROLE");
bytes32 constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
bytes32 constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
bytes32 constant REPORTER_ROLE = keccak256("REPORTER_ROLE");
bytes32 constant REWARD_ADMIN_ROLE = keccak256("REWARD_ADMIN_ROLE");
bytes32 constant SLASHER_ROLE = keccak256("SLASHER_ROLE");

library Store {
    function shelf() internal pure returns (Shelf storage found) {
        bytes32 slot = keccak256("practice.grid.shelf");
        assembly {
            found.slot := slot
        }
    }

    function has(bytes32 role) internal view returns (bool) {
        return shelf().roles[role][msg.sender];
    }
}
