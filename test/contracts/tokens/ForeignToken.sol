// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token of somebody else's: with decimals of its own, and what else tokens are found to do.
contract ForeignToken is ERC20 {
    uint8 private immutable _decimals;
    /// @notice What a transfer keeps back, base units.
    uint256 public fee;
    /// @notice Whether a transfer answers false instead of moving anything.
    bool public refuses;
    /// @notice Whom a transfer calls before it moves anything, and with what.
    address public listener;
    bytes public message;

    constructor(uint8 decimals_) ERC20("Foreign", "FRN") {
        _decimals = decimals_;
    }

    function give(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function tell(address listener_, bytes calldata message_) external {
        (listener, message) = (listener_, message_);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (refuses) return false;
        address told = listener;
        if (told != address(0)) {
            listener = address(0);
            (bool done, bytes memory answer) = told.call(message);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
        }
        super.transferFrom(from, to, amount);
        if (fee != 0) _burn(to, fee);
        return true;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

/// @notice Has a balance for whoever asks, and no decimals.
contract NoDecimals {
    function balanceOf(address) external pure returns (uint256) {
        return 1;
    }
}
