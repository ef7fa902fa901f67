// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard} from "./IEnergyMarket.sol";

/// @notice A trade in one word: buyer 32 | offer 32 | wattHours 32 | deliveredWh 32 | price 32 | availableTo 32 |
///         mark 32 | stoppedFor 24 | status 8.
/// @dev What `mark` is, its status says: while pending, when it was requested (`requestedAt`); while accepted, what was
///      metered for it, Wh (`meteredWh`); once over, who has rated it (`raters`). `stoppedFor` is what the
///      battery's clock of stops showed at acceptance, seconds: it comes round after 194 days, when no trade can be
///      delivered that was accepted before.
type TradeRecord is uint256;

using TradeRecords for TradeRecord global;

library TradeRecords {
    uint256 private constant BUYER = 224;
    uint256 private constant OFFER = 192;
    uint256 private constant AMOUNT = 160;
    uint256 private constant DELIVERED = 128;
    uint256 private constant PRICE = 96;
    uint256 private constant AVAILABLE_TO = 64;
    uint256 private constant MARK = 32;
    uint256 private constant STOPPED_FOR = 8;
    /// @dev mark, stoppedFor and status.
    uint256 private constant PHASE = type(uint64).max;
    uint256 private constant MARK_AND_STATUS = (uint256(type(uint32).max) << MARK) | 0xff;

    /// @notice A pending trade.
    function create(
        uint32 buyer_,
        uint32 offer_,
        uint32 wattHours_,
        uint32 price_,
        uint32 availableTo_,
        uint32 requestedAt_
    ) internal pure returns (TradeRecord) {
        return
            TradeRecord.wrap(
                (uint256(buyer_) << BUYER) |
                    (uint256(offer_) << OFFER) |
                    (uint256(wattHours_) << AMOUNT) |
                    (uint256(price_) << PRICE) |
                    (uint256(availableTo_) << AVAILABLE_TO) |
                    (uint256(requestedAt_) << MARK) |
                    uint256(IOfferBoard.TradeStatus.Pending)
            );
    }

    function buyer(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> BUYER);
    }

    function offer(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> OFFER);
    }

    function wattHours(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> AMOUNT);
    }

    function deliveredWh(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> DELIVERED);
    }

    /// @notice What is not delivered.
    function owedWh(TradeRecord record) internal pure returns (uint32) {
        return record.wattHours() - record.deliveredWh();
    }

    function price(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> PRICE);
    }

    function availableTo(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> AVAILABLE_TO);
    }

    /// @notice Of a pending trade.
    function requestedAt(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> MARK);
    }

    /// @notice Of an accepted trade.
    function meteredWh(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> MARK);
    }

    /// @notice Of a trade that is over: 1 the buyer, 2 the seller, 3 both.
    function raters(TradeRecord record) internal pure returns (uint32) {
        return uint32(TradeRecord.unwrap(record) >> MARK);
    }

    function stoppedFor(TradeRecord record) internal pure returns (uint24) {
        return uint24(TradeRecord.unwrap(record) >> STOPPED_FOR);
    }

    function status(TradeRecord record) internal pure returns (IOfferBoard.TradeStatus) {
        return IOfferBoard.TradeStatus(uint8(TradeRecord.unwrap(record)));
    }

    /// @notice The trade with nothing metered yet.
    function accepted(TradeRecord record, uint24 stoppedFor_) internal pure returns (TradeRecord) {
        return
            TradeRecord.wrap(
                (TradeRecord.unwrap(record) & ~PHASE) |
                    (uint256(stoppedFor_) << STOPPED_FOR) |
                    uint256(IOfferBoard.TradeStatus.Accepted)
            );
    }

    /// @notice The accepted trade with `wattHours_` more metered for it.
    /// @dev In all no more than its amount.
    function metered(TradeRecord record, uint32 wattHours_) internal pure returns (TradeRecord) {
        unchecked {
            return TradeRecord.wrap(TradeRecord.unwrap(record) + (uint256(wattHours_) << MARK));
        }
    }

    /// @dev `wattHours_` must be no more than is owed.
    function delivered(TradeRecord record, uint32 wattHours_) internal pure returns (TradeRecord) {
        unchecked {
            return TradeRecord.wrap(TradeRecord.unwrap(record) + (uint256(wattHours_) << DELIVERED));
        }
    }

    /// @notice The trade at its end, rated by nobody.
    function ended(TradeRecord record, IOfferBoard.TradeStatus status_) internal pure returns (TradeRecord) {
        return TradeRecord.wrap((TradeRecord.unwrap(record) & ~MARK_AND_STATUS) | uint256(status_));
    }

    function rated(TradeRecord record, uint32 rater) internal pure returns (TradeRecord) {
        return TradeRecord.wrap(TradeRecord.unwrap(record) | (uint256(rater) << MARK));
    }
}
