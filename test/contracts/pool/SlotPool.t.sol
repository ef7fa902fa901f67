// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IOfferBoard} from "../../../contracts/src/market/IEnergyMarket.sol";
import {Standing} from "../../../contracts/src/metering/Connection.sol";
import {IEnergyConverter} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @notice The branches of SlotPool.tree, and what attackers gain: nothing.
contract SlotPoolTest is PoolFixture {
    address private constant STRANGER = address(0x5EED);

    function setUp() public {
        deployPool(false);
        addHomes(4);
        begin(4);
    }

    /* CLEARING */

    function test_Clear_SharesAtThePriceThatScarcityMakes() public {
        toSlotEnd();
        read(0, 1_000, 0);
        read(1, 0, 500);
        read(2, 0, 500);
        read(3, 200, 200);
        (uint256 price, uint256 sharedWh) = clear();
        // As much as is needed: half-way between feed-in and retail less the fee.
        equal(price, 900_000 + (1_445_000 - 100_000 - 900_000) / 2, "price");
        equal(sharedWh, 1_000, "all of it");
        equal(cash(ownerOf(0)), 1e15 + 1_000 * price, "the seller earned");
        equal(cash(ownerOf(1)), 1e15 - 500 * (price + 100_000), "the buyer paid, and the fee");
        equal(cash(GRID), 1_000 * 100_000, "the fee");
        equal(cash(UTILITY), 1e18, "the utility has no part in it");
        equal(cash(address(pool)), 0, "nothing stays in the pool");
        equal(energyToken.balanceOf(ownerOf(0)), 0, "no energy is minted to anybody");
        equal(uint256(open(0) + open(1) + open(2) + open(3)), 0, "everything is converted");
    }

    function test_Clear_ThePriceEndsAtTheUtilitysTwo() public {
        uint64[2][5] memory cases = [
            [uint64(4_000), 1_000],
            [uint64(2_000), 1_000],
            [uint64(1_500), 1_000],
            [uint64(1_000), 2_000],
            [uint64(1_000), 4_000]
        ];
        uint256 span = 445_000;
        uint256[5] memory prices = [uint256(900_000), 900_000, 900_000 + span / 5, 1_345_000, 1_345_000];
        for (uint256 i = 0; i < 5; ++i) {
            toSlotEnd();
            read(0, cases[i][0], 0);
            read(1, 0, cases[i][1]);
            read(2, 0, 0);
            read(3, 0, 0);
            (uint256 price, ) = clear();
            equal(price, prices[i], "price");
        }
    }

    function test_Clear_TheUtilityTakesAndGivesTheRest() public {
        uint256 had = energy(UTILITY);
        toSlotEnd();
        read(0, 3_000, 0);
        read(1, 0, 1_000);
        read(2, 0, 0);
        read(3, 0, 0);
        clear();
        equal(energy(UTILITY), had + 2_000, "what nobody needed");
        equal(cash(ownerOf(0)), 1e15 + 3_000 * 900_000, "at the feed-in");
        toSlotEnd();
        read(0, 0, 700);
        read(1, 0, 0);
        read(2, 0, 0);
        read(3, 0, 0);
        (uint256 price, uint256 sharedWh) = clear();
        equal(price + sharedWh, 0, "nothing was shared");
        equal(energy(UTILITY), had + 1_300, "what nobody had");
        equal(cash(ownerOf(0)), 1e15 + 3_000 * 900_000 - 700 * 1_445_000, "at retail");
    }

    function test_Clear_ALimitDeclinesThePriceAndMovesItForNobody() public {
        vm.prank(ownerOf(0));
        pool.setLimits(home(0), ANY, ANY);
        vm.prank(ownerOf(1));
        pool.setLimits(home(1), 1, 1);
        toSlotEnd();
        read(0, 500, 0);
        read(1, 0, 500);
        read(2, 500, 0);
        read(3, 0, 500);
        (uint256 price, uint256 sharedWh) = clear();
        equal(price, 1_122_500, "as if everybody had accepted it");
        equal(sharedWh, 500, "between those who do");
        equal(cash(ownerOf(0)), 1e15 + 500 * 900_000, "who declines sells to the utility");
        equal(cash(ownerOf(1)), 1e15 - 500 * 1_445_000, "who declines buys from it");
    }

    function test_Clear_ALimitIsExact() public {
        equal(_sharedAt(1_123, 1_223), 0, "the seller declines: 1,122.5 is below 1,123");
        equal(_sharedAt(1_122, 1_222), 0, "the buyer declines: with the fee, 1,222.5 is above 1,222");
        equal(_sharedAt(1_122, 1_223), 500, "both accept it");
    }

    /// @dev Where there is as much as is needed.
    function _sharedAt(uint16 sellFrom, uint16 buyUpTo) private returns (uint256 sharedWh) {
        vm.prank(ownerOf(0));
        pool.setLimits(home(0), sellFrom, ANY);
        vm.prank(ownerOf(1));
        pool.setLimits(home(1), 1, buyUpTo);
        toSlotEnd();
        read(0, 500, 0);
        read(1, 0, 500);
        read(2, 0, 0);
        read(3, 0, 0);
        (, sharedWh) = clear();
    }

    function test_Clear_WithoutMoneyOrConsent_IsArrears_AndBlocksNobody() public {
        vm.prank(ownerOf(1));
        market.withdraw(0, 1e15 - 100 * 1_445_000);
        vm.prank(ownerOf(2));
        market.authorizeModule(address(pool), false);
        toSlotEnd();
        read(0, 2_000, 0);
        read(1, 0, 300);
        read(2, 0, 300);
        read(3, 0, 300);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.FellBehind(home(1), 200, 200);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.CreditExceeded(home(1), 200);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 400, "what could be paid");
        equal(arrears(1), 200, "what could not");
        equal(arrears(2), 300, "who did not consent owes it all");
        equal(cash(ownerOf(2)), 1e15, "and pays nothing");
        // Later export never repays it, `repay` does.
        toSlotEnd();
        read(0, 0, 0);
        read(1, 500, 0);
        read(2, 0, 0);
        read(3, 0, 0);
        clear();
        equal(arrears(1), 200, "still");
        giveEnergy(STRANGER, 150);
        vm.prank(STRANGER);
        converter.repay(home(1), 150);
        equal(arrears(1), 50, "repaid");
        giveEnergy(STRANGER, 51);
        vm.prank(STRANGER);
        converter.repay(home(1), 51);
        equal(arrears(1), 0, "no more than is owed");
        equal(energyToken.balanceOf(STRANGER), 1, "the rest is the payer's");
    }

    /// @dev Attack: a utility that pays nothing gets what members have left over, whatever their limits are.
    function test_Clear_AtAFeedInOf0_MembersKeepWhatNoNeighbourTook() public {
        vm.prank(UTILITY);
        pool.announceTariff(community, RETAIL, 0);
        vm.warp(time() + NOTICE);
        begin(4);
        vm.prank(ownerOf(0));
        pool.setLimits(home(0), 1, ANY);
        vm.prank(ownerOf(1));
        pool.setLimits(home(1), ANY, ANY);
        uint256 had = energy(UTILITY);
        toSlotEnd();
        read(0, 800, 0);
        read(1, 700, 0);
        read(2, 0, 1_000);
        read(3, 0, 0);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 800, "neighbours share at a price that is not nothing");
        equal(energy(UTILITY), had - 200, "the utility gives, and takes nothing for nothing");
        equal(energy(ownerOf(1)), 700, "what its limit declined is its producer's");
        toSlotEnd();
        read(0, 3_000, 0);
        read(1, 0, 0);
        read(2, 0, 1_000);
        read(3, 0, 0);
        clear();
        equal(energy(UTILITY), had - 1_200, "also where the price is nothing");
        equal(energy(ownerOf(0)), 3_000, "and nobody shares at that");
        toSlotEnd();
        read(0, 0, 400);
        read(1, 0, 0);
        read(2, 0, 0);
        read(3, 0, 0);
        clear();
        equal(energy(UTILITY), had - 1_600, "it sells at retail as ever");
    }

    function test_Clear_WhenTheUtilityHasNothing_SellersKeepTheirEnergyAndBuyersOwe() public {
        vm.prank(UTILITY);
        market.authorizeModule(address(pool), false);
        toSlotEnd();
        read(0, 3_000, 0);
        read(1, 0, 1_000);
        read(2, 0, 0);
        read(3, 0, 0);
        clear();
        equal(energy(ownerOf(0)), 2_000, "left");
        toSlotEnd();
        read(0, 0, 400);
        read(1, 0, 0);
        read(2, 0, 0);
        read(3, 0, 0);
        clear();
        equal(arrears(0), 400, "nobody had it; its own energy is not burned for it");
        equal(energy(ownerOf(0)), 2_000, "untouched");
    }

    function test_Clear_AnAbsentMember_IsWaitedFor_ThenItsGapIsTheUtilitys() public {
        toSlotEnd();
        read(1, 0, 500);
        read(2, 0, 0);
        read(3, 0, 0);
        vm.warp(slotEnd + PATIENCE - 1);
        _waitsFor(1);
        vm.warp(slotEnd + PATIENCE);
        clear();
        uint256 paid = cash(ownerOf(0));
        uint256 sharedWh = _slotOf800();
        equal(sharedWh, 0, "energy of two slots is nobody's in this one");
        equal(cash(ownerOf(0)), paid + 800 * 900_000, "the utility's");
        sharedWh = _slotOf800();
        equal(sharedWh, 800, "back in time");
    }

    /// @dev It was read at the end of the slot before, as the others were: from there on its energy is this slot's,
    ///      whether it joins just before that is cleared or at any time until this one is.
    function test_Join_WhoWasReadAtTheSlotsBeginning_SharesIt() public {
        _addFifth();
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 0, 0);
        vm.warp(slotEnd + TOLERANCE);
        read(4, 700, 0);
        uint256 fresh = vm.snapshotState();

        joinAs(4, 1, ANY);
        clear();
        equal(pool.community(community).present, 31, "joined before the clearing");
        uint256[5] memory cashBefore = _slotOfTheFifth();
        vm.revertToState(fresh);

        clear();
        joinAs(4, 1, ANY);
        equal(pool.community(community).present, 31, "joined after it");
        uint256[5] memory cashAfter = _slotOfTheFifth();
        for (uint256 i = 0; i < 5; ++i) equal(cashAfter[i], cashBefore[i], "the same");
        vm.revertToState(fresh);

        clear();
        toSlotEnd();
        joinAs(4, 1, ANY);
        uint256[5] memory cashLate = _slotOfTheFifth();
        for (uint256 i = 0; i < 5; ++i)
            equal(cashLate[i], cashBefore[i], "joined when the slot was over: the same");
        equal(
            energyToken.balanceOf(ownerOf(4)),
            700,
            "what it had exported before is its own, and was not shared"
        );
    }

    /// @dev Attack: what was not metered from the slot's beginning on, or was minted already, is sold as the slot's.
    function test_Attack_JoiningInTheMiddleOfASlot() public {
        _addFifth();
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 0, 0);
        clear();
        uint40[3] memory times = [slotEnd - 1, slotEnd + TOLERANCE + 1, slotEnd + SLOT - 60];
        uint256 fresh = vm.snapshotState();
        for (uint256 i = 0; i < times.length; ++i) {
            vm.revertToState(fresh);
            fresh = vm.snapshotState();
            vm.warp(times[i]);
            read(4, 700, 0);
            joinAs(4, 1, ANY);
            equal(pool.community(community).present, 15, "was not read at its beginning");
            slotEnd = pool.community(community).clearedTo + SLOT;
            vm.warp(slotEnd);
            read(4, 300, 0);
            for (uint256 other = 0; other < 4; ++other) read(other, 0, 250);
            (, uint256 sharedWh) = clear();
            equal(sharedWh, 0, "nothing of it is shared");
            equal(energyToken.balanceOf(ownerOf(4)), 700, "minted, once");
            equal(cash(ownerOf(4)), 1e15 + 300 * 900_000, "and the utility's, once");
        }
    }

    /// @dev Where nothing was cleared for long, or never, no reading stands at its end.
    function test_Join_WhereTheLatestClearedSlotIsLongOver_IsNotPresent() public {
        for (uint256 i = 0; i < 4; ++i) pool.quit(home(i));
        toSlotEnd();
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 0, 0);
        joinAs(0, 1, ANY);
        equal(pool.community(community).present, 0, "the latest cleared slot ended two before");
        uint32 other = accepted(pool.createCommunity(UTILITY, GRID, RETAIL, FEED_IN, FEE), UTILITY);
        pool.admit(home(1), other);
        vm.prank(ownerOf(1));
        pool.join(home(1), other, 1, ANY);
        equal(pool.community(other).present, 0, "none was cleared");
    }

    function _addFifth() private {
        addMeter(home(4), ownerOf(4), IMeterRegistry.MeterKind.Prosumer, 0);
        fund(ownerOf(4), 0, 1e15);
        allow(ownerOf(4));
        vm.warp(time() + 60);
        settle(home(4), 0, 0);
    }

    /// @return cash_ What each has after a slot in which the fifth sold 600 Wh to two of the others
    function _slotOfTheFifth() private returns (uint256[5] memory cash_) {
        slotEnd = pool.community(community).clearedTo + SLOT;
        vm.warp(slotEnd + TOLERANCE);
        read(4, 600, 0);
        for (uint256 i = 0; i < 4; ++i) read(i, 0, i < 2 ? 300 : 0);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 600, "all that it exported since it was read");
        for (uint256 i = 0; i < 5; ++i) cash_[i] = cash(ownerOf(i));
    }

    /// @dev Somebody clears as soon as one member was read; the others' readings, in time, come in a later batch.
    function test_Attack_ClearingInAHurryKeepsNobodyOut() public {
        toSlotEnd();
        read(0, 800, 0);
        vm.warp(slotEnd + PATIENCE);
        clear();
        // They had been read in time, and were only settled late.
        for (uint256 i = 1; i < 4; ++i) readAt(i, slotEnd + 1);
        toSlotEnd();
        read(0, 800, 0);
        _waitsFor(14);
        read(1, 0, 800);
        read(2, 0, 0);
        read(3, 0, 0);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 0, "the slot that was cleared in a hurry is lost to sharing");
        sharedWh = _slotOf800();
        equal(sharedWh, 800, "and the next one is not");
    }

    function test_Attack_AGridsMeterIsNoNeighbour() public {
        addMeter(home(9), ownerOf(9), IMeterRegistry.MeterKind.Grid, 0);
        vm.warp(time() + 60);
        read(9, 0, 0);
        fund(ownerOf(9), 0, 1);
        pool.admit(home(9), community);
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, (home(9), community, 1, 1)),
            abi.encodeWithSelector(IMeterRegistry.GridMeter.selector, home(9))
        );
    }

    function test_Clear_ReadingsBetween_OnlyCount() public {
        vm.warp(time() + 300);
        uint256 supply = energyToken.totalSupply();
        read(0, 300, 0);
        equal(energyToken.totalSupply(), supply, "nothing is minted");
        check(open(0) == -300, "it only counts");
        vm.warp(time() + 300);
        read(0, 0, 100);
        toSlotEnd();
        read(0, 300, 0);
        read(1, 0, 500);
        read(2, 0, 0);
        read(3, 0, 0);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 500, "the slot's net of all its readings");
    }

    function test_Clear_ToleratesReadingsShortlyAfter_NotBefore() public {
        toSlotEnd();
        vm.warp(slotEnd - 1);
        read(0, 100, 0);
        vm.warp(slotEnd + TOLERANCE);
        read(1, 0, 100);
        vm.warp(slotEnd + TOLERANCE + 1);
        read(2, 0, 100);
        vm.warp(slotEnd + PATIENCE);
        vm.recordLogs();
        clear();
        equal(pool.community(community).present, 2, "one second early or late is another time");
    }

    function test_Attack_ClearingEarlyTwiceLateOrOutOfOrder() public {
        uint40 before = slotEnd;
        bytes memory call = abi.encodeCall(pool.clear, (community, before));
        refusePool(
            STRANGER,
            call,
            abi.encodeWithSelector(ISlotPool.AlreadyCleared.selector, community, before)
        );
        call = abi.encodeCall(pool.clear, (community, before - SLOT));
        refusePool(
            STRANGER,
            call,
            abi.encodeWithSelector(ISlotPool.AlreadyCleared.selector, community, before)
        );
        call = abi.encodeCall(pool.clear, (community, before + SLOT));
        refusePool(
            STRANGER,
            call,
            abi.encodeWithSelector(ISlotPool.SlotInFuture.selector, before + SLOT, time())
        );
        call = abi.encodeCall(pool.clear, (community, before + 1));
        refusePool(STRANGER, call, abi.encodeWithSelector(ISlotPool.NotSlotEnd.selector, before + 1, SLOT));
        vm.warp(before + SLOT + 1 days);
        call = abi.encodeCall(pool.clear, (community, before + SLOT));
        refusePool(
            STRANGER,
            call,
            abi.encodeWithSelector(ISlotPool.NobodyRead.selector, community, before + SLOT)
        );
        refusePool(
            STRANGER,
            abi.encodeCall(pool.clear, (77, before)),
            abi.encodeWithSelector(ISlotPool.UnknownCommunity.selector, 77)
        );
    }

    function test_Attack_SkippingASlot_SharesNothingThatHasNoSlot() public {
        vm.warp(time() + 2 * SLOT);
        slotEnd = (time() / SLOT) * SLOT;
        read(0, 500, 0);
        read(1, 0, 500);
        _waitsFor(12);
        read(2, 0, 0);
        read(3, 0, 0);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 0, "all of it is of two slots");
    }

    /// @dev A home whose limits lie, that withholds by limits, or that is two homes, gains nothing over honest limits.
    function testFuzz_Attack_LimitsThatLieGainNothing(
        uint16 own,
        uint16 others,
        uint16 need,
        uint16 sellFrom,
        bool split
    ) public {
        vm.assume(sellFrom != 0);
        uint256 snapshot = vm.snapshotState();
        uint256 honest = _earned(own, others, need, 1, 1);
        vm.revertToState(snapshot);
        uint256 lied = _earned(own, others, need, sellFrom, split ? 1 : sellFrom);
        check(lied <= honest + 1_345_000, "not more than a Wh of rounding");
    }

    function _earned(
        uint16 own,
        uint16 others,
        uint16 need,
        uint16 first,
        uint16 second
    ) private returns (uint256) {
        vm.prank(ownerOf(0));
        pool.setLimits(home(0), first, ANY);
        vm.prank(ownerOf(1));
        pool.setLimits(home(1), second, ANY);
        toSlotEnd();
        read(0, own / 2, 0);
        read(1, own - own / 2, 0);
        read(2, others, 0);
        read(3, 0, need);
        clear();
        return cash(ownerOf(0)) + cash(ownerOf(1));
    }

    function test_Attack_APuppetSellerMovesNothing() public {
        vm.prank(ownerOf(3));
        pool.setLimits(home(3), 1_345, ANY);
        toSlotEnd();
        read(0, 10_000, 0);
        read(1, 0, 10_000);
        read(2, 0, 0);
        read(3, 1, 0);
        (uint256 price, ) = clear();
        check(price >= 1_122_000 && price <= 1_122_500, "by the weight of its Wh alone");
    }

    function test_Attack_QuittingToEscapeASlot() public {
        toSlotEnd();
        read(0, 1_000, 0);
        read(1, 0, 1_000);
        read(2, 300, 0);
        read(3, 0, 0);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.SlotsLeft(home(1), 0, 1_000);
        vm.prank(ownerOf(1));
        pool.quit(home(1));
        equal(arrears(1), 1_000, "its need is debt");
        vm.prank(ownerOf(2));
        pool.quit(home(2));
        equal(energyToken.balanceOf(ownerOf(2)), 300, "open surplus is minted, once");
        check(open(2) == 0, "once");
        clear();
        equal(cash(ownerOf(0)), 1e15 + 1_000 * 900_000, "the others are not held up");
        refusePool(
            ownerOf(1),
            abi.encodeCall(pool.join, (home(1), community, 1, 1)),
            abi.encodeWithSelector(ISlotPool.NotAdmitted.selector, home(1), community)
        );
        joinAs(1, 1, ANY);
        equal(arrears(1), 1_000, "what it owed it still owes");
        toSlotEnd();
        read(1, 0, 0);
        read(0, 0, 0);
        read(3, 0, 0);
        clear();
    }

    /// @dev Attack: last month's Wh, put right when the slot is dear, sold to neighbours as this slot's.
    function test_Attack_ACorrectionInADearSlot() public {
        toSlotEnd();
        read(0, 100, 0);
        read(1, 0, 1_000);
        read(2, 0, 0);
        read(3, 0, 0);
        uint256 fresh = vm.snapshotState();
        (uint256 price, uint256 sharedWh) = clear();
        check(price == 1_345_000 && sharedWh == 100, "dear");
        vm.revertToState(fresh);
        correct(0, 500, 0);
        correct(1, 0, 300);
        check(open(0) == -100 && open(1) == 1_000, "what is open is metered in the slot");
        equal(energyToken.balanceOf(ownerOf(0)), 500, "more export is minted, undated");
        equal(arrears(1), 300, "more import is owed");
        (uint256 withThem, uint256 sharedWithThem) = clear();
        check(withThem == price && sharedWithThem == sharedWh, "neither is part of it");
        correct(1, 0, -200);
        equal(arrears(1), 100, "and put right again");
        correct(1, 150, 0);
        equal(arrears(1) + 50, energyToken.balanceOf(ownerOf(1)), "arrears are repaid, the rest is minted");
    }

    /// @dev Attack: a correction of one Wh, with which all arrears would be collected that its owner did not sign for.
    function test_Attack_ACorrectionCollectsNoArrears() public {
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 0, 0);
        correct(1, 0, 300);
        equal(arrears(1), 300, "nothing to burn");
        correct(1, 0, -100);
        correct(2, 500, 0);
        vm.prank(ownerOf(2));
        energyToken.transfer(ownerOf(1), 500);
        correct(1, 0, 1);
        equal(energyToken.balanceOf(ownerOf(1)), 499, "the Wh that was signed for, and no other");
        equal(arrears(1), 200, "as before");
        correct(1, 0, 600);
        equal(energyToken.balanceOf(ownerOf(1)), 0, "as far as it goes");
        equal(arrears(1), 301, "the rest is owed as well");
    }

    function correct(uint256 i, int64 exportWh, int64 importWh) private {
        converter.proposeCorrection(home(i), exportWh, importWh, "evidence");
        vm.prank(ownerOf(i));
        converter.acceptCorrection(home(i), exportWh, importWh, "evidence");
    }

    /// @dev Arrears and open need together may be more than a debt holds.
    function test_Quit_WhenTheDebtWouldNotFit_Reverts() public {
        uint64 most = uint64(uint56(type(int56).max));
        vm.prank(ownerOf(0));
        market.authorizeModule(address(pool), false);
        registry.setRating(home(0), type(uint32).max, type(uint32).max);
        vm.warp(time() + 400_000 days);
        toSlotEnd();
        read(0, 0, most);
        for (uint256 i = 1; i < 4; ++i) read(i, 0, 0);
        clear();
        equal(arrears(0), most, "as much as can be owed");
        vm.warp(time() + 60);
        read(0, 0, 1);
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.quit, (home(0))),
            abi.encodeWithSelector(IEnergyConverter.DebtTooLarge.selector, home(0), uint256(most) + 1)
        );
        // It counts on, and whoever repays a Wh lets it go.
        giveEnergy(STRANGER, 1);
        vm.prank(STRANGER);
        converter.repay(home(0), 1);
        vm.prank(ownerOf(0));
        pool.quit(home(0));
        equal(arrears(0), most, "all of it");
    }

    function test_Attack_AStrangerTurnsAPoolsKnobs() public {
        bytes memory denied = abi.encodeWithSelector(
            IAccessManaged.AccessManagedUnauthorized.selector,
            STRANGER
        );
        refusePool(STRANGER, abi.encodeCall(pool.createCommunity, (UTILITY, GRID, 2, 1, 0)), denied);
        refusePool(STRANGER, abi.encodeCall(pool.setFee, (community, 0)), denied);
        refusePool(STRANGER, abi.encodeCall(pool.setSlotLength, (community, 900)), denied);
        refusePool(STRANGER, abi.encodeCall(pool.admit, (home(0), community)), denied);
        refusePool(STRANGER, abi.encodeCall(pool.quit, (home(0))), denied);
        refuse(STRANGER, address(converter), abi.encodeCall(converter.setPool, (STRANGER)), denied);
        bytes memory onlyPool = abi.encodeWithSelector(IEnergyConverter.OnlyPool.selector, STRANGER);
        bytes32[] memory none = new bytes32[](0);
        uint256[] memory nothing = new uint256[](0);
        address target = address(converter);
        refuse(STRANGER, target, abi.encodeCall(converter.joinSlots, (home(0))), onlyPool);
        refuse(STRANGER, target, abi.encodeCall(converter.leaveSlots, (home(0))), onlyPool);
        refuse(STRANGER, target, abi.encodeCall(converter.closeSlot, (none, nothing)), onlyPool);
        refuse(
            STRANGER,
            address(registry),
            abi.encodeCall(registry.setSlotted, (home(0), false)),
            abi.encodeWithSelector(IMeterRegistry.OnlyConverter.selector, STRANGER)
        );
        refusePool(
            STRANGER,
            abi.encodeCall(pool.announceTariff, (community, 2, 1)),
            abi.encodeWithSelector(ISlotPool.NotUtility.selector, community, STRANGER)
        );
        refusePool(
            STRANGER,
            abi.encodeCall(pool.setLimits, (home(0), 1, 1)),
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, home(0), STRANGER)
        );
    }

    /* TERMS */

    function test_Tariff_BindsOnlySlotsAfterItsNotice() public {
        uint40 from = time() + NOTICE;
        vm.expectEmit(address(pool));
        emit ISlotPool.TariffAnnounced(community, 2_000, 100, from);
        vm.prank(UTILITY);
        pool.announceTariff(community, 2_000, 100);
        equal(pool.community(community).retail, RETAIL, "not yet");
        // The last slot that begins before it, cleared after it: at its own terms.
        vm.warp(from - 1);
        toSlotEnd();
        check(slotEnd - SLOT < from && slotEnd >= from, "across the change");
        for (uint256 i = 0; i < 4; ++i) read(i, 0, i == 0 ? 100 : 0);
        refusePool(
            UTILITY,
            abi.encodeCall(pool.announceTariff, (community, 3_000, 1)),
            abi.encodeWithSelector(ISlotPool.TariffPending.selector, community, from)
        );
        clear();
        equal(cash(ownerOf(0)), 1e15 - 100 * 1_445_000, "the old tariff");
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 0, i == 0 ? 100 : 0);
        clear();
        equal(cash(ownerOf(0)), 1e15 - 100 * 1_445_000 - 100 * 2_000_000, "the new one");
        pool.setFee(community, 500);
        equal(pool.community(community).retail, 2_000, "in force");
        equal(pool.community(community).fee, FEE, "the fee not yet");
        vm.warp(time() + NOTICE);
        equal(pool.community(community).fee, 500, "now");
    }

    /// @dev Attack: the operator, or the utility, always has a change announced, so that the other never can.
    function test_Attack_AnAnnouncementBlocksNobodyElses() public {
        uint40 first = time() + NOTICE;
        pool.setFee(community, 0);
        vm.warp(time() + 1 days);
        vm.prank(UTILITY);
        pool.announceTariff(community, 1_000, 1_000);
        refusePool(
            address(this),
            abi.encodeCall(pool.setFee, (community, 1)),
            abi.encodeWithSelector(ISlotPool.TariffPending.selector, community, first)
        );
        refusePool(
            UTILITY,
            abi.encodeCall(pool.announceTariff, (community, 3_000, 1)),
            abi.encodeWithSelector(ISlotPool.TariffPending.selector, community, first + 1 days)
        );
        vm.warp(first);
        ISlotPool.Community memory is_ = pool.community(community);
        check(is_.fee == 0 && is_.retail == RETAIL && is_.feedIn == FEED_IN, "the fee first");
        vm.warp(first + 1 days);
        is_ = pool.community(community);
        check(is_.fee == 0 && is_.retail == 1_000 && is_.feedIn == 1_000, "then the tariff");
    }

    /// @dev Each is checked against what the other will be when it begins.
    function test_Terms_FitWhatWasAnnouncedBefore() public {
        vm.prank(UTILITY);
        pool.announceTariff(community, 1_000, 900);
        refusePool(
            address(this),
            abi.encodeCall(pool.setFee, (community, 101)),
            abi.encodeWithSelector(ISlotPool.InvalidTariff.selector, 1_000, 900, 101)
        );
        pool.setFee(community, 0);
        vm.warp(time() + NOTICE);
        begin(4);
        // Both have begun, and neither was written down.
        refusePool(
            UTILITY,
            abi.encodeCall(pool.announceTariff, (community, 1_000, 1_001)),
            abi.encodeWithSelector(ISlotPool.InvalidTariff.selector, 1_000, 1_001, 0)
        );
        vm.prank(UTILITY);
        pool.announceTariff(community, 1_000, 1_000);
        refusePool(
            address(this),
            abi.encodeCall(pool.setFee, (community, 1)),
            abi.encodeWithSelector(ISlotPool.InvalidTariff.selector, 1_000, 1_000, 1)
        );
    }

    function test_Terms_OutOfRange_Revert() public {
        refusePool(
            address(this),
            abi.encodeCall(pool.setFee, (community, 501)),
            abi.encodeWithSelector(ISlotPool.FeeTooHigh.selector, 501, 500)
        );
        refusePool(
            UTILITY,
            abi.encodeCall(pool.announceTariff, (community, 1_000, 901)),
            abi.encodeWithSelector(ISlotPool.InvalidTariff.selector, 1_000, 901, FEE)
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.createCommunity, (UTILITY, GRID, 0, 0, 0)),
            abi.encodeWithSelector(ISlotPool.InvalidTariff.selector, 0, 0, 0)
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.createCommunity, (STRANGER, GRID, 2, 0, 0)),
            abi.encodeWithSelector(ISlotPool.NoAccount.selector, STRANGER)
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.createCommunity, (UTILITY, STRANGER, 2, 0, 0)),
            abi.encodeWithSelector(ISlotPool.NoAccount.selector, STRANGER)
        );
        bytes memory unknown = abi.encodeWithSelector(ISlotPool.UnknownCommunity.selector, 9);
        refusePool(address(this), abi.encodeCall(pool.setFee, (9, 1)), unknown);
        refusePool(UTILITY, abi.encodeCall(pool.announceTariff, (9, 1, 1)), unknown);
        refusePool(address(this), abi.encodeCall(pool.admit, (home(0), 9)), unknown);
    }

    function test_Terms_WithoutMembersFollowTheClock() public {
        uint32 empty = pool.createCommunity(UTILITY, GRID, 10, 1, 0);
        vm.prank(UTILITY);
        pool.announceTariff(empty, 20, 2);
        vm.warp(time() + NOTICE);
        vm.prank(UTILITY);
        pool.announceTariff(empty, 30, 3);
        equal(pool.community(empty).retail, 20, "the first");
    }

    function test_SlotLength_IsFixed_WhereItIsNotAdjustable() public {
        refusePool(
            address(this),
            abi.encodeCall(pool.setSlotLength, (community, 60)),
            abi.encodeWithSelector(ISlotPool.SlotLengthFixed.selector, SLOT)
        );
    }

    /* MEMBERS */

    function test_Join_BadInput_EachHasItsError() public {
        addMeter(home(9), ownerOf(9), IMeterRegistry.MeterKind.Prosumer, 0);
        bytes memory call = abi.encodeCall(pool.join, (home(9), community, 1, 1));
        refusePool(
            STRANGER,
            call,
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, home(9), STRANGER)
        );
        refusePool(
            ownerOf(9),
            call,
            abi.encodeWithSelector(ISlotPool.NotAdmitted.selector, home(9), community)
        );
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, (home(9), 0, 1, 1)),
            abi.encodeWithSelector(ISlotPool.NotAdmitted.selector, home(9), 0)
        );
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, (home(9), 77, 1, 1)),
            abi.encodeWithSelector(ISlotPool.NotAdmitted.selector, home(9), 77)
        );
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, ("nobody", community, 1, 1)),
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, bytes32("nobody"), ownerOf(9))
        );
        pool.admit(home(9), community);
        equal(pool.admittedTo(home(9)), community, "admitted");
        refusePool(ownerOf(9), call, abi.encodeWithSelector(ISlotPool.NoAccount.selector, ownerOf(9)));
        fund(ownerOf(9), 0, 1);
        refusePool(ownerOf(9), call, abi.encodeWithSelector(IEnergyConverter.NoBaseline.selector, home(9)));
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, (home(9), community, 0, 1)),
            abi.encodeWithSelector(ISlotPool.InvalidLimits.selector, 0, 1)
        );
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.join, (home(9), community, 1, 0)),
            abi.encodeWithSelector(ISlotPool.InvalidLimits.selector, 1, 0)
        );
        vm.warp(time() + 60);
        read(9, 0, 0);
        registry.suspend(home(9));
        refusePool(
            ownerOf(9),
            call,
            abi.encodeWithSelector(IEnergyConverter.NotSettling.selector, home(9), Standing.Suspended)
        );
        registry.resume(home(9));
        vm.prank(ownerOf(9));
        pool.join(home(9), community, 5, 6);
        (uint32 where, uint8 place, uint16 sellFrom, uint16 buyUpTo, uint32 account) = pool.member(home(9));
        check(where == community && place == 4 && sellFrom == 5 && buyUpTo == 6 && account != 0, "a member");
        pool.admit(home(9), community);
        refusePool(
            ownerOf(9),
            call,
            abi.encodeWithSelector(ISlotPool.AlreadyMember.selector, home(9), community)
        );
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.quit, ("nobody")),
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, ownerOf(9))
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.quit, ("nobody")),
            abi.encodeWithSelector(ISlotPool.NotMember.selector, bytes32("nobody"))
        );
        pool.admit(home(9), 0);
        equal(pool.admittedTo(home(9)), 0, "no longer");
    }

    function test_Limits_BadInput_EachHasItsError() public {
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.setLimits, (home(0), 0, 7)),
            abi.encodeWithSelector(ISlotPool.InvalidLimits.selector, 0, 7)
        );
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.setLimits, (home(0), 7, 0)),
            abi.encodeWithSelector(ISlotPool.InvalidLimits.selector, 7, 0)
        );
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.setLimits, ("nobody", 1, 1)),
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, bytes32("nobody"), ownerOf(0))
        );
        addMeter(home(9), ownerOf(9), IMeterRegistry.MeterKind.Prosumer, 0);
        refusePool(
            ownerOf(9),
            abi.encodeCall(pool.setLimits, (home(9), 1, 1)),
            abi.encodeWithSelector(ISlotPool.NotMember.selector, home(9))
        );
        (, , uint16 sellFrom, uint16 buyUpTo, ) = pool.member(home(0));
        check(sellFrom == 1 && buyUpTo == ANY, "as they were");
    }

    /// @dev A meter behind another's, and one that nobody's key vouches for, have no slots.
    function test_Join_WhatDoesNotSettle_Reverts() public {
        IMeterRegistry.MeterKind kind = IMeterRegistry.MeterKind.Prosumer;
        IMeterRegistry.Registration memory meter = registration(home(9), ownerOf(0), kind, 0);
        meter.connectionPoint = 0;
        install(meter);
        _refusesToJoin(home(9), Standing.SubMeter);
        meter = registration(home(10), ownerOf(0), kind, 0);
        meter.trust = IMeterRegistry.TrustClass.C;
        install(meter);
        _refusesToJoin(home(10), Standing.NotTrusted);
    }

    function _refusesToJoin(bytes32 meterId, Standing standing) private {
        pool.admit(meterId, community);
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.join, (meterId, community, 1, 1)),
            abi.encodeWithSelector(IEnergyConverter.NotSettling.selector, meterId, standing)
        );
    }

    function test_Quit_WhoIsLastTakesThePlace() public {
        vm.prank(ownerOf(3));
        pool.setLimits(home(3), 33, 44);
        pool.quit(home(0));
        bytes32[] memory list = pool.members(community);
        equal(list.length, 3, "three");
        check(list[0] == home(3) && list[1] == home(1) && list[2] == home(2), "in this order");
        (, uint8 place, uint16 sellFrom, uint16 buyUpTo, ) = pool.member(home(3));
        check(place == 0 && sellFrom == 33 && buyUpTo == 44, "with its limits");
        (uint32 none, , , , ) = pool.member(home(0));
        equal(none, 0, "no member");
        equal(pool.community(community).present, 7, "and its presence");
        pool.quit(home(3));
        pool.quit(home(1));
        pool.quit(home(2));
        equal(pool.members(community).length, 0, "nobody");
        equal(pool.community(community).present, 0, "nobody");
        joinAs(2, 1, 1);
        equal(pool.members(community).length, 1, "again");
    }

    function test_AMemberDoesNotChangeHands() public {
        vm.prank(ownerOf(0));
        registry.transferMeter(home(0), STRANGER);
        refuse(
            STRANGER,
            address(registry),
            abi.encodeCall(registry.acceptMeter, (home(0), 0)),
            abi.encodeWithSelector(IMeterRegistry.MeterSlotted.selector, home(0))
        );
        pool.quit(home(0));
        vm.prank(STRANGER);
        registry.acceptMeter(home(0), 0);
    }

    function test_ABatteryIsOfferedOrAMember_NeverBoth() public {
        addBattery("battery", ownerOf(0), 10_000, 10_000);
        pool.admit("battery", community);
        bytes memory offer = abi.encodeCall(
            market.createOffer,
            ("battery", 1_000, 1_500_000, CELL, time(), time() + 1 days)
        );
        vm.prank(ownerOf(0));
        (bool done, ) = address(market).call(offer);
        check(done, "offered");
        bytes memory call = abi.encodeCall(pool.join, (bytes32("battery"), community, 1, 1));
        refusePool(
            ownerOf(0),
            call,
            abi.encodeWithSelector(IMeterRegistry.MeterPromised.selector, bytes32("battery"), 1_000)
        );
        vm.prank(ownerOf(0));
        market.cancelOffer(1);
        vm.prank(ownerOf(0));
        (done, ) = address(pool).call(call);
        check(done, "a member");
        refuse(
            ownerOf(0),
            address(market),
            offer,
            abi.encodeWithSelector(IOfferBoard.BatterySlotted.selector, bytes32("battery"))
        );
    }

    function test_ABatteryThatJoinedAfterItsOfferWasSoldOut_PromisesNothingMore() public {
        addBattery("battery", ownerOf(0), 10_000, 10_000);
        pool.admit("battery", community);
        uint40 until = time() + 1 days;
        vm.prank(ownerOf(0));
        market.createOffer("battery", 1_000, 1_500_000, CELL, time(), until);
        vm.prank(ownerOf(1));
        market.requestTrade(1, 1_000, 1_500_000, until);
        vm.prank(ownerOf(0));
        market.acceptTrade(1);
        // The seller takes back what it promised: the offer is empty, and active still.
        vm.prank(ownerOf(0));
        market.closeTrade(1);
        vm.prank(ownerOf(0));
        pool.join("battery", community, 1, 1);
        refuse(
            ownerOf(0),
            address(market),
            abi.encodeCall(market.updateOffer, (1, 1_000, 1_500_000, until)),
            abi.encodeWithSelector(IOfferBoard.BatterySlotted.selector, bytes32("battery"))
        );
    }

    /* REGIME */

    function test_Suspended_ItWaits_AndComesBackSlotted() public {
        registry.suspend(home(0));
        toSlotEnd();
        for (uint256 i = 1; i < 4; ++i) read(i, 0, 0);
        vm.warp(slotEnd + PATIENCE);
        clear();
        registry.resume(home(0));
        check(registry.connectionWord(home(0)).standing() == Standing.Slotted, "slotted still");
        toSlotEnd();
        for (uint256 i = 0; i < 4; ++i) read(i, 50, 0);
        clear();
    }

    function test_UnsignedMeters_KeepTheirRegime() public {
        registry.setTrust(home(0), IMeterRegistry.TrustClass.C);
        check(registry.connectionWord(home(0)).standing() == Standing.NotTrusted, "not trusted");
        registry.setUnsignedSettlement(true);
        check(registry.connectionWord(home(0)).standing() == Standing.Slotted, "slotted");
        pool.quit(home(0));
        check(registry.connectionWord(home(0)).standing() == Standing.Settling, "settling");
    }

    function test_DebtBecomesArrears_AndComesBackAsDebt() public {
        pool.quit(home(0));
        vm.prank(ownerOf(0));
        market.authorizeModule(address(pool), true);
        vm.warp(time() + 900);
        read(0, 0, 70);
        equal(arrears(0), 70, "debt");
        pool.admit(home(0), community);
        vm.expectEmit(address(converter));
        emit IEnergyConverter.SlotsJoined(home(0), 70);
        vm.prank(ownerOf(0));
        pool.join(home(0), community, 1, ANY);
        equal(arrears(0), 70, "arrears");
        check(open(0) == 0, "nothing open");
        pool.quit(home(0));
        check(open(0) == 70, "debt again");
    }

    function test_Pool_IsNamedOnce() public {
        refuse(
            address(this),
            address(converter),
            abi.encodeCall(converter.setPool, (STRANGER)),
            abi.encodeWithSelector(IEnergyConverter.PoolAlreadySet.selector, address(pool))
        );
        equal(converter.pool(), address(pool), "it");
    }

    function test_CloseSlot_RefusesWhatDoesNotAddUp() public {
        bytes32[] memory ids = new bytes32[](1);
        uint256[] memory amounts = new uint256[](1);
        ids[0] = home(0);
        address target = address(converter);
        refuse(
            address(pool),
            target,
            abi.encodeCall(converter.closeSlot, (ids, new uint256[](2))),
            abi.encodeWithSelector(IEnergyConverter.LengthMismatch.selector, 1, 2)
        );
        amounts[0] = 1;
        refuse(
            address(pool),
            target,
            abi.encodeCall(converter.closeSlot, (ids, amounts)),
            abi.encodeWithSelector(IEnergyConverter.BoughtTooMuch.selector, home(0), 1, 0)
        );
        vm.warp(time() + 300);
        read(0, 0, 10);
        amounts[0] = 11;
        refuse(
            address(pool),
            target,
            abi.encodeCall(converter.closeSlot, (ids, amounts)),
            abi.encodeWithSelector(IEnergyConverter.BoughtTooMuch.selector, home(0), 11, 10)
        );
        amounts[0] = 10;
        refuse(
            address(pool),
            target,
            abi.encodeCall(converter.closeSlot, (ids, amounts)),
            abi.encodeWithSelector(IEnergyConverter.InsufficientEnergy.selector, address(pool), 10, 0)
        );
    }

    /* SHORTHAND */

    /// @dev The slot is not cleared while the members of these places are missing.
    function _waitsFor(uint256 missing) private {
        refusePool(
            STRANGER,
            abi.encodeCall(pool.clear, (community, slotEnd)),
            abi.encodeWithSelector(
                ISlotPool.StillWaiting.selector,
                community,
                slotEnd,
                missing,
                slotEnd + PATIENCE
            )
        );
    }

    /// @dev The next slot, in which the first has 800 Wh to sell, the second needs them, and all are read.
    function _slotOf800() private returns (uint256 sharedWh) {
        toSlotEnd();
        read(0, 800, 0);
        read(1, 0, 800);
        read(2, 0, 0);
        read(3, 0, 0);
        (, sharedWh) = clear();
    }
}

/// @notice Where the length of slots can be changed, and settings that no pool has.
contract SlotLengthTest is PoolFixture {
    function setUp() public {
        deployPool(true);
        addHomes(2);
        begin(2);
    }

    function test_SlotLength_ChangesBetweenSlots() public {
        pool.setSlotLength(community, 720);
        uint40 end = (slotEnd / 720 + 1) * 720;
        vm.warp(end);
        read(0, 100, 0);
        read(1, 0, 100);
        (, uint256 sharedWh) = pool.clear(community, end);
        equal(sharedWh, 100, "the shorter slot follows");
        pool.setSlotLength(community, 3_600);
        end = (time() / 3_600 + 1) * 3_600;
        vm.warp(end);
        read(0, 100, 0);
        read(1, 0, 100);
        (, sharedWh) = pool.clear(community, end);
        equal(sharedWh, 100, "up to the next hour");
    }

    function test_SlotLength_OutOfRange_Reverts() public {
        refusePool(
            address(this),
            abi.encodeCall(pool.setSlotLength, (community, 600)),
            abi.encodeWithSelector(ISlotPool.InvalidSlotLength.selector, 600, 601, 86_400)
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.setSlotLength, (community, 86_401)),
            abi.encodeWithSelector(ISlotPool.InvalidSlotLength.selector, 86_401, 601, 86_400)
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.setSlotLength, (7, 900)),
            abi.encodeWithSelector(ISlotPool.UnknownCommunity.selector, 7)
        );
    }

    function test_Settings_ThatNoPoolHas_Revert() public {
        expectInvalid(600, 120, 600, 3);
        expectInvalid(86_401, 120, 600, 3);
        expectInvalid(900, 120, 119, 3);
        expectInvalid(900, 120, 600, 0);
    }

    /// @dev Members and utility would learn of other terms when the slot is already metered.
    function test_Settings_WithoutNotice_Revert() public {
        expectRefused(
            [SLOT, TOLERANCE, PATIENCE, 0, 3],
            abi.encodeWithSelector(ISlotPool.NoticeTooShort.selector, 0, 1)
        );
    }

    function expectInvalid(uint40 slot, uint40 tolerance, uint40 patience, uint40 steepness) private {
        expectRefused(
            [slot, tolerance, patience, NOTICE, steepness],
            abi.encodeWithSelector(ISlotPool.InvalidSettings.selector, slot, tolerance, patience, steepness)
        );
    }

    function expectRefused(uint40[5] memory settings, bytes memory reason) private {
        bytes memory code = bytes.concat(
            vm.getCode("SlotPool.sol:SlotPool"),
            abi.encode(access, market, converter, settings, false)
        );
        bytes memory answer;
        assembly ("memory-safe") {
            pop(create(0, add(code, 0x20), mload(code)))
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(answer, 0x3f), returndatasize()), not(0x1f)))
        }
        check(keccak256(answer) == keccak256(reason), "each is named");
    }
}
