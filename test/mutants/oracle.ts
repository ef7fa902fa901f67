/** Mistakes in the core of the oracle, which its unit tests or a simulated life must notice. Files are below `oracle/src`. */
import type { Mutant } from "./mutant.ts";

const windows = "rules/windows.ts";
const judge = "rules/judge.ts";
const slots = "rules/clearing.ts";
const settlements = "ledger/settlements.ts";
const rows = "ledger/settlement-rows.ts";
const confirm = "committee/confirm.ts";
const signed = "committee/signed.ts";
const rounds = "committee/rounds.ts";
const committee = "committee/committee.ts";
const members = "committee/members.ts";
const turns = "settlement/turns.ts";
const settler = "settlement/settler.ts";
const submission = "settlement/submission.ts";
const pace = "settlement/pace.ts";
const outcomes = "settlement/outcomes.ts";
const clearing = "settlement/clearing.ts";
const decided = "decided.ts";
const quorum = "commands/quorum.ts";
const roots = "ledger/roots.ts";
const numbering = "transactions/numbering.ts";
const sender = "transactions/sender.ts";
const fates = "transactions/fates.ts";
const outbox = "transactions/outbox.ts";
const fees = "transactions/fees.ts";

const mutant = (name: string, file: string, search: string, replace: string): Mutant => ({
  name,
  file,
  edits: [[search, replace]],
});

const ofWindows: Mutant[] = [
  mutant(
    "windows/a reading at its window's end belongs to the next",
    windows,
    "return Math.ceil(timestamp / interval) * interval;",
    "return (Math.floor(timestamp / interval) + 1) * interval;",
  ),
  mutant(
    "windows/the tolerance ends a second sooner",
    windows,
    "after <= tolerance ?",
    "after < tolerance ?",
  ),
  mutant("windows/a window closes twice", windows, "previous < end && current > end", "current > end"),
  mutant("windows/a window closes with its own end", windows, "current > end)", "current >= end)"),
  mutant(
    "windows/a slot that was missed is never made up for",
    windows,
    "previous < latestEnd ?",
    "previous < 0 ?",
  ),
  mutant(
    "windows/a slot's report is superfluous from its own time on",
    windows,
    "Math.min(windowEnd, reading.timestamp)",
    "reading.timestamp",
  ),
];

const ofRules: Mutant[] = [
  mutant("rules/whoever signed counts", judge, "if (!authentic)", "if (authentic === undefined)"),
  mutant(
    "rules/an earlier epoch counts",
    judge,
    "if (reading.epoch !== meter.epoch) {",
    "if (reading.epoch > meter.epoch) {",
  ),
  mutant(
    "rules/a contradiction is a repetition",
    judge,
    "if (sameRegisters(earlier, reading)) return",
    "if (earlier) return",
  ),
  mutant(
    "rules/the future counts",
    judge,
    "if (timestamp > now + CLOCK_SECONDS) {",
    "if (timestamp > now + 100 * CLOCK_SECONDS) {",
  ),
  mutant(
    "rules/a frozen meter goes on",
    judge,
    'if (hold?.reason === "equivocation") {\n    return reject(',
    "if (hold === null) {\n    return reject(",
  ),
  mutant(
    "rules/tampering is overlooked",
    judge,
    'hold?.reason === "tamper" ? reject("tamper", "the device reports tampering") : undefined;',
    "undefined;",
  ),
  mutant(
    "rules/a late reading is lost",
    judge,
    'isHistory(reading, meter, neighbours()) ? "late" : "stale"',
    '"stale"',
  ),
  mutant(
    "rules/whatever is late is history",
    judge,
    "isHistory(reading, meter, neighbours()) ?",
    "neighbours() ?",
  ),
  mutant("rules/growth beyond the connection counts", judge, "if (refused) return refused;\n  for", "for"),
  mutant("rules/the latest slot is cleared first", slots, "Math.min(...open)", "Math.max(...open)"),
  mutant(
    "rules/no slot waits for anybody",
    slots,
    "ends[index] !== slotEnd && isWaitedFor(index)",
    "ends[index] !== slotEnd && index < 0",
  ),
  mutant("rules/who was late is not waited for", slots, " || ends[index] === slotEnd - slots.length;", ";"),
  mutant(
    "rules/a slot that is cleared holds reports up",
    slots,
    "(slotEndOf(readAt, slots) ?? 0) > clearedTo;",
    "(slotEndOf(readAt, slots) ?? 0) >= clearedTo;",
  ),
  mutant("rules/a flood is kept whole", "rules/floods.ts", "leftOf(topic) < 1", "leftOf(topic) < 0"),
];

const ofLedger: Mutant[] = [
  mutant(
    "ledger/two reports within a minute",
    settlements,
    "|| timestamp < earliest(serial, epoch)) return false;",
    ") return false;",
  ),
  mutant(
    "ledger/what came before the epoch is reported",
    settlements,
    "    reading.timestamp > meter.epochDeclaredAt &&\n",
    "",
  ),
  mutant("ledger/a suspended meter is reported", settlements, "    !meter.suspended &&\n", ""),
  mutant("ledger/another epoch is reported", settlements, "    reading.epoch === meter.epoch &&\n", ""),
  mutant(
    "ledger/a report takes the time of the window's own",
    settlements,
    "return untilLast >= SHORTEST_INTERVAL;",
    "return untilLast >= 0;",
  ),
  mutant(
    "ledger/nothing is settled at once",
    settlements,
    "return !begun.has(name) && windowEndOf(timestamp, interval) - timestamp >= interval / 2;",
    "return begun.size < 0;",
  ),
  mutant(
    "ledger/what the chain settled waits on",
    settlements,
    "return rows.markChainSettled.run(serial, epoch, timestamp).changes > 0;",
    "return false;",
  ),
  mutant(
    "ledger/what was put off is tried at once",
    rows,
    "not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE id = ?",
    "not_before = ? WHERE id = ?",
  ),
  mutant(
    "ledger/what failed with its transaction is tried at once",
    rows,
    "not_before = ? + min(60000, 1000 << min(tries, 6)) WHERE transaction_id = ?",
    "not_before = ? WHERE transaction_id = ?",
  ),
  mutant(
    "ledger/what failed with its transaction waits for it",
    rows,
    "UPDATE settlements SET state = 'pending', transaction_id = NULL, not_before",
    "UPDATE settlements SET transaction_id = NULL, not_before",
  ),
  mutant(
    "ledger/the block before a reorganisation is forgotten as well",
    rows,
    "DELETE FROM chain_settlements WHERE block_number >= ?",
    "DELETE FROM chain_settlements WHERE block_number >= ? - 1",
  ),
  mutant(
    "ledger/the first block that was replaced is kept",
    rows,
    "DELETE FROM chain_settlements WHERE block_number >= ?",
    "DELETE FROM chain_settlements WHERE block_number > ?",
  ),
  mutant(
    "ledger/what a reorganisation took back stays settled",
    rows,
    "FROM chain_settlements WHERE block_number >= ?)",
    "FROM chain_settlements WHERE block_number < 0 * ?)",
  ),
  mutant(
    "ledger/a report is final at once",
    rows,
    "SET final = 1 WHERE final = 0 AND block_number <= ?",
    "SET final = 1 WHERE final = 0 AND block_number > ? * 0",
  ),
  mutant(
    "ledger/those that were asked for wait with the others",
    rows,
    "ORDER BY s.asked DESC, s.id LIMIT",
    "ORDER BY s.id LIMIT",
  ),
  mutant(
    "ledger/what has to wait is tried",
    rows,
    "s.state = 'pending' AND s.not_before <= ?",
    "s.state = 'pending' AND ? > 0",
  ),
];

const ofCommittee: Mutant[] = [
  mutant(
    "committee/an open window is signed",
    confirm,
    'return isOver(item) ? undefined : doubt(item, "window-open");',
    "return undefined;",
  ),
  mutant(
    "committee/a later reading of the window is overlooked",
    confirm,
    'return newest.id === own.id ? undefined : doubt(item, "later-reading", newest);',
    "return undefined;",
  ),
  mutant(
    "committee/an earlier reading of the slot is overlooked",
    confirm,
    "const isFirst = !before || before.timestamp < from;",
    "const isFirst = from > 0;",
  ),
  mutant(
    "committee/any window is signed",
    confirm,
    "if (windowEnd !== timestamp && windowEnd !== windowOf(reading))",
    "if (windowEnd < timestamp - 1e9)",
  ),
  mutant(
    "committee/what is settled is signed again",
    confirm,
    "if (settled && settled.epoch === epoch && settled.timestamp >= settledBy(item))",
    "if (settled && settled.epoch === epoch && settledBy(item) < 0)",
  ),
  mutant(
    "committee/a frozen meter is signed",
    confirm,
    'if (held === "equivocation" || held === "tamper") return',
    'if (held === "tamper") return',
  ),
  mutant(
    "committee/other registers are signed",
    confirm,
    'if (!sameRegisters(own, reading)) return doubt(item, "different-reading", own);\n',
    "",
  ),
  mutant(
    "committee/what is not reportable is signed",
    confirm,
    'if (!isReportable(meter, reading)) return doubt(item, "not-reportable");\n',
    "",
  ),
  mutant(
    "committee/what a member shows counts as the meter's",
    confirm,
    "return key !== undefined && (await signatures.verifyReading(domain, reading, key));",
    "return key !== undefined;",
  ),
  mutant(
    "committee/what is newer than all that was heard is taken from a member",
    confirm,
    "return authentic[index] && newest !== undefined && sequence <= newest.sequence;",
    "return authentic[index];",
  ),
  mutant(
    "committee/nothing waits for an earlier report",
    confirm,
    "order.waits(mirror.meter(item.reading.serial)!, item) ?",
    "item === undefined ?",
  ),
  mutant(
    "committee/a part of a batch is noted as signed",
    signed,
    "    if (refused.length > 0) throw new Contradiction();\n",
    "",
  ),
  mutant(
    "committee/another report of the same window is signed",
    signed,
    " OR timestamp = ",
    " AND timestamp = ",
  ),
  mutant(
    "committee/a contradiction is signed",
    signed,
    'if (known) return known.same ? undefined : "already-signed";',
    "if (known) return undefined;",
  ),
  mutant(
    "committee/another shard's meter is signed",
    signed,
    '!owns(reading.serial)) return "other',
    'false) return "other',
  ),
  mutant("committee/signed after a restore", signed, "windowEnd - interval < signsFrom", "windowEnd < 0"),
  mutant(
    "committee/one signature too few is enough",
    "committee/ask.ts",
    "signatures.size >= quorum - 1",
    "signatures.size >= quorum - 2",
  ),
  mutant(
    "committee/signatures come in the wrong order",
    "committee/round.ts",
    "(BigInt(a) < BigInt(b) ? -1 : 1)",
    "(BigInt(a) < BigInt(b) ? 1 : -1)",
  ),
  mutant(
    "committee/a halted node proposes",
    rounds,
    '    if (halted()) return { outcome: "silent" };\n    const unsigned',
    "    const unsigned",
  ),
  mutant(
    "committee/a halted node signs its own",
    rounds,
    '    if (halted()) return { outcome: "silent" };\n    const agreed',
    "    const agreed",
  ),
  mutant("committee/a halted node signs others'", committee, "if (!halted() && !stale &&", "if (!stale &&"),
  mutant("committee/a batch that has expired is signed", committee, " && deadline >= chainNow()", ""),
  mutant("committee/a batch may hold for ever", committee, " && deadline <= chainNow() + LONGEST_LIFE", ""),
  mutant(
    "committee/anybody's signature counts as a member's",
    committee,
    "    if (by.toLowerCase() !== sender) throw new Forged();\n",
    "",
  ),
  {
    ...mutant(
      "committee/a signature of another batch counts",
      rounds,
      "wants: (member: string, batch: Hex) => batch === round?.hash &&",
      "wants: (member: string, _: Hex) => round !== undefined &&",
    ),
    equivalent: "`signedBy` looks which batch it is as well",
  },
  mutant(
    "committee/an old sign of life counts",
    members,
    "if (before && time <= before.time && now() - before.at <= SILENT_AFTER) return false;",
    "",
  ),
  mutant(
    "committee/a member whose clock was set back is silent for ever",
    members,
    "time <= before.time && now() - before.at <= SILENT_AFTER",
    "time <= before.time",
  ),
  mutant("committee/a silent member leads", members, "return inTurn.find(isThere);", "return inTurn[0];"),
  mutant(
    "committee/nobody takes over",
    members,
    "Math.floor((now() - since) / takeover)",
    "Math.floor((now() - since) / (1e6 * takeover))",
  ),
  mutant(
    "committee/one member is read before all others",
    "committee/mailbox.ts",
    "    boxes.delete(sender);\n    boxes.set(sender, box);\n",
    "",
  ),
  mutant(
    "committee/a member that takes much time does not rest",
    "committee/mailbox.ts",
    "Math.min(LONGEST_REST, REST * (now() - began))",
    "0",
  ),
];

const ofSettler: Mutant[] = [
  mutant(
    "settler/everybody leads",
    turns,
    "return leads ? due : due.filter(({ asked }) => asked);",
    "return due;",
  ),
  mutant(
    "settler/what was asked for waits for its turn",
    turns,
    "return leads ? due : due.filter(({ asked }) => asked);",
    "return leads ? due : [];",
  ),
  mutant(
    "settler/what the chain is ahead of is reported",
    turns,
    "      if (\n        ahead &&",
    "      if (\n        ahead && id < 0n &&",
  ),
  mutant(
    "settler/it is left to whoever proposes",
    turns,
    "      if (leader?.toLowerCase() !== proposer) return;\n",
    "",
  ),
  mutant(
    "settler/nothing is left to another member",
    turns,
    "      for (const { id } of waiting) settlements.leave(id, time.now() + takeover);\n",
    "",
  ),
  mutant(
    "settler/what is refused is proposed at once again",
    settler,
    "    for (const item of agreement.hopeless) settlements.postpone(idOf(item), time.now());\n",
    "",
  ),
  mutant(
    "settler/the rest of a refused batch is forgotten",
    settler,
    "    for (const part of agreement.parts)\n      if (!(await propose(part.map((item) => settlementOf.get(item)!)))) return false;\n",
    "",
  ),
  mutant(
    "settler/what failed is not tried again",
    settler,
    "settlements.again(transaction.id, time.now());",
    "",
  ),
  mutant(
    "settler/what was replaced is not tried again",
    settler,
    "      settlements.again(id, time.now());\n",
    "",
  ),
  mutant(
    "settler/a batch never gets smaller",
    settler,
    "        size.shrink(settlements.of(transaction.id).length);\n",
    "",
  ),
  mutant("settler/what would revert is sent", submission, "    if (revert) return revert;\n", ""),
  mutant(
    "settler/settling waits for clearing",
    submission,
    "      if (revert && slot) revert = await send(batch, agreed, undefined);\n",
    "",
  ),
  mutant(
    "settler/a transaction is larger than any may be",
    submission,
    "return slot && gasOf(batch) + slot.gas <= MOST_GAS ? slot : undefined;",
    "return slot;",
  ),
  mutant(
    "settler/what would revert is tried at once again",
    submission,
    "        for (const { id } of batch) settlements.postpone(id, time.now());\n",
    "        return;\n",
  ),
  mutant(
    "settler/one report that would revert keeps all others",
    submission,
    "if (!revert.everybody) size.shrink(batch.length);",
    "",
  ),
  mutant(
    "settler/nobody is told what stands in the way",
    submission,
    "      obstacle = revert && `",
    "      obstacle &&= `",
  ),
  mutant(
    "settler/what is only too early is put off for long",
    settler,
    "settlements.leave(idOf(item), time.now() + MOMENT);",
    "settlements.postpone(idOf(item), time.now());",
  ),
  mutant(
    "settler/more is proposed than the account can send",
    settler,
    "while (!outbox.full())",
    "while (true)",
  ),
  mutant("settler/nothing is waited for", pace, "else schedule(linger);", "else flush();"),
  mutant("settler/everybody is waited for, for ever", pace, "else schedule(linger);", ""),
  mutant("settler/who is silent is waited for", pace, " && isExpected(meter.serial)", ""),
  mutant("settler/who is suspended is waited for", pace, " && !meter.suspended", ""),
  mutant("settler/what comes meanwhile is forgotten", pace, "    if (again) flush();\n", ""),
  mutant("settler/what failed is left", pace, "      schedule(RETRY_AFTER);\n", ""),
  mutant("settler/what may be tried later is left", pace, "if (delay !== undefined) schedule(delay);", ""),
  mutant("settler/it settles after its end", pace, "    if (stopped) return;\n", ""),
  mutant(
    "settler/a slot is cleared twice at once",
    clearing,
    "if (!outbox.full() && !isUnderWay(slot) &&",
    "if (!outbox.full() &&",
  ),
  mutant("settler/a full account clears", clearing, "!outbox.full() && !isUnderWay", "!isUnderWay"),
  mutant(
    "settler/a batch clears what is under way",
    clearing,
    "shards.isComplete(slot) && !isUnderWay(slot)",
    "shards.isComplete(slot)",
  ),
  mutant(
    "settler/a batch clears before another shard's reports",
    clearing,
    "shards.isComplete(slot) && !isUnderWay(slot)",
    "!isUnderWay(slot)",
  ),
  mutant("settler/every shard clears first", clearing, "(siblings.clearsFirst(communityId) && ", "("),
  mutant(
    "settler/a batch clears what is not due",
    clearing,
    "!found || !isDue(found, Number(blockTime()))",
    "!found",
  ),
  mutant(
    "settler/a slot waits for no report on its way",
    clearing,
    "underWay === 0 && (",
    "underWay > -1 && (",
  ),
  mutant("settler/a slot waits for ever", clearing, " || time >= until", ""),
  mutant(
    "settler/what the pool refused is asked for again at once",
    clearing,
    "    notBefore.set(communityId, time.now() + RETRY_AFTER);\n",
    "",
  ),
  mutant(
    "settler/what only has to wait is left for long",
    clearing,
    "    if (NOT_NOW.includes(revertOf(error)?.data?.errorName)) return;\n",
    "",
  ),
  mutant("settler/a slot's turn never passes", clearing, "      dueSince.set(keyOf(slot), since);\n", ""),
  mutant(
    "settler/a slot that is cleared stays an alert",
    clearing,
    '        alerts.end("clearing", undefined);\n',
    "",
  ),
  mutant(
    "settler/any contract's word counts",
    outcomes,
    "isAddressEqual(entry.address, energyConverter)",
    "entry.address.length > 0",
  ),
  mutant(
    "settler/what was settled with its own batch is skipped",
    outcomes,
    "    onLogs(receipt.logs);\n",
    "",
  ),
  mutant(
    "settler/what was settled is marked skipped as well",
    outcomes,
    '      if (state !== "submitted") continue;\n',
    "",
  ),
  mutant(
    "settler/what the converter skipped waits for ever",
    outcomes,
    "      settlements.skipped(id, skipped);\n",
    "",
  ),
  mutant(
    "settler/why it was skipped is forgotten",
    outcomes,
    "skips.get(key(meterId(reading.serial), reading.timestamp)) ??",
    "",
  ),
  mutant(
    "settler/a reorganisation takes nothing back",
    outcomes,
    "settlements.chainReorganised(from)",
    "from",
  ),
  mutant(
    "settler/everybody clears",
    clearing,
    "!isUnderWay(slot) && members.leads(keyOf(slot), since)",
    "!isUnderWay(slot) && since > 0",
  ),
];

const ofOutbox: Mutant[] = [
  mutant(
    "outbox/a nonce is used again",
    numbering,
    "highest === null ? 0 : Number(highest) + 1",
    "highest === null ? 0 : Number(highest)",
  ),
  mutant(
    "outbox/what others have sent is not counted",
    numbering,
    "const nonce = Math.max(chainNonce, highest === null ? 0 : Number(highest) + 1);",
    "const nonce = highest === null ? 0 : Number(highest) + 1;",
  ),
  mutant(
    "outbox/a gap is filled at once",
    numbering,
    "    if (time.elapsed() - gap.since < patience) return;\n",
    "",
  ),
  mutant(
    "outbox/a gap stays",
    numbering,
    "    if (time.elapsed() - gap.since < patience) return;\n",
    "    if (time.elapsed() > 0) return;\n",
  ),
  mutant(
    "outbox/a gap is filled that somebody else's transaction will fill",
    numbering,
    '    if ((await client.getTransactionCount({ address, blockTag: "pending" })) > nonce) return;\n',
    "",
  ),
  mutant(
    "outbox/sent before it is stored",
    numbering,
    "    const { hash } = attempt;\n",
    "    const { hash } = attempt;\n    void sender.send(-1n, attempt.raw);\n",
  ),
  mutant("outbox/given up at the first refusal", sender, "way.refusals >= REFUSALS", "way.refusals >= 1"),
  mutant("outbox/never given up", sender, "way.refusals >= REFUSALS", "way.refusals > 1e9"),
  mutant(
    "outbox/what would revert keeps its nonce",
    sender,
    "if (revert !== undefined) return",
    "if (revert === null) return",
  ),
  mutant(
    "outbox/never sent again",
    sender,
    "      if (time.elapsed() - way.sentAt >= patience) await send(row.id, latest.raw);\n",
    "",
  ),
  mutant("outbox/sent again and again", sender, "time.elapsed() - way.sentAt >= patience", "patience > 0"),
  mutant(
    "outbox/what nobody answered waits as long as what was taken",
    sender,
    "way.sentAt += 1_000 - patience;",
    "way.refusals = 0;",
  ),
  mutant("outbox/what is too cheap stays so", sender, "way.underpriced = true;", "way.underpriced = false;"),
  mutant(
    "outbox/what is too cheap is raised at once",
    sender,
    "(way.underpriced && waited >= RAISE_AFTER)",
    "way.underpriced",
  ),
  mutant(
    "outbox/an account without money is nothing to say",
    sender,
    'if (fault.kind === "funds") way.obstacle =',
    "if (way.capped) way.obstacle =",
  ),
  mutant(
    "outbox/what stood in the way stands there for ever",
    sender,
    "if (!way.capped) way.obstacle = undefined;",
    "",
  ),
  mutant("outbox/nobody is told of the limit", sender, "        cap(way, row, latest);\n", ""),
  mutant("outbox/the fee stays", sender, "        if (raised)\n", "        if (raised && row.id < 0n)\n"),
  mutant(
    "outbox/a nonce counts as taken at once",
    fates,
    "    if (time.elapsed() - since < patience) return;\n",
    "",
  ),
  mutant(
    "outbox/what was mined in another block is final",
    fates,
    "if (receipt?.blockHash === row.block_hash) {",
    "if (receipt) {",
  ),
  mutant(
    "outbox/final before it is",
    fates,
    "      if (row.block_number! > (final()?.number ?? -1n)) return;\n",
    "",
  ),
  mutant("outbox/final is told to nobody", fates, "      handlerOf(row.kind).final(storedOf(row));\n", ""),
  mutant(
    "outbox/nobody is told what left the chain",
    fates,
    "      handlerOf(row.kind).unmined(storedOf(row));\n",
    "",
  ),
  mutant("outbox/the other block is not told", fates, "    if (receipt) mined(row, receipt);\n", ""),
  mutant(
    "outbox/what reverted is done",
    fates,
    ".after(!success, transaction)",
    ".after(false, transaction)",
  ),
  mutant(
    "outbox/what is given up is told to nobody",
    fates,
    "      handlerOf(row.kind).replaced(storedOf(row), true);\n",
    "",
  ),
  mutant(
    "outbox/a nonce that is given up holds up those behind it",
    fates,
    "    await sender.sendNew(row.id, attempt.raw);\n    handlerOf",
    "    handlerOf",
  ),
  mutant(
    "outbox/only its latest bytes are looked for",
    outbox,
    "await findReceipt(client, attempts);",
    "await findReceipt(client, attempts.slice(0, 1));",
  ),
  mutant("outbox/a node that does not trust the chain sends", outbox, "    if (halted()) return;\n", ""),
  mutant("outbox/what left the chain stays mined", fates, "      ledger.setPending.run(row.id);\n", ""),
  mutant(
    "outbox/new bytes are not noted",
    fates,
    "      numbering.noteAttempt(row.id, attempt);\n      ledger.setHash",
    "      ledger.setHash",
  ),
  mutant(
    "outbox/mined is told to nobody",
    fates,
    "      handlerOf(row.kind).mined(transaction, receipt);\n",
    "",
  ),
  mutant("outbox/what the pool forgot waits", outbox, "    if (reorganised) sender.resendAll();\n", ""),
  mutant(
    "outbox/what is final stays so",
    outbox,
    "    if (reorganised) for (const row of ledger.goneRows.all(address, chainNonce)) fates.reopen(row);\n",
    "",
  ),
  mutant("outbox/nothing is sent at the start", outbox, "    await reconcile();\n", ""),
  mutant("outbox/what was mined before the start still is", outbox, "    reorganisations++;\n", ""),
  mutant(
    "outbox/what was final is sent again before it is known to be gone",
    outbox,
    "!(await finalStands())",
    "false",
  ),
  mutant("outbox/a block that nobody followed is never missed", outbox, "!(await finalStands())", "true"),
  mutant(
    "outbox/a look that fails is enough",
    outbox,
    "upTo > accountedFor;\n",
    "upTo > accountedFor;\n    accountedFor = upTo;\n",
  ),
  mutant("outbox/it is never full", outbox, ">= MOST_IN_FLIGHT", ">= 1_000"),
  mutant(
    "outbox/the first bytes are sent again, not the latest",
    "transactions/ledger.ts",
    "ORDER BY max_fee DESC, rowid DESC",
    "ORDER BY max_fee, rowid",
  ),
  mutant(
    "outbox/a raise that nodes refuse",
    fees,
    "{ numerator: 6n, denominator: 5n }",
    "{ numerator: 21n, denominator: 20n }",
  ),
  mutant("outbox/a fee that the next block exceeds", fees, "2n * baseFee() + TIP", "baseFee() + TIP"),
  mutant(
    "outbox/a fee beyond the limit",
    fees,
    "    if (maxFee > (highest ?? wanted * HIGHEST_MULTIPLE)) return undefined;\n",
    "",
  ),
];

/** What members of the committee sign beside batches, and how they wait for each other. */
const ofQuorum: Mutant[] = [
  mutant(
    "commands/nobody's answer is waited for",
    decided,
    "time.elapsed() < until) {",
    "time.elapsed() > until) {",
  ),
  mutant("commands/the first answer ends the wait", decided, "while (", "if ("),
  mutant(
    "commands/one signature less is enough",
    quorum,
    "found.length >= quorum - 1",
    "found.length >= quorum - 2",
  ),
  mutant(
    "commands/signatures of strangers make a quorum",
    quorum,
    "[...signers].filter(members.isMember).length",
    "[...signers].length",
  ),
  mutant(
    "commands/who has left the committee still consents",
    quorum,
    "[...round.consents].filter(([member]) => members.isMember(member))",
    "[...round.consents]",
  ),
  mutant(
    "commands/a consent counts whoever has signed it",
    quorum,
    '          if (by.toLowerCase() !== sender) throw new Error("the signature is not the sender\'s");\n',
    "",
  ),
  mutant(
    "commands/one that refuses stops what the others sign",
    quorum,
    "round.refusals.size > all.length - quorum",
    "round.refusals.size > 0",
  ),
  mutant(
    "commands/something else than the chain asks for is signed",
    quorum,
    'return "the chain asks for something else";',
    "return undefined;",
  ),
  mutant("commands/a nonce that was used is signed", quorum, "command.nonce <= last", "command.nonce < last"),
  mutant(
    "commands/another quorum than the chain's is told",
    quorum,
    "told.data.quorum === BigInt(quorum)",
    "told.data.quorum > 0n",
  ),
  mutant(
    "roots/two roots of one window are signed",
    roots,
    "if (before !== undefined) return before === root;",
    "if (before !== undefined) return true;",
  ),
  mutant("roots/what left the chain stays committed", roots, "void forgetCommitted.run(from)", "undefined"),
];

export const oracle: Mutant[] = [
  ...ofWindows,
  ...ofRules,
  ...ofLedger,
  ...ofCommittee,
  ...ofSettler,
  ...ofOutbox,
  ...ofQuorum,
];

/** Below `oracle/src`: the unit tests that are asked first. What they leave, simulated lives must show. */
export const testsOf: Record<string, string[]> = {
  windows: ["rules"],
  rules: ["rules", "intake"],
  ledger: ["ledger", "settlement", "committee"],
  committee: ["committee"],
  settler: ["settlement"],
  outbox: ["transactions"],
  commands: ["commands"],
  roots: ["ledger", "committee", "settlement"],
};
