// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {Vm} from "../Vm.sol";
import {MarketFixture} from "./MarketFixture.sol";
import {OrderBookModel} from "./OrderBookModel.sol";

/// @notice Four accounts trade at random, each operation on the book and on its model: same results, same fills, same
///         errors. Then the checks say by name what must hold between operations.
abstract contract OrderBookTrading is MarketFixture {
    /// @notice What the operations did; none may stay 0 over many sequences, or the sequences prove nothing.
    struct Reached {
        uint256 filledWh;
        uint256 ownFills;
        uint256 walkedCancelled;
        uint256 laterEpochs;
        uint256 fullBands;
        uint256 cancelledOnly;
        uint256 cancelledFirst;
        uint256 cancelledPartlyFilled;
        uint256 cancelledMiddle;
        uint256 cancelledLast;
        uint256 refusals;
        uint256 staleBounds;
    }

    uint256 private constant ACTORS = 4;
    uint256 private constant WALLET_ENERGY = 60_000;
    uint256 private constant WALLET_CASH = 40_000 * 1e6 * 1e3;
    uint16 private constant BAND = 1_024;
    /// @dev Two pulls from the wallet, a new account, a price never used in a band never used.
    uint256 private constant GAS_TO_PLACE = 330_000;
    uint256 private constant GAS_A_STEP = 60_000;

    OrderBookModel private _model;
    address[] private _actors;
    uint256 private _random;
    bool private _inBand;
    Reached private _reached;

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

    /// @param inBand Trade at 258 neighbouring prices, a whole band of 256 among them, instead of at five
    function begin(uint256 seed, bool inBand) public {
        _random = seed;
        _inBand = inBand;
        _model = new OrderBookModel(_actors, _somePrices(), WALLET_ENERGY, WALLET_CASH);
    }

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    /* OPERATIONS */

    /// @dev Orders and cancellations are what it is about.
    function operation(uint256 seed) external {
        uint256 kind = _mix(seed) % 100;
        if (_inBand && kind < 5) fillBand(kind);
        else if (kind < 62) place(kind);
        else if (kind < 90) cancel(kind);
        else if (kind < 95) deposit(kind);
        else withdraw(kind);
    }

    function place(uint256 seed) public {
        _mix(seed);
        uint256 actor = _next(ACTORS);
        Side side = Side(_next(2));
        uint16 tick = _next(60) == 0 ? 0 : _model.ticks(_next(_model.tickCount()));
        uint32 wattHours = uint32(
            _next(20) == 0
                ? _next(120)
                : _next(8) == 0
                    ? _next(_inBand ? 30_000 : 8_000)
                    : 100 + _next(900)
        );
        uint256 kind = _next(10);
        TimeInForce timeInForce = kind < 7 ? TimeInForce.GTC : TimeInForce(kind - 6);
        _place(actor, side, tick, wattHours, timeInForce, uint16(_next(3) == 0 ? _next(5) : 300));
    }

    /// @notice An order at every price of one band that has none on that side.
    function fillBand(uint256 seed) public {
        _mix(seed);
        Side side = Side(_next(2));
        for (uint16 tick = BAND; tick < BAND + 256; ++tick) {
            if (_model.depthAt(side, tick) == 0) {
                _place(_next(ACTORS), side, tick, 100, TimeInForce.PostOnly, 0);
            }
        }
        uint256 full;
        IOrderBook.Level[] memory levels = market.depth(side, 1_000);
        for (uint256 i = 0; i < levels.length; ++i) if (levels[i].tick >> 8 == BAND >> 8) ++full;
        if (full == 256) ++_reached.fullBands;
        checkB5();
    }

    function cancel(uint256 seed) public {
        _mix(seed);
        uint256 count = _model.orderCount();
        if (count == 0) return;
        uint256 recent = count < 12 ? count : 12;
        uint256 orderId = _model.orderIds(_next(3) == 0 ? _next(count) : count - 1 - _next(recent));
        (uint256 actor, , , ) = _model.orders(orderId);
        if (_next(10) == 0) actor = _next(ACTORS);
        if (_next(25) == 0) orderId |= 1 << (81 + _next(175));
        if (_next(25) == 0) orderId ^= 1 << _next(81);
        (, uint256 before, uint256 behind) = _model.position(orderId);

        bytes memory refusal;
        uint32 expectedWh;
        try _model.cancel(actor, orderId) returns (uint32 wh) {
            expectedWh = wh;
        } catch (bytes memory reason) {
            refusal = reason;
        }
        vm.prank(_actors[actor]);
        try market.cancelOrder(orderId) returns (uint32 wh) {
            check(refusal.length == 0, "B8: the market cancels what the model refuses");
            equal(wh, expectedWh, "B8: a cancellation returns what is open");
            _countCancelled(orderId, wh, before, behind);
        } catch (bytes memory reason) {
            _refusedAlike(reason, refusal);
        }
    }

    function deposit(uint256 seed) public {
        _mix(seed);
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
            _refusedAlike(reason, refusal);
        }
    }

    function withdraw(uint256 seed) public {
        _mix(seed);
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
            _refusedAlike(reason, refusal);
        }
    }

    function _place(
        uint256 actor,
        Side side,
        uint16 tick,
        uint32 wattHours,
        TimeInForce timeInForce,
        uint16 maxSteps
    ) private {
        bytes memory refusal;
        uint256[2] memory expected;
        try _model.place(actor, side, tick, wattHours, timeInForce, maxSteps) returns (
            uint256 id,
            uint32 wh
        ) {
            expected = [id, wh];
        } catch (bytes memory reason) {
            refusal = reason;
        }
        if (_staleBound(side == Side.Bid ? Side.Ask : Side.Bid)) ++_reached.staleBounds;
        vm.recordLogs();
        vm.prank(_actors[actor]);
        uint256 gas = gasleft();
        try market.placeOrder(side, tick, wattHours, timeInForce, maxSteps) returns (uint256 id, uint32 wh) {
            gas -= gasleft();
            check(refusal.length == 0, "B9: the market accepts what the model refuses");
            equal(id, expected[0], "B8: order id");
            equal(wh, expected[1], "B6: filled");
            check(gas < GAS_TO_PLACE + GAS_A_STEP * _model.steps(), "B10: gas <= a + b x steps");
            if (uint32(id >> 32) != 0) ++_reached.laterEpochs;
            _compareFills(actor, side, tick);
        } catch (bytes memory reason) {
            _refusedAlike(reason, refusal);
        }
    }

    /* COMPARISONS */

    function _compareFills(uint256 taker, Side side, uint16 limit) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 count;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IOrderBook.OrderFilled.selector) continue;
            (uint256 id, uint32 wattHours) = _model.fills(count++);
            equal(uint256(logs[i].topics[1]), id, "B6: price-time priority");
            equal(abi.decode(logs[i].data, (uint32)), wattHours, "B6: amount of a fill");
            uint16 tick = uint16(id >> 64);
            check(
                side == Side.Bid ? tick <= limit : tick >= limit,
                "B7: the taker pays no more than its limit"
            );
            _reached.filledWh += wattHours;
            (uint256 maker, , , ) = _model.orders(id);
            if (maker == taker) ++_reached.ownFills;
        }
        equal(count, _model.fillCount(), "B6: number of fills");
        if (_model.steps() > count) ++_reached.walkedCancelled;
    }

    /// @dev The model's errors depend on the sender's own account and on the book's orders, on nobody else's state.
    function _refusedAlike(bytes memory reason, bytes memory expected) private {
        check(keccak256(reason) == keccak256(expected), "B9: both refuse with the same error");
        ++_reached.refusals;
    }

    function _countCancelled(uint256 orderId, uint32 openWh, uint256 before, uint256 behind) private {
        (, uint32 placedWh, , ) = _model.orders(orderId);
        if (openWh < placedWh) ++_reached.cancelledPartlyFilled;
        if (before == 0 && behind == 0) ++_reached.cancelledOnly;
        else if (before == 0) ++_reached.cancelledFirst;
        else if (behind == 0) ++_reached.cancelledLast;
        else ++_reached.cancelledMiddle;
    }

    /* WHAT MUST HOLD */

    function checkEverything() external view {
        checkB1();
        checkB2();
        checkB3();
        checkB4();
        checkB5();
        checkB6();
        checkB7();
        checkB8();
        checkB12();
    }

    function checkB1() public view {
        uint256 energyWh;
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            (uint128 free, ) = market.tradingBalance(_actors[actor]);
            energyWh += free;
        }
        IOrderBook.Level[] memory asks = market.depth(Side.Ask, type(uint256).max);
        for (uint256 i = 0; i < asks.length; ++i) energyWh += asks[i].wattHours;
        equal(energyToken.balanceOf(address(market)), energyWh, "B1: ETK held = balances + ask depth");
    }

    function checkB2() public view {
        uint256 idrs;
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            (, uint128 cash) = market.tradingBalance(_actors[actor]);
            idrs += cash;
        }
        IOrderBook.Level[] memory bids = market.depth(Side.Bid, type(uint256).max);
        for (uint256 i = 0; i < bids.length; ++i) idrs += uint256(bids[i].wattHours) * bids[i].tick * 1_000;
        equal(rupiahToken.balanceOf(address(market)), idrs, "B2: IDRS held = balances + bids at their price");
    }

    function checkB3() public view {
        (uint16 bid, uint16 ask) = (market.bestPrice(Side.Bid), market.bestPrice(Side.Ask));
        check(bid == 0 || ask == 0 || bid < ask, "B3: never crossed");
    }

    function checkB4() public view {
        for (uint8 side = 0; side < 2; ++side) {
            IOrderBook.Level[] memory levels = market.depth(Side(side), type(uint256).max);
            for (uint256 i = 0; i < levels.length; ++i) {
                equal(
                    levels[i].wattHours,
                    _model.depthAt(Side(side), levels[i].tick),
                    "B4: depth is the sum of what is open"
                );
            }
            uint256 count = _model.tickCount();
            for (uint256 i = 0; i < count; ++i) {
                uint256 word = uint256(vm.load(address(market), _queueSlot(Side(side), _model.ticks(i))));
                check(
                    (uint64(word >> 64) == 0) == (word >> 160 == 0),
                    "B4: no depth if and only if head = tail = 0"
                );
            }
        }
    }

    function checkB5() public view {
        for (uint8 side = 0; side < 2; ++side) {
            IOrderBook.Level[] memory levels = market.depth(Side(side), type(uint256).max);
            uint256 found;
            uint256 count = _model.tickCount();
            for (uint256 i = 0; i < count; ++i) {
                uint16 tick = _model.ticks(Side(side) == Side.Ask ? i : count - 1 - i);
                if (_model.depthAt(Side(side), tick) == 0) continue;
                check(found < levels.length && levels[found].tick == tick, "B5: occupied, in order of price");
                ++found;
            }
            equal(found, levels.length, "B5: occupied if and only if there is depth");
            equal(
                market.bestPrice(Side(side)),
                found == 0 ? 0 : levels[0].tick,
                "B5: the best price is the best by scan"
            );
        }
    }

    function checkB6() public view {
        uint256 count = _model.orderCount();
        for (uint256 i = 0; i < count; ++i) {
            uint256 orderId = _model.orderIds(i);
            (uint256 actor, , , ) = _model.orders(orderId);
            (address owner, , , uint32 openWh) = market.openOrder(orderId);
            equal(openWh, _model.open(orderId), "B6: what priority left of each order");
            equal(owner, openWh == 0 ? address(0) : _actors[actor], "B6: its owner");
        }
    }

    function checkB7() public view {
        for (uint256 actor = 0; actor < ACTORS; ++actor) {
            (uint128 energyWh, uint128 idrs) = market.tradingBalance(_actors[actor]);
            equal(energyWh, _model.energy(actor), "B7, B11: energy is what the model's fills leave");
            equal(idrs, _model.cash(actor), "B7, B11: cash is price x amount of the model's fills");
        }
    }

    function checkB8() public view {
        uint256 count = _model.orderCount();
        for (uint256 i = 0; i < count; ++i) {
            uint256 orderId = _model.orderIds(i);
            (, uint32 placedWh, uint32 filledWh, uint32 cancelledWh) = _model.orders(orderId);
            (, , , uint32 openWh) = market.openOrder(orderId);
            equal(
                placedWh,
                uint256(filledWh) + cancelledWh + openWh,
                "B8: placed = filled + cancelled + open"
            );
        }
    }

    function checkB12() public view {
        _staleBound(Side.Bid);
        _staleBound(Side.Ask);
    }

    /* RANDOM */

    function _mix(uint256 seed) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random, seed)));
        return _random;
    }

    function _next(uint256 bound) private returns (uint256) {
        return _mix(bound) % bound;
    }

    /// @dev Five neighbours, now and then across two bands or at an end.
    function _somePrices() private returns (uint16[] memory prices) {
        uint16[6] memory starts = [1, 30, 253, 1_440, 32_766, 65_531];
        prices = new uint16[](_inBand ? 258 : 5);
        uint16 start = _inBand ? BAND - 1 : starts[_next(6)];
        for (uint16 i = 0; i < prices.length; ++i) prices[i] = start + i;
    }
}
