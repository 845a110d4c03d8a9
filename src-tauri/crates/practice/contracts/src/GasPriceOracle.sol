// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Stands at Base's predeploy address and names a fee per byte. Nobody is charged it here.
contract GasPriceOracle {
    uint256 private constant WEI_PER_BYTE = 40_000_000;

    function getL1Fee(bytes calldata unsignedTransaction) external pure returns (uint256) {
        return (unsignedTransaction.length + 68) * WEI_PER_BYTE;
    }

    function getL1FeeUpperBound(uint256 unsignedSize) external pure returns (uint256) {
        return (unsignedSize + 68) * WEI_PER_BYTE * 2;
    }

    function getOperatorFee(uint256) external pure returns (uint256) {
        return 0;
    }

    function l1BaseFee() external pure returns (uint256) {
        return 1 gwei;
    }

    function isFjord() external pure returns (bool) {
        return true;
    }
}
