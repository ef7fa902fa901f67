import type { Mutant } from "./mutant.ts";

const book = "market/OrderBook.sol";
const queue = "market/Queue.sol";
const vacancy = "market/Vacancy.sol";
const board = "market/OfferBoard.sol";
const offers = "market/Offers.sol";
const trades = "market/Trades.sol";
const clock = "market/PauseClock.sol";
const modules = "market/Modules.sol";
const accounts = "market/Accounts.sol";

export const market: Mutant[] = [
  {
    name: "matching/the taker pays its own limit",
    file: book,
    edits: [["cost += _cost(takenWh, best);", "cost += _cost(takenWh, limit);"]],
  },
  {
    name: "matching/equal prices do not cross",
    file: book,
    edits: [["if (!found || position < worst)", "if (!found || position <= worst)"]],
  },
  {
    name: "matching/an order at the bound is not seen",
    file: book,
    edits: [["if (_bound(makers) < worst)", "if (_bound(makers) <= worst)"]],
  },
  {
    name: "matching/a better order leaves the bound",
    file: book,
    edits: [["if (position > _bound(level.sideOf())) _setBound(level.sideOf(), position);", ""]],
  },
  {
    name: "matching/a worse order lowers the bound",
    file: book,
    edits: [["if (position > _bound(level.sideOf())) _setBound", "_setBound"]],
  },
  {
    name: "matching/a taker that looked in vain leaves the bound",
    file: book,
    edits: [["if (filledWh == 0) _setBound(makers, position);", ""]],
  },
  {
    name: "matching/the bounds of the sides are one",
    file: book,
    edits: [["return side == Side.Bid ? _bidBound : _askBound;", "return _bidBound;"]],
  },
  {
    name: "matching/the next order inherits what was filled of the last",
    file: book,
    edits: [["                    headFilled = 0;\n", ""]],
  },
  {
    name: "matching/a second fill forgets the first",
    file: book,
    edits: [["headFilled += fillWh;", "headFilled = fillWh;"]],
  },
  {
    name: "matching/cancelled entries cost no step",
    file: book,
    edits: [
      [
        "--steps;\n                uint64 entry = _entry(level, queue, head);",
        "uint64 entry = _entry(level, queue, head);\n                if (uint32(entry) != 0) --steps;",
      ],
    ],
  },
  {
    name: "matching/an order that still crosses rests",
    file: book,
    edits: [["timeInForce == TimeInForce.IOC || stopped ||", "timeInForce == TimeInForce.IOC ||"]],
  },
  {
    name: "matching/dust rests",
    file: book,
    edits: [["restingWh < SMALLEST_ORDER)", "restingWh == 0)"]],
  },
  {
    name: "matching/fill-or-kill fills a part",
    file: book,
    edits: [["if (timeInForce == TimeInForce.FOK && restingWh != 0)", "if (false)"]],
  },
  {
    name: "matching/an IOC rests",
    file: book,
    edits: [["timeInForce == TimeInForce.IOC || stopped ||", "stopped ||"]],
  },
  {
    name: "matching/post-only takes",
    file: book,
    edits: [["if (postOnly)", "if (false)"]],
  },
  {
    name: "matching/the balance is read before one's own orders pay into it",
    file: book,
    edits: [
      ["import {Balances}", "import {Balance, Balances}"],
      ["        bool stopped;\n", "        bool stopped;\n        Balance early = _balances[number];\n"],
      ["? _balances[number] +\n", "? early +\n"],
      [": _balances[number] + Balances.pack(0, cost)", ": early + Balances.pack(0, cost)"],
    ],
  },
  {
    name: "matching/the worst ask is taken for the best",
    file: book,
    edits: [["side == Side.Bid ? tick : ~tick", "tick"]],
  },
  {
    name: "matching/a never used band counts as full",
    file: vacancy,
    edits: [["if (ticks == 0 || ticks == ALL_VACANT)", "if (ticks == ALL_VACANT)"]],
  },
  {
    name: "matching/an emptied band stays occupied",
    file: vacancy,
    edits: [["        if (ticks == ALL_VACANT) map.bands ^= 1 << band;\n", ""]],
  },
  {
    name: "matching/nothing is pulled from the wallet",
    file: accounts,
    edits: [["if (energyMissing != 0 || cashMissing != 0)", "if (false)"]],
  },

  {
    name: "cancel/anyone cancels",
    file: book,
    edits: [["if (number != _accounts[msg.sender].number) revert NotOrderOwner(orderId, msg.sender);", ""]],
  },
  {
    name: "cancel/what was filled is returned too",
    file: book,
    edits: [["        if (index == queue.head()) openWh -= queue.headFilled();\n", ""]],
  },
  {
    name: "cancel/an id of an earlier epoch names today's order",
    file: book,
    edits: [["epoch != queue.epoch() || ", ""]],
  },
  {
    name: "cancel/an order is returned twice",
    file: book,
    edits: [["if (left != 0) _later[level][index - 1] = uint64(number) << 32;", ""]],
  },
  {
    name: "cancel/stray bits are ignored",
    file: "market/OrderId.sol",
    edits: [
      ["        if (orderId >> BITS != 0) revert IOrderBook.InvalidOrderId(orderId);\n", ""],
      ["return (orderId >> 64,", "return ((orderId >> 64) & 0x1ffff,"],
    ],
  },
  {
    name: "cancel/a pause stops it",
    file: book,
    edits: [
      [
        "returns (uint32 returnedWh) {\n",
        "returns (uint32 returnedWh) {\n        if (_bookPaused) revert BookPaused();\n",
      ],
    ],
  },
  {
    name: "cancel/the new head inherits what was filled of the old",
    file: book,
    edits: [["queue, index + 1, 0, left)", "queue, index + 1, queue.headFilled(), left)"]],
  },
  {
    name: "cancel/an order behind the head empties what was filled of the head",
    file: book,
    edits: [["queue, queue.head(), queue.headFilled(), left)", "queue, queue.head(), 0, left)"]],
  },
  {
    name: "cancel/an emptied price does not start again",
    file: book,
    edits: [["queue.restart()", "queue.advance(head, headFilled, left)"]],
  },
  {
    name: "cancel/ids are used again",
    file: queue,
    edits: [["(uint256(queue.epoch()) + 1) << EPOCH", "uint256(queue.epoch()) << EPOCH"]],
  },
  {
    name: "cancel/a bid is refunded at the best bid",
    file: book,
    edits: [
      [
        "        uint64 left = queue.depth() - returnedWh;",
        "        uint16 best = bestPrice(Side.Bid);\n        uint64 left = queue.depth() - returnedWh;",
      ],
      [
        "_credit(number, 0, _cost(returnedWh, level.tickOf()))",
        "_credit(number, 0, _cost(returnedWh, best))",
      ],
    ],
  },
  {
    name: "cancel/a bid is refunded in energy",
    file: book,
    edits: [
      [
        "if (level.sideOf() == Side.Bid) _credit(number, 0,",
        "if (level.sideOf() == Side.Ask) _credit(number, 0,",
      ],
    ],
  },

  {
    name: "accounts/anyone draws energy",
    file: accounts,
    edits: [["if (msg.sender != _converter) revert OnlyConverter(msg.sender);\n        uint32", "uint32"]],
  },
  {
    name: "modules/anyone credits energy",
    file: accounts,
    edits: [
      ["if (msg.sender != _converter) revert OnlyConverter(msg.sender);\n\n        _credit", "_credit"],
    ],
  },
  {
    name: "modules/a module takes from who did not authorise it",
    file: modules,
    edits: [["if ((bits >> (number & 0xff)) & 1 != 0) {", "if (true) {"]],
  },
  {
    name: "modules/nobody can be authorised",
    file: modules,
    edits: [["if (module == address(0)) revert ZeroModule();", ""]],
  },
  {
    name: "modules/an authorisation is for ever",
    file: modules,
    edits: [["setTo(_enroll(msg.sender), allowed)", "setTo(_enroll(msg.sender), true)"]],
  },
  {
    name: "modules/what is taken stays there",
    file: modules,
    edits: [["_balances[number] = balance.without(part);", "{}"]],
  },
  {
    name: "modules/what is taken is lost",
    file: modules,
    edits: [["_balances[own] = _balances[own] + sum;", ""]],
  },
  {
    name: "modules/money is not clamped",
    file: "market/Balance.sol",
    edits: [["balance.cash() < wanted.cash() ? balance.cash() : wanted.cash()", "wanted.cash()"]],
  },
  {
    name: "modules/a gift costs nothing",
    file: modules,
    edits: [["_balances[own] = balance.without(Balances.pack(uint128(energyWh), uint128(idrs)));", ""]],
  },
  {
    name: "modules/money is given that is not there",
    file: modules,
    edits: [
      ["if (energyWh > balance.energy() || idrs > balance.cash()) {", "if (energyWh > balance.energy()) {"],
    ],
  },
  {
    name: "modules/a gift to nobody is lost",
    file: modules,
    edits: [["if (number == 0 || number > last) revert UnknownAccount(uint32(number));", ""]],
  },
  {
    name: "accounts/a draw is not taken from the balance",
    file: accounts,
    edits: [["        _balances[number] = balance - Balances.pack(drawn, 0);\n", ""]],
  },
  {
    name: "accounts/the market may hold more than a balance can say",
    file: accounts,
    edits: [["if (token.balanceOf(address(this)) > type(uint128).max) revert BalanceOverflow(from);", ""]],
  },
  {
    name: "accounts/a withdrawal stays in the balance",
    file: accounts,
    edits: [["        _balances[number] = balance - Balances.pack(energyWh, idrs);\n", ""]],
  },
  {
    name: "accounts/a permit that failed is taken for a used one",
    file: accounts,
    edits: [["< value) LowLevelCall.bubbleRevert(reason);", "< 0) LowLevelCall.bubbleRevert(reason);"]],
  },

  {
    name: "accounts/a deposit for another is the payer's",
    file: accounts,
    edits: [
      [
        "_pull(msg.sender, account, _enroll(account), energyWh, idrs);",
        "_pull(msg.sender, account, _enroll(msg.sender), energyWh, idrs);",
      ],
    ],
  },
  {
    name: "accounts/a deposit for another is taken from the other",
    file: accounts,
    edits: [
      [
        "_pull(msg.sender, account, _enroll(account), energyWh, idrs);",
        "_pull(account, account, _enroll(account), energyWh, idrs);",
      ],
    ],
  },
  {
    name: "accounts/a deposit for another is told as the payer's",
    file: accounts,
    edits: [
      [
        "_pull(msg.sender, account, _enroll(account), energyWh, idrs);",
        "_pull(msg.sender, msg.sender, _enroll(account), energyWh, idrs);",
      ],
    ],
  },
  {
    name: "accounts/a deposit for nobody is lost",
    file: accounts,
    edits: [["if (account == address(0)) revert ZeroAccount();", ""]],
  },
  {
    name: "accounts/a deposit of nothing opens an account",
    file: accounts,
    edits: [["if (energyWh == 0 && idrs == 0) revert NothingToMove();\n        if (account", "if (account"]],
  },
  {
    name: "accounts/a deposit for another fetches no money",
    file: accounts,
    edits: [["if (idrs != 0) _fetch(_rupiahToken, payer, idrs);", ""]],
  },

  {
    name: "offers/more is promised than is stored",
    file: offers,
    edits: [
      ["if (promisedWh > coveredWh) revert PromiseExceedsStored(", "if (false) revert PromiseExceedsStored("],
    ],
  },
  {
    name: "offers/debt is offered as energy",
    file: offers,
    edits: [["coveredWh = coveredWh.saturatingSub(uint256(last.debtWh()));", ""]],
  },
  {
    name: "offers/an old report will do",
    file: offers,
    edits: [["if (last.timestamp() + REPORT_AGE < block.timestamp)", "if (false)"]],
  },
  {
    name: "offers/a price may move under a buyer",
    file: trades,
    edits: [["if (price != offer_.price()) revert PriceMoved(offerId, price, offer_.price());", ""]],
  },
  {
    name: "offers/a delivery is paid at the offer's price of today",
    file: board,
    edits: [
      [
        "_credit(offer_.seller(), 0, _cost(wattHours, trade_.price()));",
        "_credit(offer_.seller(), 0, _cost(wattHours, offer_.price()));",
      ],
    ],
  },
  {
    name: "offers/export from before acceptance is delivered",
    file: "market/TradeRecord.sol",
    edits: [
      ["(uint256(stoppedFor_) << STOPPED_FOR) |", "(uint256(stoppedFor_) << STOPPED_FOR) | (100 << MARK) |"],
    ],
  },
  {
    name: "offers/the same Wh is delivered twice",
    file: board,
    edits: [["leftWh -= wattHours;", ""]],
  },
  {
    name: "offers/what was handed over can be handed over again",
    file: board,
    edits: [["return trade_.meteredWh() - trade_.deliveredWh();", "return trade_.meteredWh();"]],
  },
  {
    name: "offers/the latest deadline comes first",
    file: board,
    edits: [["(uint256(deliverBy) << 32) | uint32(trades)", "(uint256(~deliverBy) << 32) | uint32(trades)"]],
  },
  {
    name: "offers/deadlines are compared as they were before any stop",
    file: board,
    edits: [
      [
        "uint40 deliverBy = _deliverBy(_trades[uint32(trades)], stopped);",
        "uint40 deliverBy = _agreedBy(_trades[uint32(trades)]) + (stopped & 0);",
      ],
    ],
  },
  {
    name: "offers/a trade gets more than it is about",
    file: board,
    edits: [["Math.min(leftWh, trade_.wattHours() - trade_.meteredWh())", "leftWh"]],
  },
  {
    name: "offers/a reservation is filled by what came before it",
    file: board,
    edits: [
      ["if (late || until <= from) continue;", "if (late) continue;"],
      ["if (since < from)", "if (since < from && until > from)"],
    ],
  },
  {
    name: "offers/a report that began before the time counts whole",
    file: board,
    edits: [
      ["if (since < from) wattHours = Math.min(wattHours, RatedPower.mostCarried(watts, until - from));", ""],
    ],
  },
  {
    name: "offers/export counts for a trade that is late",
    file: board,
    edits: [["if (late || until <= from) continue;", "if (until <= from) continue;"]],
  },
  {
    name: "offers/anyone says what was exported",
    file: board,
    edits: [["if (msg.sender != _converter) revert OnlyConverter(msg.sender);", ""]],
  },
  {
    name: "offers/the seventh trade is not looked at",
    file: board,
    edits: [["if (trades == 0) (trades, moreTrades) = (moreTrades, 0);", "if (trades == 0) break;"]],
  },
  {
    name: "offers/a battery delivers for any number of trades",
    file: "market/Battery.sol",
    edits: [["added = more >> 224 == 0;", "added = true;"]],
  },
  {
    name: "offers/a trade that is over keeps its room",
    file: trades,
    edits: [["if (over) promises = battery.removeTrade(promises, tradeId);", ""]],
  },
  {
    name: "offers/a trade that is over takes others with it",
    file: "market/Battery.sol",
    edits: [["(trades_ & low) | ((trades_ >> 32) & ~low)", "(trades_ & low)"]],
  },
  {
    name: "offers/a trade that joins takes the promise with it",
    file: "market/Battery.sol",
    edits: [["(trades_ << 64) | promises.promisedWh()", "trades_ << 64"]],
  },
  {
    name: "offers/another promise forgets the trades",
    file: "market/Battery.sol",
    edits: [["(Promises.unwrap(promises) & ~uint256(type(uint64).max)) | wattHours", "wattHours"]],
  },
  {
    name: "offers/a pause does not stop an answer",
    file: trades,
    edits: [["if (boardPaused) revert BoardPaused();", ""]],
  },
  {
    name: "offers/the battery's export is not watched",
    file: trades,
    edits: [["if (!delivering) IEnergyConverter(_converter).watchExport(batteryId);", ""]],
  },
  {
    name: "offers/a pause makes a seller default",
    file: clock,
    edits: [["if (runs) board.stoppedFor = uint40(shown);", ""]],
  },
  {
    name: "offers/a pause does not count until now",
    file: clock,
    edits: [["if (boardPaused || board.settlementStopped) shown +=", "if (false) shown +="]],
  },
  {
    name: "offers/who sold the battery promises its energy",
    file: offers,
    edits: [["            if (owner != msg.sender) revert NotBatteryOwner(batteryId, msg.sender);\n", ""]],
  },
  {
    name: "offers/an ended offer keeps its promise",
    file: offers,
    edits: [
      [
        "        uint64 promisedWh = promises.promisedWh() - offer_.remainingWh();\n        _batteries",
        "        uint64 promisedWh = promises.promisedWh();\n        _batteries",
      ],
    ],
  },
  {
    name: "offers/a refund includes what was delivered",
    file: trades,
    edits: [
      [
        "_credit(trade_.buyer(), 0, _cost(trade_.owedWh(), trade_.price()));",
        "_credit(trade_.buyer(), 0, _cost(trade_.wattHours(), trade_.price()));",
      ],
    ],
  },
  {
    name: "offers/anyone closes a trade early",
    file: trades,
    edits: [["if (block.timestamp <= deliverBy) revert NotClosableYet(tradeId, deliverBy + 1);", ""]],
  },
  {
    name: "offers/a trade is rated twice",
    file: trades,
    edits: [["if (trade_.raters() & rater != 0) revert AlreadyRated(tradeId, msg.sender);", ""]],
  },
  {
    name: "offers/a request is accepted too late",
    file: trades,
    edits: [["if (block.timestamp > answerBy) revert AnswerTooLate(tradeId, answerBy);", ""]],
  },
  {
    name: "offers/the end may move under a buyer",
    file: trades,
    edits: [
      [
        "if (availableTo != offer_.availableTo()) revert EndMoved(offerId, availableTo, offer_.availableTo());",
        "",
      ],
    ],
  },
  {
    name: "offers/a battery that was moved sells where it is not",
    file: trades,
    edits: [["if (word.cell() != offer_.cell())", "if (false)"]],
  },
  {
    name: "offers/a stop has no end",
    file: trades,
    edits: [["return deliverBy + uint40(Math.min(since, LONGEST_EXTENSION));", "return deliverBy + since;"]],
  },
  {
    name: "offers/a stop of the meter extends nothing",
    file: "metering/Stops.sol",
    edits: [["+ (word >> 24) * (block.timestamp - stoppedFor)", ""]],
  },
  {
    name: "offers/stops of the meter before the acceptance count",
    file: trades,
    edits: [["trade_.accepted(word.stops().shown(stopped))", "trade_.accepted(uint24(stopped))"]],
  },
  {
    name: "offers/what is delivered after the deadline is paid",
    file: board,
    edits: [["if (block.timestamp > deliverBy) revert DeliveryTooLate(tradeId, deliverBy);", ""]],
  },
  {
    name: "offers/deliveries end when it was agreed, whatever stopped",
    file: trades,
    edits: [
      [
        "            return deliverBy + uint40(Math.min(since",
        "            return deliverBy + 0 * uint40(Math.min(since",
      ],
    ],
  },
  {
    name: "offers/a stop of settlement extends nothing",
    file: clock,
    edits: [["board.settlementStopped = settlementStopped_;", ""]],
  },
  {
    name: "offers/anyone stops the clock",
    file: clock,
    edits: [["if (msg.sender != _converter) revert OnlyConverter(msg.sender);", ""]],
  },
  {
    name: "offers/a stop within a stop counts anew",
    file: clock,
    edits: [["bool runs = board.paused || board.settlementStopped;", "bool runs = board.paused;"]],
  },
];
