// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {OfferBoardChecks} from "./OfferBoardChecks.sol";

/// @notice Four neighbours, two of them with batteries, offer, request, accept, discharge, deliver, close and rate at
///         random, with real metering, and trade on the book beside it.
abstract contract OfferBoardTrading is OfferBoardChecks {
    uint256 private _random;

    function setUp() public {
        deploySystem();
        for (uint256 i = 0; i < ACTORS; ++i) fund(_actor(i), 20_000, 1e12);
        for (uint256 i = 0; i < BATTERIES; ++i) {
            addBattery(_battery(i), _actor(i), CAPACITY, CAPACITY);
            _records[i] = BatteryRecord(0, 0, CAPACITY, time());
        }
    }

    function begin(uint256 seed) external {
        _random = seed;
    }

    /* OPERATIONS */

    function operation(uint256 seed) external {
        uint256 kind = _mix(seed) % 100;
        if (kind < 10) create(kind);
        else if (kind < 15) update(kind);
        else if (kind < 20) endOffer(kind);
        else if (kind < 38) request(kind);
        else if (kind < 54) accept(kind);
        else if (kind < 60) takeBack(kind);
        else if (kind < 75) deliver(kind);
        else if (kind < 79) closeTrade(kind);
        else if (kind < 82) rate(kind);
        else if (kind < 90) discharge(kind);
        else if (kind < 94) wait(kind);
        else if (kind < 96) pause(kind);
        else if (kind < 98) suspend(kind);
        else order(kind);
        checkO2();
    }

    function create(uint256 seed) public {
        _mix(seed);
        uint256 battery = _next(BATTERIES);
        address sender = _next(12) == 0 ? _actor(_next(ACTORS)) : _actor(battery);
        uint32 wattHours = uint32(_next(15) == 0 ? _next(200) : 100 + _next(8_000));
        uint40 price = uint40(_next(20) == 0 ? _next(2) * 1e12 : 1_000 + _next(2_000_000));
        uint64 cell = _next(20) == 0 ? OTHER_CELL : CELL;
        uint40[2] memory period;
        period[0] = time() + uint40(_next(3) == 0 ? _next(2 hours) : 0);
        period[1] = time() + uint40(_next(20) == 0 ? _next(9 days) : 1 + _next(2 days));

        _rulesOfCreate(sender, battery, wattHours, price, cell, period);
        bytes memory call = abi.encodeCall(
            market.createOffer,
            (_battery(battery), wattHours, price, cell, period[0], period[1])
        );
        if (_attempt(sender, call)) _offered[market.offerCount()] = int256(uint256(wattHours));
    }

    function update(uint256 seed) public {
        _mix(seed);
        uint256 offerId = _someOffer();
        if (offerId == 0) return;
        IOfferBoard.Offer memory before = market.offer(offerId);
        address sender = _next(10) == 0 ? _actor(_next(ACTORS)) : before.seller;
        (uint32 wattHours, uint40 to) = (uint32(_next(20_000)), uint40(time() + _next(2 days)));
        _rulesOfUpdate(sender, offerId, wattHours, 1_500_000, to);
        if (_attempt(sender, abi.encodeCall(market.updateOffer, (offerId, wattHours, 1_500_000, to)))) {
            _offered[offerId] += int256(uint256(wattHours)) - int256(uint256(before.remainingWh));
            ++_reached.updated;
        }
    }

    function endOffer(uint256 seed) public {
        _mix(seed);
        (uint256 offerId, address sender) = (_someOffer(), _actor(_next(ACTORS)));
        bool done;
        if (_next(2) == 0) {
            _rulesOfCancelOffer(sender, offerId);
            done = _attempt(sender, abi.encodeCall(market.cancelOffer, (offerId)));
        } else {
            _rulesOfCloseOffer(offerId);
            done = _attempt(sender, abi.encodeCall(market.closeOffer, (offerId)));
        }
        if (done) _ended[offerId] = true;
    }

    function request(uint256 seed) public {
        _mix(seed);
        (uint256 offerId, address sender) = (_someOffer(), _actor(_next(ACTORS)));
        if (offerId == 0) return;
        IOfferBoard.Offer memory offer = market.offer(offerId);
        uint32 wattHours = uint32(_next(1_500));
        if (_next(3) == 0 || wattHours > offer.remainingWh) wattHours = offer.remainingWh;
        if (_next(20) == 0) ++wattHours;
        uint40 price = offer.price + (_next(20) == 0 ? 1 : 0);
        uint40 end = offer.availableTo - (_next(20) == 0 ? 1 : 0);

        _rulesOfRequest(sender, offerId, wattHours, price, end);
        bytes memory call = abi.encodeCall(market.requestTrade, (offerId, wattHours, price, end));
        if (!_attempt(sender, call)) return;
        check(time() <= offer.availableTo, "O4: nothing is bought after expiry");
        uint256 tradeId = market.tradeCount();
        IOfferBoard.Trade memory trade = market.trade(tradeId);
        check(
            trade.price == price && trade.availableTo == offer.availableTo,
            "O5: a trade has the price and times that its buyer saw"
        );
        _notes[tradeId].requested = trade;
    }

    function accept(uint256 seed) public {
        _mix(seed);
        uint256 tradeId = _someTrade();
        address sender = _actor(_next(BATTERIES));
        if (tradeId != 0 && _next(10) != 0) sender = market.trade(tradeId).seller;
        _rulesOfAccept(sender, tradeId);
        if (!_attempt(sender, abi.encodeCall(market.acceptTrade, (tradeId)))) return;
        _notes[tradeId].mark = _records[_batteryOf(sender)].exportedWh;
        _notes[tradeId].stoppedBefore = _stoppedSoFar(_batteryOf(sender));
    }

    /// @notice The seller rejects, or the buyer cancels.
    function takeBack(uint256 seed) public {
        _mix(seed);
        (uint256 tradeId, address sender) = (_someTrade(), _actor(_next(ACTORS)));
        bool byBuyer = _next(2) == 0;
        _rulesOfAnswer(sender, tradeId, byBuyer);
        if (byBuyer) _attempt(sender, abi.encodeCall(market.cancelTrade, (tradeId)));
        else _attempt(sender, abi.encodeCall(market.rejectTrade, (tradeId)));
    }

    function deliver(uint256 seed) public {
        _mix(seed);
        uint256 tradeId = _someTrade();
        if (tradeId == 0) return;
        uint32 most = uint32(market.deliverable(tradeId));
        uint32 wattHours = _next(4) != 0 ? most : uint32(_next(uint256(most) + 20));
        _rulesOfDeliver(tradeId, wattHours);
        uint32 before = market.trade(tradeId).deliveredWh;
        if (!_attempt(_actor(_next(ACTORS)), abi.encodeCall(market.deliver, (tradeId, wattHours)))) return;
        equal(
            market.trade(tradeId).deliveredWh - before,
            wattHours < most ? wattHours : most,
            "what was asked, and no more than deliverable said"
        );
        ++_reached.delivered;
    }

    function closeTrade(uint256 seed) public {
        _mix(seed);
        (uint256 tradeId, address sender) = (_someTrade(), _actor(_next(ACTORS)));
        _rulesOfCloseTrade(sender, tradeId);
        _attempt(sender, abi.encodeCall(market.closeTrade, (tradeId)));
    }

    function rate(uint256 seed) public {
        _mix(seed);
        (uint256 tradeId, address sender) = (_someTrade(), _actor(_next(ACTORS)));
        uint8 stars = uint8(_next(7));
        if (tradeId != 0 && _next(2) == 0) sender = market.trade(tradeId).buyer;
        _rulesOfRate(sender, tradeId, stars);
        if (!_attempt(sender, abi.encodeCall(market.rateTrade, (tradeId, stars)))) return;
        bool byBuyer = sender == market.trade(tradeId).buyer;
        if (byBuyer) _notes[tradeId].ratedByBuyer = true;
        else _notes[tradeId].ratedBySeller = true;
        address rated = byBuyer ? market.trade(tradeId).seller : market.trade(tradeId).buyer;
        ++_ratings[rated];
        _stars[rated] += stars;
        ++_reached.rated;
    }

    /// @notice The meter of a battery reports export, now and then import, and what is stored.
    function discharge(uint256 seed) public {
        _mix(seed);
        uint256 battery = _next(BATTERIES);
        if (_suspended[battery]) suspend(seed);
        if (_suspended[battery]) return;
        BatteryRecord storage known = _records[battery];
        vm.warp(time() + 60 + _next(400));
        uint64 exportedWh = uint64(_next(6_000));
        known.exportedWh += exportedWh;
        if (_next(6) == 0) known.importedWh += uint64(_next(9_000));
        known.storedWh = uint64(_next(8) == 0 ? _next(CAPACITY) : CAPACITY);
        known.reportedAt = time();
        _countExport(battery, exportedWh);
        settle(_battery(battery), known.exportedWh, known.importedWh, known.storedWh);
        checkCounted();
    }

    function wait(uint256 seed) public {
        _mix(seed);
        vm.warp(time() + _next(_next(6) == 0 ? 2 days : 10 minutes));
    }

    function pause(uint256 seed) public {
        _mix(seed);
        bool paused = _next(5) == 0;
        market.setPaused(false, paused);
        _countStops();
        _paused = paused;
    }

    /// @notice The registrar suspends a battery's meter, or lets it go on.
    function suspend(uint256 seed) public {
        _mix(seed);
        uint256 battery = _next(BATTERIES);
        if (_suspended[battery]) registry.resume(_battery(battery));
        else registry.suspend(_battery(battery));
        _countStops();
        _suspended[battery] = !_suspended[battery];
    }

    function order(uint256 seed) public {
        _mix(seed);
        (address sender, Side side) = (_actor(_next(ACTORS)), Side(_next(2)));
        (uint16 tick, uint32 wattHours) = (uint16(1_000 + _next(3)), uint32(100 + _next(500)));
        if (side == Side.Ask) _rulesOfFunds(sender, wattHours, 0);
        else _rulesOfFunds(sender, 0, uint256(wattHours) * tick * 1_000);
        _attempt(sender, abi.encodeCall(market.placeOrder, (side, tick, wattHours, TimeInForce.GTC, 20)));
    }

    /* RANDOM */

    function _someOffer() private returns (uint256) {
        return _recent(market.offerCount());
    }

    function _someTrade() private returns (uint256) {
        return _recent(market.tradeCount());
    }

    /// @dev One of the last six, 0 when there is none.
    function _recent(uint256 count) private returns (uint256) {
        return count == 0 ? 0 : count - _next(count < 6 ? count : 6);
    }

    function _mix(uint256 seed) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random, seed)));
        return _random;
    }

    function _next(uint256 bound) private returns (uint256) {
        return _mix(bound) % bound;
    }
}
