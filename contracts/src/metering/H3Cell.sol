// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title H3 cells: what is one, and how a coarse one fits 32 bits
/// @dev An index is, from bit 63 down: reserved 1 | mode 4 | reserved 3 | resolution 4 | base cell 7 | 15 digits of
///      3 bits, the coarsest first. A digit beyond the resolution is 7.
library H3Cell {
    /// @dev Mode 1 (cell), both reserved fields zero: bits 63 to 56 of a valid index.
    uint64 private constant CELL_MODE = 0x08;
    uint64 private constant BASE_CELLS = 122;
    /// @dev Bit b is set where base cell b is a pentagon: 4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107 and 117.
    uint256 private constant PENTAGONS = 0x200802000801008402004001004010;
    uint64 private constant UNUSED_DIGITS = 0xFFFFFF;
    /// @dev The finest resolution that fits: 4 + 7 + 7 digits of 3 bits.
    uint8 internal constant FINEST = 7;

    function resolution(uint64 cell) internal pure returns (uint8) {
        return uint8((cell >> 52) & 0xF);
    }

    /// @notice True when `cell` is an index that H3 would produce for a cell of any resolution.
    function isValid(uint64 cell) internal pure returns (bool) {
        if (cell >> 56 != CELL_MODE) return false;
        uint64 baseCell = (cell >> 45) & 0x7F;
        if (baseCell >= BASE_CELLS) return false;

        uint8 finest = resolution(cell);
        bool atCentre = (PENTAGONS >> baseCell) & 1 == 1;
        for (uint8 level = 1; level <= 15; ++level) {
            uint64 digit = (cell >> (45 - 3 * level)) & 7;
            if (level > finest ? digit != 7 : digit == 7) return false;
            // A pentagon has no child in direction 1; the first step away from its centre decides.
            if (atCentre && level <= finest && digit != 0) {
                if (digit == 1) return false;
                atCentre = false;
            }
        }
        return true;
    }

    /// @notice Is `cell` the cell `inner`, or the one that contains it at `cell`'s resolution?
    function contains(uint64 cell, uint64 inner) internal pure returns (bool) {
        uint8 coarse = resolution(cell);
        return coarse <= resolution(inner) && cell == parent(inner, coarse);
    }

    /// @dev Of a cell that is no coarser than `coarse`.
    function parent(uint64 cell, uint8 coarse) internal pure returns (uint64) {
        uint64 finerDigits = (uint64(1) << (45 - 3 * coarse)) - 1;
        return (cell & ~(uint64(0xF) << 52)) | (uint64(coarse) << 52) | finerDigits;
    }

    /// @dev For a valid cell no finer than `FINEST`: the top byte and the 24 unused digit bits are constant.
    function pack(uint64 cell) internal pure returns (uint32) {
        return uint32(cell >> 24);
    }

    /// @dev The inverse of `pack`.
    function unpack(uint32 packed) internal pure returns (uint64) {
        return (CELL_MODE << 56) | (uint64(packed) << 24) | UNUSED_DIGITS;
    }
}
