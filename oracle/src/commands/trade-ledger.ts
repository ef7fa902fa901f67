/** The trades' table: each accepted trade, the command that discharges it and the transaction that delivers it. */
import type { Database } from "../store/database.ts";

export type TradeRow = {
  id: bigint;
  serial: string;
  command_id: string | null;
  delivery_id: bigint | null;
  /** Milliseconds. */
  not_before: bigint;
};

export type TradeLedger = ReturnType<typeof makeTradeLedger>;

export function makeTradeLedger(database: Database) {
  return {
    /** Known already, it comes again elsewhere: a reorganisation has moved it. */
    accept: database.prepare(
      `INSERT INTO trades (id, serial, accepted_block, accepted_log, state) VALUES (?, ?, ?, ?, 'open')
       ON CONFLICT DO UPDATE SET accepted_block = excluded.accepted_block, accepted_log = excluded.accepted_log, state = 'open'
       WHERE (accepted_block, accepted_log) <> (excluded.accepted_block, excluded.accepted_log)`,
    ),
    open: database.prepare<unknown[], TradeRow>(
      "SELECT * FROM trades WHERE state = 'open' ORDER BY accepted_block, accepted_log",
    ),
    setCommand: database.prepare("UPDATE trades SET command_id = ? WHERE id = ?"),
    setDelivery: database.prepare("UPDATE trades SET delivery_id = ? WHERE id = ?"),
    deliveryEnded: database.prepare("UPDATE trades SET delivery_id = NULL WHERE delivery_id = ?"),
    postpone: database.prepare("UPDATE trades SET not_before = ? WHERE id = ?"),
    commandFailed: database.prepare(
      "UPDATE trades SET command_id = NULL, not_before = ? WHERE command_id = ?",
    ),
    close: database.prepare("UPDATE trades SET state = 'closed' WHERE id = ?"),
    delivering: database.prepare<unknown[], { serial: string }>(
      "SELECT serial FROM trades WHERE delivery_id IS NOT NULL",
    ),
  };
}
