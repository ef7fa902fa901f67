/**
 * Commands on their way: queued → sent → done, rejected or expired. A command is stored before it is sent, and sent again
 * under the same id until the device answers or the deadline passes.
 */
import { randomUUID } from "node:crypto";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { LocalAccount } from "viem";
import type { Metrics } from "../metrics.ts";
import type { Database } from "../store/database.ts";
import {
  type Ack,
  type CommandArguments,
  type CommandName,
  commandText,
  signCommand,
} from "../wire/command.ts";
import type { ReadingDomain } from "../wire/reading.ts";
import { type CommandRow, makeCommandLedger, type StoredCommand } from "./ledger.ts";

export type { CommandState, StoredCommand } from "./ledger.ts";

const FIRST_RETRY = 2_000;
/** Ids of what every member queues, beside a trade's. */
const sharedId = /^(?:epoch|reset|credit)-.+/;
const LONGEST_RETRY = 60_000;

export type Commands = ReturnType<typeof makeCommands>;

export function makeCommands({
  database,
  domain,
  signer,
  publish,
  leads,
  metrics,
  log,
}: {
  database: Database;
  domain: ReadingDomain;
  signer: LocalAccount;
  /** Publishes at QoS 1; rejects when the broker is away. */
  publish: (serial: string, text: string) => Promise<unknown>;
  /** Whether this node sends what every member has queued since `since` (milliseconds). */
  leads: (name: string, since: number) => boolean;
  metrics: Metrics;
  log: Log;
}) {
  const ledger = makeCommandLedger(database);
  const { commandOf, note } = ledger;
  const listeners: ((command: StoredCommand) => void)[] = [];
  const publishing = makeTrouble("publishing commands", log);
  let checking: Promise<void> | undefined;
  let signing: Promise<unknown> = Promise.resolve();

  function conclude(row: CommandRow, state: "done" | "rejected" | "expired", reason: string): void {
    ledger.setOutcome.run(state, reason, row.id);
    note(row.id, state, reason);
    metrics.commands.inc({ outcome: state });
    log.info(`${row.name} ${row.id} to ${row.serial}: ${state}${reason ? ` (${reason})` : ""}`);
    for (const listener of listeners) listener(commandOf({ ...row, state, reason }));
  }

  async function send(row: CommandRow): Promise<void> {
    const shared = row.trade_id === null ? sharedId.exec(row.id)?.[0] : `trade ${row.trade_id}`;
    if (shared !== undefined && !leads(shared, Number(row.created_at))) return;
    const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Number(row.tries));
    try {
      await publish(row.serial, row.message);
      if (ledger.setSent.run(Date.now() + wait, row.id).changes === 1) note(row.id, "sent", "");
      publishing.done();
    } catch (error) {
      publishing.failed(error);
    }
  }

  /**
   * Signs, stores and sends a command. What follows from the chain has the same `id` at every member of the committee, so
   * that the device carries it out once, whoever sends it; one that is queued already stays as it is. `values` have passed `commandArguments[name]`; `deadline` in unix seconds.
   * `bind` runs in the same database transaction.
   */
  function queue(
    {
      serial,
      name,
      values,
      deadline,
      tradeId,
      id: given,
      requestedBy,
    }: {
      serial: string;
      name: CommandName;
      values: CommandArguments;
      deadline: number;
      tradeId?: bigint;
      id?: string;
      requestedBy: string;
    },
    bind: (commandId: string) => void = () => {},
  ): Promise<StoredCommand> {
    const work = signing.then(async () => {
      const attempt = () => `trade-${tradeId}-${ledger.ofTrade.get(tradeId)!.count + 1n}`;
      const id = given ?? (tradeId === undefined ? randomUUID() : attempt());
      const queued = ledger.one.get(id);
      if (queued) return commandOf(queued);
      // Time keeps nonces growing for a device that has outlived this store.
      const highest = ledger.highestNonce.get(serial)!.nonce ?? 0n;
      const clock = BigInt(Date.now());
      const nonce = clock > highest ? clock : highest + 1n;
      const command = { id, name, arguments: values, nonce, deadline, tradeId };
      const text = commandText(await signCommand(domain, serial, command, signer));
      const row = database.transaction(() => {
        const stored = ledger.insert.get(
          id,
          serial,
          name,
          text,
          nonce,
          deadline,
          tradeId ?? null,
          requestedBy,
          Date.now(),
          Date.now(),
        )!;
        note(id, "queued", `by ${requestedBy}`);
        bind(id);
        return stored;
      })();
      await send(row);
      return commandOf(ledger.one.get(id)!);
    });
    signing = work.catch(() => {});
    return work;
  }

  /** A device's answer. Late ones are recorded as well. */
  function acknowledged(serial: string, ack: Ack): void {
    const row = ledger.one.get(ack.id);
    if (!row || row.serial !== serial || row.state === "done" || row.state === "rejected") return;
    conclude(row, ack.state, ack.reason);
  }

  /** Sends what is due again and lets go of what is too late. Call it every second or so. */
  function check(): Promise<void> {
    checking ??= (async () => {
      for (const row of ledger.due.all(Date.now())) {
        if (Number(row.deadline) * 1_000 < Date.now())
          conclude(row, "expired", "no answer before the deadline");
        else await send(row);
      }
    })().finally(() => {
      checking = undefined;
    });
    return checking;
  }

  return {
    queue,
    acknowledged,
    check,
    /** Told of every command that is done, rejected or expired. */
    onConcluded: (listener: (command: StoredCommand) => void) => void listeners.push(listener),
    /** The newest commands to a meter. */
    of: ledger.of,
  };
}
