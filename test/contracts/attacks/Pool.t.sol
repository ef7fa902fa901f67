// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../../../contracts/src/metering/IMeterRegistry.sol";
import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {PoolFixture} from "../pool/PoolFixture.sol";

/// @notice Ways to get more of a slot than was metered, to make others get less, or to keep it from being cleared. Home 0
///         is the attacker's, and so are 1 and 2 where it needs more.
contract PoolAttacks is PoolFixture {
    address private constant MALLORY = address(0xBAD);
    /// @dev What rounding may bring: a Wh at the highest price instead of the lowest.
    uint256 private constant ROUNDING = 1_445_000;

    uint256 private _price;

    function setUp() public {
        deployPool(false);
        addHomes(5);
        begin(5);
    }

    /* ENERGY AND LIMITS */

    /// @dev Export that is not fed in raises the price for the rest, and still earns less.
    function testFuzz_Attack_WithheldEnergy(uint16 own, uint16 withheld, uint16 others, uint16 need) public {
        vm.assume(withheld != 0 && withheld <= own);
        uint256 fresh = vm.snapshotState();
        uint256 honest = earnedBySellers(own, 0, others, need);
        vm.revertToState(fresh);
        check(earnedBySellers(own - withheld, 0, others, need) <= honest + ROUNDING, "it gains nothing");
    }

    /// @dev Where the utility pays less than three quarters of what lies between its prices, scarcity can be made: the
    ///      price is what was metered, and nobody can be made to produce.
    function test_WithheldEnergy_PaysWhereExportsEarnNothing() public {
        community = accepted(pool.createCommunity(UTILITY, GRID, RETAIL, 0, FEE), UTILITY);
        for (uint256 i = 0; i < 5; ++i) {
            pool.quit(home(i));
            joinAs(i, 1, ANY);
        }
        begin(5);
        uint256 fresh = vm.snapshotState();
        equal(earnedBySellers(2_000, 0, 0, 1_000), 2e15, "twice as much as is needed");
        vm.revertToState(fresh);
        check(earnedBySellers(1_000, 0, 0, 1_000) > 2e15, "as much as is needed");
    }

    /// @dev The same energy by two meters is as much as by one.
    function testFuzz_Attack_ASplitHome(uint16 own, uint16 part, uint16 others, uint16 need) public {
        vm.assume(part <= own);
        uint256 fresh = vm.snapshotState();
        uint256 whole = earnedBySellers(own, 0, others, need);
        vm.revertToState(fresh);
        uint256 split = earnedBySellers(own - part, part, others, need);
        check(split <= whole + ROUNDING && whole <= split + ROUNDING, "to the Wh");
    }

    /// @dev A seller of one Wh that asks for the highest price moves the others' by its Wh, as if it asked for nothing.
    function testFuzz_Attack_APuppetSeller(uint16 own, uint16 others, uint16 need, uint16 asks) public {
        vm.assume(asks != 0);
        uint256 fresh = vm.snapshotState();
        uint256 honest = earnedBySellers(own, 1, others, need);
        uint256 price = _price;
        vm.revertToState(fresh);
        vm.prank(ownerOf(1));
        pool.setLimits(home(1), asks, ANY);
        uint256 lied = earnedBySellers(own, 1, others, need);
        check(lied <= honest + ROUNDING, "it gains nothing");
        check(_price == price || _price == 0, "and moves no price");
    }

    /// @dev Who would buy cheaper pays the same price or the utility's, which is higher.
    function testFuzz_Attack_ABuyerThatLies(uint16 own, uint16 others, uint16 surplus, uint16 bids) public {
        vm.assume(bids != 0);
        uint256 fresh = vm.snapshotState();
        uint256 honest = paidByBuyers(own, others, surplus);
        vm.revertToState(fresh);
        vm.prank(ownerOf(0));
        pool.setLimits(home(0), 1, bids);
        check(paidByBuyers(own, others, surplus) + ROUNDING >= honest, "it pays no less");
    }

    /* TIME */

    /// @dev Whoever has a reading of another minute settled makes the member absent: the slot waits, then its energy is
    ///      the utility's alone, which is no better for it, and the others share without it.
    function test_Attack_AMemberIsReadOnPurposeAtAnotherMinute() public {
        uint256 fresh = vm.snapshotState();
        toSlotEnd();
        readAll([uint64(1_000), 0, 0, 0, 0], [uint64(0), 0, 0, 0, 1_000]);
        clear();
        uint256 honest = cash(ownerOf(0));
        vm.revertToState(fresh);

        toSlotEnd();
        readAll([uint64(1_000), 0, 0, 500, 0], [uint64(0), 0, 0, 0, 1_000]);
        vm.warp(slotEnd + TOLERANCE + 1);
        read(0, 0, 0);
        refusePool(
            MALLORY,
            abi.encodeCall(pool.clear, (community, slotEnd)),
            abi.encodeWithSelector(ISlotPool.StillWaiting.selector, community, slotEnd, 1, slotEnd + PATIENCE)
        );
        vm.warp(slotEnd + PATIENCE);
        (, uint256 sharedWh) = clear();
        equal(sharedWh, 500, "the others");
        check(open(0) == -1_000, "what it has open waits");
        toSlotEnd();
        readAll([uint64(0), 0, 0, 0, 0], [uint64(0), 0, 0, 0, 1_000]);
        (, sharedWh) = clear();
        equal(sharedWh, 0, "energy of two slots is not shared in one");
        check(cash(ownerOf(0)) < honest, "it gains nothing");
    }

    /// @dev A reading may come up to TOLERANCE late, and what it counted after the end is missing in the next slot.
    function test_Attack_AReadingAsLateAsCanBe_CountsNothingTwice() public {
        toSlotEnd();
        for (uint256 i = 1; i < 5; ++i) read(i, 0, 0);
        vm.warp(slotEnd + TOLERANCE);
        read(0, 1_000, 0);
        clear();
        uint256 before = cash(ownerOf(0));
        toSlotEnd();
        readAll([uint64(0), 0, 0, 0, 0], [uint64(0), 0, 0, 0, 0]);
        clear();
        equal(cash(ownerOf(0)), before, "it was paid once");
    }

    function test_Attack_NobodyReportsBeforeTheSlotBeganOrFromTheFuture() public {
        toSlotEnd();
        Report[] memory reports = new Report[](1);
        reports[0] = Report(home(0), 1_000, 0, 0, slotEnd + SLOT, 1);
        converter.settle(reports);
        reports[0].timestamp = slotEnd - SLOT;
        converter.settle(reports);
        check(open(0) == 0, "neither counts");
    }

    /// @dev The utility learns of scarcity before anybody else, and cannot use it.
    function test_Attack_ATariffInTheLastMinute() public {
        toSlotEnd();
        readAll([uint64(0), 0, 0, 0, 0], [uint64(0), 100, 0, 0, 0]);
        vm.prank(UTILITY);
        pool.announceTariff(community, 60_000, 0);
        clear();
        equal(cash(ownerOf(1)), 1e15 - 100 * uint256(RETAIL) * 1_000, "the slot's own tariff");
        equal(pool.community(community).retail, RETAIL, "and the next slots'");
        refusePool(
            UTILITY,
            abi.encodeCall(pool.announceTariff, (community, 60_000, 0)),
            abi.encodeWithSelector(ISlotPool.TariffPending.selector, community, time() + NOTICE)
        );
    }

    /// @dev Leaving a slot in which the tariff has grown costs what it used at that time: debt, to be repaid in energy.
    function test_Attack_QuittingToEscapeASlot_PaysTwiceForNothing() public {
        toSlotEnd();
        readAll([uint64(0), 0, 0, 2_000, 0], [uint64(500), 0, 0, 0, 0]);
        vm.prank(ownerOf(0));
        pool.quit(home(0));
        equal(arrears(0), 500, "what it used it owes");
        joinAs(0, 1, ANY);
        clear();
        check(open(0) == 0 && arrears(0) == 500, "and still does when it is back before the clearing");
        equal(cash(ownerOf(0)), 1e15, "but it is not asked for both");
    }

    /* POWERS */

    /// @dev The registrar admits and removes; it neither joins for an owner nor comes near anybody's balance.
    function test_Attack_TheRegistrarOfACommunity() public {
        pool.quit(home(0));
        pool.admit(home(0), community);
        refusePool(
            address(this),
            abi.encodeCall(pool.join, (home(0), community, 1, 1)),
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, home(0), address(this))
        );
        refusePool(
            address(this),
            abi.encodeCall(pool.setLimits, (home(1), ANY, 1)),
            abi.encodeWithSelector(IMeterRegistry.NotMeterOwner.selector, home(1), address(this))
        );
        takesNothing(address(this));
    }

    function test_Attack_AModuleThatWasNeverAuthorised() public {
        takesNothing(MALLORY);
        takesNothing(address(converter));
    }

    /// @dev A second pool, that nobody but its founder trusts: neither energy nor money of the first one's members.
    function test_Attack_APoolOfOnesOwn() public {
        uint40[5] memory settings = [SLOT, TOLERANCE, PATIENCE, NOTICE, 3];
        address own = create("SlotPool", abi.encode(access, market, converter, settings, true));
        takesNothing(own);
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = home(0);
        refuse(
            own,
            address(converter),
            abi.encodeCall(converter.closeSlot, (ids, new uint256[](1))),
            abi.encodeWithSignature("OnlyPool(address)", own)
        );
    }

    /// @dev Who lets the pool take what is bought has not agreed to be a utility, at whatever tariff somebody else chose.
    function test_NobodyIsMadeTheUtility() public {
        uint32 forced = pool.createCommunity(ownerOf(0), GRID, type(uint16).max, type(uint16).max, 0);
        addMeter("forced", MALLORY, IMeterRegistry.MeterKind.Prosumer, 0);
        vm.warp(time() + 60);
        settle("forced", 0, 0);
        pool.admit("forced", forced);
        fund(MALLORY, 0, 1);

        bytes memory notAccepted = abi.encodeWithSelector(ISlotPool.NotAccepted.selector, forced);
        refusePool(MALLORY, abi.encodeCall(pool.join, ("forced", forced, 1, 1)), notAccepted);
        refusePool(
            MALLORY,
            abi.encodeCall(pool.acceptCommunity, (forced)),
            abi.encodeWithSelector(ISlotPool.NotUtility.selector, forced, MALLORY)
        );
        refusePool(
            ownerOf(0),
            abi.encodeCall(pool.acceptCommunity, (forced + 1)),
            abi.encodeWithSelector(ISlotPool.UnknownCommunity.selector, forced + 1)
        );

        accepted(forced, ownerOf(0));
        vm.prank(MALLORY);
        pool.join("forced", forced, 1, 1);
    }

    /* NOTHING BLOCKS */

    /// @dev Two homes of one owner, who has money for one, and is the utility and the grid operator too.
    function test_OneAccountInEveryRole() public {
        uint32 own = accepted(pool.createCommunity(ownerOf(0), ownerOf(0), RETAIL, FEED_IN, FEE), ownerOf(0));
        bytes32[2] memory ids = [bytes32("own-1"), bytes32("own-2")];
        for (uint256 i = 0; i < 2; ++i) {
            addMeter(ids[i], ownerOf(0), IMeterRegistry.MeterKind.Prosumer, 0);
        }
        vm.warp(time() + 60);
        for (uint256 i = 0; i < 2; ++i) {
            settle(ids[i], 0, 0);
            pool.admit(ids[i], own);
            vm.prank(ownerOf(0));
            pool.join(ids[i], own, 1, ANY);
        }
        vm.prank(ownerOf(0));
        market.withdraw(0, uint128(1e15 - 100 * uint256(RETAIL) * 1_000));
        toSlotEnd();
        settle(ids[0], 0, 80, 0);
        settle(ids[1], 0, 80, 0);
        uint256 before = cash(ownerOf(0));
        pool.clear(own, slotEnd);
        equal(cash(ownerOf(0)), before, "what it pays it gets");
        (, , uint64 first, , , ) = converter.settled(ids[0]);
        (, , uint64 second, , , ) = converter.settled(ids[1]);
        equal(uint256(first) + second, 160, "and nobody had energy for it");
    }

    /// @dev 55 bits are as much as a meter can have open, on either side.
    function test_TheMostThatMetersCanHaveOpen() public {
        fund(ownerOf(0), 0, 1e32);
        fund(UTILITY, 0, 1e32);
        toSlotEnd();
        readAll([uint64(0), 0, 0, 0, 0], [uint64(0), 0, 0, 0, 0]);
        for (uint256 i = 0; i < 5; ++i) setOpen(i, i == 0 ? type(int56).max : -int256(2 ** 55));
        (uint256 price, uint256 sharedWh) = clear();
        equal(price, uint256(FEED_IN) * 1_000, "four times as much as is needed");
        equal(sharedWh, 2 ** 55 - 1, "all that is needed");
        equal(cash(ownerOf(0)), 1e15 + 1e32 - sharedWh * (price + uint256(FEE) * 1_000), "paid");
        equal(energyToken.totalSupply() - 1e12 - 1, 3 * 2 ** 55 + 1, "and the utility has the rest");
    }

    function test_ACommunityWithoutMembers_IsNotCleared() public {
        uint32 empty = pool.createCommunity(UTILITY, GRID, RETAIL, FEED_IN, FEE);
        refusePool(
            MALLORY,
            abi.encodeCall(pool.clear, (empty, slotEnd)),
            abi.encodeWithSelector(ISlotPool.NobodyRead.selector, empty, slotEnd)
        );
    }

    /* HELP */

    function readAll(uint64[5] memory exportedWh, uint64[5] memory importedWh) private {
        for (uint256 i = 0; i < 5; ++i) read(i, exportedWh[i], importedWh[i]);
    }

    function earnedBySellers(
        uint64 own,
        uint64 second,
        uint64 others,
        uint64 need
    ) private returns (uint256) {
        toSlotEnd();
        readAll([own, second, 0, others, 0], [uint64(0), 0, 0, 0, need]);
        (_price, ) = clear();
        return cash(ownerOf(0)) + cash(ownerOf(1));
    }

    function paidByBuyers(uint64 own, uint64 others, uint64 surplus) private returns (uint256) {
        uint256 before = cash(ownerOf(0));
        toSlotEnd();
        readAll([uint64(0), 0, 0, 0, surplus], [own, 0, 0, others, 0]);
        clear();
        return before - cash(ownerOf(0));
    }

    function takesNothing(address module) private {
        uint256[] memory entries = new uint256[](5);
        for (uint256 i = 0; i < 5; ++i) {
            (uint32 number, ) = market.accountOf(ownerOf(i), module);
            entries[i] = (uint256(number) << 224) | (uint256(type(uint128).max) << 96) | type(uint96).max;
        }
        vm.prank(module);
        uint256[] memory taken = market.take(entries);
        for (uint256 i = 0; i < 5; ++i) equal(uint224(taken[i]), 0, "nothing");
    }

    /// @dev As if the meter had counted so much: the register's word, see `Registers`, in the converter's fourth slot.
    function setOpen(uint256 i, int256 openWh) private {
        bytes32 slot = keccak256(abi.encode(home(i), uint256(3)));
        uint256 word = uint256(vm.load(address(converter), slot));
        word = (word & ~(uint256(type(uint56).max) << 88)) | (uint256(uint56(int56(openWh))) << 88);
        vm.store(address(converter), slot, bytes32(word));
        check(open(i) == openWh, "open");
    }
}
