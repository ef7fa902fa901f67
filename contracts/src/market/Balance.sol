// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A trading balance in one word: cash 128 (IDRS base units) | energy 128 (Wh).
type Balance is uint256;

using {plus as +, minus as -} for Balance global;
using Balances for Balance global;

/// @dev The market holds less than 2^128 of each token and all balances together no more than it holds, so neither half
///      can overflow into the other or out of the word.
function plus(Balance balance, Balance added) pure returns (Balance) {
    unchecked {
        return Balance.wrap(Balance.unwrap(balance) + Balance.unwrap(added));
    }
}

/// @dev Panics when either half would fall below zero.
function minus(Balance balance, Balance taken) pure returns (Balance) {
    return Balances.pack(balance.energy() - taken.energy(), balance.cash() - taken.cash());
}

library Balances {
    function pack(uint128 energyWh, uint128 idrs) internal pure returns (Balance) {
        return Balance.wrap((uint256(idrs) << 128) | energyWh);
    }

    /// @notice As much of `wanted` as there is, of each half.
    function upTo(Balance balance, Balance wanted) internal pure returns (Balance) {
        return
            pack(
                balance.energy() < wanted.energy() ? balance.energy() : wanted.energy(),
                balance.cash() < wanted.cash() ? balance.cash() : wanted.cash()
            );
    }

    /// @dev `part` must be no more than `balance`, half by half.
    function without(Balance balance, Balance part) internal pure returns (Balance) {
        unchecked {
            return Balance.wrap(Balance.unwrap(balance) - Balance.unwrap(part));
        }
    }

    function energy(Balance balance) internal pure returns (uint128) {
        return uint128(Balance.unwrap(balance));
    }

    function cash(Balance balance) internal pure returns (uint128) {
        return uint128(Balance.unwrap(balance) >> 128);
    }
}
