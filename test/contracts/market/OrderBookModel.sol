// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAccounts, IOrderBook, Side, TimeInForce} from "../../../contracts/src/market/IEnergyMarket.sol";

/// @notice What the book must do, the plain way: every price has an array of orders, oldest first, and everything is found
///         by walking arrays. Reverts with the errors that the market owes.
contract OrderBookModel {
    struct Entry {
        uint256 id;
        uint256 actor;
        uint32 openWh;
    }

    struct Queue {
        Entry[] entries;
        uint32 epoch;
        uint32 next;
    }

    struct Fill {
        uint256 id;
        uint32 wattHours;
    }

    struct Order {
        uint256 actor;
        uint32 placedWh;
        uint32 filledWh;
        uint32 cancelledWh;
    }

    address[] public actors;
    uint16[] public ticks;
    mapping(uint256 actor => uint256) public energy;
    mapping(uint256 actor => uint256) public cash;
    mapping(uint256 actor => uint256) public walletEnergy;
    mapping(uint256 actor => uint256) public walletCash;
    mapping(uint256 orderId => Order) public orders;
    uint256[] public orderIds;
    Fill[] public fills;
    /// @notice Fills and cancelled entries that the last placed order walked.
    uint256 public steps;
    mapping(Side side => mapping(uint16 tick => Queue)) private _queues;

    error IdUsedTwice(uint256 orderId);

    /// @param ticks_ Every tick that will be used, ascending
    constructor(address[] memory actors_, uint16[] memory ticks_, uint256 energy_, uint256 cash_) {
        actors = actors_;
        ticks = ticks_;
        for (uint256 actor = 0; actor < actors_.length; ++actor) {
            walletEnergy[actor] = energy_;
            walletCash[actor] = cash_;
        }
    }

    function deposit(uint256 actor, uint256 energyWh, uint256 idrs) public {
        if (energyWh == 0 && idrs == 0) revert IAccounts.NothingToMove();
        if (energyWh > walletEnergy[actor]) {
            revert IERC20Errors.ERC20InsufficientBalance(actors[actor], walletEnergy[actor], energyWh);
        }
        if (idrs > walletCash[actor]) {
            revert IERC20Errors.ERC20InsufficientBalance(actors[actor], walletCash[actor], idrs);
        }
        walletEnergy[actor] -= energyWh;
        walletCash[actor] -= idrs;
        energy[actor] += energyWh;
        cash[actor] += idrs;
    }

    function withdraw(uint256 actor, uint256 energyWh, uint256 idrs) external {
        if (energyWh == 0 && idrs == 0) revert IAccounts.NothingToMove();
        if (energyWh > energy[actor] || idrs > cash[actor]) {
            revert IAccounts.InsufficientBalance(actors[actor], energy[actor], cash[actor]);
        }
        energy[actor] -= energyWh;
        cash[actor] -= idrs;
        walletEnergy[actor] += energyWh;
        walletCash[actor] += idrs;
    }

    function place(
        uint256 actor,
        Side side,
        uint16 tick,
        uint32 wattHours,
        TimeInForce timeInForce,
        uint16 maxSteps
    ) external returns (uint256 orderId, uint32 filledWh) {
        delete fills;
        steps = 0;
        if (tick == 0) revert IOrderBook.InvalidTick(tick);
        if (wattHours < 100) revert IOrderBook.OrderTooSmall(wattHours, 100);
        _escrow(actor, side, tick, wattHours);

        Side other = side == Side.Bid ? Side.Ask : Side.Bid;
        bool mayRest = timeInForce == TimeInForce.GTC || timeInForce == TimeInForce.PostOnly;
        for (; filledWh < wattHours; ++steps) {
            uint16 best = bestPrice(other);
            if (best == 0 || (side == Side.Bid ? best > tick : best < tick)) break;
            if (timeInForce == TimeInForce.PostOnly) revert IOrderBook.PostOnlyWouldCross(tick, best);
            if (steps == maxSteps) {
                mayRest = false;
                break;
            }
            filledWh += _fillFirst(actor, side, tick, best, wattHours - filledWh);
        }

        uint32 rest = wattHours - filledWh;
        if (timeInForce == TimeInForce.FOK && rest != 0)
            revert IOrderBook.FillOrKillUnfilled(wattHours, filledWh);
        if (!mayRest || rest < 100) {
            _return(actor, side, tick, rest);
            return (0, filledWh);
        }
        Queue storage queue = _queues[side][tick];
        orderId = (uint256(side) << 80) | (uint256(tick) << 64) | (uint256(queue.epoch) << 32) | queue.next++;
        if (orders[orderId].placedWh != 0) revert IdUsedTwice(orderId);
        orders[orderId] = Order(actor, rest, 0, 0);
        orderIds.push(orderId);
        queue.entries.push(Entry(orderId, actor, rest));
    }

    function cancel(uint256 actor, uint256 orderId) external returns (uint32 returnedWh) {
        if (orderId >= 1 << 81) revert IOrderBook.InvalidOrderId(orderId);
        (Side side, uint16 tick) = (Side(orderId >> 80), uint16(orderId >> 64));
        Entry[] storage entries = _queues[side][tick].entries;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (entries[i].id != orderId || entries[i].openWh == 0) continue;
            if (entries[i].actor != actor) revert IOrderBook.NotOrderOwner(orderId, actors[actor]);

            returnedWh = entries[i].openWh;
            _return(actor, side, tick, returnedWh);
            orders[orderId].cancelledWh = returnedWh;
            entries[i].openWh = 0;
            // A cancelled entry behind others stays and costs a later taker a step.
            if (i == 0) _removeFirst(entries);
            _resetIfEmpty(_queues[side][tick]);
            return returnedWh;
        }
        revert IOrderBook.OrderNotOpen(orderId);
    }

    /* VIEWS */

    function bestPrice(Side side) public view returns (uint16) {
        for (uint256 i = 0; i < ticks.length; ++i) {
            uint16 tick = side == Side.Ask ? ticks[i] : ticks[ticks.length - 1 - i];
            if (depthAt(side, tick) != 0) return tick;
        }
        return 0;
    }

    function depthAt(Side side, uint16 tick) public view returns (uint64 wattHours) {
        Entry[] storage entries = _queues[side][tick].entries;
        for (uint256 i = 0; i < entries.length; ++i) wattHours += entries[i].openWh;
    }

    function open(uint256 orderId) external view returns (uint32 openWh) {
        (openWh, , ) = position(orderId);
    }

    /// @return openWh 0 when the order is not open
    /// @return before Entries before it, cancelled ones too
    /// @return behind Entries behind it, cancelled ones too
    function position(uint256 orderId) public view returns (uint32 openWh, uint256 before, uint256 behind) {
        if (orderId >= 1 << 81) return (0, 0, 0);
        Entry[] storage entries = _queues[Side(orderId >> 80)][uint16(orderId >> 64)].entries;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (entries[i].id == orderId) return (entries[i].openWh, i, entries.length - 1 - i);
        }
    }

    function tickCount() external view returns (uint256) {
        return ticks.length;
    }

    function orderCount() external view returns (uint256) {
        return orderIds.length;
    }

    function fillCount() external view returns (uint256) {
        return fills.length;
    }

    /* STEPS */

    function _fillFirst(
        uint256 taker,
        Side side,
        uint16 limit,
        uint16 tick,
        uint32 wantedWh
    ) private returns (uint32 wattHours) {
        Queue storage queue = _queues[side == Side.Bid ? Side.Ask : Side.Bid][tick];
        Entry storage entry = queue.entries[0];
        wattHours = entry.openWh < wantedWh ? entry.openWh : wantedWh;
        if (wattHours != 0) {
            uint256 cost = uint256(wattHours) * tick * 1_000;
            if (side == Side.Bid) {
                energy[taker] += wattHours;
                cash[taker] += uint256(wattHours) * limit * 1_000 - cost;
                cash[entry.actor] += cost;
            } else {
                cash[taker] += cost;
                energy[entry.actor] += wattHours;
            }
            orders[entry.id].filledWh += wattHours;
            fills.push(Fill(entry.id, wattHours));
            entry.openWh -= wattHours;
        }
        if (entry.openWh == 0) _removeFirst(queue.entries);
        _resetIfEmpty(queue);
    }

    function _escrow(uint256 actor, Side side, uint16 tick, uint32 wattHours) private {
        uint256 energyWh = side == Side.Ask ? wattHours : 0;
        uint256 idrs = side == Side.Bid ? uint256(wattHours) * tick * 1_000 : 0;
        if (energyWh > energy[actor]) deposit(actor, energyWh - energy[actor], 0);
        if (idrs > cash[actor]) deposit(actor, 0, idrs - cash[actor]);
        energy[actor] -= energyWh;
        cash[actor] -= idrs;
    }

    function _return(uint256 actor, Side side, uint16 tick, uint32 wattHours) private {
        if (side == Side.Bid) cash[actor] += uint256(wattHours) * tick * 1_000;
        else energy[actor] += wattHours;
    }

    function _removeFirst(Entry[] storage entries) private {
        for (uint256 i = 1; i < entries.length; ++i) entries[i - 1] = entries[i];
        entries.pop();
    }

    function _resetIfEmpty(Queue storage queue) private {
        for (uint256 i = 0; i < queue.entries.length; ++i) if (queue.entries[i].openWh != 0) return;
        delete queue.entries;
        queue.next = 0;
        ++queue.epoch;
    }
}
