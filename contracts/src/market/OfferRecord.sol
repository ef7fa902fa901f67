// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard} from "./IEnergyMarket.sol";

/// @notice An offer in one word: seller 32 | price 32 | remainingWh 32 | availableFrom 32 | availableTo 32 | cell 32 |
///         battery 32 | openTrades 16 | defaulted 8 | status 8.
/// @dev Account and battery are numbers, `cell` is packed, times are unix seconds. `openTrades` are accepted and not
///      over; `defaulted` says that one expired with something undelivered.
type OfferRecord is uint256;

using OfferRecords for OfferRecord global;

library OfferRecords {
    uint256 private constant SELLER = 224;
    uint256 private constant PRICE = 192;
    uint256 private constant REMAINING = 160;
    uint256 private constant AVAILABLE_FROM = 128;
    uint256 private constant AVAILABLE_TO = 96;
    uint256 private constant CELL = 64;
    uint256 private constant BATTERY = 32;
    uint256 private constant OPEN_TRADES = 16;
    uint256 private constant EXPIRED_TRADE = 8;
    uint256 private constant ONE_TRADE = 1 << OPEN_TRADES;
    uint256 private constant DEFAULTED = 1 << EXPIRED_TRADE;
    uint256 private constant STATUS = 0xff;
    uint256 private constant TERMS =
        (uint256(type(uint64).max) << REMAINING) | (uint256(type(uint32).max) << AVAILABLE_TO);

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
            (uint256(seller_) << SELLER) |
                (uint256(availableFrom_) << AVAILABLE_FROM) |
                (uint256(cell_) << CELL) |
                (uint256(battery_) << BATTERY) |
                uint256(IOfferBoard.OfferStatus.Active);
        return OfferRecord.wrap(fixedTerms).withTerms(wattHours, price_, availableTo_);
    }

    function seller(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> SELLER);
    }

    function price(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> PRICE);
    }

    function remainingWh(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> REMAINING);
    }

    function availableFrom(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> AVAILABLE_FROM);
    }

    function availableTo(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> AVAILABLE_TO);
    }

    function cell(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> CELL);
    }

    function battery(OfferRecord record) internal pure returns (uint32) {
        return uint32(OfferRecord.unwrap(record) >> BATTERY);
    }

    function openTrades(OfferRecord record) internal pure returns (uint16) {
        return uint16(OfferRecord.unwrap(record) >> OPEN_TRADES);
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
                    (uint256(price_) << PRICE) |
                    (uint256(remainingWh_) << REMAINING) |
                    (uint256(availableTo_) << AVAILABLE_TO)
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
            return
                OfferRecord.wrap(OfferRecord.unwrap(record) - (uint256(wattHours) << REMAINING) + ONE_TRADE);
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
