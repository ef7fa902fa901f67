// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard} from "./IEnergyMarket.sol";

/// @notice An offer in one word: seller 32 | price 32 | remainingWh 32 | availableFrom 32 | availableTo 32 | cell 32 |
///         battery 32 | openTrades 16 | defaulted 8 | status 8.
/// @dev Account and battery are numbers, `cell` is packed, times are unix seconds. `openTrades` are accepted and not
///      over; `defaulted` says that one expired with something undelivered.
type OfferRecord is uint256;

/// @notice A trade in one word: buyer 32 | offer 32 | wattHours 32 | deliveredWh 32 | price 32 | availableTo 32 |
///         mark 40 | pauses 16 | status 8.
/// @dev `mark` is, while pending, when it was requested; while accepted, the low 40 bits of the battery's export at
///      acceptance; once over, who has rated it (1 the buyer, 2 the seller). `pauses` is how often the board had been
///      paused before acceptance; later pauses extend the delivery.
type TradeRecord is uint256;

using OfferRecords for OfferRecord global;
using TradeRecords for TradeRecord global;

library OfferRecords {
    uint256 private constant ONE_TRADE = 1 << 16;
    uint256 private constant DEFAULTED = 1 << 8;
    uint256 private constant STATUS = 0xff;
    uint256 private constant TERMS = (uint256(type(uint64).max) << 160) | (uint256(type(uint32).max) << 96);

    /// @notice An active offer.
    function create(
        uint32 seller_,
        uint32 price_,
        uint32 wattHours,
        uint32 availableFrom_,
        uint32 availableTo_,
        uint32 cell_,
        uint32 battery_
    ) internal pure returns (OfferRecord) {
        uint256 fixedTerms =
            (uint256(seller_) << 224) |
                (uint256(availableFrom_) << 128) |
                (uint256(cell_) << 64) |
                (uint256(battery_) << 32) |
                uint256(IOfferBoard.OfferStatus.Active);
        return OfferRecord.wrap(fixedTerms).withTerms(wattHours, price_, availableTo_);
    }

    function seller(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 224);
    }

    function price(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 192);
    }

    function remainingWh(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 160);
    }

    function availableFrom(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 128);
    }

    function availableTo(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 96);
    }

    function cell(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 64);
    }

    function battery(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> 32);
    }

    function openTrades(OfferRecord record) internal pure returns (uint16) {
        return uint16(OfferRecord.unwrap(record) >> 16);
    }

    function defaulted(OfferRecord record) internal pure returns (bool) {
        return OfferRecord.unwrap(record) & DEFAULTED != 0;
    }

    function status(OfferRecord record) internal pure returns (IOfferBoard.OfferStatus) {
        return IOfferBoard.OfferStatus(uint8(OfferRecord.unwrap(record)));
    }

    function withTerms(
        OfferRecord record,
        uint32 remainingWh_,
        uint32 price_,
        uint32 availableTo_
    ) internal pure returns (OfferRecord) {
        return
            OfferRecord.wrap(
                (OfferRecord.unwrap(record) & ~TERMS) |
                    (uint256(price_) << 192) |
                    (uint256(remainingWh_) << 160) |
                    (uint256(availableTo_) << 96)
            );
    }

    function withStatus(
        OfferRecord record,
        IOfferBoard.OfferStatus status_
    ) internal pure returns (OfferRecord) {
        return OfferRecord.wrap((OfferRecord.unwrap(record) & ~STATUS) | uint256(status_));
    }

    /// @notice The offer with one more accepted trade.
    /// @dev `wattHours` must be no more than what remains, and fewer than 2^16 - 1 trades open.
    function withTrade(OfferRecord record, uint32 wattHours) internal pure returns (OfferRecord) {
        unchecked {
            return OfferRecord.wrap(OfferRecord.unwrap(record) - (uint256(wattHours) << 160) + ONE_TRADE);
        }
    }

    /// @notice The offer after an accepted trade of it is over; completed when nothing is left to sell or deliver.
    /// @dev At least that trade must be open.
    function withoutTrade(OfferRecord record, bool expired) internal pure returns (OfferRecord) {
        uint256 word = OfferRecord.unwrap(record);
        unchecked {
            word -= ONE_TRADE;
        }
        if (expired) word |= DEFAULTED;
        record = OfferRecord.wrap(word);

        bool active = record.status() == IOfferBoard.OfferStatus.Active;
        bool done = record.remainingWh() == 0 && record.openTrades() == 0 && !record.defaulted();
        return active && done ? record.withStatus(IOfferBoard.OfferStatus.Completed) : record;
    }
}

library TradeRecords {
    /// @dev mark, pauses and status.
    uint256 private constant PHASE = type(uint64).max;
    uint256 private constant MARK_AND_STATUS = (uint256(type(uint40).max) << 24) | 0xff;

    /// @notice A pending trade.
    function create(
        uint32 buyer_,
        uint32 offer_,
        uint32 wattHours_,
        uint32 price_,
        uint32 availableTo_,
        uint40 requestedAt
    ) internal pure returns (TradeRecord) {
        return
            TradeRecord.wrap(
                (uint256(buyer_) << 224) |
                    (uint256(offer_) << 192) |
                    (uint256(wattHours_) << 160) |
                    (uint256(price_) << 96) |
                    (uint256(availableTo_) << 64) |
                    (uint256(requestedAt) << 24) |
                    uint256(IOfferBoard.TradeStatus.Pending)
            );
    }

    function buyer(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 224);
    }

    function offer(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 192);
    }

    function wattHours(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 160);
    }

    function deliveredWh(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 128);
    }

    /// @notice What is not delivered.
    function owedWh(TradeRecord record) internal pure returns (uint32) {
        return record.wattHours() - record.deliveredWh();
    }

    function price(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 96);
    }

    function availableTo(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> 64);
    }

    function mark(TradeRecord record) internal pure returns (uint40) {
        return uint40(TradeRecord.unwrap(record) >> 24);
    }

    function pauses(TradeRecord record) internal pure returns (uint16) {
        return uint16(TradeRecord.unwrap(record) >> 8);
    }

    function status(TradeRecord record) internal pure returns (IOfferBoard.TradeStatus) {
        return IOfferBoard.TradeStatus(uint8(TradeRecord.unwrap(record)));
    }

    function accepted(TradeRecord record, uint40 mark_, uint16 pauses_) internal pure returns (TradeRecord) {
        return
            TradeRecord.wrap(
                (TradeRecord.unwrap(record) & ~PHASE) |
                    (uint256(mark_) << 24) |
                    (uint256(pauses_) << 8) |
                    uint256(IOfferBoard.TradeStatus.Accepted)
            );
    }

    /// @dev `wattHours_` must be no more than is owed.
    function delivered(TradeRecord record, uint32 wattHours_) internal pure returns (TradeRecord) {
        unchecked {
            return TradeRecord.wrap(TradeRecord.unwrap(record) + (uint256(wattHours_) << 128));
        }
    }

    /// @notice The trade at its end, rated by nobody.
    function ended(TradeRecord record, IOfferBoard.TradeStatus status_) internal pure returns (TradeRecord) {
        return TradeRecord.wrap((TradeRecord.unwrap(record) & ~MARK_AND_STATUS) | uint256(status_));
    }

    function rated(TradeRecord record, uint40 rater) internal pure returns (TradeRecord) {
        return TradeRecord.wrap(TradeRecord.unwrap(record) | (uint256(rater) << 24));
    }
}
