// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {Vm} from "../Vm.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @notice Random slots, each cleared by the pool and reckoned again by a model that knows balances, registers and limits
///         alone: no rounding chain, no packed word, one member at a time.
///
/// - P1 sold = bought
/// - P2 paid = earned + fee + the utility's: money and energy of all accounts together change by what is minted and burned
/// - P3 nobody trades beyond its limit, what it metered, or what it has
/// - P4 each of the longer side has its part by metered Wh, to the Wh, wherever it stands in the list
/// - P5 the price is the formula's, whatever limits and money are
/// - P6 each Wh of a slot is converted once: nothing stays open of who was read, nothing changes of who was not
/// - P7 the law, with arrears and what is open
/// - P8 nothing blocks a slot in which anybody was read
contract SlotPoolFuzzTest is PoolFixture {
    struct Home {
        bool present;
        bool dated;
        int256 netWh;
        uint256 cash;
        uint256 payableWh;
        uint16 sellFrom;
        uint16 buyUpTo;
        uint64 arrearsWh;
    }

    struct Expected {
        uint256 price;
        uint256 offeredWh;
        uint256 wantedWh;
        uint256 sharedWh;
        uint256 retail;
        uint256 feedIn;
        uint256 fee;
    }

    uint256 private constant FEW = 7;
    Home[] private _homes;
    uint256 private _count;
    uint256 private _seed;
    uint256 private _draws;
    /// @dev What is seen must be seen, or nothing is proven: slots with sharing, arrears, absence, a short utility.
    uint256[4] private _seen;

    /// forge-config: default.fuzz.runs = 60
    function testFuzz_P1_to_P8_RandomSlots(uint256 seed) public {
        live(seed, 2 + (seed % FEW), 5);
    }

    function test_P1_to_P8_ThousandsOfSlots() public {
        uint256 lives = vm.envOr("ENERLINK_POOL_LIVES", 12);
        uint256 fresh = vm.snapshotState();
        for (uint256 i = 0; i < lives; ++i) {
            live(uint256(keccak256(abi.encode("life", i))), 3 + (i % 10), 10);
            uint256[4] memory seen = _seen;
            vm.revertToState(fresh);
            fresh = vm.snapshotState();
            for (uint256 j = 0; j < 4; ++j) _seen[j] = seen[j];
        }
        for (uint256 j = 0; j < 4; ++j) check(_seen[j] != 0, "every kind of slot was seen");
    }

    function test_P1_to_P8_256Members() public {
        live(256, 256, vm.envOr("ENERLINK_POOL_SLOTS", 2));
        bytes32 extra = "one-more";
        pool.admit(extra, community);
        addMeter(extra, address(0xE7), registry.meter(home(0)).kind, 0);
        fund(address(0xE7), 1, 0);
        vm.prank(address(0xE7));
        (bool done, bytes memory answer) = address(pool).call(
            abi.encodeCall(pool.join, (extra, community, 1, 1))
        );
        check(!done && bytes4(answer) == ISlotPool.CommunityFull.selector, "256 at most");
    }

    function live(uint256 seed, uint256 count, uint256 slots) private {
        (_seed, _count, _draws) = (seed, count, 0);
        deployPool(false);
        addHomes(count);
        begin(count);
        delete _homes;
        for (uint256 i = 0; i < count; ++i) _homes.push();
        for (uint256 n = 0; n < slots; ++n) {
            upset();
            meter();
            judge();
            if (draw(4) == 0) replace(draw(count));
        }
    }

    /// @dev Owners and the utility do as they like between slots.
    function upset() private {
        for (uint256 i = 0; i < _count; ++i) {
            uint256 kind = draw(8);
            bool allowed = kind != 1 || draw(2) == 0;
            vm.prank(ownerOf(i));
            market.authorizeModule(address(pool), allowed);
            if (kind == 0) limit(i);
            if (kind == 2) spend(i);
        }
        bool utility = draw(6) != 0;
        vm.prank(UTILITY);
        market.authorizeModule(address(pool), utility);
    }

    function limit(uint256 i) private {
        (uint16 sellFrom, uint16 buyUpTo) = (uint16(1 + draw(1_500)), uint16(1 + draw(1_600)));
        vm.prank(ownerOf(i));
        pool.setLimits(home(i), sellFrom, buyUpTo);
    }

    /// @dev Leaves money for a few Wh, or for none.
    function spend(uint256 i) private {
        uint256 has = cash(ownerOf(i));
        uint256 left = draw(3) * draw(1e9);
        if (has <= left) return;
        vm.prank(ownerOf(i));
        market.withdraw(0, uint128(has - left));
    }

    function meter() private {
        uint40 boundary = pool.community(community).clearedTo;
        uint256 present = pool.community(community).present;
        vm.warp(boundary + 300);
        for (uint256 i = 0; i < _count; ++i) {
            if (draw(5) == 0) read(i, uint64(draw(200)), uint64(draw(200)));
        }
        slotEnd = boundary + SLOT * (draw(10) == 0 ? 2 : 1);
        bool follows = slotEnd == boundary + SLOT;
        vm.warp(slotEnd);
        uint256 read_ = 0;
        for (uint256 i = 0; i < _count; ++i) {
            Home storage one = _homes[i];
            one.present = draw(6) != 0 || (i == _count - 1 && read_ == 0);
            if (one.present) {
                ++read_;
                read(i, uint64(draw(900)) * uint64(draw(2)), uint64(draw(900)) * uint64(draw(2)));
            } else _seen[2]++;
            one.dated = follows && one.present && (present >> i) & 1 == 1;
            one.netWh = -open(i);
            one.cash = cash(ownerOf(i));
            one.arrearsWh = arrears(i);
            (, , one.sellFrom, one.buyUpTo, ) = pool.member(home(i));
            (, bool allowed) = market.accountOf(ownerOf(i), address(pool));
            one.payableWh = allowed ? one.cash / (uint256(RETAIL) * 1_000) : 0;
        }
        vm.warp(slotEnd + PATIENCE);
    }

    /// @dev The slot as the model clears it.
    function reckon() private view returns (Expected memory is_) {
        (is_.retail, is_.feedIn, is_.fee) = (
            uint256(RETAIL) * 1_000,
            uint256(FEED_IN) * 1_000,
            uint256(FEE) * 1_000
        );
        int256 s = 0;
        int256 d = 0;
        for (uint256 i = 0; i < _count; ++i) {
            if (!_homes[i].dated) continue;
            if (_homes[i].netWh > 0) s += _homes[i].netWh;
            else d -= _homes[i].netWh;
        }
        if (s == 0 || d == 0) return is_;
        // Of 2 (D + S): D + S + 3 (D - S), between nothing and all of it.
        int256 part = d + s + 3 * (d - s);
        if (part < 0) part = 0;
        if (part > 2 * (d + s)) part = 2 * (d + s);
        is_.price = is_.feedIn + ((is_.retail - is_.fee - is_.feedIn) * uint256(part)) / uint256(2 * (d + s));
        for (uint256 i = 0; i < _count; ++i) {
            if (!accepts(_homes[i], is_)) continue;
            if (_homes[i].netWh > 0) is_.offeredWh += uint256(_homes[i].netWh);
            else is_.wantedWh += wanted(_homes[i]);
        }
        is_.sharedWh = is_.offeredWh < is_.wantedWh ? is_.offeredWh : is_.wantedWh;
    }

    function accepts(Home memory one, Expected memory is_) private pure returns (bool) {
        if (!one.dated || one.netWh == 0) return false;
        if (one.netWh > 0) return uint256(one.sellFrom) * 1_000 <= is_.price;
        return uint256(one.buyUpTo) * 1_000 >= is_.price + is_.fee;
    }

    function wanted(Home memory one) private pure returns (uint256) {
        uint256 need = uint256(-one.netWh);
        return need < one.payableWh ? need : one.payableWh;
    }

    function judge() private {
        Expected memory is_ = reckon();
        uint256[5] memory before = totals();
        vm.recordLogs();
        (uint256 price, uint256 sharedWh) = clear();
        (uint256 present, uint256[] memory amounts) = told();
        uint256[5] memory after_ = totals();

        equal(price, is_.sharedWh == 0 ? 0 : is_.price, "P5: the price is the formula's");
        equal(sharedWh, is_.sharedWh, "P5: and so is what is shared");
        uint256[4] memory sums;
        uint256 owedWh = 0;
        for (uint256 i = 0; i < _count; ++i) {
            check(((present >> i) & 1 == 1) == _homes[i].present, "who was read");
            owedWh += judgeHome(i, amounts[i], is_, sums);
        }
        if (sharedWh != 0) _seen[0]++;
        if (owedWh != 0) _seen[1]++;
        if (sums[3] != 0) _seen[3]++;
        equal(sums[0], sharedWh, "P1: sold");
        equal(sums[1], sharedWh, "P1: bought");
        equal(after_[0], before[0], "P2: money of all together");
        equal(after_[2], before[2] + sharedWh * is_.fee, "P2: the fee");
        equal(cash(address(pool)) + energy(address(pool)), 0, "P2: nothing stays in the pool");
        equal(after_[1], after_[4], "P2: the market holds what its accounts have");
        check(
            int256(after_[4]) - int256(before[4]) - int256(owedWh) == int256(sums[2]) - int256(after_[3]),
            "P7: minted - burned - change of debt = export - import"
        );
    }

    /// @dev One member's part of the slot, and what it meant. `sums`: sold, bought, surplus, left.
    function judgeHome(
        uint256 i,
        uint256 word,
        Expected memory is_,
        uint256[4] memory sums
    ) private returns (uint256 owedWh) {
        Home memory one = _homes[i];
        (uint256 shared, uint256 utility, uint256 left) = (
            uint64(word >> 128),
            uint64(word >> 64),
            uint64(word)
        );
        owedWh = arrears(i) - one.arrearsWh;
        if (!one.present || one.netWh == 0) {
            equal(word, 0, "P6: nothing is told");
            equal(cash(ownerOf(i)), one.cash, "P6: nothing is paid");
            check(open(i) == -one.netWh, "P6: who was not read keeps what it has open");
            return owedWh;
        }
        check(open(i) == 0, "P6: who was read has nothing open");
        uint256 metered = uint256(one.netWh > 0 ? one.netWh : -one.netWh);
        equal(shared + utility + left, metered, "P3: all that was metered and no more");
        if (!accepts(one, is_)) equal(shared, 0, "P3: nobody trades beyond its limit");
        equal(word >> 192, one.netWh > 0 ? 1 : 2, "which side");
        if (one.netWh > 0) {
            if (accepts(one, is_)) near(shared, metered * is_.sharedWh, is_.offeredWh);
            equal(cash(ownerOf(i)), one.cash + shared * is_.price + utility * is_.feedIn, "P2: earned");
            equal(owedWh, 0, "a seller owes nothing");
            sums[0] += shared;
            sums[2] += metered;
            sums[3] += left;
        } else {
            if (accepts(one, is_)) near(shared, wanted(one) * is_.sharedWh, is_.wantedWh);
            uint256 paid = shared * (is_.price + is_.fee) + utility * is_.retail;
            equal(cash(ownerOf(i)), one.cash - paid, "P2: paid, P3: no more than it has");
            check(shared + utility <= one.payableWh, "P3: nobody without money or consent");
            equal(owedWh, left, "what is left is arrears");
            sums[1] += shared;
        }
    }

    function near(uint256 part, uint256 dividend, uint256 divisor) private pure {
        if (divisor == 0) return;
        uint256 floor = dividend / divisor;
        check(part == floor || part == (dividend + divisor - 1) / divisor, "P4: by metered Wh");
    }

    /// @return sums Money, energy of all accounts, the fee's account, import read, ETK there is
    function totals() private view returns (uint256[5] memory sums) {
        for (uint256 i = 0; i < _count; ++i) {
            sums[0] += cash(ownerOf(i));
            sums[1] += energy(ownerOf(i));
            if (_homes[i].present && _homes[i].netWh < 0) sums[3] += uint256(-_homes[i].netWh);
        }
        sums[0] += cash(UTILITY) + cash(GRID) + cash(address(pool));
        sums[1] += energy(UTILITY) + energy(GRID) + energy(address(pool));
        sums[2] = cash(GRID);
        sums[4] = energyToken.totalSupply();
    }

    function told() private returns (uint256 present, uint256[] memory amounts) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        check(last.topics[0] == ISlotPool.SlotCleared.selector, "the slot is told last");
        (, , present, amounts) = abi.decode(last.data, (uint256, uint256, uint256, uint256[]));
    }

    /// @dev A member leaves; what it had open is settled as ever; it comes back at the end of the list.
    function replace(uint256 i) private {
        if (pool.members(community)[_count - 1] != home(i)) return;
        pool.quit(home(i));
        uint256 wallet = energyToken.balanceOf(ownerOf(i));
        if (wallet != 0) {
            approveAll(ownerOf(i));
            vm.prank(ownerOf(i));
            market.deposit(uint128(wallet), 0);
        }
        joinAs(i, 1, ANY);
    }

    function draw(uint256 bound) private returns (uint256) {
        return uint256(keccak256(abi.encode(_seed, ++_draws))) % bound;
    }
}
