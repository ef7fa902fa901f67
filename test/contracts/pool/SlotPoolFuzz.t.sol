// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlotPool} from "../../../contracts/src/pool/ISlotPool.sol";
import {PoolFixture} from "./PoolFixture.sol";
import {SlotPoolModel} from "./SlotPoolModel.sol";

/// @notice Random slots, each cleared by the pool and reckoned again by a model.
///
/// - P1 sold = bought, and what the utility takes and gives is what members sold it and got from it
/// - P2 paid = earned + fee + the utility's: no money appears or is lost
/// - P3 nobody trades beyond its limit, what it metered, or what it has
/// - P4 each of a side has its part by metered Wh, to the Wh, wherever it stands in the list
/// - P5 the price is the formula's, at the terms of when the slot began, whatever limits and money are
/// - P6 each Wh of a slot is converted once: nothing stays open of who was read, nothing changes of who was not
/// - P7 the law, with arrears and what is open
/// - P8 nothing blocks a slot in which anybody was read
contract SlotPoolFuzzTest is SlotPoolModel {
    uint256 private constant FEW = 7;

    /// forge-config: default.fuzz.runs = 60
    function testFuzz_P1_to_P8_RandomSlots(uint256 seed) public {
        live(seed, 2 + (seed % FEW), 5);
    }

    function test_P1_to_P8_ThousandsOfSlots() public {
        uint256 first = vm.envOr("ENERLINK_POOL_FIRST", 0);
        uint256 lives = vm.envOr("ENERLINK_POOL_LIVES", 12);
        uint256 fresh = vm.snapshotState();
        for (uint256 i = first; i < first + lives; ++i) {
            live(uint256(keccak256(abi.encode("life", i))), 3 + (i % 10), 12);
            uint256[KINDS] memory seen = _seen;
            vm.revertToState(fresh);
            fresh = vm.snapshotState();
            for (uint256 kind = 0; kind < KINDS; ++kind) _seen[kind] = seen[kind];
        }
        for (uint256 kind = 0; kind < KINDS; ++kind) check(_seen[kind] != 0, "everything has happened");
    }

    function test_P1_to_P8_256Members() public {
        live(256 + vm.envOr("ENERLINK_POOL_FIRST", 0), 256, vm.envOr("ENERLINK_POOL_SLOTS", 2));
    }
}

/// @notice P4: where a member stands in the list means at most a Wh to it, and nothing to the others together.
contract SlotPoolOrderTest is PoolFixture {
    uint256 private constant HOMES = 6;

    function testFuzz_P4_TheOrderOfMembersDoesNotMatter(uint256 seed) public {
        deployPool(false);
        addHomes(HOMES);
        uint256 fresh = vm.snapshotState();
        (uint256 price, uint256 sharedWh, uint256[HOMES] memory cash_) = slot(seed, 0);
        vm.revertToState(fresh);
        uint256 turn = 1 + (seed % (HOMES - 1));
        (uint256 otherPrice, uint256 otherWh, uint256[HOMES] memory otherCash) = slot(seed, turn);
        equal(otherPrice, price, "P4: the price");
        equal(otherWh, sharedWh, "P4: what is shared");
        for (uint256 i = 0; i < HOMES; ++i) {
            uint256 apart = cash_[i] > otherCash[i] ? cash_[i] - otherCash[i] : otherCash[i] - cash_[i];
            check(apart <= 2 * uint256(RETAIL - FEED_IN) * 1_000, "P4: a Wh of each kind at most");
        }
    }

    /// @dev The same slot, where the first `turn` homes left and came back: they stand at the end, in another order.
    function slot(
        uint256 seed,
        uint256 turn
    ) private returns (uint256 price, uint256 sharedWh, uint256[HOMES] memory cash_) {
        for (uint256 i = 0; i < turn; ++i) pool.quit(home(i));
        for (uint256 i = 0; i < turn; ++i) joinAs(i, 1, ANY);
        begin(HOMES);
        toSlotEnd();
        for (uint256 i = 0; i < HOMES; ++i) {
            uint256 amount = uint256(keccak256(abi.encode(seed, i)));
            (uint64 exportedWh, uint64 importedWh) = (uint64(amount % 5_000), uint64((amount >> 64) % 5_000));
            read(i, exportedWh, importedWh);
        }
        (price, sharedWh) = clear();
        for (uint256 i = 0; i < HOMES; ++i) cash_[i] = cash(ownerOf(i));
    }
}

/// @notice 256 members are as many as a clearing bears.
contract SlotPoolFullTest is PoolFixture {
    function test_Join_BeyondTheMost_Reverts() public {
        deployPool(false);
        addHomes(256);
        bytes32 extra = "one-more";
        address owner = address(0xE7);
        pool.admit(extra, community);
        addMeter(extra, owner, registry.meter(home(0)).kind, 0);
        fund(owner, 1, 0);
        refusePool(
            owner,
            abi.encodeCall(pool.join, (extra, community, 1, 1)),
            abi.encodeWithSelector(ISlotPool.CommunityFull.selector, community)
        );
    }
}
