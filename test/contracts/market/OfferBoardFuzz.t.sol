// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard, IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice Long random sequences on board and book with real metering; after each step what the views say must add up.
///         ENERLINK_FUZZ_RUNS sets how many sequences, ENERLINK_FUZZ_FIRST the first one's seed.
contract OfferBoardFuzzTest is MarketFixture {
    uint256 private constant OPERATIONS = 120;
    uint256 private constant ACTORS = 4;
    uint256 private constant BATTERIES = 2;
    uint64 private constant CAPACITY = 50_000;
    bytes4 private constant PANIC = 0x4e487b71;

    /// @param mark The battery's export at acceptance, Wh
    struct Seen {
        IOfferBoard.TradeStatus status;
        uint32 deliveredWh;
        uint64 mark;
    }

    uint256 private _random;
    uint64[BATTERIES] private _exported;
    /// @dev Wh that each offer was created with, and what updates added or took.
    mapping(uint256 offerId => int256) private _offered;
    mapping(uint256 tradeId => Seen) private _seen;

    function setUp() public {
        deploySystem();
        for (uint256 i = 0; i < ACTORS; ++i) fund(_actor(i), 20_000, 1e12);
        for (uint256 i = 0; i < BATTERIES; ++i) addBattery(_battery(i), _actor(i), CAPACITY, CAPACITY);
    }

    function test_TheBoardAddsUp() public {
        uint256 runs = vm.envOr("ENERLINK_FUZZ_RUNS", 60);
        uint256 first = vm.envOr("ENERLINK_FUZZ_FIRST", uint256(1));
        uint256 clean = vm.snapshotState();
        uint256 completed;
        for (uint256 run = first; run < first + runs; ++run) {
            completed += this.sequence(run);
            vm.revertToState(clean);
            clean = vm.snapshotState();
        }
        check(completed > runs / 8, "the sequences complete trades");
    }

    function testFuzz_TheBoardAddsUp(uint256 seed) public {
        sequence(seed);
    }

    function sequence(uint256 seed) public returns (uint256 completed) {
        _random = seed;
        for (uint256 i = 1; i <= OPERATIONS; ++i) {
            this.operation();
            if (i % 4 == 0) this.everythingAddsUp();
        }
        this.closeEverything();
        for (uint256 id = 1; id <= market.tradeCount(); ++id) {
            if (market.trade(id).status == IOfferBoard.TradeStatus.Completed) ++completed;
        }
    }

    /* OPERATIONS */

    function operation() external {
        uint256 kind = _next(100);
        uint256 actor = _next(ACTORS);
        if (kind < 10) _create(_next(BATTERIES));
        else if (kind < 15) _update();
        else if (kind < 17) _attempt(_seller(), abi.encodeCall(market.cancelOffer, (_someOffer())));
        else if (kind < 20) _attempt(_actor(actor), abi.encodeCall(market.closeOffer, (_someOffer())));
        else if (kind < 38) _request(_actor(actor));
        else if (kind < 54) _accept();
        else if (kind < 57) _attempt(_seller(), abi.encodeCall(market.rejectTrade, (_someTrade())));
        else if (kind < 60) _attempt(_actor(actor), abi.encodeCall(market.cancelTrade, (_someTrade())));
        else if (kind < 75) _deliver(_actor(actor));
        else if (kind < 79) _attempt(_actor(actor), abi.encodeCall(market.closeTrade, (_someTrade())));
        else if (kind < 82) {
            _attempt(_actor(actor), abi.encodeCall(market.rateTrade, (_someTrade(), uint8(_next(6)))));
        } else if (kind < 90) _discharge(_next(BATTERIES));
        else if (kind < 94) vm.warp(time() + _next(_next(6) == 0 ? 2 days : 10 minutes));
        else if (kind < 96) market.setPaused(false, _next(5) == 0);
        else _order(_actor(actor));
    }

    function _create(uint256 index) private {
        uint40 now_ = time();
        uint32 wattHours = uint32(100 + _next(8_000));
        uint40 to = now_ + uint40(1 + _next(2 days));
        uint40 from = now_ + uint40(_next(3) == 0 ? _next(2 hours) : 0);
        bytes memory create = abi.encodeCall(
            market.createOffer,
            (_battery(index), wattHours, uint40(1_000 + _next(2_000_000)), CELL, from, to)
        );
        if (_attempt(_actor(index), create)) _offered[market.offerCount()] = int256(uint256(wattHours));
    }

    function _update() private {
        uint256 offerId = _someOffer();
        if (offerId == 0) return;
        uint32 before = market.offer(offerId).remainingWh;
        uint32 wattHours = uint32(_next(20_000));
        uint40 to = uint40(time() + _next(2 days));
        address sender = market.offer(offerId).seller;
        if (_attempt(sender, abi.encodeCall(market.updateOffer, (offerId, wattHours, 1_500_000, to)))) {
            _offered[offerId] += int256(uint256(wattHours)) - int256(uint256(before));
        }
    }

    function _request(address buyer) private {
        uint256 offerId = _someOffer();
        if (offerId == 0) return;
        uint32 most = market.offer(offerId).remainingWh;
        uint32 wattHours = uint32(_next(1_500));
        if (_next(3) == 0 || wattHours > most) wattHours = most;
        bytes memory request = abi.encodeCall(
            market.requestTrade,
            (offerId, wattHours, market.offer(offerId).price)
        );
        _attempt(buyer, request);
    }

    function _accept() private {
        uint256 tradeId = _someTrade();
        if (tradeId == 0) return;
        uint256 index = market.trade(tradeId).seller == _actor(0) ? 0 : 1;
        if (_attempt(_actor(index), abi.encodeCall(market.acceptTrade, (tradeId)))) {
            _seen[tradeId].mark = _exported[index];
        }
    }

    function _deliver(address caller) private {
        uint256 tradeId = _someTrade();
        if (tradeId == 0) return;
        uint32 most = uint32(market.deliverable(tradeId));
        uint32 wattHours = _next(4) != 0 ? most : uint32(_next(uint256(most) + 20));
        bool done = _attempt(caller, abi.encodeCall(market.deliver, (tradeId, wattHours)));
        check(!done || wattHours <= most, "no more is delivered than deliverable said");
    }

    function _discharge(uint256 index) private {
        vm.warp(time() + 60 + _next(400));
        _exported[index] += uint64(_next(6_000));
        settle(_battery(index), _exported[index], uint64(_next(8) == 0 ? _next(CAPACITY) : CAPACITY));
    }

    function _order(address account) private {
        uint32 wattHours = uint32(100 + _next(500));
        Side side = Side(_next(2));
        bytes memory order = abi.encodeCall(
            market.placeOrder,
            (side, uint16(1_000 + _next(3)), wattHours, TimeInForce.GTC, 20)
        );
        _attempt(account, order);
    }

    /// @dev Any refusal must be a named error, never a panic.
    function _attempt(address sender, bytes memory call) private returns (bool done) {
        vm.prank(sender);
        bytes memory answer;
        (done, answer) = address(market).call(call);
        check(done || (answer.length >= 4 && bytes4(answer) != PANIC), "B9: refused with a named error");
    }

    /* WHAT MUST HOLD */

    function everythingAddsUp() external {
        uint256 trades = market.tradeCount();
        uint256[BATTERIES] memory promisedWh;
        uint256[BATTERIES] memory deliveredWh;
        uint256[] memory perOffer = new uint256[](market.offerCount() + 1);
        uint256[ACTORS] memory acceptedWh;
        uint256[ACTORS] memory handedWh;
        uint256 escrow;

        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            uint256 index = trade.seller == _actor(0) ? 0 : 1;
            uint256 owedWh = trade.wattHours - trade.deliveredWh;
            bool pending = trade.status == IOfferBoard.TradeStatus.Pending;
            bool accepted = trade.status == IOfferBoard.TradeStatus.Accepted;
            bool wasAccepted =
                accepted ||
                    trade.status == IOfferBoard.TradeStatus.Completed ||
                    trade.status == IOfferBoard.TradeStatus.Expired;
            if (pending || accepted) escrow += owedWh * trade.price;
            if (accepted) promisedWh[index] += owedWh;
            if (wasAccepted) {
                perOffer[trade.offerId] += trade.wattHours;
                acceptedWh[index] += trade.wattHours;
                handedWh[index] += trade.deliveredWh;
            }
            deliveredWh[index] += trade.deliveredWh;
            check(pending || wasAccepted || trade.deliveredWh == 0, "O2: only accepted trades deliver");
            _checkLifeCycle(id, trade);
        }

        for (uint256 id = 1; id < perOffer.length; ++id) {
            IOfferBoard.Offer memory offer = market.offer(id);
            equal(offer.remainingWh + perOffer[id], uint256(_offered[id]), "O1: offered = remaining + sold");
            if (_holds(id)) promisedWh[offer.seller == _actor(0) ? 0 : 1] += offer.remainingWh;
        }
        for (uint256 i = 0; i < BATTERIES; ++i) {
            equal(market.promised(_battery(i)), promisedWh[i], "promised = held by offers + owed by trades");
            check(deliveredWh[i] <= _exported[i], "delivered means metered, each Wh once");
            equal(market.reputation(_actor(i)).promisedWh, acceptedWh[i], "reputation: promised");
            equal(market.reputation(_actor(i)).deliveredWh, handedWh[i], "reputation: delivered");
        }
        _checkMoney(escrow);
        _checkMarks(trades);
    }

    /// @dev O2: Pending leads to Accepted or an end, Accepted to Completed or Expired, ends to nothing.
    function _checkLifeCycle(uint256 id, IOfferBoard.Trade memory trade) private {
        Seen storage seen = _seen[id];
        IOfferBoard.TradeStatus before = seen.status;
        bool unknown = before == IOfferBoard.TradeStatus.None || before == IOfferBoard.TradeStatus.Pending;
        bool wasAccepted = before == IOfferBoard.TradeStatus.Accepted;
        bool ends =
            trade.status == IOfferBoard.TradeStatus.Completed ||
                trade.status == IOfferBoard.TradeStatus.Expired;
        check(unknown || before == trade.status || (wasAccepted && ends), "O2: ends are final");
        check(trade.deliveredWh >= seen.deliveredWh, "O2: deliveries are final");
        check(
            (trade.status == IOfferBoard.TradeStatus.Completed) == (trade.deliveredWh == trade.wattHours),
            "O2: completed when all is delivered"
        );
        seen.status = trade.status;
        seen.deliveredWh = trade.deliveredWh;
    }

    /// @dev What trades accepted at a mark or later have delivered was exported after it.
    function _checkMarks(uint256 trades) private view {
        for (uint256 id = 1; id <= trades; ++id) {
            if (_seen[id].deliveredWh == 0) continue;
            address seller = market.trade(id).seller;
            uint64 mark = _seen[id].mark;
            uint256 sum;
            for (uint256 other = 1; other <= trades; ++other) {
                bool counts = _seen[other].mark >= mark && market.trade(other).seller == seller;
                if (counts) sum += _seen[other].deliveredWh;
            }
            check(sum <= _exported[seller == _actor(0) ? 0 : 1] - mark, "each Wh once, since acceptance");
        }
    }

    function _checkMoney(uint256 escrow) private view {
        uint256 energyWh;
        uint256 idrs = escrow;
        for (uint256 i = 0; i < ACTORS; ++i) {
            (uint128 energy, uint128 cash) = market.tradingBalance(_actor(i));
            energyWh += energy;
            idrs += cash;
        }
        IOrderBook.Level[] memory levels = market.depth(Side.Ask, 10);
        for (uint256 i = 0; i < levels.length; ++i) energyWh += levels[i].wattHours;
        levels = market.depth(Side.Bid, 10);
        for (uint256 i = 0; i < levels.length; ++i)
            idrs += uint256(levels[i].wattHours) * levels[i].tick * 1_000;
        equal(energyToken.balanceOf(address(market)), energyWh, "B1: energy held");
        equal(rupiahToken.balanceOf(address(market)), idrs, "B2: money held");
    }

    /// @dev O3, O4: once every deadline is over, the buyers alone get all escrow back and anyone frees the batteries.
    function closeEverything() external {
        market.setPaused(true, true);
        market.setPaused(true, false);
        vm.warp(time() + 30 days);
        for (uint256 id = 1; id <= market.tradeCount(); ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            bool ended =
                trade.status != IOfferBoard.TradeStatus.Pending &&
                    trade.status != IOfferBoard.TradeStatus.Accepted;
            bool done = _attempt(trade.buyer, abi.encodeCall(market.closeTrade, (id)));
            check(done != ended, "O3: the buyer closes what is open");
        }
        for (uint256 id = 1; id <= market.offerCount(); ++id) {
            bool held = _holds(id);
            bool done = _attempt(_actor(3), abi.encodeCall(market.closeOffer, (id)));
            check(done || !held, "O4: what an offer holds can be freed");
        }
        _checkMoney(0);
        for (uint256 i = 0; i < BATTERIES; ++i)
            equal(market.promised(_battery(i)), 0, "O4: nothing is promised");
    }

    /* SHORTHAND */

    /// @dev Does the offer still hold energy: neither completed, cancelled nor closed? Closing it tells.
    function _holds(uint256 offerId) private returns (bool holds) {
        IOfferBoard.OfferStatus status = market.offer(offerId).status;
        if (status == IOfferBoard.OfferStatus.Active) return true;
        if (status != IOfferBoard.OfferStatus.Expired) return false;
        uint256 state = vm.snapshotState();
        (holds, ) = address(market).call(abi.encodeCall(market.closeOffer, (offerId)));
        vm.revertToState(state);
    }

    function _actor(uint256 index) private pure returns (address) {
        return address(uint160(0xAC0000 + index));
    }

    function _battery(uint256 index) private pure returns (bytes32) {
        return bytes32(bytes.concat("battery-", bytes1(uint8(0x30 + index))));
    }

    function _seller() private returns (address) {
        return _actor(_next(BATTERIES));
    }

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

    function _next(uint256 bound) private returns (uint256) {
        _random = uint256(keccak256(abi.encode(_random)));
        return _random % bound;
    }
}
