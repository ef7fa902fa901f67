// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RatedPower} from "../metering/RatedPower.sol";
import {Stops} from "../metering/Stops.sol";
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
/// | 140750373388806 | `_batteries[number]`     | promises 256; promisedWh 64, six trades 192                |
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
        (uint32 number, Stops stops) = _registry.clockOf(batteryId);
        Battery storage battery = _batteries[number];
        (uint256 trades, uint256 moreTrades) = (battery.promises.trades(), battery.moreTrades);
        (, uint256 stopped) = _clock();
        uint24 shown = stops.shown(stopped);
        uint256 leftWh = exportedWh;

        uint256 urgency = 0;
        while (
            leftWh != 0 && (urgency = _mostUrgent(trades, moreTrades, shown, urgency)) != type(uint256).max
        ) {
            uint32 tradeId = uint32(urgency);
            TradeRecord trade_ = _trades[tradeId];
            uint40 from = _offers[trade_.offer()].availableFrom();
            bool late = block.timestamp > urgency >> 32;
            if (late || until <= from) continue;
            uint256 wattHours = Math.min(leftWh, trade_.wattHours() - trade_.meteredWh());
            if (since < from) wattHours = Math.min(wattHours, RatedPower.mostCarried(watts, until - from));
            if (wattHours == 0) continue;
            leftWh -= wattHours;
            _trades[tradeId] = trade_.metered(uint32(wattHours));

            emit TradeMetered(tradeId, uint32(wattHours));
        }
        return (trades | moreTrades) != 0;
    }

    /// @inheritdoc IOfferBoard
    function deliver(uint256 tradeId, uint32 wattHours) external {
        TradeRecord trade_ = _tradeIn(tradeId, TradeStatus.Accepted);
        OfferRecord offer_ = _offers[trade_.offer()];
        if (wattHours == 0) revert AmountTooSmall(wattHours, 1);
        if (block.timestamp < offer_.availableFrom())
            revert NotDeliverableYet(tradeId, offer_.availableFrom());
        // What stops is asked for only when it is past the time that was agreed.
        if (block.timestamp > _agreedBy(trade_)) {
            uint40 deliverBy = _deliverBy(trade_, _stoppedFor(offer_.battery()));
            if (block.timestamp > deliverBy) revert DeliveryTooLate(tradeId, deliverBy);
        }
        // Somebody may have delivered a part just before: what is left of it is delivered, so that nobody is held up.
        uint32 meteredWh = _undeliveredWh(trade_);
        if (meteredWh == 0 || wattHours > trade_.meteredWh()) {
            revert DeliveryNotMetered(tradeId, wattHours, meteredWh);
        }
        if (wattHours > meteredWh) wattHours = meteredWh;

        bool done = wattHours == trade_.owedWh();
        _settleUp(offer_.battery(), uint32(tradeId), wattHours, done);
        address seller = _owners[offer_.seller()];
        trade_ = trade_.delivered(wattHours);
        if (done) {
            _record(seller, trade_);
            trade_ = trade_.ended(TradeStatus.Completed);
            offer_ = offer_.withoutTrade(false);
            _offers[trade_.offer()] = offer_;
        }
        _trades[tradeId] = trade_;

        _cover(seller, offer_.seller(), wattHours, 0);
        _debit(offer_.seller(), wattHours, 0);
        _credit(offer_.seller(), 0, _cost(wattHours, trade_.price()));
        _credit(trade_.buyer(), wattHours, 0);

        emit TradeDelivered(tradeId, msg.sender, wattHours);
        if (done) emit TradeCompleted(tradeId);
        if (offer_.status() == OfferStatus.Completed) emit OfferCompleted(trade_.offer());
    }

    /// @inheritdoc IOfferBoard
    function deliverable(uint256 tradeId) external view returns (uint256 wattHours) {
        TradeRecord trade_ = _trade(tradeId);
        OfferRecord offer_ = _offers[trade_.offer()];
        if (trade_.status() != TradeStatus.Accepted) return 0;
        bool late = block.timestamp > _deliverBy(trade_, _stoppedFor(offer_.battery()));
        if (late || block.timestamp < offer_.availableFrom()) return 0;

        return _undeliveredWh(trade_);
    }

    /// @param stopped What the battery's clock of stops shows
    /// @dev Of the trades the most urgent that is less urgent than `urgency`: deadline 40 | trade id 32; all ones when
    ///      there is none.
    function _mostUrgent(
        uint256 trades,
        uint256 moreTrades,
        uint24 stopped,
        uint256 urgency
    ) private view returns (uint256 next) {
        next = type(uint256).max;
        for (; (trades | moreTrades) != 0; trades >>= 32) {
            if (trades == 0) (trades, moreTrades) = (moreTrades, 0);
            uint40 deliverBy = _deliverBy(_trades[uint32(trades)], stopped);
            uint256 candidate = (uint256(deliverBy) << 32) | uint32(trades);
            if (candidate > urgency && candidate < next) next = candidate;
        }
    }

    function _undeliveredWh(TradeRecord trade_) private pure returns (uint32) {
        return trade_.meteredWh() - trade_.deliveredWh();
    }
}
