/**
 * Commands on their way: queued → sent → done, rejected or expired. A command is stored before it is sent, and sent again
 * under the same id until the device answers or the deadline passes. What switches a house's power is sent once a quorum
 * has signed it.
 */
import {
  type Ack,
  type Command,
  type CommandArguments,
  type CommandName,
  commandDigest,
  commandOfWish,
  commandText,
  needsQuorum,
  parseCommand,
  type SignedCommand,
  signCommand,
} from "@enerlink/protocol/wire/command";
import type { Given } from "@enerlink/protocol/wire/committee";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { LocalAccount } from "viem";
import type { Metrics } from "../metrics.ts";
import { random } from "../seams/random.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { type CommandLedger, type CommandRow, makeCommandLedger, type StoredCommand } from "./ledger.ts";
import type { Quorum } from "./quorum.ts";

export type { CommandState, StoredCommand } from "./ledger.ts";

const FIRST_RETRY = 2_000;
/** Ids of what every member queues, beside a trade's. */
const sharedId = /^(?:epoch|reset|credit|committee)-.+/;
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
  /** Has the others sign what needs them, and says whether that is enough by the present committee. */
  quorum: Pick<Quorum, "gather" | "isEnough">;
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
  /** Of a signed wish, which the command follows from. */
  wished?: { nonce: bigint; given: Given };
};

/** Signs wishes and stores them, one after another, so that nonces grow. */
function makeSigning({ domain, signer }: Needs, ledger: CommandLedger) {
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

  function commandOf(wish: Wish): Command {
    const { serial, name, values, deadline, tradeId, wished } = wish;
    if (wished)
      return commandOfWish(domain, serial, { name, arguments: values, nonce: wished.nonce, deadline });
    return { id: idOf(wish), name, arguments: values, nonce: nextNonce(serial), deadline, tradeId };
  }

  async function sign(wish: Wish, bind: (commandId: string) => void) {
    const { serial, requestedBy, wished } = wish;
    const command = commandOf(wish);
    const queued = ledger.one.get(command.id);
    if (queued) return { row: queued, isNew: false };
    const signed = await signCommand(domain, serial, command, signer);
    return { row: ledger.add(serial, signed, { requestedBy, given: wished?.given, bind }), isNew: true };
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = signing.then(work);
    signing = done.catch(() => {});
    return done;
  }

  return {
    /** @param then What is done before the next one is signed */
    sign: <T>(
      wish: Wish,
      bind: (commandId: string) => void,
      then: (signed: { row: CommandRow; isNew: boolean }) => Promise<T>,
    ): Promise<T> => inTurn(async () => then(await sign(wish, bind))),
    /** The same command with a nonce of now: the first may be below what others have signed since. */
    renew: (row: CommandRow): Promise<SignedCommand> =>
      inTurn(async () => {
        const before = parseCommand(Buffer.from(row.message));
        const signed = await signCommand(
          domain,
          row.serial,
          { ...before, nonce: nextNonce(row.serial) },
          signer,
        );
        ledger.setMessage.run(commandText(signed), signed.nonce, row.id);
        return signed;
      }),
  };
}
type Signing = ReturnType<typeof makeSigning>;

/** Sends a command that is due, where it is this node's to send. */
function makeSend({ publish, leads, log }: Needs, ledger: CommandLedger) {
  const publishing = makeTrouble("publishing commands", log);
  const again = ({ tries }: CommandRow) =>
    time.now() + Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(Number(tries), 10));
  async function send(row: CommandRow): Promise<void> {
    try {
      await publish(row.serial, row.message);
      if (ledger.setSent.run(again(row), row.id).changes === 1) ledger.note(row.id, "sent", "");
      publishing.done();
    } catch (error) {
      publishing.failed(error);
    }
  }
  return {
    again,
    send,
    isOwn: ({ id, trade_id: trade, created_at: since }: CommandRow): boolean => {
      const shared = trade === null ? sharedId.exec(id)?.[0] : `trade ${trade}`;
      return shared === undefined || leads(shared, Number(since));
    },
  };
}

type Conclude = (row: CommandRow, state: "done" | "rejected" | "expired", reason: string) => void;

/** Has a quorum sign before a command is sent: one command after another, and nothing else waits for it. */
function makeJoint(
  { quorum: { gather, isEnough }, log }: Needs,
  ledger: CommandLedger,
  { renew }: Signing,
  { send, again }: ReturnType<typeof makeSend>,
  conclude: Conclude,
) {
  const asking = makeTrouble("having commands signed", log);
  const tried = new Map<string, Promise<void>>();
  let last: Promise<void> = Promise.resolve();

  async function ask(id: string): Promise<void> {
    const row = ledger.one.get(id)!;
    if (row.state !== "queued" && row.state !== "sent") return;
    const given = row.given === null ? null : (JSON.parse(row.given) as Given);
    const before = parseCommand(Buffer.from(row.message));
    if (before.signatures && (await isEnough(row.serial, before))) return send(row);
    const command = given || row.tries === 0n ? before : await renew(row);
    const gathered = await gather(row.serial, command, given);
    if ("signed" in gathered) {
      ledger.setMessage.run(commandText(gathered.signed), command.nonce, id);
      return send(ledger.one.get(id)!);
    }
    // What the chain asks for the others may not have seen yet.
    if ("refused" in gathered && given)
      return conclude(row, "rejected", `the committee does not sign it: ${gathered.refused}`);
    const why = "refused" in gathered ? gathered.refused : gathered.missing;
    log.info(`${row.name} ${id} to ${row.serial} waits for signatures: ${why}`);
    ledger.postpone.run(again(row), id);
  }

  return {
    /** Resolves once it was tried. */
    send: ({ id }: CommandRow): Promise<void> => {
      const under = tried.get(id);
      if (under) return under;
      const work = last
        .then(() => ask(id))
        .then(asking.done, asking.failed)
        .finally(() => tried.delete(id));
      tried.set(id, work);
      last = work;
      return work;
    },
    tried: (id: string): Promise<void> => tried.get(id) ?? Promise.resolve(),
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

const tooLate = ({ name, state }: CommandRow): string =>
  needsQuorum(name) && state === "queued"
    ? "not signed by a quorum, or not answered, before the deadline"
    : "no answer before the deadline";

export type Commands = ReturnType<typeof makeCommands>;

export function makeCommands(needs: Needs) {
  const { database, metrics, log } = needs;
  const ledger = makeCommandLedger(database);
  const signing = makeSigning(needs, ledger);
  const sending = makeSend(needs, ledger);
  const early = makeEarlyAnswers();
  const listeners: ((command: StoredCommand) => void)[] = [];
  let checking: Promise<void> | undefined;

  const conclude: Conclude = (row, state, reason) => {
    ledger.setOutcome.run(state, reason, row.id);
    ledger.note(row.id, state, reason);
    metrics.commands.inc({ outcome: state });
    log.info(`${row.name} ${row.id} to ${row.serial}: ${state}${reason ? ` (${reason})` : ""}`);
    for (const listener of listeners) listener(ledger.commandOf({ ...row, state, reason }));
  };
  const joint = makeJoint(needs, ledger, signing, sending, conclude);

  /** What a quorum has to sign is waited for by nobody else. */
  async function send(row: CommandRow): Promise<void> {
    if (!sending.isOwn(row)) return;
    if (needsQuorum(row.name)) void joint.send(row);
    else await sending.send(row);
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
      if (Number(row.deadline) * 1_000 < time.now()) conclude(row, "expired", tooLate(row));
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
      signing.sign(wish, bind, async ({ row, isNew }) => {
        const answer = early.take(row);
        if (answer) acknowledged(row.serial, answer);
        else if (isNew) await send(row);
        return ledger.commandOf(ledger.one.get(row.id)!);
      }),
    /** Resolves once the committee was asked for its signatures, where it is being asked; to the command as it is then. */
    tried: async (id: string): Promise<StoredCommand> => {
      await joint.tried(id);
      return ledger.find(id)!;
    },
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
