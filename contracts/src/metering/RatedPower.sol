// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a connection can carry
library RatedPower {
    /// @dev Counted in tenths of a watt-second: of these a Wh has so many, …
    uint256 private constant TENTHS_PER_WH = 36_000;
    /// @dev … each second at a watt of rated power allows so many (ten percent more than rated), …
    uint256 private constant RATED_TENTHS = 11;
    /// @dev … and so many are allowed at any time: 2 Wh.
    uint256 private constant FREE_TENTHS = 72_000;

    /// @notice The most that a connection of `watts` carries in `elapsed` seconds, Wh.
    /// @dev Up to 32 and 40 bits: far from 256.
    function mostCarried(uint256 watts, uint256 elapsed) internal pure returns (uint256 wattHours) {
        unchecked {
            return (watts * elapsed * RATED_TENTHS + FREE_TENTHS) / TENTHS_PER_WH;
        }
    }
}
