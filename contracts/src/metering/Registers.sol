// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What the converter keeps of a meter, and all that an ordinary settlement writes, in one word:
///      exportWh 56 | importWh 56 | debtWh 56 | storedWh 48 | delivering 1 | timestamp 39. `timestamp` 0: the epoch has
///      no baseline. `delivering`: the market counts what is exported, for trades of this battery.
///      `debtWh` has a sign: of a slotted meter it is what was counted since its last slot, import less export.
type Registers is uint256;

using {
    exportWh,
    importWh,
    debtWh,
    storedWh,
    delivering,
    timestamp,
    withDebt,
    withDelivering
} for Registers global;

uint256 constant DELIVERING = 1 << 39;

/// @return fits False when a value is wider than its field
/// @return registers The values, with no debt and not delivering
function toRegisters(
    uint256 exportWh_,
    uint256 importWh_,
    uint256 storedWh_,
    uint40 timestamp_
) pure returns (bool fits, Registers registers) {
    fits = (exportWh_ | importWh_) >> 56 == 0 && storedWh_ >> 48 == 0;
    // Beyond its 39 bits, as far ahead as can be.
    if (timestamp_ >= DELIVERING) timestamp_ = uint40(DELIVERING - 1);
    registers = Registers.wrap((exportWh_ << 200) | (importWh_ << 144) | (storedWh_ << 40) | timestamp_);
}

/// @dev `debtWh_` must fit 56 bits with its sign.
function withDebt(Registers registers, int256 debtWh_) pure returns (Registers) {
    uint256 others = Registers.unwrap(registers) & ~(uint256(type(uint56).max) << 88);
    return Registers.wrap(others | (uint256(uint56(int56(debtWh_))) << 88));
}

function withDelivering(Registers registers, bool delivering_) pure returns (Registers) {
    uint256 others = Registers.unwrap(registers) & ~DELIVERING;
    return Registers.wrap(delivering_ ? others | DELIVERING : others);
}

function exportWh(Registers registers) pure returns (uint256) {
    return Registers.unwrap(registers) >> 200;
}

function importWh(Registers registers) pure returns (uint256) {
    return uint56(Registers.unwrap(registers) >> 144);
}

function debtWh(Registers registers) pure returns (int256) {
    return int56(uint56(Registers.unwrap(registers) >> 88));
}

function storedWh(Registers registers) pure returns (uint256) {
    return uint48(Registers.unwrap(registers) >> 40);
}

function delivering(Registers registers) pure returns (bool) {
    return Registers.unwrap(registers) & DELIVERING != 0;
}

function timestamp(Registers registers) pure returns (uint256) {
    return Registers.unwrap(registers) & (DELIVERING - 1);
}
