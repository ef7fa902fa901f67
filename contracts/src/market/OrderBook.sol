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
/// | 8589934595 | `_vacancy[side]`     | bands 256; which ticks have a queue, see `Vacancy`                 |
/// | 8589934595 | `_vacancy[side]` + 1 | ticks 256 each                                                     |
/// | 8589935109 | `_queues[place]`     | 256; a `Queue`, with its first order inside                        |
/// | 8590066181 | `_later[place][i]`   | 64; order i + 1 of the queue: Wh 32, account 32. Four share a word |
///
/// @dev A fill never writes an order: it advances `head`, or `headFilled` within the head. A cancelled order has 0 Wh
///      where it stands and is skipped when the head reaches it. When a queue empties it starts again at index 0 in a
///      new epoch, over the same words, so in steady state an order creates no new word.
abstract contract OrderBook is Accounts, IOrderBook {
    using Vacancy for Vacancy.Map;
    using OrderId for uint256;

    uint32 private constant SMALLEST_ORDER = 100;
    uint128 private constant PRICE_PER_TICK = 1_000;

    bool internal _bookPaused;
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

        uint32 number = _open(msg.sender);
        if (side == Side.Bid) _cover(msg.sender, number, 0, _cost(wattHours, tick));
        else _cover(msg.sender, number, wattHours, 0);

        uint128 cost;
        bool crosses;
        (filledWh, cost, crosses) = _match(
            side,
            tick,
            wattHours,
            timeInForce == TimeInForce.PostOnly,
            maxSteps
        );

        uint32 restingWh = wattHours - filledWh;
        if (timeInForce == TimeInForce.FOK && restingWh != 0) revert FillOrKillUnfilled(wattHours, filledWh);
        if (timeInForce == TimeInForce.IOC || crosses || restingWh < SMALLEST_ORDER) restingWh = 0;

        // The balance is read only now, so that a taker who met its own orders keeps what they were paid.
        _balances[number] =
            side == Side.Bid
                ? _balances[number] +
                    Balances.pack(filledWh, 0) -
                    Balances.pack(0, cost + _cost(restingWh, tick))
                : _balances[number] + Balances.pack(0, cost) - Balances.pack(filledWh + restingWh, 0);

        if (restingWh != 0) orderId = _rest(OrderId.place(side, tick), number, restingWh);
    }

    /* MATCH AND PAY */

    /// @dev Fills from the other side until it is done, out of steps, or nothing crosses `limit` any more.
    /// @return filledWh What was filled
    /// @return cost The sum of Wh x price over the fills
    /// @return crosses True when orders that cross `limit` are left
    function _match(
        Side side,
        uint16 limit,
        uint32 wantedWh,
        bool postOnly,
        uint256 steps
    ) private returns (uint32 filledWh, uint128 cost, bool crosses) {
        Side makers = side == Side.Bid ? Side.Ask : Side.Bid;

        while (filledWh < wantedWh) {
            uint16 best = bestPrice(makers);
            if (best == 0 || (side == Side.Bid ? best > limit : best < limit)) break;
            if (postOnly) revert PostOnlyWouldCross(limit, best);
            if (steps == 0) return (filledWh, cost, true);

            uint32 takenWh;
            // Takes no more than what is missing; the cost is one of up to 2^32 Wh.
            unchecked {
                (takenWh, steps) = _take(OrderId.place(makers, best), wantedWh - filledWh, steps);
                filledWh += takenWh;
                cost += _cost(takenWh, best);
            }
        }
    }

    /// @dev Walks one queue from its head; each fill and each cancelled entry is a step.
    function _take(
        uint256 place,
        uint32 wantedWh,
        uint256 steps
    ) private returns (uint32 takenWh, uint256 stepsLeft) {
        Queue queue = _queues[place];
        bool bids = place.sideOf() == Side.Bid;
        uint128 price = _cost(1, place.tickOf());
        uint32 head = queue.head();
        uint32 headFilled = queue.headFilled();
        uint64 left = queue.depth();

        // Nothing can overflow: `steps` and `left` are not 0, an order's fills add up to no more than the order, what
        // is taken to no more than what is wanted, and `head` stays below `tail` while something is open.
        unchecked {
            while (steps != 0 && left != 0 && takenWh != wantedWh) {
                --steps;
                uint64 entry = _entry(place, queue, head);
                uint32 openWh = uint32(entry) - headFilled;
                uint32 fillWh = openWh < wantedWh - takenWh ? openWh : wantedWh - takenWh;

                if (fillWh != 0) {
                    takenWh += fillWh;
                    left -= fillWh;
                    if (bids) _credit(uint32(entry >> 32), fillWh, 0);
                    else _credit(uint32(entry >> 32), 0, fillWh * price);
                    emit OrderFilled(OrderId.encode(place, queue.epoch(), head), msg.sender, fillWh);
                }

                if (fillWh == openWh) {
                    ++head;
                    headFilled = 0;
                } else {
                    headFilled += fillWh;
                }
            }
        }

        _store(place, queue, head, headFilled, left);
        return (takenWh, steps);
    }

    /* REST */

    function _rest(uint256 place, uint32 number, uint32 wattHours) private returns (uint256 orderId) {
        Queue queue = _queues[place];
        uint32 index = queue.tail();
        // The last epoch and the last index are never used: after them an id would name a second order.
        if (index == type(uint32).max || queue.epoch() == type(uint32).max) {
            revert LevelFull(place.sideOf(), place.tickOf());
        }

        uint64 entry = (uint64(number) << 32) | wattHours;
        _queues[place] = queue.append(entry);
        if (index == 0) _vacancy[place >> 16].occupy(_mirror(place.sideOf(), place.tickOf()));
        else _later[place][index - 1] = entry;

        orderId = OrderId.encode(place, queue.epoch(), index);
        emit OrderPlaced(orderId, msg.sender, wattHours);
    }

    /* CANCEL */

    /// @inheritdoc IOrderBook
    function cancelOrder(uint256 orderId) external returns (uint32 returnedWh) {
        (uint256 place, uint32 epoch, uint32 index) = orderId.decode();
        Queue queue = _queues[place];
        uint32 number;
        (number, returnedWh) = _openOrder(place, queue, epoch, index);
        if (returnedWh == 0) revert OrderNotOpen(orderId);
        if (number != _accounts[msg.sender].number) revert NotOrderOwner(orderId, msg.sender);

        uint64 left = queue.depth() - returnedWh;
        if (index == queue.head()) {
            _store(place, queue, index + 1, 0, left);
        } else {
            // Behind the head, so never order 0, which is not among the later ones. The account stays, so that the word
            // does not become zero, to be paid for as new.
            if (left != 0) _later[place][index - 1] = uint64(number) << 32;
            _store(place, queue, queue.head(), queue.headFilled(), left);
        }
        if (place.sideOf() == Side.Bid) _credit(number, 0, _cost(returnedWh, place.tickOf()));
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
            result[i] = Level({tick: tick, wattHours: _queues[OrderId.place(side, tick)].depth()});
            (, position) = vacancy.highestBelow(position);
        }
        return result;
    }

    /// @inheritdoc IOrderBook
    function openOrder(
        uint256 orderId
    ) external view returns (address owner, Side side, uint16 tick, uint32 openWh) {
        (uint256 place, uint32 epoch, uint32 index) = orderId.decode();
        uint32 number;
        (number, openWh) = _openOrder(place, _queues[place], epoch, index);
        return (_owners[number], place.sideOf(), place.tickOf(), openWh);
    }

    /* QUEUES */

    /// @dev Stores a queue that something was taken from; an emptied one starts again and leaves its price vacant.
    function _store(uint256 place, Queue queue, uint32 head, uint32 headFilled, uint64 left) private {
        if (left == 0) {
            _queues[place] = queue.restart();
            _vacancy[place >> 16].vacate(_mirror(place.sideOf(), place.tickOf()));
        } else {
            _queues[place] = queue.advance(head, headFilled, left);
        }
    }

    /// @return entry Account 32 | Wh 32 that it was placed with, 0 Wh when cancelled
    function _entry(uint256 place, Queue queue, uint32 index) private view returns (uint64 entry) {
        return index == 0 ? queue.first() : _later[place][index - 1];
    }

    /// @dev Both 0 when the order is not open.
    function _openOrder(
        uint256 place,
        Queue queue,
        uint32 epoch,
        uint32 index
    ) private view returns (uint32 number, uint32 openWh) {
        if (epoch != queue.epoch() || index < queue.head() || index >= queue.tail()) return (0, 0);

        uint64 entry = _entry(place, queue, index);
        openWh = uint32(entry);
        if (openWh == 0) return (0, 0);
        if (index == queue.head()) openWh -= queue.headFilled();
        return (uint32(entry >> 32), openWh);
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
