/**
 * Commands on their way: queued → sent → done, rejected or expired. A command is stored before it is sent, and sent again
 * under the same id until the device answers or the deadline passes.
 */
import {
  type Ack,
  type CommandArguments,
  type CommandName,
  commandDigest,
  commandText,
  parseCommand,
  signCommand,
} from "@enerlink/protocol/wire/command";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { LocalAccount } from "viem";
import type { Metrics } from "../metrics.ts";
import { random } from "../seams/random.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { type CommandLedger, type CommandRow, makeCommandLedger, type StoredCommand } from "./ledger.ts";

export type { CommandState, StoredCommand } from "./ledger.ts";

const FIRST_RETRY = 2_000;
/** Ids of what every member queues, beside a trade's. */
const sharedId = /^(?:epoch|reset|credit)-.+/;
const LONGEST_RETRY = 60_000;
/** Answers of one meter that are kept for commands that are not queued here yet. */
const EARLY_ANSWERS = 16;

type Needs = {
  database: Database;
  domain: ReadingDomain;
  signer: LocalAccount;
  /** Publishes at QoS 1; rejects when the broker is away. */
  publish: (serial: string, text: string) => Promise<unknown>;
  /** Whether this node sends what every member has queued since `since` (milliseconds). */
  leads: (name: string, since: number) => boolean;
  metrics: Metrics;
  log: Log;
};

/** What is to be commanded. */
type Wish = {
  serial: string;
  name: CommandName;
  /** They have passed `commandArguments[name]`. */
  values: CommandArguments;
  /** Unix seconds. */
  deadline: number;
  tradeId?: bigint;
  /** The same at every member of the committee, for what follows from the chain. */
  id?: string;
  requestedBy: string;
};

/** Signs wishes and stores them, one after another, so that nonces grow. */
function makeSigning({ database, domain, signer }: Needs, ledger: CommandLedger) {
  let signing: Promise<unknown> = Promise.resolve();

  /** Time keeps nonces growing for a device that has outlived this store. */
  function nextNonce(serial: string): bigint {
    const highest = ledger.highestNonce.get(serial)!.nonce ?? 0n;
    const clock = BigInt(time.now());
    return clock > highest ? clock : highest + 1n;
  }

  function idOf({ id, tradeId }: Wish): string {
    if (id !== undefined) return id;
    if (tradeId === undefined) return random.uuid();
    return `trade-${tradeId}-${ledger.ofTrade.get(tradeId)!.count + 1n}`;
  }

  async function sign(wish: Wish, bind: (commandId: string) => void) {
    const { serial, name, values, deadline, tradeId, requestedBy } = wish;
    const id = idOf(wish);
    const queued = ledger.one.get(id);
    if (queued) return { row: queued, isNew: false };
    const nonce = nextNonce(serial);
    const command = { id, name, arguments: values, nonce, deadline, tradeId };
    const text = commandText(await signCommand(domain, serial, command, signer));
    const now = time.now();
    const row = database.transaction(() => {
      const trade = tradeId ?? null;
      const stored = ledger.insert.get(
        id,
        serial,
        name,
        text,
        nonce,
        deadline,
        trade,
        requestedBy,
        now,
        now,
      )!;
      ledger.note(id, "queued", `by ${requestedBy}`);
      bind(id);
      return stored;
    })();
    return { row, isNew: true };
  }

  /** @param then What is done before the next one is signed */
  return <T>(
    wish: Wish,
    bind: (commandId: string) => void,
    then: (signed: { row: CommandRow; isNew: boolean }) => Promise<T>,
  ): Promise<T> => {
    const work = signing.then(async () => then(await sign(wish, bind)));
    signing = work.catch(() => {});
    return work;
  };
}

/** Sends a command that is due, where it is this node's to send. */
function makeSend({ publish, leads, log }: Needs, ledger: CommandLedger) {
  const publishing = makeTrouble("publishing commands", log);
  return async function send(row: CommandRow): Promise<void> {
    const shared = row.trade_id === null ? sharedId.exec(row.id)?.[0] : `trade ${row.trade_id}`;
    if (shared !== undefined && !leads(shared, Number(row.created_at))) return;
    const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Number(row.tries));
    try {
      await publish(row.serial, row.message);
      if (ledger.setSent.run(time.now() + wait, row.id).changes === 1) ledger.note(row.id, "sent", "");
      publishing.done();
    } catch (error) {
      publishing.failed(error);
    }
  };
}

/** Another member's command of the same id may say something else: an answer to that is none to this one. */
const isAbout = ({ of }: Ack, { message }: CommandRow): boolean =>
  of === undefined || of === commandDigest(parseCommand(Buffer.from(message)));

/**
 * Answers to commands that another member has queued already and this one has not: what follows from the chain reaches
 * each at its own moment, and a device that obeys at once is quicker than the slowest of them. Not stored: what a
 * restart forgets is asked again under the same id.
 */
function makeEarlyAnswers() {
  const bySerial = new Map<string, Ack[]>();
  return {
    keep: (serial: string, ack: Ack): void =>
      void bySerial.set(serial, [...(bySerial.get(serial) ?? []), ack].slice(-EARLY_ANSWERS)),
    take: (row: CommandRow): Ack | undefined => {
      const { serial } = row;
      const answers = bySerial.get(serial);
      const answer = answers?.find((ack) => ack.id === row.id && isAbout(ack, row));
      if (answer)
        bySerial.set(
          serial,
          answers!.filter((ack) => ack !== answer),
        );
      return answer;
    },
  };
}

export type Commands = ReturnType<typeof makeCommands>;

export function makeCommands(needs: Needs) {
  const { database, metrics, log } = needs;
  const ledger = makeCommandLedger(database);
  const inTurn = makeSigning(needs, ledger);
  const send = makeSend(needs, ledger);
  const early = makeEarlyAnswers();
  const listeners: ((command: StoredCommand) => void)[] = [];
  let checking: Promise<void> | undefined;

  function conclude(row: CommandRow, state: "done" | "rejected" | "expired", reason: string): void {
    ledger.setOutcome.run(state, reason, row.id);
    ledger.note(row.id, state, reason);
    metrics.commands.inc({ outcome: state });
    log.info(`${row.name} ${row.id} to ${row.serial}: ${state}${reason ? ` (${reason})` : ""}`);
    for (const listener of listeners) listener(ledger.commandOf({ ...row, state, reason }));
  }

  function acknowledged(serial: string, ack: Ack): void {
    const row = ledger.one.get(ack.id);
    if (!row) early.keep(serial, ack);
    else if (!isAbout(ack, row)) return;
    else if (row.serial === serial && row.state !== "done" && row.state !== "rejected")
      conclude(row, ack.state, ack.reason);
  }

  async function checkAll(): Promise<void> {
    for (const row of ledger.due.all(time.now())) {
      if (Number(row.deadline) * 1_000 < time.now())
        conclude(row, "expired", "no answer before the deadline");
      else await send(row);
    }
  }

  return {
    /**
     * Signs, stores and sends a command. What follows from the chain has the same `id` at every member of the committee,
     * so that the device carries it out once, whoever sends it; one that is queued already stays as it is.
     * `bind` runs in the same database transaction.
     */
    queue: (wish: Wish, bind: (commandId: string) => void = () => {}): Promise<StoredCommand> =>
      inTurn(wish, bind, async ({ row, isNew }) => {
        const answer = early.take(row);
        if (answer) acknowledged(row.serial, answer);
        else if (isNew) await send(row);
        return ledger.commandOf(ledger.one.get(row.id)!);
      }),
    /** A device's answer. Late ones are recorded as well, early ones once the command is queued. */
    acknowledged,
    /** Sends what is due again and lets go of what is too late. Call it every second or so. */
    check: (): Promise<void> => {
      checking ??= checkAll().finally(() => {
        checking = undefined;
      });
      return checking;
    },
    /** Told of every command that is done, rejected or expired. */
    onConcluded: (listener: (command: StoredCommand) => void) => void listeners.push(listener),
    /** The newest commands to a meter. */
    page: ledger.page,
    named: ledger.named,
  };
}
