// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Text} from "./Text.sol";

/// Roles as the AIPG token and the old staking vault keep them: one admin role, string errors, three events.
abstract contract Roles {
    bytes32 public constant DEFAULT_ADMIN_ROLE = 0;
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    mapping(bytes32 role => mapping(address account => bool held)) private held;

    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);

    modifier onlyRole(bytes32 role) {
        require(held[role][msg.sender], Text.missingRole(msg.sender, role));
        _;
    }

    function hasRole(bytes32 role, address account) external view returns (bool) {
        return held[role][account];
    }

    function getRoleAdmin(bytes32) external pure returns (bytes32) {
        return DEFAULT_ADMIN_ROLE;
    }

    function grantRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        grant(role, account);
    }

    function revokeRole(bytes32 role, address account) external onlyRole(DEFAULT_ADMIN_ROLE) {
        revoke(role, account);
    }

    function renounceRole(bytes32 role, address account) external {
        require(account == msg.sender, "AccessControl: can only renounce roles for self");
        revoke(role, account);
    }

    function grant(bytes32 role, address account) internal {
        if (!held[role][account]) {
            held[role][account] = true;
            emit RoleGranted(role, account, msg.sender);
        }
    }

    function revoke(bytes32 role, address account) private {
        if (held[role][account]) {
            held[role][account] = false;
            emit RoleRevoked(role, account, msg.sender);
        }
    }
}

/// A pause switch worked by the pauser role.
abstract contract PausedByRole is Roles {
    bool public paused;

    event Paused(address account);
    event Unpaused(address account);

    function pause() external onlyRole(PAUSER_ROLE) {
        require(!paused, "Pausable: paused");
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyRole(PAUSER_ROLE) {
        require(paused, "Pausable: not paused");
        paused = false;
        emit Unpaused(msg.sender);
    }
}
