/**
 * What happens, for those who listen. What is told on `/ws` is kept for a week, told once, and the same
 * at every node wherever it follows from the chain; whoever was away asks for what came after the last id it heard.
 */
import { EventEmitter } from "node:events";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

/** On `/ws`, the first five under the first version's names. */
export const socketEvents = [
  "settlement_started",
  "settlement_completed",
  "device_offline",
  "order_matched",
  "transaction_success",
  "slot_cleared",
  "root_committed",
] as const;
export type SocketEvent = (typeof socketEvents)[number];

/** What else subscribers hear; it is kept in tables of its own. */
export type EventName = SocketEvent | "command_concluded" | "alert_raised" | "alert_ended";

export type Message = {
  /** Grows with every event that this node keeps; undefined for one that is not kept. */
  id: string | undefined;
  event: EventName;
  data: Record<string, unknown>;
};

/** Something that is told once: `key` says what, and is the same if it is found again. */
export type Happening = { key: string; event: SocketEvent; data: Record<string, unknown> };

/** Events that only a meter's owner and operators hear; their data names the meter. */
const privateEvents: readonly EventName[] = [
  "device_offline",
  "command_concluded",
  "alert_raised",
  "alert_ended",
];
export const isPrivate = (event: EventName): boolean => privateEvents.includes(event);
export const isAlert = (event: EventName): boolean => event === "alert_raised" || event === "alert_ended";

/** For how long events are kept, and how far back into the chain's past a new store looks for them. */
export const KEPT_SECONDS = 7 * 86_400;
/** Rows that are let go at once. */
const PORTION = 500;

type Row = { id: bigint; event: SocketEvent; data: string };
const messageOf = ({ id, event, data }: Row): Message => ({
  id: id.toString(),
  event,
  data: JSON.parse(data),
});

/** Those that are kept, as they are read. */
export function makeEventLog(database: Database) {
  const after = database.prepare<unknown[], Row>(
    "SELECT id, event, data FROM events WHERE id > ? ORDER BY id LIMIT ?",
  );
  const newest = database.prepare<unknown[], bigint>("SELECT max(id) FROM events").pluck();
  return {
    /** The id of the newest; 0 where there is none. */
    newest: (): bigint => newest.get() ?? 0n,
    /** The first events after the one with the id `after`, oldest first. */
    page: (id: bigint, limit: number): Message[] => after.all(id, limit).map(messageOf),
  };
}
export type EventLog = ReturnType<typeof makeEventLog>;

export type Events = ReturnType<typeof makeEvents>;

export function makeEvents({ database, now = time.now }: { database: Database; now?: () => number }) {
  const insert = database.prepare<unknown[], Row>(
    `INSERT INTO events (key, event, data, told_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING RETURNING id, event, data`,
  );
  const forget = database.prepare(
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE told_at < ? ORDER BY id LIMIT ?)",
  );
  const oldest = database.prepare<unknown[], bigint | null>("SELECT min(told_at) FROM events").pluck();
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);

  /** Keeps what was not told yet, in this order. @returns that, to be sent once it is committed. */
  const keep = database.transaction((happenings: readonly Happening[]): Message[] =>
    happenings.flatMap(({ key, event, data }) => {
      const row = insert.get(key, event, JSON.stringify(data), now());
      return row ? [messageOf(row)] : [];
    }),
  );
  function send(messages: readonly Message[]): void {
    for (const message of messages) emitter.emit("event", message);
  }

  return {
    keep,
    send,
    /** Keeps and sends what was not told yet. */
    tell: (...happenings: Happening[]): void => send(keep(happenings)),
    /** Sends what is kept elsewhere, or not at all. */
    emit: (event: EventName, data: Record<string, unknown>): void => send([{ id: undefined, event, data }]),
    /** Lets some of what is too old go. Call it every second or so. */
    check: (): void => {
      const horizon = now() - KEPT_SECONDS * 1_000;
      // Most often there is none, and a write that changes nothing costs ten times this look.
      if ((oldest.get() ?? horizon) < horizon) forget.run(horizon, PORTION);
    },
    /** @returns how to stop listening. */
    subscribe: (listener: (message: Message) => void): (() => void) => {
      emitter.on("event", listener);
      return () => void emitter.off("event", listener);
    },
  };
}
