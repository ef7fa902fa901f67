// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {H3Cell} from "../metering/H3Cell.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../metering/IMeterRegistry.sol";
import {Registers} from "../metering/Registers.sol";
import {Battery, Promises} from "./Battery.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";
import {OfferRecord, OfferRecords} from "./OfferRecord.sol";
import {PauseClock} from "./PauseClock.sol";

/// @title What is offered, and what a battery has promised
abstract contract Offers is PauseClock {
    using Math for uint256;

    uint32 private constant SMALLEST_TRADE = 100;
    uint40 private constant REPORT_AGE = 1 hours;
    uint40 private constant LONGEST_OFFER = 7 days;

    IMeterRegistry internal immutable _registry;

    OfferRecord[2 ** 32] internal _offers;
    Battery[2 ** 32] internal _batteries;

    constructor(address registry_, uint40 minimumPrice_) {
        _registry = IMeterRegistry(registry_);
        _setMinimumPrice(minimumPrice_);
    }

    /* THE SELLER */

    /// @inheritdoc IOfferBoard
    function createOffer(
        bytes32 batteryId,
        uint32 wattHours,
        uint40 price,
        uint64 h3Cell,
        uint40 availableFrom,
        uint40 availableTo
    ) external returns (uint256 offerId) {
        Board storage board = _openBoard();
        if (wattHours < SMALLEST_TRADE) revert AmountTooSmall(wattHours, SMALLEST_TRADE);
        _checkPrice(price, board.minimumPrice);
        _checkPeriod(availableFrom, availableTo);
        (
            address owner,
            uint32 number,
            IMeterRegistry.MeterKind kind,
            uint64 capacityWh,
            uint64 batteryCell,
            bool slotted
        ) = _registry.battery(batteryId);
        if (owner != msg.sender) revert NotBatteryOwner(batteryId, msg.sender);
        if (kind != IMeterRegistry.MeterKind.Battery) revert NotABattery(batteryId);
        if (slotted) revert BatterySlotted(batteryId);
        _checkCell(h3Cell, batteryCell);
        Promises promises = _batteries[number].promises;
        promises = promises.withPromised(promises.promisedWh() + wattHours);
        _checkCovered(batteryId, promises.promisedWh(), capacityWh);

        if (board.offers == type(uint32).max) revert TooManyOffers();
        offerId = ++board.offers;
        _batteries[number].promises = promises;
        _offers[offerId] = OfferRecords.create(
            _enroll(msg.sender),
            uint32(price),
            wattHours,
            uint32(availableFrom),
            uint32(availableTo),
            H3Cell.pack(h3Cell),
            number
        );

        emit OfferCreated(
            offerId,
            msg.sender,
            batteryId,
            wattHours,
            price,
            h3Cell,
            availableFrom,
            availableTo
        );
    }

    /// @inheritdoc IOfferBoard
    function updateOffer(uint256 offerId, uint32 remainingWh, uint40 price, uint40 availableTo) external {
        Board storage board = _openBoard();
        OfferRecord offer_ = _activeOffer(offerId);
        _onlySeller(offerId, offer_);
        _checkAmount(remainingWh, offer_.remainingWh());
        _checkPrice(price, board.minimumPrice);
        _checkPeriod(offer_.availableFrom(), availableTo);

        Promises promises = _batteries[offer_.battery()].promises;
        uint64 promisedWh = promises.promisedWh() - offer_.remainingWh() + remainingWh;
        if (remainingWh > offer_.remainingWh()) {
            bytes32 batteryId = _registry.meterIdOf(offer_.battery());
            // Sold out, the offer held nothing, and the battery may have changed hands or joined a community.
            (address owner, , , uint64 capacityWh, , bool slotted) = _registry.battery(batteryId);
            if (owner != msg.sender) revert NotBatteryOwner(batteryId, msg.sender);
            if (slotted) revert BatterySlotted(batteryId);
            _checkCovered(batteryId, promisedWh, capacityWh);
        }
        _batteries[offer_.battery()].promises = promises.withPromised(promisedWh);
        _offers[offerId] = offer_.withTerms(remainingWh, uint32(price), uint32(availableTo));

        emit OfferUpdated(offerId, remainingWh, price, availableTo);
    }

    /// @inheritdoc IOfferBoard
    function cancelOffer(uint256 offerId) external {
        OfferRecord offer_ = _activeOffer(offerId);
        _onlySeller(offerId, offer_);

        _release(offerId, offer_, OfferStatus.Cancelled);

        emit OfferCancelled(offerId);
    }

    /* ANYONE */

    /// @inheritdoc IOfferBoard
    function closeOffer(uint256 offerId) external {
        OfferRecord offer_ = _offer(offerId);
        if (offer_.status() != OfferStatus.Active) revert OfferNotActive(offerId, offer_.status());
        if (!_isOver(offer_)) revert OfferNotClosable(offerId, offer_.availableTo());

        _release(offerId, offer_, OfferStatus.Expired);

        emit OfferExpired(offerId);
    }

    /* VIEWS */

    /// @inheritdoc IOfferBoard
    function offer(uint256 offerId) external view returns (Offer memory) {
        OfferRecord offer_ = _offer(offerId);
        return
            Offer({
                seller: _owners[offer_.seller()],
                batteryId: _registry.meterIdOf(offer_.battery()),
                remainingWh: offer_.remainingWh(),
                price: offer_.price(),
                h3Cell: H3Cell.unpack(offer_.cell()),
                availableFrom: offer_.availableFrom(),
                availableTo: offer_.availableTo(),
                status: _isOver(offer_) ? OfferStatus.Expired : offer_.status()
            });
    }

    /// @inheritdoc IOfferBoard
    function offerCount() external view returns (uint256) {
        return _board.offers;
    }

    /// @inheritdoc IOfferBoard
    function promised(bytes32 batteryId) external view returns (uint256 wattHours) {
        return _batteries[_numberOf(batteryId)].promises.promisedWh();
    }

    /// @inheritdoc IOfferBoard
    function minimumPrice() external view returns (uint40) {
        return _board.minimumPrice;
    }

    /* SETTINGS */

    function _setMinimumPrice(uint40 price) internal {
        if (price > type(uint32).max) revert PriceTooHigh(price, type(uint32).max);

        _board.minimumPrice = uint32(price);

        emit MinimumPriceChanged(price);
    }

    /* RECORDS */

    function _numberOf(bytes32 batteryId) internal view returns (uint32 number) {
        (number, ) = _registry.clockOf(batteryId);
    }

    /// @dev Ends an offer: what it still held is promised no more.
    function _release(uint256 offerId, OfferRecord offer_, OfferStatus status) internal {
        _offers[offerId] = offer_.withStatus(status);
        Promises promises = _batteries[offer_.battery()].promises;
        uint64 promisedWh = promises.promisedWh() - offer_.remainingWh();
        _batteries[offer_.battery()].promises = promises.withPromised(promisedWh);
    }

    function _offer(uint256 offerId) internal view returns (OfferRecord offer_) {
        if (offerId > type(uint32).max) revert UnknownOffer(offerId);
        offer_ = _offers[offerId];
        if (offer_.status() == OfferStatus.None) revert UnknownOffer(offerId);
    }

    function _activeOffer(uint256 offerId) internal view returns (OfferRecord offer_) {
        offer_ = _offer(offerId);
        if (offer_.status() != OfferStatus.Active) revert OfferNotActive(offerId, offer_.status());
        if (_isOver(offer_)) revert OfferNotActive(offerId, OfferStatus.Expired);
    }

    function _onlySeller(uint256 offerId, OfferRecord offer_) private view {
        if (!_isSender(offer_.seller())) revert NotOfferSeller(offerId, msg.sender);
    }

    function _isSender(uint32 number) internal view returns (bool) {
        return _owners[number] == msg.sender;
    }

    /// @dev An offer that is sold out and being delivered is not over: it may yet be completed.
    function _isOver(OfferRecord offer_) internal view returns (bool) {
        bool delivering = offer_.remainingWh() == 0 && offer_.openTrades() != 0;
        return offer_.status() == OfferStatus.Active && block.timestamp > offer_.availableTo() && !delivering;
    }

    /* CHECKS */

    function _checkCell(uint64 h3Cell, uint64 batteryCell) internal pure {
        if (!H3Cell.contains(h3Cell, batteryCell)) revert CellMismatch(h3Cell, batteryCell);
    }

    /// @dev 100 Wh, or what an offer has left when that is less: a remainder can be sold and changed like any offer.
    function _checkAmount(uint32 wattHours, uint32 leftWh) internal pure {
        uint32 smallest = leftWh != 0 && leftWh < SMALLEST_TRADE ? leftWh : SMALLEST_TRADE;
        if (wattHours < smallest) revert AmountTooSmall(wattHours, smallest);
    }

    function _checkPrice(uint40 price, uint32 minimum) private pure {
        // Nothing is free, whatever the board's minimum.
        if (minimum == 0) minimum = 1;
        if (price < minimum) revert PriceTooLow(price, minimum);
        if (price > type(uint32).max) revert PriceTooHigh(price, type(uint32).max);
    }

    function _checkPeriod(uint40 availableFrom, uint40 availableTo) private view {
        uint256 earliest = Math.max(block.timestamp, availableFrom) + 1;
        uint256 latest = Math.min(block.timestamp + LONGEST_OFFER, type(uint32).max);
        if (availableTo < earliest || availableTo > latest) {
            // Only a start at the very end of time has no second after it.
            earliest = Math.min(earliest, type(uint40).max);
            revert InvalidPeriod(availableFrom, availableTo, uint40(earliest), uint40(latest));
        }
    }

    /// @dev Checks that the battery covers `promisedWh`.
    /// @return delivering Whether its export is being counted for trades
    function _checkCovered(
        bytes32 batteryId,
        uint64 promisedWh,
        uint64 capacityWh
    ) internal view returns (bool delivering) {
        Registers last = IEnergyConverter(_converter).registersWord(batteryId);
        if (last.timestamp() + REPORT_AGE < block.timestamp)
            revert BatteryReportTooOld(batteryId, uint40(last.timestamp()));
        uint256 coveredWh = last.storedWh();
        if (coveredWh > capacityWh) coveredWh = capacityWh;
        // Debt is not below 0: a slotted battery promises nothing.
        coveredWh = coveredWh.saturatingSub(uint256(last.debtWh()));
        if (promisedWh > coveredWh) revert PromiseExceedsStored(batteryId, promisedWh, uint64(coveredWh));
        return last.delivering();
    }
}
