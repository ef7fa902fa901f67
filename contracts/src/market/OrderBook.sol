// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "./Accounts.sol";
import {Balances} from "./Balance.sol";
import {IOrderBook, Side, TimeInForce} from "./IEnergyMarket.sol";
import {OrderId} from "./OrderId.sol";
import {Queue} from "./Queue.sol";
import {Vacancy} from "./Vacancy.sol";

/// @title The ETK/IDRS order book
/// @notice Price-time priority. An order is matched in the transaction that places it; makers are paid at once, at
///         their own price. cost = Wh x tick x 1,000 IDRS base units: no division, so no rounding.
///
/// An order's life, in the order of this file:
///
/// 1. `placeOrder` makes sure that the trading balance covers the order at its limit, and pulls from the wallet what it
///    lacks. This is the only token call.
/// 2. `_match` goes to the best price of the other side, as long as it is no worse than the limit, and `_take` walks
///    the queue there from its head: each maker is credited and named in `OrderFilled`. Whatever is left, and allowed
///    to rest, `_rest` appends to the queue at its own price, and `OrderPlaced` gives it its id.
/// 3. The taker's balance is written once: what it bought comes in, what it paid and what rests go out. A resting order
///    is thus escrowed by being debited; nobody else holds it.
/// 4. Later takers fill it, in turn, at its own price; each fill credits its owner, with nothing to claim.
/// 5. `cancelOrder` finds it by its id and credits what is open, at any time.
///
/// | slot       | variable             | bits, lowest first                                                 |
/// |------------|----------------------|--------------------------------------------------------------------|
/// | 8589934594 | `_bookPaused`        | 8                                                                  |
/// | 8589934594 | `_bidBound`          | 16; no bid rests at a better position, see `_mirror`               |
/// | 8589934594 | `_askBound`          | 16; no ask rests at a better position                              |
/// | 8589934595 | `_vacancy[side]`     | bands 256; which ticks have a queue, see `Vacancy`                 |
/// | 8589934595 | `_vacancy[side]` + 1 | ticks 256 each                                                     |
/// | 8589935109 | `_queues[level]`     | 256; a `Queue`, with its first order inside                        |
/// | 8590066181 | `_later[level][i]`   | 64; order i + 1 of the queue: Wh 32, account 32. Four share a word |
///
/// @dev A fill never writes an order: it advances `head`, or `headFilled` within the head. A cancelled order has 0 Wh
///      where it stands and is skipped when the head reaches it. When a queue empties it starts again at index 0 in a
///      new epoch, over the same words, so in steady state an order creates no new word.
///      The bounds stand in the word that says whether the book is paused, which every order reads: one that crosses
///      neither bound crosses nothing, and reads no bitmap. Resting raises a bound at once; taking and cancelling leave
///      it too high, until an order that it sent to look finds nothing there and lowers it.
abstract contract OrderBook is Accounts, IOrderBook {
    using Vacancy for Vacancy.Map;
    using OrderId for uint256;

    uint32 private constant SMALLEST_ORDER = 100;
    uint128 private constant PRICE_PER_TICK = 1_000;

    bool internal _bookPaused;
    uint16 private _bidBound;
    uint16 private _askBound;
    Vacancy.Map[2] private _vacancy;
    Queue[2 ** 17] private _queues;
    uint64[2 ** 32][2 ** 17] private _later;

    constructor() {
        _vacancy[uint256(Side.Bid)].clear();
        _vacancy[uint256(Side.Ask)].clear();
    }

    /* PLACE */

    /// @inheritdoc IOrderBook
    function placeOrder(
        Side side,
        uint16 tick,
        uint32 wattHours,
        TimeInForce timeInForce,
        uint16 maxSteps
    ) external returns (uint256 orderId, uint32 filledWh) {
        if (_bookPaused) revert BookPaused();
        if (tick == 0) revert InvalidTick(tick);
        if (wattHours < SMALLEST_ORDER) revert OrderTooSmall(wattHours, SMALLEST_ORDER);

        uint32 number = _enroll(msg.sender);
        if (side == Side.Bid) _cover(msg.sender, number, 0, _cost(wattHours, tick));
        else _cover(msg.sender, number, wattHours, 0);

        uint128 cost;
        bool stopped;
        (filledWh, cost, stopped) = _match(
            side,
            tick,
            wattHours,
            timeInForce == TimeInForce.PostOnly,
            maxSteps
        );

        uint32 restingWh;
        // No more is filled than was wanted.
        unchecked {
            restingWh = wattHours - filledWh;
        }
        if (timeInForce == TimeInForce.FOK && restingWh != 0) revert FillOrKillUnfilled(wattHours, filledWh);
        if (timeInForce == TimeInForce.IOC || stopped || restingWh < SMALLEST_ORDER) restingWh = 0;

        // The balance is read only now, so that a taker who met its own orders keeps what they were paid. Together no
        // more than the order: costs below 2^58, `minus` looks for itself.
        unchecked {
            _balances[number] =
                side == Side.Bid
                    ? _balances[number] +
                        Balances.pack(filledWh, 0) -
                        Balances.pack(0, cost + _cost(restingWh, tick))
                    : _balances[number] + Balances.pack(0, cost) - Balances.pack(filledWh + restingWh, 0);
        }

        if (restingWh != 0) orderId = _rest(OrderId.level(side, tick), number, restingWh);
    }

    /* MATCH AND PAY */

    /// @dev Fills from the other side until it is done, out of steps, or nothing crosses `limit` any more.
    /// @return filledWh What was filled
    /// @return cost The sum of Wh x price over the fills
    /// @return stopped True when the steps ran out while orders that cross `limit` are left
    function _match(
        Side side,
        uint16 limit,
        uint32 wantedWh,
        bool postOnly,
        uint256 steps
    ) private returns (uint32 filledWh, uint128 cost, bool stopped) {
        Side makers = side == Side.Bid ? Side.Ask : Side.Bid;
        uint16 worst = _mirror(makers, limit);
        if (_bound(makers) < worst) return (0, 0, false);

        while (filledWh < wantedWh) {
            (bool found, uint16 position) = _vacancy[uint256(makers)].highest();
            if (!found || position < worst) {
                // After a fill the bound is left: the next order that looks in vain pays for it, not every taker.
                if (filledWh == 0) _setBound(makers, position);
                break;
            }
            uint16 best = _mirror(makers, position);
            if (postOnly) revert PostOnlyWouldCross(limit, best);
            if (steps == 0) return (filledWh, cost, true);

            uint32 takenWh;
            // Takes no more than what is missing; the cost is one of up to 2^32 Wh.
            unchecked {
                (takenWh, steps) = _take(OrderId.level(makers, best), wantedWh - filledWh, steps);
                filledWh += takenWh;
                cost += _cost(takenWh, best);
            }
        }
    }

    /// @dev Walks one queue from its head; each fill and each cancelled entry is a step.
    function _take(
        uint256 level,
        uint32 wantedWh,
        uint256 steps
    ) private returns (uint32 takenWh, uint256 stepsLeft) {
        Queue queue = _queues[level];
        bool bids = level.sideOf() == Side.Bid;
        uint128 price = _cost(1, level.tickOf());
        uint32 head = queue.head();
        uint32 headFilled = queue.headFilled();
        uint64 left = queue.depth();

        // Nothing can overflow: `steps` and `left` are not 0, an order's fills add up to no more than the order, what
        // is taken to no more than what is wanted, and `head` stays below `tail` while something is open.
        unchecked {
            while (steps != 0 && left != 0 && takenWh != wantedWh) {
                --steps;
                uint64 entry = _entry(level, queue, head);
                uint32 openWh = uint32(entry) - headFilled;
                uint32 fillWh = openWh < wantedWh - takenWh ? openWh : wantedWh - takenWh;

                if (fillWh != 0) {
                    takenWh += fillWh;
                    left -= fillWh;
                    if (bids) _credit(uint32(entry >> 32), fillWh, 0);
                    else _credit(uint32(entry >> 32), 0, fillWh * price);
                    emit OrderFilled(OrderId.encode(level, queue.epoch(), head), msg.sender, fillWh);
                }

                if (fillWh == openWh) {
                    ++head;
                    headFilled = 0;
                } else {
                    headFilled += fillWh;
                }
            }
        }

        _store(level, queue, head, headFilled, left);
        return (takenWh, steps);
    }

    /* REST */

    function _rest(uint256 level, uint32 number, uint32 wattHours) private returns (uint256 orderId) {
        Queue queue = _queues[level];
        uint32 index = queue.tail();
        // The last epoch and the last index are never used: after them an id would name a second order.
        if (index == type(uint32).max || queue.epoch() == type(uint32).max) {
            revert LevelFull(level.sideOf(), level.tickOf());
        }

        uint64 entry = (uint64(number) << 32) | wattHours;
        _queues[level] = queue.append(entry);
        if (index == 0) {
            uint16 position = _mirror(level.sideOf(), level.tickOf());
            _vacancy[level >> 16].occupy(position);
            if (position > _bound(level.sideOf())) _setBound(level.sideOf(), position);
        } else {
            _later[level][index - 1] = entry;
        }

        orderId = OrderId.encode(level, queue.epoch(), index);
        emit OrderPlaced(orderId, msg.sender, wattHours);
    }

    /* CANCEL */

    /// @inheritdoc IOrderBook
    function cancelOrder(uint256 orderId) external returns (uint32 returnedWh) {
        (uint256 level, uint32 epoch, uint32 index) = orderId.decode();
        Queue queue = _queues[level];
        uint32 number;
        (number, returnedWh) = _openOrder(level, queue, epoch, index);
        if (returnedWh == 0) revert OrderNotOpen(orderId);
        if (number != _accounts[msg.sender].number) revert NotOrderOwner(orderId, msg.sender);

        uint64 left = queue.depth() - returnedWh;
        if (index == queue.head()) {
            _store(level, queue, index + 1, 0, left);
        } else {
            // Behind the head, so never order 0, which is not among the later ones. The account stays, so that the word
            // does not become zero, to be paid for as new.
            if (left != 0) _later[level][index - 1] = uint64(number) << 32;
            _store(level, queue, queue.head(), queue.headFilled(), left);
        }
        if (level.sideOf() == Side.Bid) _credit(number, 0, _cost(returnedWh, level.tickOf()));
        else _credit(number, returnedWh, 0);

        emit OrderCancelled(orderId, msg.sender, returnedWh);
    }

    /* VIEWS */

    /// @inheritdoc IOrderBook
    function bestPrice(Side side) public view returns (uint16 tick) {
        (bool found, uint16 position) = _vacancy[uint256(side)].highest();
        return found ? _mirror(side, position) : 0;
    }

    /// @inheritdoc IOrderBook
    function depth(Side side, uint256 levels) external view returns (Level[] memory) {
        Vacancy.Map storage vacancy = _vacancy[uint256(side)];

        uint256 count;
        (bool found, uint16 position) = vacancy.highest();
        uint16 best = position;
        while (found && count < levels) {
            ++count;
            (found, position) = vacancy.highestBelow(position);
        }

        Level[] memory result = new Level[](count);
        position = best;
        for (uint256 i = 0; i < count; ++i) {
            uint16 tick = _mirror(side, position);
            result[i] = Level({tick: tick, wattHours: _queues[OrderId.level(side, tick)].depth()});
            (, position) = vacancy.highestBelow(position);
        }
        return result;
    }

    /// @inheritdoc IOrderBook
    function openOrder(
        uint256 orderId
    ) external view returns (address owner, Side side, uint16 tick, uint32 openWh) {
        (uint256 level, uint32 epoch, uint32 index) = orderId.decode();
        uint32 number;
        (number, openWh) = _openOrder(level, _queues[level], epoch, index);
        return (_owners[number], level.sideOf(), level.tickOf(), openWh);
    }

    /* QUEUES */

    /// @dev Stores a queue that something was taken from; an emptied one starts again and leaves its price vacant.
    function _store(uint256 level, Queue queue, uint32 head, uint32 headFilled, uint64 left) private {
        if (left == 0) {
            _queues[level] = queue.restart();
            _vacancy[level >> 16].vacate(_mirror(level.sideOf(), level.tickOf()));
        } else {
            _queues[level] = queue.advance(head, headFilled, left);
        }
    }

    /// @return entry Account 32 | Wh 32 that it was placed with, 0 Wh when cancelled
    function _entry(uint256 level, Queue queue, uint32 index) private view returns (uint64 entry) {
        return index == 0 ? queue.first() : _later[level][index - 1];
    }

    /// @dev Both 0 when the order is not open.
    function _openOrder(
        uint256 level,
        Queue queue,
        uint32 epoch,
        uint32 index
    ) private view returns (uint32 number, uint32 openWh) {
        if (epoch != queue.epoch() || index < queue.head() || index >= queue.tail()) return (0, 0);

        uint64 entry = _entry(level, queue, index);
        openWh = uint32(entry);
        if (openWh == 0) return (0, 0);
        if (index == queue.head()) openWh -= queue.headFilled();
        return (uint32(entry >> 32), openWh);
    }

    function _bound(Side side) private view returns (uint16) {
        return side == Side.Bid ? _bidBound : _askBound;
    }

    function _setBound(Side side, uint16 position) private {
        if (side == Side.Bid) _bidBound = position;
        else _askBound = position;
    }

    /// @dev Below 2^58: an amount of 32 bits, a tick of 16 and the factor 1,000.
    function _cost(uint32 wattHours, uint16 tick) private pure returns (uint128) {
        unchecked {
            return uint128(wattHours) * tick * PRICE_PER_TICK;
        }
    }

    /// @dev A tick's position in the vacancy map, and back: asks are mirrored, so that the best is always the highest.
    function _mirror(Side side, uint16 tick) private pure returns (uint16) {
        return side == Side.Bid ? tick : ~tick;
    }
}
