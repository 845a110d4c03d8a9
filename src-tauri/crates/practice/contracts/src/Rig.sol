// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./Store.sol";

/// What an owner's upgrade can do to the diamond's storage. Never a facet: it is named as `init` of an upgrade that
/// changes no module, so the owner alone can use it, exactly as on Base.
contract Rig {
    function setUp(IToken token, uint256 minBond) external {
        Store.shelf().token = token;
        Store.shelf().minBond = minBond;
    }

    /// What no function of the first registry can do.
    function flagAsSlashed(address worker) external {
        Store.shelf().workers[worker].workerAddress = worker;
        Store.shelf().workers[worker].isSlashed = true;
    }

    /// Empties the diamond; the books still show the bonds.
    function seize(address to) external {
        IToken token = Store.shelf().token;
        token.transfer(to, token.balanceOf(address(this)));
    }

    function putModel(Model calldata model) external {
        Store.shelf().models.push(model);
        Store.shelf().modelIds[model.modelHash] = Store.shelf().models.length;
    }

    function putConstraints(bytes32 modelHash, Constraints calldata limits) external {
        Store.shelf().constraints[modelHash] = limits;
    }
}
