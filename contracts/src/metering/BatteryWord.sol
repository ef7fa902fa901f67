// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Stops} from "./Stops.sol";

/// @notice What a battery's promise is checked against, in one word, the first field lowest:
///         cell 32 | stops 32 | capacityWh 48. `cell` is packed, see `H3Cell`.
type BatteryWord is uint256;

using {cell, stops, capacityWh, withStops, withCapacity} for BatteryWord global;

function cell(BatteryWord word) pure returns (uint32) {
    return uint32(BatteryWord.unwrap(word));
}

function stops(BatteryWord word) pure returns (Stops) {
    return Stops.wrap(uint32(BatteryWord.unwrap(word) >> 32));
}

function capacityWh(BatteryWord word) pure returns (uint64) {
    return uint48(BatteryWord.unwrap(word) >> 64);
}

function withStops(BatteryWord word, Stops stops_) pure returns (BatteryWord) {
    uint256 others = BatteryWord.unwrap(word) & ~(uint256(type(uint32).max) << 32);
    return BatteryWord.wrap(others | (uint256(Stops.unwrap(stops_)) << 32));
}

function withCapacity(BatteryWord word, uint48 capacityWh_) pure returns (BatteryWord) {
    return BatteryWord.wrap(uint64(BatteryWord.unwrap(word)) | (uint256(capacityWh_) << 64));
}
