// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Which of 65,536 positions are occupied, and which is the highest
/// @notice Two levels of bits, both stored as vacancy (1 = empty), so that a word that is used again and again never
///         returns to zero and is never paid for as new.
/// @dev `ticks[band]` holds 256 positions, and says something only while its band is not vacant: a zero there is
///      either a band that was never used or one that is completely full, and `bands` tells which.
library Vacancy {
    struct Map {
        uint256 bands;
        uint256[256] ticks;
    }

    uint256 private constant ALL_VACANT = type(uint256).max;

    function clear(Map storage map) internal {
        map.bands = ALL_VACANT;
    }

    /// @dev `position` must be vacant, so a stored zero cannot mean full: the band was never used.
    function occupy(Map storage map, uint16 position) internal {
        uint256 band = position >> 8;
        uint256 ticks = map.ticks[band];
        if (ticks == 0 || ticks == ALL_VACANT) {
            ticks = ALL_VACANT;
            map.bands ^= 1 << band;
        }
        map.ticks[band] = ticks ^ (1 << (position & 0xff));
    }

    /// @dev `position` must be occupied.
    function vacate(Map storage map, uint16 position) internal {
        uint256 band = position >> 8;
        uint256 ticks = map.ticks[band] ^ (1 << (position & 0xff));
        map.ticks[band] = ticks;
        if (ticks == ALL_VACANT) map.bands ^= 1 << band;
    }

    /// @return found False when every position is vacant
    function highest(Map storage map) internal view returns (bool found, uint16 position) {
        uint256 bands = ~map.bands;
        if (bands == 0) return (false, 0);

        uint256 band = _highestBit(bands);
        return (true, uint16((band << 8) | _highestBit(~map.ticks[band])));
    }

    /// @notice The highest occupied position below `bound`.
    function highestBelow(Map storage map, uint16 bound) internal view returns (bool found, uint16 position) {
        uint256 band = bound >> 8;
        uint256 bands = ~map.bands;
        if (bands & (1 << band) != 0) {
            uint256 ticks = ~map.ticks[band] & ((1 << (bound & 0xff)) - 1);
            if (ticks != 0) return (true, uint16((band << 8) | _highestBit(ticks)));
        }

        bands &= (1 << band) - 1;
        if (bands == 0) return (false, 0);
        band = _highestBit(bands);
        return (true, uint16((band << 8) | _highestBit(~map.ticks[band])));
    }

    /// @dev 255 - the number of leading zeros; `bits` must not be 0.
    function _highestBit(uint256 bits) private pure returns (uint256 index) {
        assembly ("memory-safe") {
            index := sub(255, clz(bits))
        }
    }
}
