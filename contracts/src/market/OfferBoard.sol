// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";
import {Offers} from "./Offers.sol";
import {OfferRecord} from "./OfferRecord.sol";
import {TradeRecord} from "./TradeRecord.sol";
import {Trades} from "./Trades.sol";

/// @title Located, negotiated offers of stored energy
/// @notice Delivered means metered: a trade is paid for Wh that its battery's meter settled as export since the seller
///         accepted, and each such Wh is counted for one trade only. `PauseClock`, `Offers` and `Trades` have the rest.
///
/// | slot            | variable             | bits, lowest first                                         |
/// |-----------------|----------------------|------------------------------------------------------------|
/// | 140746078421509 | `_board`             | offers 32, trades 32, minimumPrice 32, paused 8            |
/// | 140746078421509 | `_board`             | settlementStopped 8, stoppedSince 40, stoppedFor 40        |
/// | 140746078421510 | `_offers[id]`        | 256; an `OfferRecord`                                      |
/// | 140750373388806 | `_batteries[number]` | promisedWh 64, countedTo 64                                |
/// | 140754668356102 | `_trades[id]`        | 256; a `TradeRecord`                                       |
///
/// @dev Times have 32 bits, enough until 2106, and prices too, up to 4,294,967.295 IDR/kWh; what is beyond is refused.
///      A battery's export is counted upwards, each Wh once, so deliver in the order of acceptance: delivering a trade
///      passes by what was exported before that trade was accepted, and an older trade cannot count it any more. A
///      seller who accepts while an older trade has metered energy left delivers that first, in the same `multicall`.
abstract contract OfferBoard is Trades {
    constructor(address registry_, uint40 minimumPrice_) Offers(registry_, minimumPrice_) {}

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
        Battery memory battery = _batteries[parent.battery()];
        (uint64 countedTo, uint64 meteredWh) = _uncounted(stored, parent.battery(), battery.countedTo);
        if (wattHours > meteredWh) revert DeliveryNotMetered(tradeId, wattHours, meteredWh);

        battery.countedTo = countedTo + wattHours;
        battery.promisedWh -= wattHours;
        _batteries[parent.battery()] = battery;
        address seller = _owners[parent.seller()];
        bool done = wattHours == owedWh;
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

        (, uint64 meteredWh) = _uncounted(stored, parent.battery(), _batteries[parent.battery()].countedTo);
        uint32 owedWh = stored.owedWh();
        return meteredWh < owedWh ? meteredWh : owedWh;
    }

    /// @dev Export that the trade may still count: since its acceptance, and after what was counted already.
    ///      The mark has 32 bits: it is met again only after 2^32 Wh (4.3 GWh) of export within one trade's time, and
    ///      then less is counted than there was, never more.
    function _uncounted(
        TradeRecord stored,
        uint32 battery,
        uint64 countedTo
    ) private view returns (uint64 from, uint64 meteredWh) {
        (, , uint64 exportWh, ) = IEnergyConverter(_converter).batteryState(_registry.meterIdOf(battery));
        uint64 sinceAcceptance =
            uint32(exportWh) >= stored.mark()
                ? uint32(exportWh) - stored.mark()
                : (uint64(1) << 32) + uint32(exportWh) - stored.mark();
        from = exportWh - sinceAcceptance;
        if (from < countedTo) from = countedTo;
        meteredWh = exportWh - from;
    }
}
