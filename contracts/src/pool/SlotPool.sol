// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Entry, toEntry} from "../market/Entry.sol";
import {IModules} from "../market/IEnergyMarket.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {Registers} from "../metering/Registers.sol";
import {Communities} from "./Communities.sol";
import {ISlotPool} from "./ISlotPool.sol";
import {wordsOf} from "../metering/CodeList.sol";
import {Words} from "../market/Words.sol";

/// @title Neighbours who share each slot's energy
/// @notice A member's settlements only count. `clear` converts what everybody counted in one slot: surplus goes to
///         neighbours in need at one price, which the metered surplus and need of those who share alone make, and
///         what is left on either side to the utility at its tariff. At a feed-in of 0 it takes nothing: what no
///         neighbour took stays its producer's. A limit accepts that price or declines it, and moves it for nobody.
///
/// How a slot is cleared:
/// ```
/// read ─▶ price ─▶ take: of buyers what all of their need costs at the utility, of the utility what it may owe
///      ─▶ match: who accepts the price and can pay ─▶ pay: parts, and what each gets back or earns
///      ─▶ the converter mints export and burns what was bought ─▶ give
/// ```
/// @dev Storage: `Communities`. Arrays have an item a member, in the order of the list, and every loop walks them all.
///      Energy has 55 bits a member and 63 in all, a price 26: nothing here leaves 256 bits.
contract SlotPool is Communities {
    using Address for address;
    using Words for *;

    /// @dev Prices in IDRS base units per Wh. `surplusWh` and `needWh` are of everybody who was read, need once
    ///      matched only as far as it can be paid for; `offeredWh` and `wantedWh` of those who share.
    struct Slot {
        uint256 retail;
        uint256 feedIn;
        uint256 fee;
        uint256 price;
        uint256 present;
        // read in time for the slot before, and not yet for this one
        uint256 late;
        uint256 surplusWh;
        uint256 needWh;
        uint256 offeredWh;
        uint256 wantedWh;
        uint256 sharedWh;
    }

    uint256 private constant PRICE_PER_TICK = 1_000;
    /// @dev What `closeSlot` takes for a member who was absent.
    uint256 private constant ABSENT = type(uint256).max;
    /// @dev A member while its slot is cleared: Wh 64 | account 32 | buyUpTo 16 | sellFrom 16 | these 32 | a
    ///      buyer's need 64, the first lowest.
    uint256 private constant SELLS = 1 << 128;
    uint256 private constant BUYS = 1 << 129;
    /// @dev It was read at both ends of the slot, so its energy is that slot's; later: and accepts the price.
    uint256 private constant SHARES = 1 << 130;
    /// @dev Where a buyer's need stands: what it counted, also when it can pay for less.
    uint256 private constant NEED = 160;
    /// @dev In the event's words.
    uint256 private constant SOLD = 1 << 192;
    uint256 private constant BOUGHT = 1 << 193;

    /// @inheritdoc ISlotPool
    uint40 public immutable STEEPNESS;

    /// @param settings `SLOT`, `TOLERANCE`, `PATIENCE`, `NOTICE`, `STEEPNESS`
    /// @param adjustable Whether the operator may change the length of slots
    constructor(
        address accessManager,
        address market,
        address converter,
        uint40[5] memory settings,
        bool adjustable
    ) Communities(accessManager, market, converter, settings, adjustable) {
        STEEPNESS = settings[4];
        // A slot is cleared before the next one's readings come: they would stand in place of its own. The price rises
        // with need.
        if (SLOT <= PATIENCE || SLOT > 1 days || PATIENCE < TOLERANCE || STEEPNESS == 0) {
            revert InvalidSettings(SLOT, TOLERANCE, PATIENCE, STEEPNESS);
        }
    }

    /// @inheritdoc ISlotPool
    function clear(uint32 communityId, uint40 slotEnd) external returns (uint256 price, uint256 sharedWh) {
        Record storage record = _known(communityId);
        bool follows = _checkSlot(communityId, record, slotEnd);
        bytes32[] memory meterIds = wordsOf(record.list);
        uint256[] memory words;
        uint256[] memory entries;
        Slot memory slot;

        uint256 before = follows ? record.present : 0;
        (words, entries) = _read(record, slot, meterIds, slotEnd, before);
        _checkPresence(
            communityId,
            slotEnd,
            slot.present,
            follows ? before | slot.late : _all(meterIds.length)
        );
        record.clearedTo = slotEnd;
        record.present = slot.present;

        entries = address(_market).functionCall(IModules.take.selector.encode(entries)).decode();
        _match(slot, words, entries);
        uint256[] memory bought = _pay(record, slot, words, entries);
        address(_converter).functionCall(IEnergyConverter.closeSlot.selector.encode(meterIds.cast(), bought));
        address(_market).functionCall(IModules.give.selector.encode(entries));

        if (slot.sharedWh == 0) slot.price = 0;
        emit SlotCleared(communityId, slotEnd, slot.price, slot.sharedWh, slot.present, words);
        return (slot.price, slot.sharedWh);
    }

    /// @return follows Whether this is the slot after the latest cleared one
    function _checkSlot(
        uint32 communityId,
        Record storage record,
        uint40 slotEnd
    ) private view returns (bool follows) {
        uint40 clearedTo = record.clearedTo;
        if (slotEnd % record.slot != 0) revert NotSlotEnd(slotEnd, record.slot);
        if (slotEnd > block.timestamp) revert SlotInFuture(slotEnd, block.timestamp);
        if (slotEnd <= clearedTo) revert AlreadyCleared(communityId, clearedTo);
        return slotEnd - clearedTo <= record.slot;
    }

    /// @dev Who is expected is waited for until `PATIENCE` is over; after that one who was read is enough, and what the
    ///      others counted is the utility's part of a later slot. With nobody read, time alone clears nothing.
    function _checkPresence(
        uint32 communityId,
        uint40 slotEnd,
        uint256 present,
        uint256 expected
    ) private view {
        if (present == 0) revert NobodyRead(communityId, slotEnd);
        uint256 missing = expected & ~present;
        if (missing != 0 && block.timestamp < slotEnd + PATIENCE) {
            revert StillWaiting(communityId, slotEnd, missing, slotEnd + PATIENCE);
        }
    }

    function _all(uint256 count) private pure returns (uint256 bits) {
        return count == 0 ? 0 : type(uint256).max >> (256 - count);
    }

    /// @dev Who was read at the slot's end, what each counted, and the price.
    /// @return words For each member who counted something: what it is and counted
    /// @return entries What to take: of each buyer what its need costs at the utility; then of the utility all that it
    ///         may have to pay and deliver; then nothing, the grid operator's place
    function _read(
        Record storage record,
        Slot memory slot,
        bytes32[] memory meterIds,
        uint256 slotEnd,
        uint256 before
    ) private view returns (uint256[] memory words, uint256[] memory entries) {
        uint256 count = meterIds.length;
        (slot.retail, slot.feedIn, slot.fee) = _prices(record, slotEnd);
        bytes memory question = IEnergyConverter.registersOf.selector.encode(meterIds.cast());
        uint256[] memory registers = address(_converter).functionStaticCall(question).decode();
        words = new uint256[](count);
        entries = new uint256[](count + 2);
        uint256 present = 0;
        uint256 supplyWh = 0;
        uint256 demandWh = 0;
        unchecked {
            uint256 four = 0;
            for (uint256 i = 0; i < count; ++i) {
                if (i & 3 == 0) four = _fourLimits(record.limits, i >> 2);
                Registers last = Registers.wrap(registers.item(i));
                // A reading from before the slot's end wraps around to a huge number.
                if (last.timestamp() - slotEnd > TOLERANCE) {
                    if (last.timestamp() + record.slot - slotEnd <= TOLERANCE) slot.late |= 1 << i;
                    continue;
                }
                present |= 1 << i;
                int256 openWh = last.debtWh();
                if (openWh == 0) continue;
                uint256 word = uint256(uint64(four >> ((i & 3) << 6))) << 64;
                uint256 shares = (before >> i) & 1;
                if (openWh < 0) {
                    uint256 wattHours = uint256(-openWh);
                    slot.surplusWh += wattHours;
                    supplyWh += shares * wattHours;
                    words.put(i, word | SELLS | (shares * SHARES) | wattHours);
                } else {
                    uint256 wattHours = uint256(openWh);
                    slot.needWh += wattHours;
                    demandWh += shares * wattHours;
                    words.put(i, word | (wattHours << NEED) | BUYS | (shares * SHARES) | wattHours);
                    entries.put(i, _entry(uint32(word >> 64), wattHours * slot.retail, 0));
                }
            }
            entries[count] = _entry(record.utility, slot.surplusWh * slot.feedIn, slot.needWh);
        }
        slot.present = present;
        slot.price = _price(slot, supplyWh, demandWh);
    }

    /// @dev The `i`-th word of the limits: those of four members.
    function _fourLimits(uint64[256] storage limits, uint256 i) private view returns (uint256 four) {
        assembly ("memory-safe") {
            four := sload(add(limits.slot, i))
        }
    }

    /// @dev Ticks into prices.
    function _prices(
        Record storage record,
        uint256 slotEnd
    ) private view returns (uint256 retail, uint256 feedIn, uint256 fee) {
        (retail, feedIn, fee) = _terms(record, slotEnd - record.slot);
        return (retail * PRICE_PER_TICK, feedIn * PRICE_PER_TICK, fee * PRICE_PER_TICK);
    }

    /// @dev feedIn + (retail - fee - feedIn) x clamp(1/2 + s/2 x (D - S) / (D + S), 0, 1), rounded down. Of all that
    ///      those who share metered in this slot, whoever's limit declines it, so that nobody's limit moves it.
    function _price(Slot memory slot, uint256 supplyWh, uint256 demandWh) private view returns (uint256) {
        if (supplyWh == 0 || demandWh == 0) return 0;
        unchecked {
            uint256 whole = 2 * (supplyWh + demandWh);
            uint256 up = (uint256(STEEPNESS) + 1) * demandWh;
            uint256 down = (uint256(STEEPNESS) - 1) * supplyWh;
            uint256 part = up > down ? Math.min(up - down, whole) : 0;
            return slot.feedIn + ((slot.retail - slot.fee - slot.feedIn) * part) / whole;
        }
    }

    /// @dev Cuts buyers down to what their money pays, then counts who accepts the price.
    function _match(Slot memory slot, uint256[] memory words, uint256[] memory entries) private pure {
        uint256 payable_ = slot.price + slot.fee;
        uint256 needWh = 0;
        unchecked {
            for (uint256 i = 0; i < words.length; ++i) {
                uint256 word = words.item(i);
                if (word == 0) continue;
                uint256 wattHours = uint64(word);
                if (word & SELLS != 0) {
                    if (word & SHARES == 0) continue;
                    if (uint16(word >> 112) * PRICE_PER_TICK <= slot.price) slot.offeredWh += wattHours;
                    else words.put(i, word ^ SHARES);
                    continue;
                }
                uint256 affordableWh = Entry.wrap(entries.item(i)).idrs() / slot.retail;
                if (affordableWh < wattHours) {
                    word = (word ^ wattHours) | affordableWh;
                    wattHours = affordableWh;
                }
                needWh += wattHours;
                if (word & SHARES != 0) {
                    if (uint16(word >> 96) * PRICE_PER_TICK >= payable_) slot.wantedWh += wattHours;
                    else word ^= SHARES;
                }
                words.put(i, word);
            }
        }
        slot.needWh = needWh;
        slot.sharedWh = Math.min(slot.offeredWh, slot.wantedWh);
    }

    /// @dev Turns `words` into what the event says, and `entries` into what each account gets.
    /// @return bought What of each meter's import was bought, for the converter
    function _pay(
        Record storage record,
        Slot memory slot,
        uint256[] memory words,
        uint256[] memory entries
    ) private view returns (uint256[] memory bought) {
        uint256 count = words.length;
        bought = new uint256[](count);
        (uint256 takenWh, uint256 givenWh) = _utility(record, slot, entries);
        unchecked {
            Served memory sold;
            Served memory got;
            for (uint256 i = 0; i < count; ++i) {
                uint256 word = words.item(i);
                if (word == 0) {
                    if ((slot.present >> i) & 1 == 0) bought.put(i, ABSENT);
                } else if (word & SELLS != 0) {
                    (uint256 shared, uint256 utility) = _parts(
                        sold,
                        word,
                        slot.sharedWh,
                        slot.offeredWh,
                        takenWh,
                        slot.surplusWh - slot.sharedWh
                    );
                    uint256 left = uint64(word) - shared - utility;
                    uint256 earned = shared * slot.price + utility * slot.feedIn;
                    entries.put(i, _entry(uint32(word >> 64), earned, left));
                    words.put(i, SOLD | (shared << 128) | (utility << 64) | left);
                } else {
                    (uint256 shared, uint256 utility) = _parts(
                        got,
                        word,
                        slot.sharedWh,
                        slot.wantedWh,
                        givenWh,
                        slot.needWh - slot.sharedWh
                    );
                    uint256 paid = shared * (slot.price + slot.fee) + utility * slot.retail;
                    uint256 left = (word >> NEED) - shared - utility;
                    bought.put(i, shared + utility);
                    uint256 held = entries.item(i);
                    entries.put(i, held - (paid << 96));
                    words.put(i, BOUGHT | (shared << 128) | (utility << 64) | left);
                }
            }
        }
    }

    /// @dev How much of one side was served before a member, of what is shared and of what is the utility's.
    struct Served {
        uint256 shared;
        uint256 utility;
    }

    /// @dev A member's part of what is shared, and of what is left for the utility.
    function _parts(
        Served memory before,
        uint256 word,
        uint256 sharedWh,
        uint256 sharersWh,
        uint256 utilityWh,
        uint256 restsWh
    ) private pure returns (uint256 shared, uint256 utility) {
        unchecked {
            uint256 wattHours = uint64(word);
            if (word & SHARES != 0 && sharedWh != 0) {
                shared = _part(before.shared, wattHours, sharedWh, sharersWh);
                before.shared += wattHours;
            }
            uint256 rest = wattHours - shared;
            if (rest != 0) {
                utility = _part(before.utility, rest, utilityWh, restsWh);
                before.utility += rest;
            }
        }
    }

    /// @dev The part of `total` for `amount` out of `all`, of which `before` was served already. What rounding takes
    ///      from one falls to the next, so that the parts of all add up to `total`, and nobody's exceeds its amount.
    function _part(
        uint256 before,
        uint256 amount,
        uint256 total,
        uint256 all
    ) private pure returns (uint256) {
        unchecked {
            return ((before + amount) * total) / all - (before * total) / all;
        }
    }

    /// @dev What the utility takes of the surplus, as far as its money goes and where it pays at all, and gives to the
    ///      need, as far as its energy does; and what it and the grid operator get.
    function _utility(
        Record storage record,
        Slot memory slot,
        uint256[] memory entries
    ) private view returns (uint256 takenWh, uint256 givenWh) {
        uint256 count = entries.length - 2;
        Entry held = Entry.wrap(entries[count]);
        unchecked {
            // For nothing it takes nothing.
            if (slot.feedIn != 0)
                takenWh = Math.min(slot.surplusWh - slot.sharedWh, held.idrs() / slot.feedIn);
            givenWh = Math.min(slot.needWh - slot.sharedWh, held.wattHours());
            entries[count] = _entry(
                held.account(),
                held.idrs() + givenWh * slot.retail - takenWh * slot.feedIn,
                held.wattHours() + takenWh - givenWh
            );
            entries[count + 1] = _entry(record.gridOperator, slot.sharedWh * slot.fee, 0);
        }
    }

    function _entry(uint256 account, uint256 idrs, uint256 wattHours) private pure returns (uint256) {
        return Entry.unwrap(toEntry(account, idrs, wattHours));
    }
}
