// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Check} from "../Vm.sol";
import {OrderBookTrading} from "./OrderBookTrading.sol";

/// @dev Where the runner of the invariants finds it: beside them.
contract OrderBookHandler is OrderBookTrading {}

/// @notice The book against its model, an array of orders for every price, over long random sequences.
///         ENERLINK_FUZZ_RUNS sets how many sequences, ENERLINK_FUZZ_FIRST the first one's seed.
contract OrderBookFuzzTest is Check {
    uint256 private constant OPERATIONS = 64;
    /// @dev Every so many sequences, one at the prices of a whole band; they take longer.
    uint256 private constant BAND_EVERY = 20;

    OrderBookHandler private _handler;

    function setUp() public {
        _handler = new OrderBookHandler();
        _handler.setUp();
    }

    function test_TheBookDoesWhatItsModelDoes() public {
        uint256 runs = vm.envOr("ENERLINK_FUZZ_RUNS", 150);
        uint256 first = vm.envOr("ENERLINK_FUZZ_FIRST", uint256(1));
        uint256 clean = vm.snapshotState();
        OrderBookTrading.Reached memory sum;
        for (uint256 run = first; run < first + runs; ++run) {
            _add(sum, this.sequence(run));
            vm.revertToState(clean);
            clean = vm.snapshotState();
        }
        check(sum.filledWh > runs * 1_000, "the sequences trade");
        // Over a few sequences chance decides.
        if (runs < 2 * BAND_EVERY) return;
        check(sum.refusals > runs, "some calls are refused");
        check(sum.ownFills > 0, "accounts meet their own orders");
        check(sum.walkedCancelled > 0, "takers walk over cancelled orders");
        check(sum.laterEpochs > 0, "prices are used again after they emptied");
        check(sum.fullBands > 0, "all 256 prices of a band are occupied");
        check(sum.cancelledOnly > 0, "the only order of a price is cancelled");
        check(sum.cancelledFirst > 0, "the first of several");
        check(sum.cancelledMiddle > 0, "one in the middle");
        check(sum.cancelledLast > 0, "the last");
        check(sum.cancelledPartlyFilled > 0, "one that was partly filled");
        check(sum.staleBounds > 0, "orders meet a bound that is better than any order");
    }

    function sequence(uint256 seed) public returns (OrderBookTrading.Reached memory) {
        bool inBand = seed % BAND_EVERY == 0;
        _handler.begin(seed, inBand);
        if (inBand) _handler.fillBand(seed);
        for (uint256 i = 1; i <= OPERATIONS; ++i) {
            _handler.operation(i);
            _handler.checkB3();
            _handler.checkB7();
            if (i % 16 == 0) _handler.checkEverything();
        }
        return _handler.reached();
    }

    function _add(OrderBookTrading.Reached memory sum, OrderBookTrading.Reached memory more) private pure {
        sum.filledWh += more.filledWh;
        sum.refusals += more.refusals;
        sum.ownFills += more.ownFills;
        sum.walkedCancelled += more.walkedCancelled;
        sum.laterEpochs += more.laterEpochs;
        sum.fullBands += more.fullBands;
        sum.cancelledOnly += more.cancelledOnly;
        sum.cancelledFirst += more.cancelledFirst;
        sum.cancelledMiddle += more.cancelledMiddle;
        sum.cancelledLast += more.cancelledLast;
        sum.cancelledPartlyFilled += more.cancelledPartlyFilled;
        sum.staleBounds += more.staleBounds;
    }
}

/// @notice The invariants by name. B9 (nobody's state makes another's call revert) and B10 (gas <= a + b x steps) are
///         checked by the handler with each operation, and so fail any of these.
contract OrderBookInvariantTest {
    OrderBookHandler private _handler;

    function setUp() external {
        _handler = new OrderBookHandler();
        _handler.setUp();
        _handler.begin(1, false);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function targetSelectors() external view returns (Target[] memory targets) {
        targets = new Target[](1);
        targets[0].addr = address(_handler);
        bytes4[] memory selectors = new bytes4[](7);
        for (uint256 i = 0; i < 3; ++i) selectors[i] = _handler.place.selector;
        selectors[3] = _handler.operation.selector;
        selectors[4] = _handler.cancel.selector;
        selectors[5] = _handler.deposit.selector;
        selectors[6] = _handler.withdraw.selector;
        targets[0].selectors = selectors;
    }

    function invariant_B1_EnergyHeldIsAccountedFor() external view {
        _handler.checkB1();
    }

    function invariant_B2_MoneyHeldIsAccountedFor() external view {
        _handler.checkB2();
    }

    function invariant_B3_NeverCrossed() external view {
        _handler.checkB3();
    }

    function invariant_B4_DepthIsWhatIsOpen() external view {
        _handler.checkB4();
    }

    function invariant_B5_TheBestPriceIsTheBestByScan() external view {
        _handler.checkB5();
    }

    function invariant_B6_PriceTimePriority() external view {
        _handler.checkB6();
    }

    function invariant_B7_B11_FillsArePricedExactlyAndSelfTradesConserve() external view {
        _handler.checkB7();
    }

    function invariant_B8_PlacedIsFilledCancelledOrOpen() external view {
        _handler.checkB8();
    }

    function invariant_B12_TheBoundsHideNoOrder() external view {
        _handler.checkB12();
    }

    struct Target {
        address addr;
        bytes4[] selectors;
    }
}
