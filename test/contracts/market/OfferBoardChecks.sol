// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard, IOrderBook, Side} from "../../../contracts/src/market/IEnergyMarket.sol";
import {OfferBoardRules} from "./OfferBoardRules.sol";

/// @notice What must hold on the offer board between any two calls, by name.
abstract contract OfferBoardChecks is OfferBoardRules {
    /// @notice What the operations did; none may stay 0 over many sequences, or they prove nothing.
    struct Reached {
        uint256 completed;
        uint256 expired;
        uint256 delivered;
        uint256 rated;
        uint256 updated;
    }

    Reached internal _reached;

    function reached() external view returns (Reached memory) {
        return _reached;
    }

    function checkEverything() external {
        checkB1();
        checkB2();
        checkO1();
        checkO2();
        checkO5();
        checkMetered();
        checkCounted();
        checkReputation();
    }

    function checkB1() public view {
        uint256 energyWh;
        for (uint256 i = 0; i < ACTORS; ++i) {
            (uint128 freeWh, ) = market.tradingBalance(_actor(i));
            energyWh += freeWh;
        }
        IOrderBook.Level[] memory levels = market.depth(Side.Ask, 10);
        for (uint256 i = 0; i < levels.length; ++i) energyWh += levels[i].wattHours;
        equal(
            energyToken.balanceOf(address(market)),
            energyWh,
            "B1: ETK held = balances + asks; offers hold none"
        );
    }

    function checkB2() public view {
        uint256 idrs;
        for (uint256 i = 0; i < ACTORS; ++i) {
            (, uint128 cash) = market.tradingBalance(_actor(i));
            idrs += cash;
        }
        IOrderBook.Level[] memory levels = market.depth(Side.Bid, 10);
        for (uint256 i = 0; i < levels.length; ++i) {
            idrs += uint256(levels[i].wattHours) * levels[i].tick * 1_000;
        }
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            if (_isOpen(trade.status)) idrs += uint256(trade.wattHours - trade.deliveredWh) * trade.price;
        }
        equal(
            rupiahToken.balanceOf(address(market)),
            idrs,
            "B2: IDRS held = balances + bids + escrow of trades"
        );
    }

    /// @dev Of an ended offer, what remains was returned to its battery.
    function checkO1() public view {
        uint256[] memory soldWh = new uint256[](market.offerCount() + 1);
        uint256[BATTERIES] memory promisedWh;
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            if (_wasAccepted(trade.status)) soldWh[trade.offerId] += trade.wattHours;
            if (trade.status == IOfferBoard.TradeStatus.Accepted) {
                promisedWh[_batteryOf(trade.seller)] += trade.wattHours - trade.deliveredWh;
            }
        }
        for (uint256 id = 1; id < soldWh.length; ++id) {
            IOfferBoard.Offer memory offer = market.offer(id);
            equal(
                offer.remainingWh + soldWh[id],
                uint256(_offered[id]),
                "O1: offered = remaining or returned + reserved or sold"
            );
            if (!_ended[id]) promisedWh[_batteryOf(offer.seller)] += offer.remainingWh;
        }
        for (uint256 i = 0; i < BATTERIES; ++i) {
            equal(
                market.promised(_battery(i)),
                promisedWh[i],
                "O1: a battery promises what its offers hold and its trades owe"
            );
        }
    }

    /// @dev Pending leads to Accepted or an end, Accepted to Completed or Expired, ends to nothing.
    function checkO2() public {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            TradeNote storage note = _notes[id];
            bool completed = trade.status == IOfferBoard.TradeStatus.Completed;
            bool expired = trade.status == IOfferBoard.TradeStatus.Expired;
            bool fromPending =
                note.status == IOfferBoard.TradeStatus.None || note.status == IOfferBoard.TradeStatus.Pending;
            bool fromAccepted = note.status == IOfferBoard.TradeStatus.Accepted && (completed || expired);
            check(fromPending || fromAccepted || note.status == trade.status, "O2: ends are final");
            check(trade.deliveredWh >= note.deliveredWh, "O2: deliveries are final");
            check(trade.deliveredWh == 0 || _wasAccepted(trade.status), "O2: only accepted trades deliver");
            check(completed == (trade.deliveredWh == trade.wattHours), "O2: completed when all is delivered");
            if (note.status != trade.status && completed) ++_reached.completed;
            if (note.status != trade.status && expired) ++_reached.expired;
            note.status = trade.status;
            note.deliveredWh = trade.deliveredWh;
        }
    }

    /// @notice Once every deadline is over, buyers get all escrow back without their sellers, while everything is paused,
    ///         and anyone frees what offers hold of the batteries.
    function checkO3O4() external {
        market.setPaused(true, true);
        market.setPaused(true, false);
        vm.warp(time() + 30 days);
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            if (!_isOpen(trade.status)) continue;
            (, uint128 before) = market.tradingBalance(trade.buyer);
            vm.prank(trade.buyer);
            market.closeTrade(id);
            (, uint128 cash) = market.tradingBalance(trade.buyer);
            uint256 owed = uint256(trade.wattHours - trade.deliveredWh) * trade.price;
            equal(cash - before, owed, "O3: the buyer recovers the escrow");
        }
        uint256 offers = market.offerCount();
        for (uint256 id = 1; id <= offers; ++id) {
            if (_ended[id] || market.offer(id).status != IOfferBoard.OfferStatus.Expired) continue;
            vm.prank(_actor(3));
            market.closeOffer(id);
        }
        for (uint256 i = 0; i < BATTERIES; ++i) {
            equal(market.promised(_battery(i)), 0, "O4: what is unreserved can be taken back");
        }
    }

    function checkO5() public view {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            IOfferBoard.Trade memory requested = _notes[id].requested;
            check(
                trade.price == requested.price &&
                    trade.wattHours == requested.wattHours &&
                    trade.availableTo == requested.availableTo &&
                    trade.availableFrom == requested.availableFrom &&
                    trade.buyer == requested.buyer &&
                    trade.offerId == requested.offerId,
                "O5: nothing of a trade changes under its buyer"
            );
        }
    }

    /// @notice What can be handed over is what was metered for the trade, in its time, by the record kept here.
    function checkCounted() public view {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            bool open = trade.status == IOfferBoard.TradeStatus.Accepted;
            bool inTime = open && time() >= trade.availableFrom && time() <= _deliverBy(id, trade);
            equal(
                market.deliverable(id),
                inTime ? _notes[id].meteredWh - trade.deliveredWh : 0,
                "O6: export counts for the earliest deadline whose time it is"
            );
        }
    }

    /// @notice Delivered means metered: what trades accepted at a mark or later delivered was exported after it.
    function checkMetered() public view {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            uint256 battery = _batteryOf(trade.seller);
            if (trade.deliveredWh == 0) continue;
            uint256 sum;
            for (uint256 other = 1; other <= trades; ++other) {
                IOfferBoard.Trade memory next = market.trade(other);
                if (_notes[other].mark >= _notes[id].mark && next.seller == trade.seller)
                    sum += next.deliveredWh;
            }
            check(
                sum <= _records[battery].exportedWh - _notes[id].mark,
                "delivered means metered: each Wh once, since acceptance"
            );
        }
    }

    /// @notice What a trade promised and what was delivered of it count for its seller when it is over.
    function checkReputation() public view {
        uint256[ACTORS] memory endedWh;
        uint256[ACTORS] memory handedWh;
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            IOfferBoard.Trade memory trade = market.trade(id);
            if (_isOpen(trade.status) || !_wasAccepted(trade.status)) continue;
            endedWh[_batteryOf(trade.seller)] += trade.wattHours;
            handedWh[_batteryOf(trade.seller)] += trade.deliveredWh;
        }
        for (uint256 i = 0; i < ACTORS; ++i) {
            IOfferBoard.Reputation memory known = market.reputation(_actor(i));
            equal(known.deliveredWh, handedWh[i], "reputation: delivered");
            equal(known.promisedWh, endedWh[i], "reputation: promised");
            equal(known.ratings, _ratings[_actor(i)], "reputation: ratings received");
            equal(known.stars, _stars[_actor(i)], "reputation: stars received");
        }
    }

    function _isOpen(IOfferBoard.TradeStatus status) private pure returns (bool) {
        return status == IOfferBoard.TradeStatus.Pending || status == IOfferBoard.TradeStatus.Accepted;
    }

    function _wasAccepted(IOfferBoard.TradeStatus status) private pure returns (bool) {
        return
            status == IOfferBoard.TradeStatus.Accepted ||
            status == IOfferBoard.TradeStatus.Completed ||
            status == IOfferBoard.TradeStatus.Expired;
    }
}
