// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a battery has promised, Wh, and its trades that are accepted and not over: ids of 32 bits, in no order,
///         six beside the promise and eight more.
struct Battery {
    uint64 promisedWh;
    uint192 trades;
    uint256 moreTrades;
}

using {addTrade, removeTrade} for Battery global;

/// @dev So few that a settlement can look at all of them.
uint256 constant MOST_TRADES = 14;

/// @return added False when there is no room
function addTrade(Battery storage battery, uint32 tradeId) returns (bool added) {
    uint256 trades = battery.trades;
    if (trades >> 160 == 0) {
        battery.trades = uint192((trades << 32) | tradeId);
        return true;
    }
    trades = battery.moreTrades;
    added = trades >> 224 == 0;
    if (added) battery.moreTrades = (trades << 32) | tradeId;
}

function removeTrade(Battery storage battery, uint32 tradeId) {
    uint256 trades = battery.trades;
    uint256 kept = without(trades, tradeId);
    if (kept == trades) battery.moreTrades = without(battery.moreTrades, tradeId);
    else battery.trades = uint192(kept);
}

function without(uint256 trades, uint32 tradeId) pure returns (uint256 kept) {
    for (uint256 shift = 0; shift < 256; shift += 32) {
        uint256 low = (1 << shift) - 1;
        if (uint32(trades >> shift) == tradeId) return (trades & low) | ((trades >> 32) & ~low);
    }
    return trades;
}
