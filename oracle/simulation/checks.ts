/** What must be true of every life, at every step of it. */
import type { Report } from "@enerlink/protocol";
import { serialOf } from "@enerlink/protocol";
import type { Reading } from "@enerlink/protocol/wire/reading";
import type { Database, Statement } from "better-sqlite3";
import type { Hex } from "viem";
import { slotEndOf, windowEnd } from "../src/rules/windows.ts";
import type { Block, SimulatedChain } from "./chain.ts";
import { type Event, MINIMUM_INTERVAL, type Registered, SLOT, TOLERANCE } from "./contracts.ts";
import { hashOfSent, readSent } from "./keys.ts";
import { type Member, WINDOW } from "./member.ts";

export type Checks = ReturnType<typeof makeChecks>;

/** When the slotted meters' baselines were read, unix seconds. */
export const BEGUN = 1_800_000_000;

const slots = { length: SLOT, tolerance: TOLERANCE };

/** The window that a report is for. */
function windowOf(serial: string, timestamp: number): number {
  return serial.startsWith("slot")
    ? (slotEndOf(timestamp, slots) ?? timestamp)
    : windowEnd(timestamp, WINDOW);
}

/** Seconds after which no report waits for a slot that is not cleared. */
const OVERDUE = 120;

type Registers = { exportWh: bigint; importWh: bigint };
const netOf = ({ exportWh, importWh }: Registers) => exportWh - importWh;

type Settled = Registers & { timestamp: number; tokensWh: bigint; debtWh: bigint };

/** What the chain's events say of a meter, from its baseline on. */
type Account = { baseline: Registers; latest: Settled; tokensWh: bigint; windows: Map<number, number> };

/** The reading that a slot takes of a member: the first after its end. */
function readingFor(
  truth: ReadonlyMap<string, Reading>,
  serial: string,
  slotEnd: number,
): Reading | undefined {
  for (let at = slotEnd; at <= slotEnd + TOLERANCE; at++) {
    const reading = truth.get(`${serial} ${at}`);
    if (reading) return reading;
  }
  return undefined;
}

/** What slots share: of each member what it counted since the last slot that it was read at, and of all no Wh more or less. */
function makeSharing(
  sharers: readonly string[],
  truth: ReadonlyMap<string, Reading>,
  found: (problem: string) => void,
) {
  /** What slots have minted less what they have burned. */
  let slotsWh = 0n;
  let clearedTo = 0;
  /** Each member's net energy at the last slot that it was read at. */
  let counted = new Map<string, bigint>();

  function cleared({ slotEnd, present, amounts }: { slotEnd: number; present: bigint; amounts: bigint[] }) {
    for (const [index, serial] of sharers.entries()) {
      if (((present >> BigInt(index)) & 1n) === 0n) continue;
      const reading = readingFor(truth, serial, slotEnd);
      const before = counted.get(serial);
      if (!reading || before === undefined)
        return found(`${serial} counts as read at ${slotEnd}, and was not`);
      const word = amounts[index]!;
      const parts = BigInt.asUintN(64, word >> 64n) + BigInt.asUintN(64, word >> 128n);
      const amount = parts * (word >> 192n === 1n ? 1n : -1n);
      if (word !== 0n ? amount !== netOf(reading) - before : netOf(reading) !== before)
        return found(
          `the slot until ${slotEnd} shares ${amount} Wh of ${serial}, which counted ${netOf(reading) - before}`,
        );
      counted.set(serial, netOf(reading));
    }
    clearedTo = slotEnd;
  }

  return {
    cleared,
    clearedTo: () => clearedTo,
    closed: ({ netWh }: { netWh: bigint }): void => {
      slotsWh += netWh;
    },
    restart: ({ clearedTo: to, registers }: Block["state"]): void => {
      [slotsWh, clearedTo] = [0n, to];
      counted = new Map([...registers].map(([serial, register]) => [serial, netOf(register)]));
    },
    /** The law, of all of them together. */
    check: (state: Block["state"], accounts: ReadonlyMap<string, Account>): void => {
      const open = sharers.reduce((sum, serial) => sum + state.registers.get(serial)!.openWh, 0n);
      const moved = sharers.reduce((sum, serial) => {
        const { baseline, latest } = accounts.get(serial)!;
        return sum + netOf(latest) - netOf(baseline);
      }, 0n);
      if (slotsWh - open !== moved)
        found(`slots minted less burned ${slotsWh} with ${open} open, but their registers moved by ${moved}`);
    },
  };
}

/** Checks the events of a chain, block after block, from the first one each time that blocks were taken back. */
function makeLedger(
  meters: readonly Registered[],
  truth: Map<string, Reading>,
  windowsOf: (serial: string, timestamp: number) => number,
  found: (problem: string) => void,
) {
  const sharers = meters.filter(({ slotted }) => slotted).map(({ serial }) => serial);
  let accounts = new Map<string, Account>();
  const sharing = makeSharing(sharers, truth, found);

  function settled(args: Settled & { meterId: Hex }) {
    const serial = serialOf(args.meterId);
    const { timestamp, exportWh, importWh, tokensWh } = args;
    const shown = truth.get(`${serial} ${timestamp}`);
    if (shown?.exportWh !== exportWh || shown.importWh !== importWh)
      return found(`${serial} was settled at ${timestamp} with registers that it never showed`);
    const account = accounts.get(serial) ?? {
      ...{ baseline: { exportWh, importWh }, latest: args, tokensWh: 0n, windows: new Map() },
    };
    accounts.set(serial, account);
    const window = windowsOf(serial, timestamp);
    if (account.windows.has(window))
      return found(
        `${serial} was settled twice for the window until ${window}: at ${account.windows.get(window)} and ${timestamp}`,
      );
    account.windows.set(window, timestamp);
    const before = slotEndOf(account.latest.timestamp, slots) ?? 0;
    if (sharers.includes(serial) && before > sharing.clearedTo() && timestamp - before < OVERDUE)
      found(
        `${serial} was settled at ${timestamp} in place of the slot until ${before}, which was not cleared`,
      );
    account.latest = args;
    account.tokensWh += tokensWh;
    const isSlotted = sharers.includes(serial);
    const moved = netOf(args) - netOf(account.baseline);
    if (!isSlotted && account.tokensWh - args.debtWh !== moved)
      found(
        `${serial}: minted less burned ${account.tokensWh}, debt ${args.debtWh}, but the registers moved by ${moved}`,
      );
  }

  const handlers: Record<string, (args: never) => void> = {
    MeterSettled: settled,
    SlotCleared: sharing.cleared,
    SlotClosed: sharing.closed,
  };

  return {
    accounts: () => accounts,
    restart: (genesis: Block["state"]): void => {
      accounts = new Map();
      sharing.restart(genesis);
      for (const [serial, register] of genesis.registers) {
        const latest = { ...register, tokensWh: 0n, debtWh: 0n };
        const windows = new Map([[windowOf(serial, register.timestamp), register.timestamp]]);
        accounts.set(serial, { baseline: register, latest, tokensWh: 0n, windows });
      }
    },
    block: ({ included, state }: Block): void => {
      const events: Event[] = included.flatMap((one) => one.events);
      for (const { name, args } of events) handlers[name]?.(args as never);
      sharing.check(state, accounts);
    },
  };
}

/** What a member has put its name to. */
function makeNames(now: () => number, found: (problem: string) => void) {
  const signed = new Map<string, string>();
  const ends = new Map<string, number>();
  const restored = new Map<string, number>();
  const excused = new Set<string>();
  return {
    excuse: (member: string) => void excused.add(member),
    /** Its disk was put back, and says so. */
    restored: (member: string, at: number) => void restored.set(member, at),
    /** Which windows a settled report is for, by whoever signed it. */
    windowsOf: (serial: string, timestamp: number): number =>
      ends.get(`${serial} ${timestamp}`) ?? windowOf(serial, timestamp),
    signs: (member: string, batch: unknown, noted: (serial: string, timestamp: number) => number[]): void => {
      for (const { meterId: id, timestamp, exportWh, importWh } of (batch as { reports: Report[] }).reports) {
        const serial = serialOf(id);
        const [end] = noted(serial, timestamp);
        if (end === undefined) {
          found(`${member} signed the report of ${serial} at ${timestamp} before that was on its disk`);
          return;
        }
        if (end > now() / 1_000)
          found(`${member} signed the report of ${serial} at ${timestamp} before its window was over`);
        // What is settled by hand is for a moment, and no window.
        if (ends.get(`${serial} ${timestamp}`) !== windowOf(serial, timestamp))
          ends.set(`${serial} ${timestamp}`, end);
        if (excused.has(member)) continue;
        const window = `${member} ${serial} ${end}`;
        const report = `${timestamp} ${exportWh} ${importWh}`;
        const before = signed.get(window);
        if (before !== undefined && before !== report)
          found(`${member} signed two reports of ${serial} for one window: ${before} and ${report}`);
        // What it knows to have signed before it may sign again; of the others it cannot know.
        if (before === undefined && end - WINDOW < (restored.get(member) ?? 0))
          found(
            `${member} was restored, and signed a report of ${serial} for a window that had begun before`,
          );
        signed.set(window, report);
      }
    },
  };
}

/** What a member has sent to the chain. */
function makeSends(found: (problem: string) => void) {
  const sent = new Map<string, string>();
  const excused = new Set<string>();
  return {
    excuse: (member: string) => void excused.add(member),
    sends: (member: string, raw: Hex, stored: boolean) => {
      if (!stored) return found(`${member} sent a transaction that is not on its disk`);
      if (excused.has(member)) return;
      const { nonce, data } = readSent(raw);
      const before = sent.get(`${member} ${nonce}`);
      if (before !== undefined && data !== "0x" && before !== data)
        found(`${member} used the nonce ${nonce} for two transactions`);
      sent.set(`${member} ${nonce}`, data);
    },
  };
}

/** What a member cannot know: before it subscribes for the first time the broker keeps nothing for it. */
function makeSubscriptions(members: readonly Member[]) {
  /** By serial and timestamp. */
  const handedOn = new Set<string>();
  const before = new Map<string, ReadonlySet<string>>();
  return {
    /** The broker has taken a reading. */
    published: (payload: Buffer): void => {
      const { serial, timestamp } = JSON.parse(payload.toString()) as { serial: string; timestamp: number };
      handedOn.add(`${serial} ${timestamp}`);
    },
    subscribes: (session: string): void => {
      const { name } = members.find((one) => one.session === session)!;
      if (!before.has(name)) before.set(name, new Set(handedOn));
    },
    unheard: ({ name }: Member): ReadonlySet<string> => before.get(name) ?? new Set(),
  };
}

/** At the end: every reading is kept or refused, and what was settled is known as the chain has it. */
function checkKnown(
  { name, database }: Member,
  truth: ReadonlyMap<string, Reading>,
  before: ReadonlySet<string>,
  accounts: ReadonlyMap<string, Account>,
  found: (problem: string) => void,
): void {
  const store = database;
  const kept = store.prepare(
    `SELECT 1 FROM readings WHERE serial = :serial AND timestamp = :timestamp
     UNION SELECT 1 FROM rejects WHERE serial = :serial`,
  );
  for (const { serial, timestamp } of truth.values())
    if (!before.has(`${serial} ${timestamp}`) && !kept.get({ serial, timestamp }))
      found(`${name} knows nothing of the reading of ${serial} at ${timestamp}`);
  const taken = store.prepare("SELECT serial, timestamp, export_wh FROM readings").all() as {
    serial: string;
    timestamp: bigint;
    export_wh: bigint;
  }[];
  for (const { serial, timestamp, export_wh } of taken)
    if (truth.get(`${serial} ${timestamp}`)?.exportWh !== export_wh)
      found(`${name} took a reading of ${serial} at ${timestamp} that the meter never signed`);
  const rows = store.prepare("SELECT serial, timestamp FROM chain_settlements").all() as {
    serial: string;
    timestamp: bigint;
  }[];
  const known = new Set(rows.map(({ serial, timestamp }) => `${serial} ${timestamp}`));
  const real = new Set<string>();
  for (const [serial, { windows }] of accounts)
    for (const timestamp of windows.values()) if (timestamp !== BEGUN) real.add(`${serial} ${timestamp}`);
  for (const one of known) if (!real.has(one)) found(`${name} takes ${one} for settled, and it is not`);
  for (const one of real) if (!known.has(one)) found(`${name} does not know that ${one} was settled`);
  const forgotten = store
    .prepare(
      `SELECT s.serial || ' ' || s.timestamp FROM settlements s LEFT JOIN transactions t ON t.id = s.transaction_id
       WHERE s.state = 'submitted' AND t.state IN ('mined', 'final', 'replaced')`,
    )
    .pluck()
    .get();
  if (forgotten) found(`${name} waits for ${forgotten} to be settled by a transaction that is over`);
}

/** Prepared once for each disk: it is asked with every acknowledgement. */
const keeping = new WeakMap<Database, Statement>();

function keepingOf(database: Database): Statement {
  const known =
    keeping.get(database) ??
    database.prepare(
      // The newest first: most often it is that one.
      `SELECT 1 WHERE EXISTS (SELECT 1 FROM readings WHERE serial = :serial AND sequence >= :sequence ORDER BY id DESC)
       OR EXISTS (SELECT 1 FROM rejects WHERE serial = :serial AND payload = :payload)`,
    );
  keeping.set(database, known);
  return known;
}

/** What a member acknowledges is on its disk, or what it says is settled. */
function checkKept(
  { name, database }: Member,
  payload: Buffer,
  accounts: ReadonlyMap<string, Account>,
  found: (problem: string) => void,
): void {
  const { serial, sequence, timestamp } = JSON.parse(payload.toString()) as {
    serial: string;
    sequence: number;
    timestamp: number;
  };
  const isKept = keepingOf(database).get({ serial, sequence, payload });
  if (!isKept && timestamp > (accounts.get(serial)?.latest.timestamp ?? 0))
    found(`${name} acknowledged the reading of ${serial} at ${timestamp}, and has not kept it`);
}

/**
 * At the end, `until` (unix seconds): every meter's last window is settled, unless the converter had settled the meter too
 * shortly before its end to take another report, and the last slot is cleared.
 */
function checkProgress(
  state: Block["state"],
  meters: readonly Registered[],
  until: number,
  windowsOf: (serial: string, timestamp: number) => number,
  found: (problem: string) => void,
): void {
  // The last that ended at least half a window ago.
  const last = windowEnd(until - 1.5 * WINDOW, WINDOW);
  for (const { serial, slotted } of meters) {
    const at = state.registers.get(serial)?.timestamp ?? 0;
    const isTooSoon = !slotted && last - at < MINIMUM_INTERVAL;
    if (windowsOf(serial, at) < last && !isTooSoon)
      found(`${serial} was settled last at ${at}, ${Math.round(until - at)} s before the end`);
  }
  if (state.clearedTo < last) found(`slots are cleared until ${state.clearedTo}, and the end is ${until}`);
}

type Needs = {
  members: readonly Member[];
  meters: readonly Registered[];
  log: (who: string, text: string) => void;
  /** Milliseconds. */
  now: () => number;
};

export function makeChecks({ members, meters, log, now }: Needs) {
  let problem: string | undefined;
  const found = (text: string): void => {
    problem ??= text;
  };
  const truth = new Map<string, Reading>();
  const heard = new Map<string, Reading[]>();
  const names = makeNames(now, found);
  const sends = makeSends(found);
  const ledger = makeLedger(meters, truth, names.windowsOf, found);
  const rolledBack = new Set<string>();
  const { unheard, ...subscriptions } = makeSubscriptions(members);
  const gone = new Set<string>();
  let chain: SimulatedChain | undefined;

  return {
    meters,
    problem: () => problem,
    /** A meter has signed it. */
    metered: (reading: Reading): void => {
      truth.set(`${reading.serial} ${reading.timestamp}`, reading);
      heard.set(reading.serial, [...(heard.get(reading.serial) ?? []), reading]);
    },
    ...subscriptions,
    mistaken: (member: string, error: Error): void =>
      found(`${member} does what no program should: ${error.message}`),
    /** What each meter has signed, in its order. */
    get heard() {
      return [...heard.values()];
    },
    signs: names.signs,
    sends: (member: string, raw: Hex, stored: (hash: Hex) => boolean): void =>
      sends.sends(member, raw, stored(hashOfSent(raw))),
    /** Its disk was put back: what it forgot it cannot keep to, but of what it was told it must not sign. */
    putBack: (member: string, told: boolean): void => {
      rolledBack.add(member);
      sends.excuse(member);
      told ? names.restored(member, now() / 1_000) : names.excuse(member);
    },
    /** It will not come back. */
    gone: (member: string): void => void gone.add(member),
    lies: names.excuse,
    /** A member acknowledged a message: it is on its disk, or what it says is settled. */
    acknowledges: (session: string, topic: string, payload: Buffer): void => {
      const member = members.find((one) => one.session === session);
      if (!member?.alive() || rolledBack.has(member.name) || !topic.endsWith("/reading")) return;
      checkKept(member, payload, ledger.accounts(), found);
    },
    follow: (followed: SimulatedChain): void => {
      chain = followed;
      ledger.restart(followed.blocks[0]!.state);
      followed.onBlock((block) => {
        ledger.block(block);
        for (const { sent, success, events } of block.included)
          log(
            "chain",
            `block ${block.number}: ${success ? "" : "reverted "}nonce ${sent.nonce} of ${sent.from.slice(-2)}${events.map(told).join("")}`,
          );
      });
      followed.onUndone((kept) => {
        log("chain", `everything after block ${kept.number} is taken back`);
        ledger.restart(followed.blocks[0]!.state);
        for (const block of followed.blocks.slice(1)) ledger.block(block);
      });
    },
    /** After the calm: each meter's last window is settled, the last slot cleared, and every member knows it. */
    end: (): void => {
      checkProgress(chain!.head().state, meters, now() / 1_000, names.windowsOf, found);
      for (const member of members) {
        if (gone.has(member.name)) continue;
        if (!member.alive()) found(`${member.name} is not alive at the end`);
        else if (!rolledBack.has(member.name))
          checkKnown(member, truth, unheard(member), ledger.accounts(), found);
      }
    },
  };
}

const told = ({ name, args }: Event): string => {
  if (name === "MeterSettled")
    return `; ${serialOf(args.meterId as Hex)} settled at ${args.timestamp}: ${args.tokensWh} Wh`;
  if (name === "ReportSkipped")
    return `; ${serialOf(args.meterId as Hex)} at ${args.timestamp} skipped (${args.reason})`;
  if (name === "SlotCleared") return `; slot until ${args.slotEnd} cleared, present ${args.present}`;
  return "";
};
