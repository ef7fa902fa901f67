// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Accounts} from "./Accounts.sol";
import {Balance, Balances} from "./Balance.sol";
import {Entry, toEntry} from "./Entry.sol";
import {IModules} from "./IEnergyMarket.sol";

/// @title Other contracts that move these balances, each only those of accounts that authorised it
/// @notice What a module takes stands in its own account, and it gives from there: it hands out no more than it took.
///
/// | slot            | variable              | bits, lowest first              |
/// |-----------------|-----------------------|---------------------------------|
/// | 140758963323398 | `_authorized[module]` | _data 256; a bit for an account |
abstract contract Modules is Accounts, IModules {
    using BitMaps for BitMaps.BitMap;

    mapping(address module => BitMaps.BitMap) private _authorized;

    /// @inheritdoc IModules
    function authorizeModule(address module, bool allowed) external {
        if (module == address(0)) revert ZeroModule();

        _authorized[module].setTo(_open(msg.sender), allowed);

        emit ModuleAuthorized(msg.sender, module, allowed);
    }

    /// @inheritdoc IModules
    function take(uint256[] calldata entries) external returns (uint256[] memory taken) {
        BitMaps.BitMap storage authorized = _authorized[msg.sender];
        taken = new uint256[](entries.length);
        Balance sum;

        for (uint256 i = 0; i < entries.length; ++i) {
            Entry wanted = Entry.wrap(entries[i]);
            uint32 number = wanted.account();
            Balance part;
            if (uint224(entries[i]) != 0 && authorized.get(number)) {
                Balance balance = _balances[number];
                part = balance.upTo(Balances.pack(wanted.wattHours(), wanted.idrs()));
                if (Balance.unwrap(part) != 0) _balances[number] = balance.without(part);
                sum = sum + part;
            }
            taken[i] = Entry.unwrap(toEntry(number, part.cash(), part.energy()));
        }
        uint32 own = _open(msg.sender);
        _balances[own] = _balances[own] + sum;

        emit Taken(msg.sender, taken);
    }

    /// @inheritdoc IModules
    function give(uint256[] calldata entries) external {
        uint32 last = _accountCount;
        uint256 energyWh = 0;
        uint256 idrs = 0;

        for (uint256 i = 0; i < entries.length; ++i) {
            if (uint224(entries[i]) == 0) continue;
            Entry given = Entry.wrap(entries[i]);
            uint32 number = given.account();
            if (number == 0 || number > last) revert UnknownAccount(number);
            // In all no more than the giver has, or none of it happens. A gift to itself adds as much as it takes.
            _credit(number, given.wattHours(), given.idrs());
            // Fewer than 2^32 entries of at most 128 bits.
            unchecked {
                energyWh += given.wattHours();
                idrs += given.idrs();
            }
        }
        uint32 own = _accounts[msg.sender].number;
        Balance balance = _balances[own];
        if (energyWh > balance.energy() || idrs > balance.cash()) {
            revert InsufficientBalance(msg.sender, balance.energy(), balance.cash());
        }
        _balances[own] = balance.without(Balances.pack(uint128(energyWh), uint128(idrs)));

        emit Given(msg.sender, entries);
    }

    /// @inheritdoc IModules
    function accountOf(address owner, address module) external view returns (uint32 number, bool authorized) {
        number = _accounts[owner].number;
        return (number, _authorized[module].get(number));
    }
}
