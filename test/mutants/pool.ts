import type { Mutant } from "./mutant.ts";

const pool = "pool/SlotPool.sol";
const communities = "pool/Communities.sol";
const settlement = "metering/Settlement.sol";
const slots = "metering/Slots.sol";
const committee = "metering/OracleCommittee.sol";
const registry = "metering/MeterRegistry.sol";

const mutant = (name: string, file: string, search: string, replace: string): Mutant => ({
  name,
  file,
  edits: [[search, replace]],
});

export const pools: Mutant[] = [
  mutant("pool/a slot is cleared twice", pool, "if (slotEnd <= clearedTo)", "if (slotEnd < clearedTo)"),
  mutant("pool/a slot is cleared before it ends", pool, "if (slotEnd > block.timestamp)", "if (false)"),
  mutant("pool/nobody is waited for", pool, "if (missing != 0 &&", "if (false &&"),
  mutant("pool/a reading a second late is of the slot", pool, "> TOLERANCE) {", "> TOLERANCE + 1) {"),
  mutant(
    "pool/who was read after the clearing is not waited for",
    pool,
    "slot.late |= 1 << i;",
    "slot.late |= 0;",
  ),
  mutant(
    "pool/energy of an outage is shared",
    pool,
    "uint256 shares = (before >> i) & 1;",
    "uint256 shares = 1;",
  ),
  mutant(
    "pool/a skipped slot is shared with the next",
    pool,
    "return slotEnd - clearedTo <= record.slot;",
    "return true;",
  ),
  mutant(
    "pool/the price ignores scarcity",
    pool,
    "uint256(STEEPNESS) + 1) * demandWh",
    "uint256(STEEPNESS) - 1) * demandWh",
  ),
  mutant("pool/the price leaves its range", pool, "Math.min(up - down, whole)", "(up - down)"),
  mutant("pool/a seller's limit is ignored", pool, "* PRICE_PER_TICK <= slot.price)", "* 0 <= slot.price)"),
  mutant("pool/a buyer's limit forgets the fee", pool, ">= payable_)", ">= slot.price)"),
  mutant("pool/who has no money buys", pool, "if (affordableWh < wattHours) {", "if (false) {"),
  mutant(
    "pool/what rounding takes is lost",
    pool,
    "return ((before + amount) * total) / all - (before * total) / all;",
    "return (amount * total) / all + 0 * before;",
  ),
  mutant(
    "pool/the utility buys without money",
    pool,
    "Math.min(slot.surplusWh - slot.sharedWh, held.idrs() / slot.feedIn);",
    "slot.surplusWh - slot.sharedWh;",
  ),
  mutant(
    "pool/at a feed-in of 0 the utility takes for nothing",
    pool,
    "            if (slot.feedIn != 0)\n",
    "            if (slot.feedIn == 0) takenWh = slot.surplusWh - slot.sharedWh;\n            else\n",
  ),
  mutant("pool/the fee goes to nobody", pool, "slot.sharedWh * slot.fee, 0)", "0, 0)"),
  mutant("pool/who was absent is converted", pool, "bought.put(i, ABSENT);", "bought.put(i, 0);"),
  mutant("communities/terms change without notice", communities, "if (NOTICE == 0)", "if (false)"),
  mutant(
    "communities/terms are checked against what is over",
    communities,
    "(, , uint16 fee) = _terms(record, from);",
    "(, , uint16 fee) = _terms(record, block.timestamp);",
  ),
  mutant(
    "communities/an announced fee counts at once",
    communities,
    "if (nextFeeFrom != 0 && time >= nextFeeFrom) fee",
    "if (nextFeeFrom != 0) fee",
  ),
  mutant("communities/a fee without a cap", communities, "if (fee > MOST_FEE)", "if (false)"),
  mutant(
    "communities/feed-in above retail less the fee",
    communities,
    "uint256(feedIn) + fee > retail",
    "feedIn > retail",
  ),
  mutant(
    "communities/a tariff without notice",
    communities,
    "uint40 from = uint40(block.timestamp) + NOTICE;\n        (, , uint16 fee)",
    "uint40 from = uint40(block.timestamp);\n        (, , uint16 fee)",
  ),
  mutant(
    "communities/a late slot is cleared at a later tariff",
    communities,
    "if (block.timestamp < from || open)",
    "if (block.timestamp < from)",
  ),
  mutant("communities/anyone announces a tariff", communities, "if (caller != record.utility)", "if (false)"),
  mutant(
    "communities/who was not admitted joins",
    communities,
    "communityId == 0 || membership.admittedTo != communityId",
    "communityId == 0",
  ),
  mutant(
    "communities/who joins after the clearing shares a slot later",
    communities,
    "if (_wasReadAt(meterId, record.clearedTo)) record",
    "if (false) record",
  ),
  mutant(
    "communities/who was read in the middle of a slot shares all of it",
    communities,
    "- slotEnd <= TOLERANCE;",
    "- slotEnd <= TOLERANCE + 1;",
  ),
  mutant(
    "communities/who was read before a slot shares all of it",
    communities,
    "return _converter.registersWord(meterId).timestamp() - slotEnd <= TOLERANCE;",
    "return _converter.registersWord(meterId).timestamp() <= slotEnd + TOLERANCE;",
  ),
  mutant(
    "communities/who joins is present in another's place",
    communities,
    "record.present |= 1 << count;",
    "record.present |= 1 << (count - 1);",
  ),
  mutant("communities/a promised battery joins", communities, "if (promisedWh != 0)", "if (false)"),
  mutant(
    "communities/who leaves takes another's presence",
    communities,
    "uint256 moved = ((present >> last) & 1) << membership.place;",
    "uint256 moved = 0;",
  ),
  mutant(
    "communities/who leaves comes back",
    communities,
    "delete _memberships[meterId];",
    "_memberships[meterId].communityId = 0;\n        _memberships[meterId].admittedTo = membership.communityId;",
  ),
  mutant("slots/a report of a member moves tokens", settlement, "if (!counts) (tokensWh", "(tokensWh"),
  mutant(
    "slots/a closed slot stays open",
    slots,
    "if (openWh != 0) _registers[meterId] = last.withDebt(0);",
    "",
  ),
  mutant(
    "slots/what nobody sold is forgiven",
    slots,
    "_arrears[meterId] = debtWh;\n\n        emit FellBehind",
    "emit FellBehind",
  ),
  mutant(
    "slots/who leaves keeps its surplus open",
    slots,
    "if (mintedWh != 0) _energyToken.mint(",
    "if (false) _energyToken.mint(",
  ),
  mutant(
    "slots/debt is forgiven by joining",
    slots,
    "_arrears[meterId] = uint64(debtWh);\n            _registers",
    "_registers",
  ),
  mutant(
    "slots/more is bought than was used",
    slots,
    "if (bought > uint256(openWh)) revert",
    "if (false) revert",
  ),
  mutant("slots/anyone closes a slot", slots, "if (msg.sender != pool) revert OnlyPool(msg.sender);", ""),
  mutant(
    "clearing/a batch that clears needs no signature",
    committee,
    "_submit(reports, deadline, signatures);\n\n        try",
    "try",
  ),
  mutant(
    "clearing/nothing is cleared",
    committee,
    "try ISlotPool(converter.pool()).clear(communityId, slotEnd) {",
    "try ISlotPool(converter.pool()).community(communityId) {",
  ),
  mutant(
    "clearing/nobody hears why nothing was cleared",
    committee,
    "emit SlotNotCleared(communityId, slotEnd, reason);",
    "",
  ),
  ...["AlreadyCleared", "NobodyRead", "NotSlotEnd", "SlotInFuture"].map((refusal) =>
    mutant(
      `clearing/${refusal} undoes the batch`,
      committee,
      `problem == ISlotPool.${refusal}.selector ||`,
      "",
    ),
  ),
  mutant(
    "clearing/UnknownCommunity undoes the batch",
    committee,
    " ||\n            problem == ISlotPool.UnknownCommunity.selector",
    "",
  ),
  mutant(
    "membership/a grid's meter joins",
    registry,
    "if (slotted_ && record.kind == MeterKind.Grid) revert GridMeter(meterId);",
    "",
  ),
  mutant(
    "membership/a battery does not join",
    registry,
    "if (slotted_ && record.kind == MeterKind.Grid)",
    "if (slotted_ && record.kind != MeterKind.Prosumer)",
  ),
  mutant(
    "membership/anybody makes a meter a member",
    registry,
    "if (msg.sender != converter) revert OnlyConverter(msg.sender);\n        Record storage record = _known(meterId);\n        if (slotted_",
    "Record storage record = _known(meterId);\n        if (slotted_",
  ),
  mutant(
    "membership/a member's reports move tokens",
    registry,
    "return record.slotted ? Standing.Slotted : Standing.Settling;",
    "return Standing.Settling;",
  ),
  mutant(
    "membership/a member's reports move tokens until it is suspended once",
    registry,
    "record.slotted = slotted_;\n        record.standing = _standing(record);",
    "record.slotted = slotted_;",
  ),
  mutant(
    "membership/an unsigned member's reports move tokens",
    registry,
    "withStanding(record.slotted ? Standing.Slotted : Standing.Settling)",
    "withStanding(Standing.Settling)",
  ),
  mutant(
    "membership/a member changes hands",
    registry,
    "if (_records[meterId].slotted) revert MeterSlotted(meterId);",
    "",
  ),
];
