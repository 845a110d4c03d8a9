// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./Store.sol";

/// The catalogue of models, for reading. A missing id or hash is an empty model, never an error.
contract ModelVault {
    function getModelCount() external view returns (uint256) {
        return Store.shelf().models.length;
    }

    function getModel(uint256 id) external view returns (Model memory) {
        return find(id);
    }

    function getModelByHash(bytes32 modelHash) external view returns (Model memory) {
        return find(Store.shelf().modelIds[modelHash]);
    }

    function isModelActive(uint256 id) external view returns (bool) {
        return find(id).isActive;
    }

    function isModelExists(uint256 id) external view returns (bool) {
        return id > 0 && id <= Store.shelf().models.length;
    }

    function getConstraints(bytes32 modelHash) external view returns (Constraints memory) {
        return Store.shelf().constraints[modelHash];
    }

    /// True without constraints, also for a model nobody knows.
    function validateParams(bytes32 modelHash, uint16 steps, uint16 cfgTenths, bytes32 sampler, bytes32 scheduler)
        external
        view
        returns (bool)
    {
        Constraints storage limits = Store.shelf().constraints[modelHash];
        if (!limits.exists) return true;
        return steps >= limits.stepsMin && steps <= limits.stepsMax && cfgTenths >= limits.cfgMinTenths
            && cfgTenths <= limits.cfgMaxTenths && listed(limits.samplers, sampler)
            && listed(limits.schedulers, scheduler);
    }

    function find(uint256 id) private view returns (Model memory model) {
        Model[] storage models = Store.shelf().models;
        if (id > 0 && id <= models.length) model = models[id - 1];
    }

    /// An empty list allows everything.
    function listed(bytes32[] storage allowed, bytes32 name) private view returns (bool) {
        for (uint256 i = 0; i < allowed.length; i++) {
            if (allowed[i] == name) return true;
        }
        return allowed.length == 0;
    }
}

/// The module that weighs models; on Base it may be absent.
contract DenMultipliers {
    function getDenMultiplier(uint256 id) external view returns (uint256) {
        return Store.shelf().denMultipliers[id];
    }
}
