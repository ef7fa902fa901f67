// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOrderBook, Side} from "./IEnergyMarket.sol";

/// @title Order ids: side 1 bit | tick 16 | epoch 32 | index 32
/// @notice An id says where its order is, so no table is needed to find it. The epoch of a price grows whenever its
///         queue empties, so no id ever names two orders. A tick is never 0, so neither is an id.
/// @dev Its upper part, side | tick, is the `level` of a queue: where the book keeps it.
library OrderId {
    uint256 private constant BITS = 81;

    function level(Side side, uint16 tick) internal pure returns (uint256) {
        return (uint256(side) << 16) | tick;
    }

    function encode(uint256 level_, uint32 epoch, uint32 index) internal pure returns (uint256) {
        return (level_ << 64) | (uint256(epoch) << 32) | index;
    }

    /// @dev Each order has one id: bits above the 81 are refused, not ignored.
    function decode(uint256 orderId) internal pure returns (uint256 level_, uint32 epoch, uint32 index) {
        if (orderId >> BITS != 0) revert IOrderBook.InvalidOrderId(orderId);
        return (orderId >> 64, uint32(orderId >> 32), uint32(orderId));
    }

    function sideOf(uint256 level_) internal pure returns (Side) {
        return Side(level_ >> 16);
    }

    function tickOf(uint256 level_) internal pure returns (uint16) {
        return uint16(level_);
    }
}
