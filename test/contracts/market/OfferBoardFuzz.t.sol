// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Check} from "../Vm.sol";
import {OfferBoardTrading} from "./OfferBoardTrading.sol";

/// @dev Where the runner of the invariants finds it: beside them.
contract OfferBoardHandler is OfferBoardTrading {}

/// @notice Long random sequences on board and book with real metering, each call checked against the board's rules.
///         ENERLINK_FUZZ_RUNS sets how many sequences, ENERLINK_FUZZ_FIRST the first one's seed.
contract OfferBoardFuzzTest is Check {
    uint256 private constant OPERATIONS = 120;

    OfferBoardHandler private _handler;

    function setUp() public {
        _handler = new OfferBoardHandler();
        _handler.setUp();
    }

    function test_TheBoardAddsUp() public {
        uint256 runs = vm.envOr("ENERLINK_FUZZ_RUNS", 60);
        uint256 first = vm.envOr("ENERLINK_FUZZ_FIRST", uint256(1));
        uint256 clean = vm.snapshotState();
        OfferBoardTrading.Reached memory sum;
        for (uint256 run = first; run < first + runs; ++run) {
            OfferBoardTrading.Reached memory more = this.sequence(run);
            sum.completed += more.completed;
            sum.expired += more.expired;
            sum.delivered += more.delivered;
            sum.rated += more.rated;
            sum.updated += more.updated;
            vm.revertToState(clean);
            clean = vm.snapshotState();
        }
        check(sum.completed > runs / 8, "trades are completed");
        // Over a few sequences chance decides.
        if (runs < 20) return;
        check(sum.delivered > sum.completed, "some in parts");
        check(sum.expired > 0, "some expire");
        check(sum.rated > 0, "some are rated");
        check(sum.updated > 0, "offers are updated");
    }

    function sequence(uint256 seed) public returns (OfferBoardTrading.Reached memory) {
        _handler.begin(seed);
        for (uint256 i = 1; i <= OPERATIONS; ++i) {
            _handler.operation(i);
            if (i % 4 == 0) _handler.checkEverything();
        }
        _handler.checkO3O4();
        return _handler.reached();
    }
}

/// @notice The invariants by name.
contract OfferBoardInvariantTest {
    OfferBoardHandler private _handler;

    function setUp() external {
        _handler = new OfferBoardHandler();
        _handler.setUp();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (Target[] memory targets) {
        targets = new Target[](1);
        targets[0].addr = address(_handler);
        targets[0].selectors = new bytes4[](1);
        // Weighted: an even choice would mostly ask for what does not exist.
        targets[0].selectors[0] = _handler.operation.selector;
    }

    function invariant_B1_EnergyHeldIsAccountedFor() external view {
        _handler.checkB1();
    }

    function invariant_B2_MoneyHeldIsAccountedForWithEscrow() external view {
        _handler.checkB2();
    }

    function invariant_O1_OfferedIsRemainingReservedSoldOrReturned() external view {
        _handler.checkO1();
    }

    function invariant_O2_TradesEndOnceAndForAll() external {
        _handler.checkO2();
    }

    function invariant_O3_O4_EscrowAndPromisesCanAlwaysBeRecovered() external {
        _handler.checkO3O4();
    }

    function invariant_O5_NothingChangesUnderABuyer() external view {
        _handler.checkO5();
    }

    function invariant_O6_ExportCountsForTheEarliestDeadline() external view {
        _handler.checkCounted();
    }

    function invariant_DeliveredMeansMetered() external view {
        _handler.checkMetered();
    }

    struct Target {
        address addr;
        bytes4[] selectors;
    }
}
