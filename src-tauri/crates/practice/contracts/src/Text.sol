// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Words with numbers in them.
library Text {
    function missingRole(address account, bytes32 role) internal pure returns (string memory) {
        return string.concat(
            "AccessControl: account ",
            hexOf(abi.encodePacked(account)),
            " is missing role ",
            hexOf(abi.encodePacked(role))
        );
    }

    function hexOf(bytes memory raw) private pure returns (string memory) {
        bytes16 digits = "0123456789abcdef";
        bytes memory text = new bytes(2 + raw.length * 2);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < raw.length; i++) {
            text[2 + i * 2] = digits[uint8(raw[i]) >> 4];
            text[3 + i * 2] = digits[uint8(raw[i]) & 15];
        }
        return string(text);
    }
}
