// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IOfferBoard} from "../../../contracts/src/market/IEnergyMarket.sol";
import {MarketFixture} from "./MarketFixture.sol";

/// @notice When the offer board must refuse a call, said once more and plainly: a call succeeds if and only if it breaks
///         no rule, and is refused with the error of a rule that it breaks. Keeps its own record of what the battery
///         exported, for which trade it counts, and how long the board was paused.
abstract contract OfferBoardRules is MarketFixture {
    uint256 internal constant ACTORS = 4;
    uint256 internal constant BATTERIES = 2;
    uint64 internal constant CAPACITY = 50_000;

    struct BatteryRecord {
        uint64 exportedWh;
        uint64 importedWh;
        uint64 storedWh;
        uint40 reportedAt;
    }

    /// @param mark The battery's export at acceptance, Wh
    /// @param meteredWh What was exported for it since
    /// @param stoppedBefore Seconds that the board or the battery had been stopped when the trade was accepted
    struct TradeNote {
        IOfferBoard.TradeStatus status;
        uint32 deliveredWh;
        uint64 mark;
        uint32 meteredWh;
        uint40 stoppedBefore;
        bool ratedByBuyer;
        bool ratedBySeller;
        IOfferBoard.Trade requested;
    }

    BatteryRecord[BATTERIES] internal _records;
    mapping(uint256 tradeId => TradeNote) internal _notes;
    /// @dev Wh that each offer was created with, and what updates added or took.
    mapping(uint256 offerId => int256) internal _offered;
    /// @dev Cancelled, or closed after its time.
    mapping(uint256 offerId => bool) internal _ended;
    mapping(address account => uint256) internal _ratings;
    mapping(address account => uint256) internal _stars;
    bool internal _paused;
    bool[BATTERIES] internal _suspended;
    /// @dev For how long deliveries from each battery were stopped until `_countedTo`.
    uint40[BATTERIES] internal _stoppedFor;
    uint40 private _countedTo;
    bytes4[] private _broken;

    /* THE CALL */

    /// @notice `sender` makes `call`; the rules that it breaks were noted before.
    function _attempt(address sender, bytes memory call) internal returns (bool done) {
        vm.prank(sender);
        bytes memory answer;
        (done, answer) = address(market).call(call);
        if (done) {
            check(_broken.length == 0, "B9: nothing is done against a rule");
        } else {
            check(_broken.length != 0, "B9: no call is refused that breaks no rule");
            bool named = false;
            for (uint256 i = 0; i < _broken.length; ++i) if (bytes4(answer) == _broken[i]) named = true;
            check(named, "B9: the error is that of a broken rule");
        }
        delete _broken;
    }

    function _rule(bool broken, bytes4 refusal) private {
        if (broken) _broken.push(refusal);
    }

    /* RULES */

    function _rulesOfCreate(
        address sender,
        uint256 battery,
        uint32 wattHours,
        uint40 price,
        uint64 cell,
        uint40[2] memory period
    ) internal {
        _rule(_paused, IOfferBoard.BoardPaused.selector);
        _rulesOfTerms(wattHours, price, period[0], period[1], 0);
        _rule(sender != _actor(battery), IOfferBoard.NotBatteryOwner.selector);
        _rule(cell != CELL && cell != CELL_6 && cell != CELL_0, IOfferBoard.CellMismatch.selector);
        _rulesOfCover(battery, market.promised(_battery(battery)) + wattHours);
    }

    function _rulesOfUpdate(
        address sender,
        uint256 id,
        uint32 wattHours,
        uint40 price,
        uint40 availableTo
    ) internal {
        _rule(_paused, IOfferBoard.BoardPaused.selector);
        if (_unknownOffer(id)) return;
        IOfferBoard.Offer memory offer = market.offer(id);
        _rulesOfActive(offer);
        _rule(sender != offer.seller, IOfferBoard.NotOfferSeller.selector);
        _rulesOfTerms(wattHours, price, offer.availableFrom, availableTo, offer.remainingWh);
        // What an ended offer held is promised no more.
        if (offer.status == IOfferBoard.OfferStatus.Active && wattHours > offer.remainingWh) {
            uint256 battery = _batteryOf(offer.seller);
            _rulesOfCover(battery, market.promised(_battery(battery)) - offer.remainingWh + wattHours);
        }
    }

    function _rulesOfCancelOffer(address sender, uint256 id) internal {
        if (_unknownOffer(id)) return;
        IOfferBoard.Offer memory offer = market.offer(id);
        _rulesOfActive(offer);
        _rule(sender != offer.seller, IOfferBoard.NotOfferSeller.selector);
    }

    function _rulesOfCloseOffer(uint256 id) internal {
        if (_unknownOffer(id)) return;
        IOfferBoard.OfferStatus status = market.offer(id).status;
        bool over = status == IOfferBoard.OfferStatus.Expired && !_ended[id];
        _rule(status != IOfferBoard.OfferStatus.Active && !over, IOfferBoard.OfferNotActive.selector);
        _rule(status == IOfferBoard.OfferStatus.Active, IOfferBoard.OfferNotClosable.selector);
    }

    function _rulesOfRequest(
        address sender,
        uint256 id,
        uint32 wattHours,
        uint40 price,
        uint40 availableTo
    ) internal {
        _rule(_paused, IOfferBoard.BoardPaused.selector);
        if (_unknownOffer(id)) return;
        IOfferBoard.Offer memory offer = market.offer(id);
        _rulesOfActive(offer);
        _rule(sender == offer.seller, IOfferBoard.OwnOffer.selector);
        _rule(wattHours < _smallest(offer.remainingWh), IOfferBoard.AmountTooSmall.selector);
        _rule(wattHours > offer.remainingWh, IOfferBoard.AmountExceedsOffer.selector);
        _rule(price != offer.price, IOfferBoard.PriceMoved.selector);
        _rule(availableTo != offer.availableTo, IOfferBoard.EndMoved.selector);
        _rulesOfFunds(sender, 0, uint256(wattHours) * offer.price);
    }

    function _rulesOfAccept(address sender, uint256 id) internal {
        _rule(_paused, IOfferBoard.BoardPaused.selector);
        if (_unknownTrade(id)) return;
        IOfferBoard.Trade memory trade = market.trade(id);
        IOfferBoard.Offer memory offer = market.offer(trade.offerId);
        _rule(trade.status != IOfferBoard.TradeStatus.Pending, IOfferBoard.WrongTradeStatus.selector);
        _rulesOfActive(offer);
        _rule(sender != trade.seller, IOfferBoard.NotTradeSeller.selector);
        _rule(time() > trade.answerBy, IOfferBoard.AnswerTooLate.selector);
        _rule(trade.wattHours > offer.remainingWh, IOfferBoard.AmountExceedsOffer.selector);
        uint256 battery = _batteryOf(trade.seller);
        _rulesOfCover(battery, market.promised(_battery(battery)));
        _rule(_openTrades(battery) >= 14, IOfferBoard.TooManyOpenTrades.selector);
    }

    function _rulesOfAnswer(address sender, uint256 id, bool byBuyer) internal {
        if (_unknownTrade(id)) return;
        IOfferBoard.Trade memory trade = market.trade(id);
        _rule(trade.status != IOfferBoard.TradeStatus.Pending, IOfferBoard.WrongTradeStatus.selector);
        if (byBuyer) _rule(sender != trade.buyer, IOfferBoard.NotTradeBuyer.selector);
        else _rule(sender != trade.seller, IOfferBoard.NotTradeSeller.selector);
    }

    function _rulesOfDeliver(uint256 id, uint32 wattHours) internal {
        if (_unknownTrade(id)) return;
        IOfferBoard.Trade memory trade = market.trade(id);
        bool accepted = trade.status == IOfferBoard.TradeStatus.Accepted;
        _rule(!accepted, IOfferBoard.WrongTradeStatus.selector);
        if (!accepted) return;
        _rule(wattHours == 0, IOfferBoard.AmountTooSmall.selector);
        _rule(time() < trade.availableFrom, IOfferBoard.NotDeliverableYet.selector);
        _rule(time() > _deliverBy(id, trade), IOfferBoard.DeliveryTooLate.selector);
        uint64 leftWh = _notes[id].meteredWh - trade.deliveredWh;
        _rule(leftWh == 0 || wattHours > _notes[id].meteredWh, IOfferBoard.DeliveryNotMetered.selector);
        _rulesOfFunds(trade.seller, wattHours < leftWh ? wattHours : uint32(leftWh), 0);
    }

    function _rulesOfCloseTrade(address sender, uint256 id) internal {
        if (_unknownTrade(id)) return;
        IOfferBoard.Trade memory trade = market.trade(id);
        bool pending = trade.status == IOfferBoard.TradeStatus.Pending;
        bool accepted = trade.status == IOfferBoard.TradeStatus.Accepted;
        _rule(!pending && !accepted, IOfferBoard.WrongTradeStatus.selector);
        bool early =
            (pending && time() <= trade.answerBy) ||
                (accepted && time() <= _deliverBy(id, trade) && sender != trade.seller);
        _rule(early, IOfferBoard.NotClosableYet.selector);
    }

    function _rulesOfRate(address sender, uint256 id, uint8 stars) internal {
        _rule(stars == 0 || stars > 5, IOfferBoard.InvalidStars.selector);
        if (_unknownTrade(id)) return;
        IOfferBoard.Trade memory trade = market.trade(id);
        bool byBuyer = sender == trade.buyer;
        _rule(!byBuyer && sender != trade.seller, IOfferBoard.NotTradeParty.selector);
        _rule(
            trade.status != IOfferBoard.TradeStatus.Completed &&
                !(byBuyer && trade.status == IOfferBoard.TradeStatus.Expired),
            IOfferBoard.NotRatable.selector
        );
        _rule(
            byBuyer ? _notes[id].ratedByBuyer : _notes[id].ratedBySeller,
            IOfferBoard.AlreadyRated.selector
        );
    }

    /// @dev What the balance lacks comes from the wallet, whose allowance has no bound.
    function _rulesOfFunds(address account, uint256 energyWh, uint256 idrs) internal {
        (uint128 freeWh, uint128 cash) = market.tradingBalance(account);
        _rule(
            energyWh > freeWh + energyToken.balanceOf(account) ||
                idrs > cash + rupiahToken.balanceOf(account),
            IERC20Errors.ERC20InsufficientBalance.selector
        );
    }

    function _rulesOfTerms(
        uint32 wattHours,
        uint40 price,
        uint40 availableFrom,
        uint40 availableTo,
        uint32 leftWh
    ) private {
        _rule(wattHours < _smallest(leftWh), IOfferBoard.AmountTooSmall.selector);
        _rule(price < market.minimumPrice() || price == 0, IOfferBoard.PriceTooLow.selector);
        _rule(price > type(uint32).max, IOfferBoard.PriceTooHigh.selector);
        _rule(
            availableTo <= time() || availableTo <= availableFrom || availableTo > time() + 7 days,
            IOfferBoard.InvalidPeriod.selector
        );
    }

    /// @dev A remainder of less than 100 Wh may be sold and changed as a whole.
    function _smallest(uint32 leftWh) private pure returns (uint32) {
        return leftWh == 0 || leftWh > 100 ? 100 : leftWh;
    }

    function _rulesOfActive(IOfferBoard.Offer memory offer) private {
        _rule(offer.status != IOfferBoard.OfferStatus.Active, IOfferBoard.OfferNotActive.selector);
    }

    function _rulesOfCover(uint256 battery, uint256 promisedWh) private {
        BatteryRecord memory known = _records[battery];
        (, , uint64 debtWh, , , ) = converter.settled(_battery(battery));
        uint64 storedWh = known.storedWh < CAPACITY ? known.storedWh : CAPACITY;
        _rule(known.reportedAt + 1 hours < time(), IOfferBoard.BatteryReportTooOld.selector);
        _rule(
            promisedWh > (storedWh > debtWh ? storedWh - debtWh : 0),
            IOfferBoard.PromiseExceedsStored.selector
        );
    }

    function _unknownOffer(uint256 id) private returns (bool unknown) {
        unknown = id == 0 || id > market.offerCount();
        _rule(unknown, IOfferBoard.UnknownOffer.selector);
    }

    function _unknownTrade(uint256 id) private returns (bool unknown) {
        unknown = id == 0 || id > market.tradeCount();
        _rule(unknown, IOfferBoard.UnknownTrade.selector);
    }

    /* RECORD */

    /// @dev A report says that the battery exported so much: the earliest deadline first, then the lower id, none before
    ///      its time. Connections are strong enough to carry everything in a second.
    function _countExport(uint256 battery, uint64 exportedWh) internal {
        uint256 left = exportedWh;
        uint256 next = _mostUrgent(battery, 0);
        for (uint256 last = next; next != 0; last = next) {
            IOfferBoard.Trade memory trade = market.trade(next);
            TradeNote storage note = _notes[next];
            uint256 openWh = trade.wattHours - note.meteredWh;
            if (time() > trade.availableFrom && time() <= _deliverBy(next, trade)) {
                uint256 countedWh = openWh < left ? openWh : left;
                note.meteredWh += uint32(countedWh);
                left -= countedWh;
            }
            next = _mostUrgent(battery, last);
        }
    }

    /// @dev The battery's open trade that is next to `last`, by deadline and id; 0 when there is none.
    function _mostUrgent(uint256 battery, uint256 last) private view returns (uint256 next) {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) {
            if (!_isOpenOn(battery, id) || (last != 0 && !_isBefore(last, id))) continue;
            if (next == 0 || _isBefore(id, next)) next = id;
        }
    }

    function _isBefore(uint256 id, uint256 other) private view returns (bool) {
        (uint40 one, uint40 two) = (_deliverBy(id, market.trade(id)), _deliverBy(other, market.trade(other)));
        return one < two || (one == two && id < other);
    }

    function _isOpenOn(uint256 battery, uint256 id) private view returns (bool) {
        IOfferBoard.Trade memory trade = market.trade(id);
        return trade.status == IOfferBoard.TradeStatus.Accepted && _batteryOf(trade.seller) == battery;
    }

    function _openTrades(uint256 battery) private view returns (uint256 open) {
        uint256 trades = market.tradeCount();
        for (uint256 id = 1; id <= trades; ++id) if (_isOpenOn(battery, id)) ++open;
    }

    /// @dev Two hours after its end, and as much later as the board was paused or the battery's meter suspended since
    ///      acceptance, at most seven days.
    function _deliverBy(uint256 id, IOfferBoard.Trade memory trade) internal view returns (uint40 deliverBy) {
        uint40 stopped = _stoppedSoFar(_batteryOf(trade.seller)) - _notes[id].stoppedBefore;
        if (trade.status == IOfferBoard.TradeStatus.Pending) stopped = 0;
        deliverBy = trade.availableTo + 2 hours + (stopped < 7 days ? stopped : 7 days);
        equal(
            trade.deliverBy,
            deliverBy,
            "O3: the deadline grows by stops since acceptance, and by nothing else"
        );
    }

    /// @dev Before each change of what is stopped.
    function _countStops() internal {
        for (uint256 i = 0; i < BATTERIES; ++i) _stoppedFor[i] = _stoppedSoFar(i);
        _countedTo = time();
    }

    function _stoppedSoFar(uint256 battery) internal view returns (uint40) {
        return _stoppedFor[battery] + (_paused || _suspended[battery] ? time() - _countedTo : 0);
    }

    function _actor(uint256 index) internal pure returns (address) {
        return address(uint160(0xAC0000 + index));
    }

    function _battery(uint256 index) internal pure returns (bytes32) {
        return bytes32(bytes.concat("battery-", bytes1(uint8(0x30 + index))));
    }

    /// @dev Only the first accounts have one.
    function _batteryOf(address seller) internal pure returns (uint256) {
        return uint160(seller) - 0xAC0000;
    }
}
