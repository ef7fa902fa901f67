// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a battery has promised, Wh, and its trades that are accepted and not over: ids of 32 bits, in no order,
///         six beside the promise and eight more.
struct Battery {
    Promises promises;
    uint256 moreTrades;
}

/// @notice The first word of a battery, the first field lowest: promisedWh 64 | six trades 192.
type Promises is uint256;

using {promisedWh, trades, withPromised, withTrades} for Promises global;
using {addTrade, removeTrade} for Battery global;

/// @dev So few that a settlement can look at all of them.
uint256 constant MOST_TRADES = 14;

function promisedWh(Promises promises) pure returns (uint64) {
    return uint64(Promises.unwrap(promises));
}

function trades(Promises promises) pure returns (uint256) {
    return Promises.unwrap(promises) >> 64;
}

function withPromised(Promises promises, uint64 wattHours) pure returns (Promises) {
    return Promises.wrap((Promises.unwrap(promises) & ~uint256(type(uint64).max)) | wattHours);
}

/// @dev Of `trades_` at most six.
function withTrades(Promises promises, uint256 trades_) pure returns (Promises) {
    return Promises.wrap((trades_ << 64) | promises.promisedWh());
}

/// @param promises The battery's, which whoever adds a trade has read
/// @return added False when there is no room
function addTrade(Battery storage battery, Promises promises, uint32 tradeId) returns (bool added) {
    uint256 first = promises.trades();
    if (first >> 160 == 0) {
        battery.promises = promises.withTrades((first << 32) | tradeId);
        return true;
    }
    uint256 more = battery.moreTrades;
    added = more >> 224 == 0;
    if (added) battery.moreTrades = (more << 32) | tradeId;
}

/// @return kept What `promises` are without it, for the battery
function removeTrade(Battery storage battery, Promises promises, uint32 tradeId) returns (Promises kept) {
    uint256 first = promises.trades();
    uint256 others = without(first, tradeId);
    if (others == first) battery.moreTrades = without(battery.moreTrades, tradeId);
    return promises.withTrades(others);
}

function without(uint256 trades_, uint32 tradeId) pure returns (uint256 kept) {
    for (uint256 shift = 0; shift < 256; shift += 32) {
        uint256 low = (1 << shift) - 1;
        if (uint32(trades_ >> shift) == tradeId) return (trades_ & low) | ((trades_ >> 32) & ~low);
    }
    return trades_;
}
