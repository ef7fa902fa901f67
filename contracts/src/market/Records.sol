// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOfferBoard} from "./IEnergyMarket.sol";

/// @notice An offer as it is kept. Accounts and batteries are named by number, times are unix seconds.
/// @param cell H3 cell, packed
/// @param openTrades How many accepted trades are neither completed nor expired
/// @param defaulted True when a trade of it expired with something undelivered
struct OfferRecord {
    uint32 seller;
    uint32 price;
    uint32 remainingWh;
    uint32 availableFrom;
    uint32 availableTo;
    uint32 cell;
    uint32 battery;
    uint16 openTrades;
    bool defaulted;
    IOfferBoard.OfferStatus status;
}

/// @notice A trade as it is kept.
/// @param offer Its offer's id
/// @param mark While pending, when it was requested; while accepted, the low 40 bits of the battery's export at
///        acceptance; once over, who has rated it (1 the buyer, 2 the seller)
/// @param pauses How often the board had been paused before acceptance; later pauses extend the delivery
struct TradeRecord {
    uint32 buyer;
    uint32 offer;
    uint32 wattHours;
    uint32 deliveredWh;
    uint32 price;
    uint32 availableTo;
    uint40 mark;
    uint16 pauses;
    IOfferBoard.TradeStatus status;
}

/// @title Offers and trades in one word each, their fields in the order of the structs from the highest bit
library Records {
    function unpackOffer(uint256 word) internal pure returns (OfferRecord memory record) {
        record.seller = uint32(word >> 224);
        record.price = uint32(word >> 192);
        record.remainingWh = uint32(word >> 160);
        record.availableFrom = uint32(word >> 128);
        record.availableTo = uint32(word >> 96);
        record.cell = uint32(word >> 64);
        record.battery = uint32(word >> 32);
        record.openTrades = uint16(word >> 16);
        record.defaulted = uint8(word >> 8) != 0;
        record.status = IOfferBoard.OfferStatus(uint8(word));
    }

    function pack(OfferRecord memory record) internal pure returns (uint256) {
        return
            (uint256(record.seller) << 224) |
            (uint256(record.price) << 192) |
            (uint256(record.remainingWh) << 160) |
            (uint256(record.availableFrom) << 128) |
            (uint256(record.availableTo) << 96) |
            (uint256(record.cell) << 64) |
            (uint256(record.battery) << 32) |
            (uint256(record.openTrades) << 16) |
            (record.defaulted ? 1 << 8 : 0) |
            uint256(record.status);
    }

    function unpackTrade(uint256 word) internal pure returns (TradeRecord memory record) {
        record.buyer = uint32(word >> 224);
        record.offer = uint32(word >> 192);
        record.wattHours = uint32(word >> 160);
        record.deliveredWh = uint32(word >> 128);
        record.price = uint32(word >> 96);
        record.availableTo = uint32(word >> 64);
        record.mark = uint40(word >> 24);
        record.pauses = uint16(word >> 8);
        record.status = IOfferBoard.TradeStatus(uint8(word));
    }

    function pack(TradeRecord memory record) internal pure returns (uint256) {
        return
            (uint256(record.buyer) << 224) |
            (uint256(record.offer) << 192) |
            (uint256(record.wattHours) << 160) |
            (uint256(record.deliveredWh) << 128) |
            (uint256(record.price) << 96) |
            (uint256(record.availableTo) << 64) |
            (uint256(record.mark) << 24) |
            (uint256(record.pauses) << 8) |
            uint256(record.status);
    }
}
