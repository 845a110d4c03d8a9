// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {PausedByRole} from "./Roles.sol";

/// AIPG for practice: the same calls, checks, words and logs as the token on Base, in the same order.
contract Token is PausedByRole {
    string public constant name = "AI Power Grid";
    string public constant symbol = "AIPG";
    uint8 public constant decimals = 18;
    uint256 public constant cap = 150_000_000 ether;
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    uint256 public totalSupply;
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address owner => uint256) public nonces;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor() {
        grant(DEFAULT_ADMIN_ROLE, msg.sender);
        grant(MINTER_ROLE, msg.sender);
        grant(PAUSER_ROLE, msg.sender);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        spend(from, msg.sender, amount);
        move(from, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allow(msg.sender, spender, amount);
        return true;
    }

    function increaseAllowance(address spender, uint256 more) external returns (bool) {
        allow(msg.sender, spender, allowance[msg.sender][spender] + more);
        return true;
    }

    function decreaseAllowance(address spender, uint256 less) external returns (bool) {
        uint256 current = allowance[msg.sender][spender];
        require(current >= less, "ERC20: decreased allowance below zero");
        allow(msg.sender, spender, current - less);
        return true;
    }

    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        require(totalSupply + amount <= cap, "ERC20Capped: cap exceeded");
        require(to != address(0), "ERC20: mint to the zero address");
        notPaused();
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function burn(uint256 amount) external {
        destroy(msg.sender, amount);
    }

    function burnFrom(address from, uint256 amount) external {
        spend(from, msg.sender, amount);
        destroy(from, amount);
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        require(block.timestamp <= deadline, "ERC20Permit: expired deadline");
        bytes32 message = keccak256(abi.encode(PERMIT, owner, spender, value, nonces[owner]++, deadline));
        require(uint256(s) <= HALF_ORDER, "ECDSA: invalid signature 's' value");
        address signer = ecrecover(keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), message)), v, r, s);
        require(signer != address(0), "ECDSA: invalid signature");
        require(signer == owner, "ERC20Permit: invalid signature");
        allow(owner, spender, value);
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN, keccak256(bytes(name)), keccak256("1"), block.chainid, address(this))
        );
    }

    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (hex"0f", name, "1", block.chainid, address(this), 0, new uint256[](0));
    }

    function move(address from, address to, uint256 amount) private {
        require(from != address(0), "ERC20: transfer from the zero address");
        require(to != address(0), "ERC20: transfer to the zero address");
        notPaused();
        require(balanceOf[from] >= amount, "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function destroy(address from, uint256 amount) private {
        require(from != address(0), "ERC20: burn from the zero address");
        notPaused();
        require(balanceOf[from] >= amount, "ERC20: burn amount exceeds balance");
        balanceOf[from] -= amount;
        totalSupply -= amount;
        emit Transfer(from, address(0), amount);
    }

    /// An allowance without end is never reduced, and then there is no second `Approval`.
    function spend(address owner, address spender, uint256 amount) private {
        uint256 current = allowance[owner][spender];
        if (current != type(uint256).max) {
            require(current >= amount, "ERC20: insufficient allowance");
            allow(owner, spender, current - amount);
        }
    }

    function allow(address owner, address spender, uint256 amount) private {
        require(owner != address(0), "ERC20: approve from the zero address");
        require(spender != address(0), "ERC20: approve to the zero address");
        allowance[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    function notPaused() private view {
        require(!paused, "ERC20Pausable: token transfer while paused");
    }
}
