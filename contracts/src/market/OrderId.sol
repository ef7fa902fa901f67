// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOrderBook, Side} from "./IEnergyMarket.sol";

/// @title Order ids: side 1 bit | tick 16 | epoch 32 | index 32
/// @notice An id says where its order is, so no table is needed to find it. The epoch of a price level grows whenever the
///         level empties, so no id ever names two orders. A tick is never 0, so neither is an id.
library OrderId {
    uint256 private constant BITS = 81;

    function encode(Side side, uint16 tick, uint32 epoch, uint32 index) internal pure returns (uint256) {
        return (uint256(side) << 80) | (uint256(tick) << 64) | (uint256(epoch) << 32) | index;
    }

    /// @dev Each order has one id: bits above the 81 are refused, not ignored.
    function decode(
        uint256 orderId
    ) internal pure returns (Side side, uint16 tick, uint32 epoch, uint32 index) {
        if (orderId >> BITS != 0) revert IOrderBook.InvalidOrderId(orderId);
        side = Side(orderId >> 80);
        tick = uint16(orderId >> 64);
        epoch = uint32(orderId >> 32);
        index = uint32(orderId);
    }
}
