// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BatteryWord} from "../metering/BatteryWord.sol";
import {H3Cell} from "../metering/H3Cell.sol";
import {IEnergyConverter} from "../metering/IEnergyConverter.sol";
import {Battery, MOST_TRADES, Promises} from "./Battery.sol";
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
        OfferRecord offer_ = _activeOffer(offerId);
        uint32 buyer = _enroll(msg.sender);
        if (buyer == offer_.seller()) revert OwnOffer(offerId);
        uint32 remainingWh = offer_.remainingWh();
        _checkAmount(wattHours, remainingWh);
        if (wattHours > remainingWh) revert AmountExceedsOffer(offerId, wattHours, remainingWh);
        if (price != offer_.price()) revert PriceMoved(offerId, price, offer_.price());
        if (availableTo != offer_.availableTo()) revert EndMoved(offerId, availableTo, offer_.availableTo());

        uint128 cost = _cost(wattHours, offer_.price());
        _cover(msg.sender, buyer, 0, cost);
        _debit(buyer, 0, cost);
        if (board.trades == type(uint32).max) revert TooManyTrades();
        tradeId = ++board.trades;
        _trades[tradeId] = TradeRecords.create(
            buyer,
            uint32(offerId),
            wattHours,
            offer_.price(),
            offer_.availableTo(),
            uint32(block.timestamp)
        );

        emit TradeRequested(tradeId, offerId, msg.sender, wattHours, price);
    }

    /// @inheritdoc IOfferBoard
    function acceptTrade(uint256 tradeId) external {
        (bool boardPaused, uint256 stopped) = _clock();
        if (boardPaused) revert BoardPaused();
        TradeRecord trade_ = _tradeIn(tradeId, TradeStatus.Pending);
        OfferRecord offer_ = _offers[trade_.offer()];
        if (offer_.status() != OfferStatus.Active) revert OfferNotActive(trade_.offer(), offer_.status());
        if (!_isSender(offer_.seller())) revert NotTradeSeller(tradeId, msg.sender);
        uint40 answerBy = _answerBy(trade_);
        if (block.timestamp > answerBy) revert AnswerTooLate(tradeId, answerBy);
        if (trade_.wattHours() > offer_.remainingWh()) {
            revert AmountExceedsOffer(trade_.offer(), trade_.wattHours(), offer_.remainingWh());
        }
        // Something is left, so it is over when its time is.
        if (block.timestamp > offer_.availableTo()) {
            revert OfferNotActive(trade_.offer(), OfferStatus.Expired);
        }
        // A battery does not change hands while an offer holds its energy.
        (bytes32 batteryId, BatteryWord word) = _registry.batteryByNumber(offer_.battery());
        if (word.cell() != offer_.cell())
            _checkCell(H3Cell.unpack(offer_.cell()), H3Cell.unpack(word.cell()));
        Battery storage battery = _batteries[offer_.battery()];
        Promises promises = battery.promises;
        bool delivering = _checkCovered(batteryId, promises.promisedWh(), word.capacityWh());
        if (!battery.addTrade(promises, uint32(tradeId))) revert TooManyOpenTrades(batteryId, MOST_TRADES);

        // The battery's promise stays: what the offer held, the trade now owes.
        _offers[trade_.offer()] = offer_.withTrade(trade_.wattHours());
        _trades[tradeId] = trade_.accepted(word.stops().shown(stopped));
        if (!delivering) IEnergyConverter(_converter).watchExport(batteryId);

        emit TradeAccepted(tradeId);
    }

    /// @inheritdoc IOfferBoard
    function rejectTrade(uint256 tradeId) external {
        TradeRecord trade_ = _tradeIn(tradeId, TradeStatus.Pending);
        if (!_isSender(_offers[trade_.offer()].seller())) revert NotTradeSeller(tradeId, msg.sender);

        _refund(tradeId, trade_, TradeStatus.Rejected);

        emit TradeRejected(tradeId);
    }

    /// @inheritdoc IOfferBoard
    function cancelTrade(uint256 tradeId) external {
        TradeRecord trade_ = _tradeIn(tradeId, TradeStatus.Pending);
        if (!_isSender(trade_.buyer())) revert NotTradeBuyer(tradeId, msg.sender);

        _refund(tradeId, trade_, TradeStatus.Cancelled);

        emit TradeCancelled(tradeId);
    }

    /* END AND RATE */

    /// @inheritdoc IOfferBoard
    function closeTrade(uint256 tradeId) external {
        TradeRecord trade_ = _trade(tradeId);
        if (trade_.status() == TradeStatus.Pending) _lapse(tradeId, trade_);
        else if (trade_.status() == TradeStatus.Accepted) _expire(tradeId, trade_);
        else revert WrongTradeStatus(tradeId, trade_.status());
    }

    /// @inheritdoc IOfferBoard
    function rateTrade(uint256 tradeId, uint8 stars) external {
        if (stars == 0 || stars > 5) revert InvalidStars(stars);
        TradeRecord trade_ = _trade(tradeId);
        uint32 seller = _offers[trade_.offer()].seller();
        bool byBuyer = _isSender(trade_.buyer());
        if (!byBuyer && !_isSender(seller)) revert NotTradeParty(tradeId, msg.sender);
        bool ratable =
            trade_.status() == TradeStatus.Completed || (byBuyer && trade_.status() == TradeStatus.Expired);
        if (!ratable) revert NotRatable(tradeId, msg.sender);
        uint32 rater = byBuyer ? RATED_BY_BUYER : RATED_BY_SELLER;
        if (trade_.raters() & rater != 0) revert AlreadyRated(tradeId, msg.sender);

        _trades[tradeId] = trade_.rated(rater);
        address rated = _owners[byBuyer ? seller : trade_.buyer()];
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
        TradeRecord trade_ = _trade(tradeId);
        OfferRecord offer_ = _offers[trade_.offer()];
        return
            Trade({
                offerId: trade_.offer(),
                buyer: _owners[trade_.buyer()],
                seller: _owners[offer_.seller()],
                wattHours: trade_.wattHours(),
                deliveredWh: trade_.deliveredWh(),
                price: trade_.price(),
                availableFrom: offer_.availableFrom(),
                availableTo: trade_.availableTo(),
                answerBy: trade_.status() == TradeStatus.Pending ? _answerBy(trade_) : 0,
                deliverBy: _deliverBy(trade_, _stoppedFor(offer_.battery())),
                status: trade_.status()
            });
    }

    /// @inheritdoc IOfferBoard
    function tradeCount() external view returns (uint256) {
        return _board.trades;
    }

    /// @inheritdoc IOfferBoard
    function reputation(address account) external view returns (Reputation memory) {
        Account memory account_ = _accounts[account];
        return
            Reputation({
                promisedWh: account_.promisedWh,
                deliveredWh: account_.deliveredWh,
                ratings: account_.ratings,
                stars: account_.stars
            });
    }

    /* ENDINGS */

    function _lapse(uint256 tradeId, TradeRecord trade_) private {
        uint40 answerBy = _answerBy(trade_);
        if (block.timestamp <= answerBy) revert NotClosableYet(tradeId, answerBy + 1);

        _refund(tradeId, trade_, TradeStatus.Lapsed);

        emit TradeLapsed(tradeId);
    }

    function _expire(uint256 tradeId, TradeRecord trade_) private {
        OfferRecord offer_ = _offers[trade_.offer()];
        if (!_isSender(offer_.seller())) {
            uint40 deliverBy = _deliverBy(trade_, _stoppedFor(offer_.battery()));
            if (block.timestamp <= deliverBy) revert NotClosableYet(tradeId, deliverBy + 1);
        }

        _offers[trade_.offer()] = offer_.withoutTrade(true);
        _settleUp(offer_.battery(), uint32(tradeId), trade_.owedWh(), true);
        _record(_owners[offer_.seller()], trade_);
        _refund(tradeId, trade_, TradeStatus.Expired);

        emit TradeExpired(tradeId, trade_.owedWh());
    }

    /// @dev The battery owes `wattHours` less, and nothing to a trade that is over.
    function _settleUp(uint32 number, uint32 tradeId, uint32 wattHours, bool over) internal {
        Battery storage battery = _batteries[number];
        Promises promises = battery.promises;
        promises = promises.withPromised(promises.promisedWh() - wattHours);
        if (over) promises = battery.removeTrade(promises, tradeId);
        battery.promises = promises;
    }

    /// @dev An accepted trade counts when it is over: until then nothing was kept or broken.
    function _record(address seller, TradeRecord trade_) internal {
        Account storage account = _accounts[seller];
        account.promisedWh += trade_.wattHours();
        account.deliveredWh += trade_.deliveredWh();
    }

    /// @dev Gives the buyer back the price of what was not delivered.
    function _refund(uint256 tradeId, TradeRecord trade_, TradeStatus status) private {
        _trades[tradeId] = trade_.ended(status);
        _credit(trade_.buyer(), 0, _cost(trade_.owedWh(), trade_.price()));
    }

    /* RECORDS */

    function _trade(uint256 tradeId) internal view returns (TradeRecord trade_) {
        if (tradeId > type(uint32).max) revert UnknownTrade(tradeId);
        trade_ = _trades[tradeId];
        if (trade_.status() == TradeStatus.None) revert UnknownTrade(tradeId);
    }

    function _tradeIn(uint256 tradeId, TradeStatus status) internal view returns (TradeRecord trade_) {
        if (tradeId > type(uint32).max) revert UnknownTrade(tradeId);
        trade_ = _trades[tradeId];
        if (trade_.status() == status) return trade_;
        if (trade_.status() == TradeStatus.None) revert UnknownTrade(tradeId);
        revert WrongTradeStatus(tradeId, trade_.status());
    }

    /* TIMES AND AMOUNTS */

    function _answerBy(TradeRecord trade_) private pure returns (uint40) {
        // Of 32 bits and 15 minutes.
        unchecked {
            return uint40(Math.min(trade_.requestedAt() + uint256(ANSWER_TIME), trade_.availableTo()));
        }
    }

    /// @dev What the battery's clock of stops shows.
    function _stoppedFor(uint32 battery) internal view returns (uint24) {
        (, BatteryWord word) = _registry.batteryByNumber(battery);
        (, uint256 stopped) = _clock();
        return word.stops().shown(stopped);
    }

    /// @dev As it was agreed at the acceptance, before any stop.
    function _agreedBy(TradeRecord trade_) internal pure returns (uint40) {
        return trade_.availableTo() + DELIVERY_GRACE;
    }

    /// @param stopped What the battery's clock of stops shows
    /// @dev Nothing runs faster than time, so a deadline that has passed stays so.
    function _deliverBy(TradeRecord trade_, uint24 stopped) internal pure returns (uint40) {
        uint40 deliverBy = _agreedBy(trade_);
        if (trade_.status() == TradeStatus.Pending) return deliverBy;
        unchecked {
            // Both come round after 194 days, and so does their difference.
            uint24 since = stopped - trade_.stoppedFor();
            return deliverBy + uint40(Math.min(since, LONGEST_EXTENSION));
        }
    }

    function _cost(uint32 wattHours, uint32 price) internal pure returns (uint128) {
        return uint128(wattHours) * price;
    }
}
