// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "./Accounts.sol";
import {IOrderBook, Side, TimeInForce} from "./IEnergyMarket.sol";
import {OrderId} from "./OrderId.sol";
import {Vacancy} from "./Vacancy.sol";

/// @title The ETK/IDRS order book
/// @notice Price-time priority. An order is matched in the transaction that places it; makers are paid at once, at their
///         own price. cost = Wh x tick x 1,000 IDRS base units: no division, so no rounding.
///
/// | storage                      | bits                                                                            |
/// |------------------------------|---------------------------------------------------------------------------------|
/// | `_queues[side][tick]`        | head 32, tail 32, headFilled 32, epoch 32, depth 64, firstAccount 32, firstWh 32 |
/// | `_later[side][tick][i]`      | order i + 1 of the queue: account 32, Wh 32; four to a word                     |
/// | `_vacancy[side]`             | which ticks have a queue, see `Vacancy`                                         |
///
/// @dev A fill never writes an order: it advances `head`, or `headFilled` within the head. A cancelled order is zeroed where
///      it stands and skipped when the head reaches it. When a queue empties it starts again at index 0 in a new epoch, over
///      the same words, so in steady state an order creates no new word.
///      `depth` cannot overflow: fewer than 2^32 orders of fewer than 2^32 Wh each.
abstract contract OrderBook is Accounts, IOrderBook {
    using Vacancy for Vacancy.Map;

    /// @dev `depth` is what is open in all; 0 if and only if the queue is empty, and then `head` = `tail` = 0.
    struct Queue {
        uint32 head;
        uint32 tail;
        uint32 headFilled;
        uint32 epoch;
        uint64 depth;
        uint32 firstAccount;
        uint32 firstWh;
    }

    /// @dev What a taker wants, and what it has got so far. `cost` is the sum of Wh x price over its fills.
    struct Take {
        uint32 wanted;
        uint32 filled;
        uint128 cost;
        uint256 steps;
    }

    uint32 internal constant MINIMUM_WH = 100;
    uint128 private constant PRICE_PER_TICK = 1_000;

    bool internal _bookPaused;
    Vacancy.Map[2] private _vacancy;
    Queue[2 ** 16][2] private _queues;
    uint64[2 ** 32][2 ** 16][2] private _later;

    constructor() {
        _vacancy[uint256(Side.Bid)].clear();
        _vacancy[uint256(Side.Ask)].clear();
    }

    /* ORDERS */

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
        if (wattHours < MINIMUM_WH) revert OrderTooSmall(wattHours, MINIMUM_WH);

        uint32 number = _open(msg.sender);
        if (side == Side.Bid) _cover(msg.sender, number, 0, _cost(wattHours, tick));
        else _cover(msg.sender, number, wattHours, 0);

        Take memory take = Take({wanted: wattHours, filled: 0, cost: 0, steps: maxSteps});
        bool crosses = _match(side, tick, timeInForce == TimeInForce.PostOnly, take);
        filledWh = take.filled;

        uint32 restingWh = wattHours - filledWh;
        if (timeInForce == TimeInForce.FOK && restingWh != 0) revert FillOrKillUnfilled(wattHours, filledWh);
        if (timeInForce == TimeInForce.IOC || crosses || restingWh < MINIMUM_WH) restingWh = 0;

        // The balance is read only now, so that a taker who met its own orders keeps what they were paid.
        if (side == Side.Bid) _settle(number, filledWh, 0, 0, take.cost + _cost(restingWh, tick));
        else _settle(number, 0, filledWh + restingWh, take.cost, 0);

        if (restingWh != 0) orderId = _rest(side, tick, number, restingWh);
    }

    /// @inheritdoc IOrderBook
    function cancelOrder(uint256 orderId) external returns (uint32 returnedWh) {
        (Side side, uint16 tick, uint32 epoch, uint32 index) = OrderId.decode(orderId);
        Queue memory queue = _queues[uint256(side)][tick];
        uint32 number;
        (number, returnedWh) = _openOrder(side, tick, queue, epoch, index);
        if (returnedWh == 0) revert OrderNotOpen(orderId);
        if (number != _accounts[msg.sender].number) revert NotOrderOwner(orderId, msg.sender);

        queue.depth -= returnedWh;
        if (queue.depth == 0) {
            _empty(side, tick, queue);
        } else if (index == queue.head) {
            ++queue.head;
            queue.headFilled = 0;
        } else {
            // Not the head, and the head has index 0 or more, so this order stands in a later word.
            _later[uint256(side)][tick][index - 1] = 0;
        }
        _queues[uint256(side)][tick] = queue;

        if (side == Side.Bid) _credit(number, 0, _cost(returnedWh, tick));
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
            result[i] = Level({tick: tick, wattHours: _queues[uint256(side)][tick].depth});
            (, position) = vacancy.highestBelow(position);
        }
        return result;
    }

    /// @inheritdoc IOrderBook
    function openOrder(
        uint256 orderId
    ) external view returns (address owner, Side side, uint16 tick, uint32 openWh) {
        uint32 epoch;
        uint32 index;
        (side, tick, epoch, index) = OrderId.decode(orderId);
        uint32 number;
        (number, openWh) = _openOrder(side, tick, _queues[uint256(side)][tick], epoch, index);
        owner = _owners[number];
    }

    /* MATCHING */

    /// @dev Fills `take` from the other side until it is done, out of steps, or nothing crosses `limit` any more.
    /// @return crosses True when orders that cross `limit` are left
    function _match(Side side, uint16 limit, bool postOnly, Take memory take) private returns (bool crosses) {
        Side makers = side == Side.Bid ? Side.Ask : Side.Bid;

        while (take.filled < take.wanted) {
            uint16 best = bestPrice(makers);
            if (best == 0 || (side == Side.Bid ? best > limit : best < limit)) return false;
            if (postOnly) revert PostOnlyWouldCross(limit, best);
            if (take.steps == 0) return true;
            _takeLevel(makers, best, take);
        }
    }

    /// @dev Walks one queue from its head; each fill and each cancelled entry is a step.
    function _takeLevel(Side side, uint16 tick, Take memory take) private {
        Queue memory queue = _queues[uint256(side)][tick];

        while (queue.depth != 0 && take.steps != 0 && take.filled < take.wanted) {
            --take.steps;
            (uint32 maker, uint32 wattHours) = _entry(side, tick, queue, queue.head);
            uint32 openWh = wattHours - queue.headFilled;
            uint32 missingWh = take.wanted - take.filled;
            uint32 fillWh = openWh < missingWh ? openWh : missingWh;

            if (fillWh != 0) {
                uint128 cost = _cost(fillWh, tick);
                take.filled += fillWh;
                take.cost += cost;
                queue.depth -= fillWh;
                if (side == Side.Bid) _credit(maker, fillWh, 0);
                else _credit(maker, 0, cost);
                emit OrderFilled(OrderId.encode(side, tick, queue.epoch, queue.head), msg.sender, fillWh);
            }

            if (fillWh == openWh) {
                ++queue.head;
                queue.headFilled = 0;
            } else {
                queue.headFilled += fillWh;
            }
        }

        if (queue.depth == 0) _empty(side, tick, queue);
        _queues[uint256(side)][tick] = queue;
    }

    /* QUEUES */

    function _rest(
        Side side,
        uint16 tick,
        uint32 number,
        uint32 wattHours
    ) private returns (uint256 orderId) {
        Queue memory queue = _queues[uint256(side)][tick];
        uint32 index = queue.tail;
        // The last epoch and the last index are never used: after them an id would name a second order.
        if (index == type(uint32).max || queue.epoch == type(uint32).max) revert LevelFull(side, tick);

        if (index == 0) {
            queue.firstAccount = number;
            queue.firstWh = wattHours;
            _vacancy[uint256(side)].occupy(_mirror(side, tick));
        } else {
            _later[uint256(side)][tick][index - 1] = (uint64(number) << 32) | wattHours;
        }
        queue.tail = index + 1;
        queue.depth += wattHours;
        _queues[uint256(side)][tick] = queue;

        orderId = OrderId.encode(side, tick, queue.epoch, index);
        emit OrderPlaced(orderId, msg.sender, wattHours);
    }

    /// @dev Starts an emptied queue again; the caller stores it.
    function _empty(Side side, uint16 tick, Queue memory queue) private {
        queue.head = 0;
        queue.tail = 0;
        queue.headFilled = 0;
        ++queue.epoch;
        _vacancy[uint256(side)].vacate(_mirror(side, tick));
    }

    /// @return number Whose order it is
    /// @return wattHours What it was placed with, 0 when cancelled
    function _entry(
        Side side,
        uint16 tick,
        Queue memory queue,
        uint32 index
    ) private view returns (uint32 number, uint32 wattHours) {
        if (index == 0) return (queue.firstAccount, queue.firstWh);

        uint64 entry = _later[uint256(side)][tick][index - 1];
        return (uint32(entry >> 32), uint32(entry));
    }

    /// @dev Both 0 when the order is not open.
    function _openOrder(
        Side side,
        uint16 tick,
        Queue memory queue,
        uint32 epoch,
        uint32 index
    ) private view returns (uint32 number, uint32 openWh) {
        if (epoch != queue.epoch || index < queue.head || index >= queue.tail) return (0, 0);

        (number, openWh) = _entry(side, tick, queue, index);
        if (index == queue.head) openWh -= queue.headFilled;
    }

    /// @dev Pays and charges a taker in one write.
    function _settle(
        uint32 number,
        uint128 energyIn,
        uint128 energyOut,
        uint128 cashIn,
        uint128 cashOut
    ) private {
        Balance memory balance = _balances[number];
        _balances[number] = Balance({
            energy: balance.energy + energyIn - energyOut,
            cash: balance.cash + cashIn - cashOut
        });
    }

    /// @dev Below 2^58: an amount of 32 bits, a tick of 16 and the factor 1,000.
    function _cost(uint32 wattHours, uint16 tick) private pure returns (uint128) {
        return uint128(wattHours) * tick * PRICE_PER_TICK;
    }

    /// @dev A tick's position in the vacancy map, and back: asks are mirrored, so that the best is always the highest.
    function _mirror(Side side, uint16 tick) private pure returns (uint16) {
        return side == Side.Bid ? tick : ~tick;
    }
}
