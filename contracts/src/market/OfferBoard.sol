// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RatedPower} from "../metering/RatedPower.sol";
import {Battery} from "./Battery.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";
import {Offers} from "./Offers.sol";
import {OfferRecord} from "./OfferRecord.sol";
import {TradeRecord} from "./TradeRecord.sol";
import {Trades} from "./Trades.sol";

/// @title Located, negotiated offers of stored energy
/// @notice Delivered means metered: a trade is paid for Wh that its battery's meter exported for it. As soon as export
///         is settled, it is counted for the battery's accepted trades, the earliest deadline first, each within its
///         own time: nobody chooses, and nothing that was counted for a trade is lost to it while it lasts.
///         `PauseClock`, `Offers` and `Trades` have the rest.
///
/// | slot            | variable                 | bits, lowest first                                         |
/// |-----------------|--------------------------|------------------------------------------------------------|
/// | 140746078421509 | `_board`                 | offers 32, trades 32, minimumPrice 32, paused 8            |
/// | 140746078421509 | `_board`                 | settlementStopped 8, stoppedSince 40, stoppedFor 40        |
/// | 140746078421510 | `_offers[id]`            | 256; an `OfferRecord`                                      |
/// | 140750373388806 | `_batteries[number]`     | promisedWh 64, trades 192; a `Battery`                     |
/// | 140750373388806 | `_batteries[number]` + 1 | moreTrades 256                                             |
/// | 140758963323398 | `_trades[id]`            | 256; a `TradeRecord`                                       |
///
/// @dev Times have 32 bits, enough until 2106, and prices too, up to 4,294,967.295 IDR/kWh; what is beyond is refused.
abstract contract OfferBoard is Trades {
    constructor(address registry_, uint40 minimumPrice_) Offers(registry_, minimumPrice_) {}

    /// @inheritdoc IOfferBoard
    function countExport(
        bytes32 batteryId,
        uint64 exportedWh,
        uint40 since,
        uint40 until,
        uint32 watts
    ) external returns (bool delivering) {
        if (msg.sender != _converter) revert OnlyConverter(msg.sender);
        uint32 number = _numberOf(batteryId);
        Battery storage battery = _batteries[number];
        (uint256 trades, uint256 moreTrades) = (battery.trades, battery.moreTrades);
        uint256 leftWh = exportedWh;

        uint256 urgency = 0;
        while (leftWh != 0 && (urgency = _mostUrgent(trades, moreTrades, urgency)) != type(uint256).max) {
            uint32 tradeId = uint32(urgency);
            TradeRecord stored = _trades[tradeId];
            (bool late, ) = _isLate(stored, number);
            uint40 from = _offers[stored.offer()].availableFrom();
            if (late || until <= from) continue;
            uint256 wattHours = Math.min(leftWh, stored.wattHours() - stored.mark());
            if (since < from) wattHours = Math.min(wattHours, RatedPower.mostCarried(watts, until - from));
            if (wattHours == 0) continue;
            leftWh -= wattHours;
            _trades[tradeId] = stored.metered(uint32(wattHours));

            emit TradeMetered(tradeId, uint32(wattHours));
        }
        return (trades | moreTrades) != 0;
    }

    /// @inheritdoc IOfferBoard
    function deliver(uint256 tradeId, uint32 wattHours) external {
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Accepted);
        OfferRecord parent = _offers[stored.offer()];
        if (wattHours == 0) revert AmountTooSmall(wattHours, 1);
        if (block.timestamp < parent.availableFrom())
            revert NotDeliverableYet(tradeId, parent.availableFrom());
        (bool late, uint40 deliverBy) = _isLate(stored, parent.battery());
        if (late) revert DeliveryTooLate(tradeId, deliverBy);
        uint32 owedWh = stored.owedWh();
        if (wattHours > owedWh) revert DeliveryExceedsTrade(tradeId, wattHours, owedWh);
        uint32 meteredWh = _meteredWh(stored);
        if (wattHours > meteredWh) revert DeliveryNotMetered(tradeId, wattHours, meteredWh);

        bool done = wattHours == owedWh;
        _settleUp(parent.battery(), uint32(tradeId), wattHours, done);
        address seller = _owners[parent.seller()];
        stored = stored.delivered(wattHours);
        if (done) {
            _record(seller, stored);
            stored = stored.ended(TradeStatus.Completed);
            parent = parent.withoutTrade(false);
            _offers[stored.offer()] = parent;
        }
        _trades[tradeId] = stored;

        _cover(seller, parent.seller(), wattHours, 0);
        _debit(parent.seller(), wattHours, 0);
        _credit(parent.seller(), 0, _cost(wattHours, stored.price()));
        _credit(stored.buyer(), wattHours, 0);

        emit TradeDelivered(tradeId, msg.sender, wattHours);
        if (done) emit TradeCompleted(tradeId);
        if (parent.status() == OfferStatus.Completed) emit OfferCompleted(stored.offer());
    }

    /// @inheritdoc IOfferBoard
    function deliverable(uint256 tradeId) external view returns (uint256 wattHours) {
        TradeRecord stored = _trade(tradeId);
        OfferRecord parent = _offers[stored.offer()];
        if (stored.status() != TradeStatus.Accepted) return 0;
        (bool late, ) = _isLate(stored, parent.battery());
        if (late || block.timestamp < parent.availableFrom()) return 0;

        return _meteredWh(stored);
    }

    /// @dev Of the trades the most urgent that is less urgent than `urgency`: deadline 40 | trade id 32; all ones when
    ///      there is none. An outage of the battery's meter moves all their deadlines alike, so it is left out.
    function _mostUrgent(
        uint256 trades,
        uint256 moreTrades,
        uint256 urgency
    ) private view returns (uint256 next) {
        next = type(uint256).max;
        for (; (trades | moreTrades) != 0; trades >>= 32) {
            if (trades == 0) (trades, moreTrades) = (moreTrades, 0);
            (uint40 deliverBy, ) = _deliveryTimes(_trades[uint32(trades)]);
            uint256 candidate = (uint256(deliverBy) << 32) | uint32(trades);
            if (candidate > urgency && candidate < next) next = candidate;
        }
    }

    function _meteredWh(TradeRecord accepted) private pure returns (uint32) {
        return accepted.mark() - accepted.deliveredWh();
    }
}
