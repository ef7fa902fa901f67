// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {H3Cell} from "../metering/H3Cell.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {IMeterRegistry} from "../metering/IMeterRegistry.sol";
import {Accounts} from "./Accounts.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";
import {OfferRecord, OfferRecords, TradeRecord, TradeRecords} from "./Records.sol";

/// @title Located, negotiated offers of stored energy
/// @notice Delivered means metered: a trade is paid for Wh that its battery's meter settled as export since the seller
///         accepted, and each such Wh is counted for one trade only.
///
/// A trade's life:
/// ```
/// request ─▶ Pending ─accept (the seller)─▶ Accepted ─deliver all (anyone)─▶ Completed
///               │                              └─close (the seller, or anyone after the deadline)─▶ Expired
///               ├─reject (the seller)─▶ Rejected
///               ├─cancel (the buyer)─▶ Cancelled
///               └─close (anyone, when it was not answered in time)─▶ Lapsed
/// ```
///
/// | slot            | variable             | bits, lowest first                                         |
/// |-----------------|----------------------|------------------------------------------------------------|
/// | 140746078421509 | `_board`             | offers 32, trades 32, minimumPrice 32, pauses 16, paused 8 |
/// | 140746078421509 | `_board`             | pausedSince 40, pausedFor 40                               |
/// | 140746078421510 | `_offers[id]`        | 256; an `OfferRecord`                                      |
/// | 140750373388806 | `_trades[id]`        | 256; a `TradeRecord`                                       |
/// | 140754668356102 | `_batteries[number]` | promisedWh 64, countedTo 64                                |
/// | 140758963323398 | `_pausedBefore[n]`   | 40; six share a word                                       |
///
/// @dev Times have 32 bits, enough until 2106, and prices too, up to 4,294,967.295 IDR/kWh; what is beyond is refused.
///      A battery's export is counted upwards, each Wh once, so deliver in the order of acceptance: delivering a trade
///      passes by what was exported before that trade was accepted, and an older trade cannot count it any more. A
///      seller who accepts while an older trade has metered energy left delivers that first, in the same `multicall`.
abstract contract OfferBoard is Accounts, IOfferBoard {
    /// @param countedTo Up to where the battery's cumulative export was counted as delivery, Wh
    struct Battery {
        uint64 promisedWh;
        uint64 countedTo;
    }

    struct Board {
        uint32 offers;
        uint32 trades;
        uint32 minimumPrice;
        uint16 pauses;
        bool paused;
        uint40 pausedSince;
        uint40 pausedFor;
    }

    uint32 private constant SMALLEST_TRADE = 100;
    uint40 private constant REPORT_AGE = 1 hours;
    uint40 private constant LONGEST_OFFER = 7 days;
    uint40 private constant ANSWER_TIME = 15 minutes;
    uint40 private constant DELIVERY_GRACE = 2 hours;
    uint40 private constant RATED_BY_BUYER = 1;
    uint40 private constant RATED_BY_SELLER = 2;

    IMeterRegistry internal immutable _registry;

    Board private _board;
    OfferRecord[2 ** 32] private _offers;
    TradeRecord[2 ** 32] private _trades;
    Battery[2 ** 32] private _batteries;
    /// @dev Seconds that the board had been paused before its n-th pause began.
    uint40[2 ** 16] private _pausedBefore;

    constructor(address registry_, uint40 minimumPrice_) {
        _registry = IMeterRegistry(registry_);
        _setMinimumPrice(minimumPrice_);
    }

    /* OFFERS */

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
            uint64 batteryCell
        ) = _registry.battery(batteryId);
        if (owner != msg.sender) revert NotBatteryOwner(batteryId, msg.sender);
        if (kind != IMeterRegistry.MeterKind.Battery) revert NotABattery(batteryId);
        if (!_contains(h3Cell, batteryCell)) revert CellMismatch(h3Cell, batteryCell);
        uint64 promisedWh = _batteries[number].promisedWh + wattHours;
        _checkCovered(batteryId, promisedWh, capacityWh);

        if (board.offers == type(uint32).max) revert TooManyOffers();
        offerId = ++board.offers;
        _batteries[number].promisedWh = promisedWh;
        _offers[offerId] = OfferRecords.create(
            _open(msg.sender),
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
        OfferRecord stored = _activeOffer(offerId);
        _onlySeller(offerId, stored);
        _checkAmount(remainingWh, stored.remainingWh());
        _checkPrice(price, board.minimumPrice);
        _checkPeriod(stored.availableFrom(), availableTo);

        Battery storage battery = _batteries[stored.battery()];
        uint64 promisedWh = battery.promisedWh - stored.remainingWh() + remainingWh;
        if (remainingWh > stored.remainingWh()) {
            bytes32 batteryId = _registry.meterIdOf(stored.battery());
            // Sold out, the offer held nothing, and the battery may have changed hands.
            (address owner, , , uint64 capacityWh, ) = _registry.battery(batteryId);
            if (owner != msg.sender) revert NotBatteryOwner(batteryId, msg.sender);
            _checkCovered(batteryId, promisedWh, capacityWh);
        }
        battery.promisedWh = promisedWh;
        _offers[offerId] = stored.withTerms(remainingWh, uint32(price), uint32(availableTo));

        emit OfferUpdated(offerId, remainingWh, price, availableTo);
    }

    /// @inheritdoc IOfferBoard
    function cancelOffer(uint256 offerId) external {
        OfferRecord stored = _activeOffer(offerId);
        _onlySeller(offerId, stored);

        _release(offerId, stored, OfferStatus.Cancelled);

        emit OfferCancelled(offerId);
    }

    /// @inheritdoc IOfferBoard
    function closeOffer(uint256 offerId) external {
        OfferRecord stored = _offer(offerId);
        if (stored.status() != OfferStatus.Active) revert OfferNotActive(offerId, stored.status());
        if (!_isOver(stored)) revert OfferNotClosable(offerId, stored.availableTo());

        _release(offerId, stored, OfferStatus.Expired);

        emit OfferExpired(offerId);
    }

    /* TRADES */

    /// @inheritdoc IOfferBoard
    function requestTrade(
        uint256 offerId,
        uint32 wattHours,
        uint40 price
    ) external returns (uint256 tradeId) {
        Board storage board = _openBoard();
        OfferRecord stored = _activeOffer(offerId);
        uint32 buyer = _open(msg.sender);
        if (buyer == stored.seller()) revert OwnOffer(offerId);
        uint32 remainingWh = stored.remainingWh();
        _checkAmount(wattHours, remainingWh);
        if (wattHours > remainingWh) revert AmountExceedsOffer(offerId, wattHours, remainingWh);
        if (price != stored.price()) revert PriceMoved(offerId, price, stored.price());

        uint128 cost = _cost(wattHours, stored.price());
        _cover(msg.sender, buyer, 0, cost);
        _debit(buyer, 0, cost);
        if (board.trades == type(uint32).max) revert TooManyTrades();
        tradeId = ++board.trades;
        _trades[tradeId] = TradeRecords.create(
            buyer,
            uint32(offerId),
            wattHours,
            stored.price(),
            stored.availableTo(),
            uint40(block.timestamp)
        );

        emit TradeRequested(tradeId, offerId, msg.sender, wattHours, price);
    }

    /// @inheritdoc IOfferBoard
    function acceptTrade(uint256 tradeId) external {
        Board storage board = _openBoard();
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Pending);
        OfferRecord parent = _activeOffer(stored.offer());
        if (!_isSender(parent.seller())) revert NotTradeSeller(tradeId, msg.sender);
        uint40 answerBy = _answerBy(stored);
        if (block.timestamp > answerBy) revert AnswerTooLate(tradeId, answerBy);
        if (stored.wattHours() > parent.remainingWh()) {
            revert AmountExceedsOffer(stored.offer(), stored.wattHours(), parent.remainingWh());
        }
        if (parent.openTrades() == type(uint16).max) revert TooManyOpenTrades(stored.offer());
        // A battery does not change hands while an offer holds its energy.
        (bytes32 batteryId, uint64 capacityWh) = _registry.batteryByNumber(parent.battery());
        uint64 exportWh = _checkCovered(batteryId, _batteries[parent.battery()].promisedWh, capacityWh);

        // The battery's promise stays: what the offer held, the trade now owes.
        _offers[stored.offer()] = parent.withTrade(stored.wattHours());
        _trades[tradeId] = stored.accepted(uint40(exportWh), board.pauses);

        emit TradeAccepted(tradeId);
    }

    /// @inheritdoc IOfferBoard
    function rejectTrade(uint256 tradeId) external {
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Pending);
        if (!_isSender(_offers[stored.offer()].seller())) revert NotTradeSeller(tradeId, msg.sender);

        _refund(tradeId, stored, TradeStatus.Rejected);

        emit TradeRejected(tradeId);
    }

    /// @inheritdoc IOfferBoard
    function cancelTrade(uint256 tradeId) external {
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Pending);
        if (!_isSender(stored.buyer())) revert NotTradeBuyer(tradeId, msg.sender);

        _refund(tradeId, stored, TradeStatus.Cancelled);

        emit TradeCancelled(tradeId);
    }

    /// @inheritdoc IOfferBoard
    function deliver(uint256 tradeId, uint32 wattHours) external {
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Accepted);
        OfferRecord parent = _offers[stored.offer()];
        if (wattHours == 0) revert AmountTooSmall(wattHours, 1);
        if (block.timestamp < parent.availableFrom())
            revert NotDeliverableYet(tradeId, parent.availableFrom());
        uint40 deliverBy = _deliverBy(stored);
        if (block.timestamp > deliverBy) revert DeliveryTooLate(tradeId, deliverBy);
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
    function closeTrade(uint256 tradeId) external {
        TradeRecord stored = _trade(tradeId);
        if (stored.status() == TradeStatus.Pending) _lapse(tradeId, stored);
        else if (stored.status() == TradeStatus.Accepted) _expire(tradeId, stored);
        else revert WrongTradeStatus(tradeId, stored.status());
    }

    /// @inheritdoc IOfferBoard
    function rateTrade(uint256 tradeId, uint8 stars) external {
        if (stars == 0 || stars > 5) revert InvalidStars(stars);
        TradeRecord stored = _trade(tradeId);
        uint32 seller = _offers[stored.offer()].seller();
        bool byBuyer = _isSender(stored.buyer());
        if (!byBuyer && !_isSender(seller)) revert NotTradeParty(tradeId, msg.sender);
        bool ratable =
            stored.status() == TradeStatus.Completed || (byBuyer && stored.status() == TradeStatus.Expired);
        if (!ratable) revert NotRatable(tradeId, msg.sender);
        uint40 rater = byBuyer ? RATED_BY_BUYER : RATED_BY_SELLER;
        if (stored.mark() & rater != 0) revert AlreadyRated(tradeId, msg.sender);

        _trades[tradeId] = stored.rated(rater);
        address rated = _owners[byBuyer ? seller : stored.buyer()];
        Account storage account = _accounts[rated];
        if (account.stars > type(uint32).max - stars) revert TooManyStars(rated);
        // A trade gives an account one rating, so there are no more of them than trades.
        ++account.ratings;
        account.stars += stars;

        emit TradeRated(tradeId, msg.sender, rated, stars);
    }

    /* VIEWS */

    /// @inheritdoc IOfferBoard
    function offer(uint256 offerId) external view returns (Offer memory) {
        OfferRecord stored = _offer(offerId);
        return
            Offer({
                seller: _owners[stored.seller()],
                batteryId: _registry.meterIdOf(stored.battery()),
                remainingWh: stored.remainingWh(),
                price: stored.price(),
                h3Cell: H3Cell.unpack(stored.cell()),
                availableFrom: stored.availableFrom(),
                availableTo: stored.availableTo(),
                status: _isOver(stored) ? OfferStatus.Expired : stored.status()
            });
    }

    /// @inheritdoc IOfferBoard
    function trade(uint256 tradeId) external view returns (Trade memory) {
        TradeRecord stored = _trade(tradeId);
        OfferRecord parent = _offers[stored.offer()];
        return
            Trade({
                offerId: stored.offer(),
                buyer: _owners[stored.buyer()],
                seller: _owners[parent.seller()],
                wattHours: stored.wattHours(),
                deliveredWh: stored.deliveredWh(),
                price: stored.price(),
                availableFrom: parent.availableFrom(),
                availableTo: stored.availableTo(),
                answerBy: stored.status() == TradeStatus.Pending ? _answerBy(stored) : 0,
                deliverBy: _deliverBy(stored),
                status: stored.status()
            });
    }

    /// @inheritdoc IOfferBoard
    function offerCount() external view returns (uint256) {
        return _board.offers;
    }

    /// @inheritdoc IOfferBoard
    function tradeCount() external view returns (uint256) {
        return _board.trades;
    }

    /// @inheritdoc IOfferBoard
    function promised(bytes32 batteryId) external view returns (uint256 wattHours) {
        (, uint32 number, , , ) = _registry.battery(batteryId);
        return _batteries[number].promisedWh;
    }

    /// @inheritdoc IOfferBoard
    function deliverable(uint256 tradeId) external view returns (uint256 wattHours) {
        TradeRecord stored = _trade(tradeId);
        OfferRecord parent = _offers[stored.offer()];
        if (stored.status() != TradeStatus.Accepted) return 0;
        if (block.timestamp < parent.availableFrom() || block.timestamp > _deliverBy(stored)) return 0;

        (, uint64 meteredWh) = _uncounted(stored, parent.battery(), _batteries[parent.battery()].countedTo);
        uint32 owedWh = stored.owedWh();
        return meteredWh < owedWh ? meteredWh : owedWh;
    }

    /// @inheritdoc IOfferBoard
    function reputation(address account) external view returns (Reputation memory) {
        Account memory stored = _accounts[account];
        return
            Reputation({
                promisedWh: stored.promisedWh,
                deliveredWh: stored.deliveredWh,
                ratings: stored.ratings,
                stars: stored.stars
            });
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

    function _setBoardPaused(bool paused_) internal {
        Board storage board = _board;
        if (paused_ == board.paused) return;

        if (paused_) {
            if (board.pauses == type(uint16).max) revert TooManyPauses();
            _pausedBefore[board.pauses++] = board.pausedFor;
            board.pausedSince = uint40(block.timestamp);
        } else {
            board.pausedFor += uint40(block.timestamp) - board.pausedSince;
        }
        board.paused = paused_;
    }

    function _boardPaused() internal view returns (bool) {
        return _board.paused;
    }

    /* ENDINGS */

    /// @dev Ends an offer: what it still held is promised no more.
    function _release(uint256 offerId, OfferRecord stored, OfferStatus status) private {
        _offers[offerId] = stored.withStatus(status);
        _batteries[stored.battery()].promisedWh -= stored.remainingWh();
    }

    function _lapse(uint256 tradeId, TradeRecord stored) private {
        uint40 answerBy = _answerBy(stored);
        if (block.timestamp <= answerBy) revert NotClosableYet(tradeId, answerBy + 1);

        _refund(tradeId, stored, TradeStatus.Lapsed);

        emit TradeLapsed(tradeId);
    }

    function _expire(uint256 tradeId, TradeRecord stored) private {
        OfferRecord parent = _offers[stored.offer()];
        uint40 deliverBy = _deliverBy(stored);
        if (block.timestamp <= deliverBy && !_isSender(parent.seller())) {
            revert NotClosableYet(tradeId, deliverBy + 1);
        }

        _offers[stored.offer()] = parent.withoutTrade(true);
        _batteries[parent.battery()].promisedWh -= stored.owedWh();
        _record(_owners[parent.seller()], stored);
        _refund(tradeId, stored, TradeStatus.Expired);

        emit TradeExpired(tradeId, stored.owedWh());
    }

    /// @dev An accepted trade counts when it is over: until then nothing was kept or broken.
    function _record(address seller, TradeRecord stored) private {
        Account storage account = _accounts[seller];
        account.promisedWh += stored.wattHours();
        account.deliveredWh += stored.deliveredWh();
    }

    /// @dev Gives the buyer back the price of what was not delivered.
    function _refund(uint256 tradeId, TradeRecord stored, TradeStatus status) private {
        _trades[tradeId] = stored.ended(status);
        _credit(stored.buyer(), 0, _cost(stored.owedWh(), stored.price()));
    }

    /* CHECKS */

    function _openBoard() private view returns (Board storage board) {
        board = _board;
        if (board.paused) revert BoardPaused();
    }

    function _offer(uint256 offerId) private view returns (OfferRecord stored) {
        if (offerId > type(uint32).max) revert UnknownOffer(offerId);
        stored = _offers[offerId];
        if (stored.status() == OfferStatus.None) revert UnknownOffer(offerId);
    }

    function _activeOffer(uint256 offerId) private view returns (OfferRecord stored) {
        stored = _offer(offerId);
        if (stored.status() != OfferStatus.Active) revert OfferNotActive(offerId, stored.status());
        if (_isOver(stored)) revert OfferNotActive(offerId, OfferStatus.Expired);
    }

    function _onlySeller(uint256 offerId, OfferRecord stored) private view {
        if (!_isSender(stored.seller())) revert NotOfferSeller(offerId, msg.sender);
    }

    function _trade(uint256 tradeId) private view returns (TradeRecord stored) {
        if (tradeId > type(uint32).max) revert UnknownTrade(tradeId);
        stored = _trades[tradeId];
        if (stored.status() == TradeStatus.None) revert UnknownTrade(tradeId);
    }

    function _tradeIn(uint256 tradeId, TradeStatus status) private view returns (TradeRecord stored) {
        stored = _trade(tradeId);
        if (stored.status() != status) revert WrongTradeStatus(tradeId, stored.status());
    }

    function _isSender(uint32 number) private view returns (bool) {
        return _accounts[msg.sender].number == number;
    }

    /// @dev An offer that is sold out and being delivered is not over: it may yet be completed.
    function _isOver(OfferRecord stored) private view returns (bool) {
        bool delivering = stored.remainingWh() == 0 && stored.openTrades() != 0;
        return stored.status() == OfferStatus.Active && block.timestamp > stored.availableTo() && !delivering;
    }

    /// @dev 100 Wh, or what an offer has left when that is less: a remainder can be sold and changed like any offer.
    function _checkAmount(uint32 wattHours, uint32 leftWh) private pure {
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
    /// @return exportWh What its meter has settled as export so far
    function _checkCovered(
        bytes32 batteryId,
        uint64 promisedWh,
        uint64 capacityWh
    ) private view returns (uint64 exportWh) {
        uint64 storedWh;
        uint64 debtWh;
        uint40 timestamp;
        (storedWh, debtWh, exportWh, timestamp) = IEnergyConverter(_converter).batteryState(batteryId);
        if (timestamp + REPORT_AGE < block.timestamp) revert BatteryReportTooOld(batteryId, timestamp);
        if (storedWh > capacityWh) storedWh = capacityWh;
        uint64 coveredWh = storedWh > debtWh ? storedWh - debtWh : 0;
        if (promisedWh > coveredWh) revert PromiseExceedsStored(batteryId, promisedWh, coveredWh);
    }

    /// @dev Export that the trade may still count: since its acceptance, and after what was counted already.
    ///      The mark has 40 bits: it is met again only after 2^40 Wh (1.1 TWh) of export within one trade's time, and
    ///      then less is counted than there was, never more.
    function _uncounted(
        TradeRecord stored,
        uint32 battery,
        uint64 countedTo
    ) private view returns (uint64 from, uint64 meteredWh) {
        (, , uint64 exportWh, ) = IEnergyConverter(_converter).batteryState(_registry.meterIdOf(battery));
        uint64 sinceAcceptance =
            uint40(exportWh) >= stored.mark()
                ? uint40(exportWh) - stored.mark()
                : (uint64(1) << 40) + uint40(exportWh) - stored.mark();
        from = exportWh - sinceAcceptance;
        if (from < countedTo) from = countedTo;
        meteredWh = exportWh - from;
    }

    /// @dev Is `cell` the battery's cell, or the one that contains it at `cell`'s resolution?
    function _contains(uint64 cell, uint64 batteryCell) private pure returns (bool) {
        uint8 resolution = H3Cell.resolution(cell);
        if (resolution > H3Cell.resolution(batteryCell)) return false;
        uint64 finerDigits = (uint64(1) << (45 - 3 * resolution)) - 1;
        uint64 parent = (batteryCell & ~(uint64(0xF) << 52)) | (uint64(resolution) << 52) | finerDigits;
        return cell == parent;
    }

    /* TIMES AND AMOUNTS */

    function _answerBy(TradeRecord stored) private pure returns (uint40) {
        uint40 answerBy = stored.mark() + ANSWER_TIME;
        return answerBy < stored.availableTo() ? answerBy : stored.availableTo();
    }

    /// @dev A pause that has not ended counts until now, so no deadline passes during it.
    function _deliverBy(TradeRecord stored) private view returns (uint40) {
        uint40 deliverBy = stored.availableTo() + DELIVERY_GRACE;
        Board storage board = _board;
        if (stored.status() == TradeStatus.Pending || stored.pauses() == board.pauses) return deliverBy;

        uint40 pausedFor = board.pausedFor - _pausedBefore[stored.pauses()];
        if (board.paused) pausedFor += uint40(block.timestamp) - board.pausedSince;
        return deliverBy + pausedFor;
    }

    function _cost(uint32 wattHours, uint32 price) private pure returns (uint128) {
        return uint128(wattHours) * price;
    }
}
