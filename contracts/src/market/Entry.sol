// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What one account gives or gets, one word, highest bits first: account 32 | IDRS base units 128 | Wh 96.
type Entry is uint256;

using {account, idrs, wattHours, wants} for Entry global;

/// @dev Each must fit its field.
function toEntry(uint256 account_, uint256 idrs_, uint256 wattHours_) pure returns (Entry) {
    return Entry.wrap((account_ << 224) | (idrs_ << 96) | wattHours_);
}

function account(Entry entry) pure returns (uint32) {
    return uint32(Entry.unwrap(entry) >> 224);
}

function idrs(Entry entry) pure returns (uint128) {
    return uint128(Entry.unwrap(entry) >> 96);
}

function wattHours(Entry entry) pure returns (uint96) {
    return uint96(Entry.unwrap(entry));
}

/// @dev Whether it says more than whose it is.
function wants(Entry entry) pure returns (bool) {
    return uint224(Entry.unwrap(entry)) != 0;
}
