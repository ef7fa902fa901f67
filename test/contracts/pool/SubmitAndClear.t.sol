// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../../../contracts/src/metering/IEnergyConverter.sol";
import {IOracleCommittee} from "../../../contracts/src/metering/IReporters.sol";
import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {PoolFixture} from "./PoolFixture.sol";

/// @notice A pool with a committee of one.
abstract contract SubmitAndClearFixture is PoolFixture {
    uint256 private constant KEY = 0xC0FFEE;
    address internal constant ANYONE = address(0x5EED);

    IOracleCommittee internal committee;

    function deployCommittee(uint256 homes) internal {
        deployPool(false);
        addHomes(homes);
        begin(homes);
        address[] memory members = new address[](1);
        members[0] = vm.addr(KEY);
        committee = IOracleCommittee(
            create("OracleCommittee", abi.encode(access, converter, members, uint8(1)))
        );
        converter.setReporter(address(committee), true);
        toSlotEnd();
    }

    function message(uint256 count) internal view returns (bytes memory) {
        return message(count, slotEnd);
    }

    /// @param end What is to be cleared, whenever the reports are of
    function message(uint256 count, uint40 end) internal view returns (bytes memory) {
        Report[] memory batch = reports(count);
        uint64 deadline = slotEnd + SLOT;
        bytes[] memory signatures = new bytes[](1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, committee.digest(batch, deadline));
        signatures[0] = abi.encodePacked(r, s, v);
        return abi.encodeCall(committee.submitAndClear, (batch, deadline, signatures, community, end));
    }

    /// @dev Home 0 sold 100 Wh, home 1 used them.
    function reports(uint256 count) internal view returns (Report[] memory batch) {
        batch = new Report[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch[i] = Report(home(i), i == 0 ? 100 : 0, i == 1 ? 100 : 0, 0, slotEnd, 1);
        }
    }
}

/// @notice A committee's last batch of a slot clears it in the same transaction, and is settled whatever the pool says.
contract SubmitAndClearTest is SubmitAndClearFixture {
    uint256 private constant HOMES = 3;

    function setUp() public {
        deployCommittee(HOMES);
    }

    function test_TheBatchSettles_AndTheSlotIsCleared() public {
        submit(HOMES);
        equal(pool.community(community).clearedTo, slotEnd, "cleared");
        check(open(0) == 0 && open(1) == 0 && open(2) == 0, "settled and converted");
        equal(cash(ownerOf(0)), 1e15 + 100 * 1_122_500, "100 Wh at half-way");
    }

    function test_WhereThePoolRefuses_TheSettlementStands_AndItSaysWhy() public {
        vm.expectEmit(address(committee));
        emit IOracleCommittee.SlotNotCleared(
            community,
            slotEnd,
            abi.encodeWithSelector(ISlotPool.StillWaiting.selector, community, slotEnd, 4, slotEnd + PATIENCE)
        );
        submit(2);
        check(open(0) == -100 && open(1) == 100, "settled, not converted");
        equal(pool.community(community).clearedTo, slotEnd - SLOT, "not cleared");
    }

    /// @dev Somebody takes the batch from the pool of transactions and is quicker: it moves nothing any more.
    function test_WhereSomebodyWasQuicker_NothingHappensTwice() public {
        submit(HOMES);
        uint256 has = cash(ownerOf(0));
        vm.expectEmit(address(committee));
        emit IOracleCommittee.SlotNotCleared(
            community,
            slotEnd,
            abi.encodeWithSelector(ISlotPool.AlreadyCleared.selector, community, slotEnd)
        );
        submit(HOMES);
        equal(cash(ownerOf(0)), has, "paid once");
    }

    function test_Attack_TooLittleGasToClear_SettlesNothing() public {
        bytes memory call = message(HOMES);
        uint256 fresh = vm.snapshotState();
        uint256 before = gasleft();
        submit(HOMES);
        uint256 whole = before - gasleft();
        // Each time less gas, down to where not even the batch settles.
        uint256 refused = 0;
        for (uint256 left = whole; left > whole / 8; left -= whole / 16) {
            vm.revertToState(fresh);
            fresh = vm.snapshotState();
            (bool done, ) = address(committee).call{gas: left}(call);
            bool cleared = pool.community(community).clearedTo == slotEnd;
            check(done == cleared, "all of it or nothing");
            if (!done) ++refused;
        }
        check(refused != 0, "sometimes it did not last");
    }

    /// @dev Nor does who names a time at which nothing can be cleared.
    function test_WhereItIsNotTheSlotsTime_TheSettlementStands() public {
        _settlesOnly(slotEnd + 1, abi.encodeWithSelector(ISlotPool.NotSlotEnd.selector, slotEnd + 1, SLOT));
        check(open(0) == -100 && open(1) == 100, "settled, not converted");
        uint40 next = slotEnd + SLOT;
        _settlesOnly(next, abi.encodeWithSelector(ISlotPool.SlotInFuture.selector, next, time()));
        vm.warp(next);
        _settlesOnly(next, abi.encodeWithSelector(ISlotPool.NobodyRead.selector, community, next));
    }

    function _settlesOnly(uint40 end, bytes memory reason) private {
        bytes memory call = message(HOMES, end);
        vm.expectEmit(address(committee));
        emit IOracleCommittee.SlotNotCleared(community, end, reason);
        vm.prank(ANYONE);
        (bool done, ) = address(committee).call(call);
        check(done, "submitted");
    }

    /// @dev Who is no part of a community that is not there spoils nobody's batch.
    function test_WhereTheCommunityIsUnknown_TheSettlementStands() public {
        community = 77;
        submit(HOMES);
        check(open(0) == -100 && open(1) == 100, "settled, not converted");
    }

    function test_RevertsWhen_ThePoolFailsForAnotherReason() public {
        bytes memory call = message(HOMES);
        // As if the market had run out of gas: FailedCall().
        vm.etch(address(pool), hex"63d6bda2755f526004601cfd");
        vm.prank(ANYONE);
        (bool done, ) = address(committee).call(call);
        check(!done, "reverted");
        check(open(0) == 0, "nothing was settled");
    }

    function test_RevertsWhen_ThePoolGivesNoReason() public {
        bytes memory call = message(HOMES);
        // As if the clearing had run out of gas.
        vm.etch(address(pool), hex"5f5ffd");
        vm.prank(ANYONE);
        (bool done, bytes memory answer) = address(committee).call(call);
        check(!done, "reverted");
        bytes memory reason = abi.encodeWithSelector(
            IOracleCommittee.ClearingFailed.selector,
            community,
            slotEnd
        );
        check(keccak256(answer) == keccak256(reason), "it says so");
        check(open(0) == 0, "nothing was settled");
    }

    function test_RevertsWhen_TheBatchIsNotSigned() public {
        refuse(
            ANYONE,
            address(committee),
            abi.encodeCall(
                committee.submitAndClear,
                (reports(HOMES), slotEnd, new bytes[](0), community, slotEnd)
            ),
            abi.encodeWithSelector(IOracleCommittee.WrongSignatureCount.selector, 0, 1)
        );
    }

    function submit(uint256 count) private {
        bytes memory call = message(count);
        vm.prank(ANYONE);
        (bool done, ) = address(committee).call(call);
        check(done, "submitted");
    }
}

/// @notice With many members the clearing runs out of gas further down, where little is left to the pool to say why.
contract SubmitAndClearOfManyTest is SubmitAndClearFixture {
    uint256 private constant HOMES = 100;

    /// @dev Attack: as much gas as settles the batch and lets the clearing run out.
    function test_Attack_TooLittleGasToClear100Members_SettlesNothing() public {
        deployCommittee(HOMES);
        bytes memory call = message(HOMES);
        uint256 fresh = vm.snapshotState();
        uint256 before = gasleft();
        (bool all, ) = address(committee).call(call);
        uint256 whole = before - gasleft();
        check(all && pool.community(community).clearedTo == slotEnd, "with enough");
        uint256 refused = 0;
        for (uint256 left = whole; left > whole / 2; left -= whole / 64) {
            vm.revertToState(fresh);
            fresh = vm.snapshotState();
            (bool done, ) = address(committee).call{gas: left}(call);
            check(done == (pool.community(community).clearedTo == slotEnd), "all of it or nothing");
            if (!done) ++refused;
        }
        check(refused > 20, "mostly it did not last");
    }
}

/// @notice What an oracle node takes along for a clearing (`oracle/src/settlement/clearing.ts`) lasts.
contract ClearingGasTest is PoolFixture {
    /// @dev One sells, all others need for the first time what they cannot pay for and the utility does not have.
    function test_ClearingsOf256Members_TakeNoMoreThanTheOracleGives() public {
        deployPool(false);
        addHomes(256);
        begin(256);
        toSlotEnd();
        read(0, 50_000, 0);
        for (uint256 i = 1; i < 256; ++i) read(i, 0, 20_000);
        vm.prank(UTILITY);
        market.authorizeModule(address(pool), false);
        uint256 before = gasleft();
        pool.clear(community, slotEnd);
        check(before - gasleft() < 400_000 + 256 * 50_000, "enough");
        check(arrears(255) != 0, "as dear as it gets");
    }
}
