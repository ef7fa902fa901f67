/** The commands' tables: each command, and what was done about it. */

import {
  type CommandName,
  commandText,
  needsQuorum,
  type SignedCommand,
} from "@enerlink/protocol/wire/command";
import type { Given } from "@enerlink/protocol/wire/committee";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

export type CommandState = "queued" | "sent" | "done" | "rejected" | "expired";

export type StoredCommand = {
  id: string;
  /** A meter's later commands have higher ones. */
  nonce: bigint;
  serial: string;
  name: CommandName;
  arguments: Record<string, string>;
  state: CommandState;
  reason: string;
  /** Unix seconds. */
  deadline: number;
  tradeId: bigint | undefined;
  /** The address that asked for it, or what the node acted on. */
  requestedBy: string;
  /** Milliseconds. */
  createdAt: number;
  /** What was done about it, oldest first; `at` in milliseconds. */
  history: { at: number; event: CommandState; detail: string }[];
};

export type CommandRow = {
  id: string;
  nonce: bigint;
  serial: string;
  name: CommandName;
  message: string;
  deadline: bigint;
  trade_id: bigint | null;
  requested_by: string;
  state: CommandState;
  reason: string;
  tries: bigint;
  created_at: bigint;
  /** JSON. */
  given: string | null;
};

function makeStatements(database: Database) {
  const insert = database.prepare<unknown[], CommandRow>(
    `INSERT INTO commands (id, serial, name, message, nonce, deadline, trade_id, requested_by, state, next_at, created_at, given)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?) RETURNING *`,
  );
  const insertEvent = database.prepare(
    "INSERT INTO command_events (command_id, at, event, detail) VALUES (?, ?, ?, ?)",
  );
  const eventsOf = database.prepare<unknown[], { at: bigint; event: CommandState; detail: string }>(
    "SELECT at, event, detail FROM command_events WHERE command_id = ? ORDER BY id",
  );
  const highestNonce = database.prepare<unknown[], { nonce: bigint | null }>(
    "SELECT max(nonce) AS nonce FROM commands WHERE serial = ?",
  );
  const ofTrade = database.prepare<unknown[], { count: bigint }>(
    "SELECT count(*) AS count FROM commands WHERE trade_id = ?",
  );
  const due = database.prepare<unknown[], CommandRow>(
    "SELECT * FROM commands WHERE state IN ('queued', 'sent') AND next_at <= ? ORDER BY created_at",
  );
  const one = database.prepare<unknown[], CommandRow>("SELECT * FROM commands WHERE id = ?");
  const ofMeter = database.prepare<unknown[], CommandRow>(
    "SELECT * FROM commands WHERE serial = ? AND nonce < coalesce(?, 9223372036854775807) ORDER BY nonce DESC LIMIT ?",
  );
  const ofName = database.prepare<unknown[], CommandRow>(
    "SELECT * FROM commands WHERE serial = ? AND name = ? ORDER BY nonce DESC",
  );
  const ofSerial = database.prepare<unknown[], Pick<CommandRow, "id" | "name" | "nonce" | "state">>(
    "SELECT id, name, nonce, state FROM commands WHERE serial = ? ORDER BY nonce DESC",
  );
  const ofNonce = database.prepare("SELECT 1 FROM commands WHERE serial = ? AND nonce = ?");
  const setMessage = database.prepare("UPDATE commands SET message = ?, nonce = ? WHERE id = ?");
  const postpone = database.prepare(
    "UPDATE commands SET tries = tries + 1, next_at = ? WHERE id = ? AND state IN ('queued', 'sent')",
  );
  const setSent = database.prepare(
    "UPDATE commands SET state = 'sent', tries = tries + 1, next_at = ? WHERE id = ? AND state IN ('queued', 'sent')",
  );
  const setOutcome = database.prepare("UPDATE commands SET state = ?, reason = ? WHERE id = ?");
  return {
    insert,
    insertEvent,
    eventsOf,
    highestNonce,
    ofTrade,
    due,
    one,
    ofMeter,
    ofName,
    ofSerial,
    ofNonce,
    setMessage,
    postpone,
    setSent,
    setOutcome,
  };
}

export type CommandLedger = ReturnType<typeof makeCommandLedger>;

export function makeCommandLedger(database: Database) {
  const statements = makeStatements(database);
  const { insert, insertEvent, eventsOf, ofSerial, ofNonce, one, ofMeter, ofName } = statements;
  /** Writes down what was done about a command. Never changed, never deleted. */
  const note = (id: string, event: CommandState, detail: string) =>
    insertEvent.run(id, time.now(), event, detail);

  function commandOf(row: CommandRow): StoredCommand {
    const values = JSON.parse(row.message).arguments as Record<string, unknown>;
    return {
      id: row.id,
      nonce: row.nonce,
      serial: row.serial,
      name: row.name,
      arguments: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)])),
      state: row.state,
      reason: row.reason,
      deadline: Number(row.deadline),
      tradeId: row.trade_id ?? undefined,
      requestedBy: row.requested_by,
      createdAt: Number(row.created_at),
      history: eventsOf.all(row.id).map((event) => ({ ...event, at: Number(event.at) })),
    };
  }

  /** The newest commands to a meter, of those with a nonce below `before` where that is given. */
  const page = (serial: string, limit: number, before?: bigint) =>
    ofMeter.all(serial, before, limit).map(commandOf);

  /** All of one kind to a meter, the newest first; read as far as they are looked at. */
  function* named(serial: string, name: CommandName) {
    for (const row of ofName.iterate(serial, name)) yield commandOf(row);
  }

  /**
   * Writes a command down; `bind` runs in the same transaction. One that another member sends is not due before its time
   * is over.
   * @throws RangeError where the meter has another of that nonce
   */
  const add = database.transaction(
    (
      serial: string,
      command: SignedCommand,
      {
        requestedBy,
        given,
        sentBy,
        bind = () => {},
      }: {
        requestedBy: string;
        given?: Given | undefined;
        /** Undefined where this node does. */
        sentBy?: string;
        bind?: (commandId: string) => void;
      },
    ): CommandRow => {
      const { id, name, nonce, deadline, tradeId } = command;
      if (ofNonce.get(serial, nonce)) throw new RangeError(`${serial} has another command of nonce ${nonce}`);
      const now = time.now();
      const due = sentBy === undefined ? now : (deadline + 1) * 1_000;
      const text = commandText(command);
      const wish = given ? JSON.stringify(given) : null;
      const row = insert.get(
        ...[id, serial, name, text, nonce, deadline, tradeId ?? null, requestedBy, due, now, wish],
      )!;
      note(id, "queued", `by ${requestedBy}${sentBy === undefined ? "" : `, sent by ${sentBy}`}`);
      bind(id);
      return row;
    },
  );

  const find = (id: string): StoredCommand | undefined => {
    const row = one.get(id);
    return row && commandOf(row);
  };

  /**
   * The nonce of the latest command to a meter that a quorum signs, beside the one of this id: what was refused by the
   * committee or the device, or never signed, is none.
   */
  function lastSwitch(serial: string, except: string): bigint | undefined {
    for (const { id, name, nonce, state } of ofSerial.iterate(serial))
      if (needsQuorum(name) && id !== except && state !== "rejected" && state !== "expired") return nonce;
    return undefined;
  }

  return { ...statements, add, note, page, named, find, lastSwitch, commandOf };
}
