// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {H3Cell} from "../metering/H3Cell.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {Battery, MOST_TRADES} from "./Battery.sol";
import {IOfferBoard} from "./IEnergyMarket.sol";
import {OfferRecord} from "./OfferRecord.sol";
import {Offers} from "./Offers.sol";
import {TradeRecord, TradeRecords} from "./TradeRecord.sol";

/// @title What is asked for, answered, ended and rated
/// @notice A trade's life:
///
/// ```
/// request ─▶ Pending ─accept (the seller)─▶ Accepted ─deliver all (anyone)─▶ Completed
///               │                              └─close (the seller, or anyone after the deadline)─▶ Expired
///               ├─reject (the seller)─▶ Rejected
///               ├─cancel (the buyer)─▶ Cancelled
///               └─close (anyone, when it was not answered in time)─▶ Lapsed
/// ```
abstract contract Trades is Offers {
    uint40 private constant ANSWER_TIME = 15 minutes;
    uint40 private constant DELIVERY_GRACE = 2 hours;
    /// @dev Most that stops of board, settlement and meter together extend the delivery of a trade.
    uint40 private constant LONGEST_EXTENSION = 7 days;
    uint32 private constant RATED_BY_BUYER = 1;
    uint32 private constant RATED_BY_SELLER = 2;

    TradeRecord[2 ** 32] internal _trades;

    /* REQUEST AND ANSWER */

    /// @inheritdoc IOfferBoard
    function requestTrade(
        uint256 offerId,
        uint32 wattHours,
        uint40 price,
        uint40 availableTo
    ) external returns (uint256 tradeId) {
        Board storage board = _openBoard();
        OfferRecord stored = _activeOffer(offerId);
        uint32 buyer = _open(msg.sender);
        if (buyer == stored.seller()) revert OwnOffer(offerId);
        uint32 remainingWh = stored.remainingWh();
        _checkAmount(wattHours, remainingWh);
        if (wattHours > remainingWh) revert AmountExceedsOffer(offerId, wattHours, remainingWh);
        if (price != stored.price()) revert PriceMoved(offerId, price, stored.price());
        if (availableTo != stored.availableTo()) revert EndMoved(offerId, availableTo, stored.availableTo());

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
            uint32(block.timestamp)
        );

        emit TradeRequested(tradeId, offerId, msg.sender, wattHours, price);
    }

    /// @inheritdoc IOfferBoard
    function acceptTrade(uint256 tradeId) external {
        uint24 stoppedFor = uint24(_stoppedFor(_openBoard()));
        TradeRecord stored = _tradeIn(tradeId, TradeStatus.Pending);
        OfferRecord parent = _offers[stored.offer()];
        if (parent.status() != OfferStatus.Active) revert OfferNotActive(stored.offer(), parent.status());
        if (!_isSender(parent.seller())) revert NotTradeSeller(tradeId, msg.sender);
        uint40 answerBy = _answerBy(stored);
        if (block.timestamp > answerBy) revert AnswerTooLate(tradeId, answerBy);
        if (stored.wattHours() > parent.remainingWh()) {
            revert AmountExceedsOffer(stored.offer(), stored.wattHours(), parent.remainingWh());
        }
        // Something is left, so it is over when its time is.
        if (block.timestamp > parent.availableTo()) {
            revert OfferNotActive(stored.offer(), OfferStatus.Expired);
        }
        // A battery does not change hands while an offer holds its energy.
        (bytes32 batteryId, uint64 capacityWh, uint64 batteryCell) = _registry.batteryByNumber(
            parent.battery()
        );
        if (H3Cell.pack(batteryCell) != parent.cell()) _checkCell(H3Cell.unpack(parent.cell()), batteryCell);
        Battery storage battery = _batteries[parent.battery()];
        bool delivering = _checkCovered(batteryId, battery.promisedWh, capacityWh);
        if (!battery.addTrade(uint32(tradeId))) {
            revert TooManyOpenTrades(batteryId, MOST_TRADES);
        }

        // The battery's promise stays: what the offer held, the trade now owes.
        _offers[stored.offer()] = parent.withTrade(stored.wattHours());
        _trades[tradeId] = stored.accepted(stoppedFor);
        if (!delivering) IEnergyConverter(_converter).watchExport(batteryId);

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

    /* END AND RATE */

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
        uint32 rater = byBuyer ? RATED_BY_BUYER : RATED_BY_SELLER;
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
                deliverBy: _deliverBy(stored, parent.battery()),
                status: stored.status()
            });
    }

    /// @inheritdoc IOfferBoard
    function tradeCount() external view returns (uint256) {
        return _board.trades;
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

    /* ENDINGS */

    function _lapse(uint256 tradeId, TradeRecord stored) private {
        uint40 answerBy = _answerBy(stored);
        if (block.timestamp <= answerBy) revert NotClosableYet(tradeId, answerBy + 1);

        _refund(tradeId, stored, TradeStatus.Lapsed);

        emit TradeLapsed(tradeId);
    }

    function _expire(uint256 tradeId, TradeRecord stored) private {
        OfferRecord parent = _offers[stored.offer()];
        if (!_isSender(parent.seller())) {
            (bool late, uint40 deliverBy) = _isLate(stored, parent.battery());
            if (!late) revert NotClosableYet(tradeId, deliverBy + 1);
        }

        _offers[stored.offer()] = parent.withoutTrade(true);
        _settleUp(parent.battery(), uint32(tradeId), stored.owedWh(), true);
        _record(_owners[parent.seller()], stored);
        _refund(tradeId, stored, TradeStatus.Expired);

        emit TradeExpired(tradeId, stored.owedWh());
    }

    /// @dev The battery owes `wattHours` less, and nothing to a trade that is over.
    function _settleUp(uint32 number, uint32 tradeId, uint32 wattHours, bool over) internal {
        Battery storage battery = _batteries[number];
        battery.promisedWh -= wattHours;
        if (over) battery.removeTrade(tradeId);
    }

    /// @dev An accepted trade counts when it is over: until then nothing was kept or broken.
    function _record(address seller, TradeRecord stored) internal {
        Account storage account = _accounts[seller];
        account.promisedWh += stored.wattHours();
        account.deliveredWh += stored.deliveredWh();
    }

    /// @dev Gives the buyer back the price of what was not delivered.
    function _refund(uint256 tradeId, TradeRecord stored, TradeStatus status) private {
        _trades[tradeId] = stored.ended(status);
        _credit(stored.buyer(), 0, _cost(stored.owedWh(), stored.price()));
    }

    /* RECORDS */

    function _trade(uint256 tradeId) internal view returns (TradeRecord stored) {
        if (tradeId > type(uint32).max) revert UnknownTrade(tradeId);
        stored = _trades[tradeId];
        if (stored.status() == TradeStatus.None) revert UnknownTrade(tradeId);
    }

    function _tradeIn(uint256 tradeId, TradeStatus status) internal view returns (TradeRecord stored) {
        if (tradeId > type(uint32).max) revert UnknownTrade(tradeId);
        stored = _trades[tradeId];
        if (stored.status() == status) return stored;
        if (stored.status() == TradeStatus.None) revert UnknownTrade(tradeId);
        revert WrongTradeStatus(tradeId, stored.status());
    }

    /* TIMES AND AMOUNTS */

    function _answerBy(TradeRecord stored) private pure returns (uint40) {
        uint40 answerBy = uint40(stored.mark()) + ANSWER_TIME;
        return answerBy < stored.availableTo() ? answerBy : stored.availableTo();
    }

    /// @dev Asks the registry only when it is past the time that the market knows.
    function _isLate(TradeRecord stored, uint32 battery) internal view returns (bool late, uint40 deliverBy) {
        (deliverBy, ) = _deliveryTimes(stored);
        if (block.timestamp <= deliverBy) return (false, deliverBy);

        deliverBy = _deliverBy(stored, battery);
        late = block.timestamp > deliverBy;
    }

    /// @dev An outage of the battery's meter that began in time extends the delivery to two hours after its end. While
    ///      it lasts, it ends now.
    function _deliverBy(TradeRecord stored, uint32 battery) private view returns (uint40) {
        (uint40 deliverBy, uint40 latest) = _deliveryTimes(stored);
        (uint40 since, uint40 until) = _registry.outage(battery);
        if (since == 0 || since > deliverBy) return deliverBy;
        uint256 extended = (until == 0 ? block.timestamp : until) + DELIVERY_GRACE;
        return uint40(Math.min(Math.max(deliverBy, extended), latest));
    }

    /// @return deliverBy Without outages of the battery's own meter
    /// @return latest Beyond which nothing extends it
    function _deliveryTimes(TradeRecord stored) internal view returns (uint40 deliverBy, uint40 latest) {
        deliverBy = stored.availableTo() + DELIVERY_GRACE;
        latest = deliverBy + LONGEST_EXTENSION;
        if (stored.status() == TradeStatus.Pending) return (deliverBy, latest);
        unchecked {
            // Both come round after 194 days, and so does their difference.
            uint24 stoppedFor = uint24(_stoppedFor(_board)) - stored.stoppedFor();
            deliverBy = uint40(Math.min(deliverBy + stoppedFor, latest));
        }
    }

    function _cost(uint32 wattHours, uint32 price) internal pure returns (uint128) {
        return uint128(wattHours) * price;
    }
}
