// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Accounts} from "./Accounts.sol";
import {Balance, Balances} from "./Balance.sol";
import {Entry, toEntry} from "./Entry.sol";
import {IModules} from "./IEnergyMarket.sol";
import {Words} from "./Words.sol";

/// @title Other contracts that move these balances, each only those of accounts that authorised it
/// @notice What a module takes stands in its own account, and it gives from there: it hands out no more than it took.
///
/// | slot            | variable              | bits, lowest first              |
/// |-----------------|-----------------------|---------------------------------|
/// | 140763258290694 | `_authorized[module]` | _data 256; a bit for an account |
abstract contract Modules is Accounts, IModules {
    using BitMaps for BitMaps.BitMap;
    using Words for uint256[];

    mapping(address module => BitMaps.BitMap) private _authorized;

    /// @inheritdoc IModules
    function authorizeModule(address module, bool allowed) external {
        if (module == address(0)) revert ZeroModule();

        _authorized[module].setTo(_enroll(msg.sender), allowed);

        emit ModuleAuthorized(msg.sender, module, allowed);
    }

    /// @inheritdoc IModules
    function take(uint256[] calldata entries) external returns (uint256[] memory taken) {
        BitMaps.BitMap storage authorized = _authorized[msg.sender];
        taken = entries;
        uint256 count = taken.length;
        Balance sum;
        uint256 bucket = type(uint256).max;
        uint256 bits;

        // An index below the array's length leaves neither it nor 256 bits.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                Entry entry = Entry.wrap(taken.item(i));
                uint256 number = entry.account();
                Balance part;
                if (entry.wants()) {
                    // Neighbours' accounts are neighbours: most share the word that says who authorised.
                    if (number >> 8 != bucket) {
                        bucket = number >> 8;
                        bits = authorized._data[bucket];
                    }
                    if ((bits >> (number & 0xff)) & 1 != 0) {
                        Balance balance = _balances[number];
                        part = balance.upTo(Balances.pack(entry.wattHours(), entry.idrs()));
                        if (Balance.unwrap(part) != 0) _balances[number] = balance.without(part);
                        sum = sum + part;
                    }
                }
                taken.put(i, Entry.unwrap(toEntry(number, part.cash(), part.energy())));
            }
        }
        uint32 own = _enroll(msg.sender);
        _balances[own] = _balances[own] + sum;

        taken.log(Taken.selector, msg.sender);
        taken.answer();
    }

    /// @inheritdoc IModules
    function give(uint256[] calldata entries) external {
        uint32 last = _accountCount;
        uint256 energyWh = 0;
        uint256 idrs = 0;

        uint256[] memory given = entries;
        uint256 count = given.length;
        // Fewer than 2^32 entries of at most 128 bits.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                Entry entry = Entry.wrap(given.item(i));
                if (!entry.wants()) continue;
                uint256 number = entry.account();
                if (number == 0 || number > last) revert UnknownAccount(uint32(number));
                // In all no more than the giver has, or none of it happens. A gift to itself adds as much as it takes.
                _balances[number] = _balances[number] + Balances.pack(entry.wattHours(), entry.idrs());
                energyWh += entry.wattHours();
                idrs += entry.idrs();
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
