// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";
import {OrderBookModel} from "./OrderBookModel.sol";
import {Vm} from "../Vm.sol";

/// @notice Long random sequences on the book and on its model: same results, same fills, same errors, same balances.
///         ENERLINK_FUZZ_RUNS sets how many sequences, ENERLINK_FUZZ_FIRST the first one's seed.
contract OrderBookFuzzTest is MarketFixture {
    uint256 private constant OPERATIONS = 64;
    uint256 private constant ACTORS = 4;
    uint256 private constant WALLET_ENERGY = 60_000;
    uint256 private constant WALLET_CASH = 40_000 * 1e6 * 1e3;

    OrderBookModel private _model;
    address[] private _actors;
    uint256 private _random;

    function setUp() public {
        deploySystem();
        for (uint160 actor = 0; actor < ACTORS; ++actor) {
            address account = address(0xAC0000 + actor);
            _actors.push(account);
            giveEnergy(account, WALLET_ENERGY);
            giveMoney(account, uint128(WALLET_CASH));
            approveAll(account);
        }
    }

    function test_TheBookDoesWhatItsModelDoes() public {
        uint256 runs = vm.envOr("ENERLINK_FUZZ_RUNS", 150);
        uint256 first = vm.envOr("ENERLINK_FUZZ_FIRST", uint256(1));
        uint256 clean = vm.snapshotState();
        uint256 filledWh;
        for (uint256 run = first; run < first + runs; ++run) {
            filledWh += this.sequence(run);
            vm.revertToState(clean);
            clean = vm.snapshotState();
        }
        check(filledWh > runs * 1_000, "the sequences trade");
    }

    function testFuzz_TheBookDoesWhatItsModelDoes(uint256 seed) public {
        sequence(seed);
    }

    function sequence(uint256 seed) public returns (uint256 filledWh) {
        _random = seed;
        _model = new OrderBookModel(_actors, _somePrices(), WALLET_ENERGY, WALLET_CASH);
        for (uint256 i = 1; i <= OPERATIONS; ++i) {
            this.operation();
            if (i % 16 == 0) this.compareEverything();
        }
        for (uint256 i = 0; i < _model.orderCount(); ++i) {
            (, , uint32 wattHours, ) = _model.orders(_model.orderIds(i));
            filledWh += wattHours;
        }
    }

    /// @dev Called from outside, so that each operation starts with empty memory.
    function operation() external {
        uint256 kind = _next(100);
        if (kind < 62) _place();
        else if (kind < 90) _cancel();
        else if (kind < 95) _deposit();
        else _withdraw();
        _compareBalances();
    }

    /* OPERATIONS */

    function _place() private {
        uint256 actor = _next(ACTORS);
        Side side = Side(_next(2));
        uint16 tick = _next(60) == 0 ? 0 : _model.ticks(_next(_model.tickCount()));
        uint32 wattHours = uint32(
            _next(20) == 0
                ? _next(120)
                : _next(8) == 0
                    ? _next(8_000)
                    : 100 + _next(900)
        );
        uint256 kind = _next(10);
        TimeInForce timeInForce = kind < 7 ? TimeInForce.GTC : TimeInForce(kind - 6);
        uint16 maxSteps = uint16(_next(3) == 0 ? _next(5) : 100);

        bytes memory refusal;
        uint256 expectedId;
        uint32 expectedWh;
        try _model.place(actor, side, tick, wattHours, timeInForce, maxSteps) returns (
            uint256 id,
            uint32 wh
        ) {
            (expectedId, expectedWh) = (id, wh);
        } catch (bytes memory reason) {
            refusal = reason;
        }
        vm.recordLogs();
        vm.prank(_actors[actor]);
        try market.placeOrder(side, tick, wattHours, timeInForce, maxSteps) returns (uint256 id, uint32 wh) {
            check(refusal.length == 0, "the market accepts what the model refuses");
            equal(id, expectedId, "order id");
            equal(wh, expectedWh, "filled");
            _compareFills();
        } catch (bytes memory reason) {
            check(keccak256(reason) == keccak256(refusal), "both refuse with the same error");
        }
    }

    function _cancel() private {
        uint256 count = _model.orderCount();
        if (count == 0) return;
        uint256 recent = count < 12 ? count : 12;
        uint256 orderId = _model.orderIds(_next(3) == 0 ? _next(count) : count - 1 - _next(recent));
        (uint256 actor, , , ) = _model.orders(orderId);
        if (_next(10) == 0) actor = _next(ACTORS);
        if (_next(25) == 0) orderId |= 1 << (81 + _next(175));
        if (_next(25) == 0) orderId ^= 1 << _next(81);

        bytes memory refusal;
        uint32 expectedWh;
        try _model.cancel(actor, orderId) returns (uint32 wh) {
            expectedWh = wh;
        } catch (bytes memory reason) {
            refusal = reason;
        }
        vm.prank(_actors[actor]);
        try market.cancelOrder(orderId) returns (uint32 wh) {
            check(refusal.length == 0, "the market cancels what the model refuses");
            equal(wh, expectedWh, "returned");
        } catch (bytes memory reason) {
            check(keccak256(reason) == keccak256(refusal), "both refuse with the same error");
        }
    }

    function _deposit() private {
        uint256 actor = _next(ACTORS);
        (uint128 energyWh, uint128 idrs) = (uint128(_next(20_000)), uint128(_next(1e12)));

        bytes memory refusal;
        try _model.deposit(actor, energyWh, idrs) {} catch (bytes memory reason) {
            refusal = reason;
        }
        vm.prank(_actors[actor]);
        try market.deposit(energyWh, idrs) {
            check(refusal.length == 0, "the market takes what the model refuses");
        } catch (bytes memory reason) {
            check(keccak256(reason) == keccak256(refusal), "both refuse with the same error");
        }
    }

    function _withdraw() private {
        uint256 actor = _next(ACTORS);
        (uint128 energyWh, uint128 idrs) = (uint128(_next(20_000)), uint128(_next(1e12)));

        bytes memory refusal;
        try _model.withdraw(actor, energyWh, idrs) {} catch (bytes memory reason) {
            refusal = reason;
        }
        vm.prank(_actors[actor]);
        try market.withdraw(energyWh, idrs) {
            check(refusal.length == 0, "the market pays what the model refuses");
        } catch (bytes memory reason) {
            check(keccak256(reason) == keccak256(refusal), "both refuse with the same error");
        }
    }

    /* COMPARISONS */

    function _compareFills() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 count;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IOrderBook.OrderFilled.selector) continue;
            (uint256 id, uint32 wattHours) = _model.fills(count++);
            equal(uint256(logs[i].topics[1]), id, "B6: price-time priority");
            equal(abi.decode(logs[i].data, (uint32)), wattHours, "B6: amount of a fill");
        }
        equal(count, _model.fillCount(), "B6: number of fills");
    }

    function _compareBalances() private view {
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            (uint128 energyWh, uint128 idrs) = market.tradingBalance(_actors[actor]);
            equal(energyWh, _model.energy(actor), "B7, B11: energy");
            equal(idrs, _model.cash(actor), "B7, B11: cash");
        }
        (uint16 bid, uint16 ask) = (market.bestPrice(Side.Bid), market.bestPrice(Side.Ask));
        check(bid == 0 || ask == 0 || bid < ask, "B3: never crossed");
        equal(bid, _model.bestPrice(Side.Bid), "B5: best bid by scan");
        equal(ask, _model.bestPrice(Side.Ask), "B5: best ask by scan");
    }

    function compareEverything() external view {
        uint256 energyWh;
        uint256 idrs;
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            energyWh += _model.energy(actor);
            idrs += _model.cash(actor);
        }
        IOrderBook.Level[] memory asks = _compareDepth(Side.Ask);
        for (uint256 i = 0; i < asks.length; ++i) energyWh += asks[i].wattHours;
        IOrderBook.Level[] memory bids = _compareDepth(Side.Bid);
        for (uint256 i = 0; i < bids.length; ++i) idrs += uint256(bids[i].wattHours) * bids[i].tick * 1_000;
        equal(energyToken.balanceOf(address(market)), energyWh, "B1: energy held");
        equal(rupiahToken.balanceOf(address(market)), idrs, "B2: money held");

        for (uint256 i = 0; i < _model.orderCount(); ++i) {
            uint256 orderId = _model.orderIds(i);
            (uint256 actor, uint32 placedWh, uint32 filledWh, uint32 cancelledWh) = _model.orders(orderId);
            (address owner, , , uint32 openWh) = market.openOrder(orderId);
            equal(openWh, _model.open(orderId), "B4: open");
            equal(
                placedWh,
                uint256(filledWh) + cancelledWh + openWh,
                "B8: placed = filled + cancelled + open"
            );
            equal(owner, openWh == 0 ? address(0) : _actors[actor], "owner");
        }
    }

    function _compareDepth(Side side) private view returns (IOrderBook.Level[] memory levels) {
        levels = market.depth(side, type(uint256).max);
        uint256 found;
        uint256 count = _model.tickCount();
        for (uint256 i = 0; i < count; ++i) {
            uint16 tick = _model.ticks(side == Side.Ask ? i : count - 1 - i);
            uint64 wattHours = _model.depthAt(side, tick);
            if (wattHours == 0) continue;
            equal(levels[found].tick, tick, "B4: a level, best first");
            equal(levels[found++].wattHours, wattHours, "B4: its depth");
        }
        equal(found, levels.length, "B4: number of levels");
    }

    /* RANDOM */

    function _next(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % bound;
    }

    /// @dev Five neighbours, now and then across two bands or at an end.
    function _somePrices() private returns (uint16[] memory prices) {
        prices = new uint16[](5);
        uint16[6] memory starts = [1, 30, 253, 1_440, 32_766, 65_531];
        uint16 start = starts[_next(6)];
        for (uint16 i = 0; i < 5; ++i) prices[i] = start + i;
    }
}
