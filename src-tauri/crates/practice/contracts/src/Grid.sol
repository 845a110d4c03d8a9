// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import "./Store.sol";

struct ModuleCut {
    address module;
    uint8 action;
    bytes4[] selectors;
}

/// The diamond for practice: routes by selector to facets that run on its storage.
///
/// What the real one keeps in core facets (upgrade, inspection, ownership, roles) is built in here; callers cannot tell.
contract Grid {
    uint8 private constant ADD = 0;
    uint8 private constant REPLACE = 1;
    uint8 private constant REMOVE = 2;

    bytes4 private constant ERC165 = 0x01ffc9a7;
    bytes4 private constant ERC173 = 0x7f5828d0;
    bytes4 private constant MODULE_INSPECTOR = 0x46b55e78;

    struct Module {
        address module;
        bytes4[] selectors;
    }

    event ModulesUpdated(ModuleCut[] _moduleCut, address _init, bytes _calldata);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    event Paused(address account);
    event Unpaused(address account);

    constructor() {
        Shelf storage shelf = Store.shelf();
        shelf.owner = msg.sender;
        shelf.roles[ADMIN_ROLE][msg.sender] = true;
        emit OwnershipTransferred(address(0), msg.sender);
        emit RoleGranted(ADMIN_ROLE, msg.sender, msg.sender);
    }

    modifier onlyOwner() {
        require(msg.sender == Store.shelf().owner, "Grid: not owner");
        _;
    }

    modifier onlyAdmin() {
        require(Store.has(ADMIN_ROLE), "RoleManager: not admin");
        _;
    }

    /// Plain ETH is taken, and nothing gives it back.
    receive() external payable {}

    fallback() external payable {
        address facet = msg.data.length < 4 ? address(0) : Store.shelf().facetOf[msg.sig];
        require(facet != address(0), "Grid: function not found");
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), facet, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }

    function updateModules(ModuleCut[] calldata cut, address init, bytes calldata data) external onlyOwner {
        for (uint256 i = 0; i < cut.length; i++) {
            for (uint256 j = 0; j < cut[i].selectors.length; j++) {
                route(cut[i].selectors[j], cut[i].action, cut[i].module);
            }
        }
        emit ModulesUpdated(cut, init, data);
        if (init != address(0)) {
            (bool done, bytes memory reason) = init.delegatecall(data);
            if (!done) {
                assembly {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
    }

    function moduleAddress(bytes4 selector) external view returns (address) {
        return builtIn(selector) ? address(this) : Store.shelf().facetOf[selector];
    }

    function moduleAddresses() external view returns (address[] memory) {
        return Store.shelf().facets;
    }

    function moduleFunctionSelectors(address module) external view returns (bytes4[] memory) {
        return Store.shelf().selectorsOf[module];
    }

    function modules() external view returns (Module[] memory all) {
        address[] storage facets = Store.shelf().facets;
        all = new Module[](facets.length);
        for (uint256 i = 0; i < facets.length; i++) {
            all[i] = Module(facets[i], Store.shelf().selectorsOf[facets[i]]);
        }
    }

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == ERC165 || id == ERC173 || id == Grid.updateModules.selector || id == MODULE_INSPECTOR;
    }

    function owner() external view returns (address) {
        return Store.shelf().owner;
    }

    function transferOwnership(address to) external onlyOwner {
        emit OwnershipTransferred(Store.shelf().owner, to);
        Store.shelf().owner = to;
    }

    function hasRole(bytes32 role, address account) external view returns (bool) {
        return Store.shelf().roles[role][account];
    }

    function grantRole(bytes32 role, address account) external onlyAdmin {
        Store.shelf().roles[role][account] = true;
        emit RoleGranted(role, account, msg.sender);
    }

    function revokeRole(bytes32 role, address account) external onlyAdmin {
        Store.shelf().roles[role][account] = false;
        emit RoleRevoked(role, account, msg.sender);
    }

    function isPaused() external view returns (bool) {
        return Store.shelf().paused;
    }

    function pause() external {
        require(Store.has(PAUSER_ROLE) || Store.has(ADMIN_ROLE), "RoleManager: not pauser");
        Store.shelf().paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyAdmin {
        Store.shelf().paused = false;
        emit Unpaused(msg.sender);
    }

    function route(bytes4 selector, uint8 action, address module) private {
        address before = Store.shelf().facetOf[selector];
        require(!builtIn(selector) && action <= REMOVE, "Grid: bad cut");
        require((action == ADD) == (before == address(0)), "Grid: bad cut");
        require(action == REMOVE || module.code.length > 0, "Grid: no code");
        if (action != ADD) forget(selector, before);
        Store.shelf().facetOf[selector] = action == REMOVE ? address(0) : module;
        if (action != REMOVE) {
            if (Store.shelf().selectorsOf[module].length == 0) Store.shelf().facets.push(module);
            Store.shelf().selectorsOf[module].push(selector);
        }
    }

    function forget(bytes4 selector, address module) private {
        bytes4[] storage served = Store.shelf().selectorsOf[module];
        for (uint256 i = 0; i < served.length; i++) {
            if (served[i] == selector) {
                served[i] = served[served.length - 1];
                served.pop();
                break;
            }
        }
        if (served.length > 0) return;
        address[] storage facets = Store.shelf().facets;
        for (uint256 i = 0; i < facets.length; i++) {
            if (facets[i] == module) {
                facets[i] = facets[facets.length - 1];
                facets.pop();
                break;
            }
        }
    }

    function builtIn(bytes4 selector) private pure returns (bool) {
        return selector == Grid.updateModules.selector || selector == Grid.moduleAddress.selector
            || selector == Grid.moduleAddresses.selector || selector == Grid.moduleFunctionSelectors.selector
            || selector == Grid.modules.selector || selector == Grid.supportsInterface.selector
            || selector == Grid.owner.selector || selector == Grid.transferOwnership.selector
            || selector == Grid.hasRole.selector || selector == Grid.grantRole.selector
            || selector == Grid.revokeRole.selector || selector == Grid.isPaused.selector
            || selector == Grid.pause.selector || selector == Grid.unpause.selector;
    }
}
