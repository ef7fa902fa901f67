/**
 * Sends alerts to a webhook: each when it is raised and when it ends, again after a failure, in order of their times.
 * The body is signed, so that the receiver knows who speaks: HMAC-SHA256 of `<timestamp>.<body>`.
 */
import { createHmac } from "node:crypto";
import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { Metrics } from "../metrics.ts";
import { network } from "../seams/network.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import { type AlertRow, alertBody, alertOf } from "./alerts.ts";

/** Milliseconds. */
const TIMEOUT = 5_000;
const FIRST_RETRY = 2_000;
const MOST_TRIES = 12;
const AT_ONCE = 20;

export const signatureOf = (secret: string, timestamp: string, body: string) =>
  `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;

export type Webhook = ReturnType<typeof makeWebhook>;

export function makeWebhook({
  database,
  url,
  secret,
  metrics,
  log,
  now = time.now,
}: {
  database: Database;
  url: string;
  secret: string;
  metrics: Pick<Metrics, "webhookFailures">;
  log: Log;
  now?: () => number;
}) {
  const due = database.prepare<unknown[], AlertRow & { webhook_tries: bigint }>(
    "SELECT * FROM alerts WHERE webhook_at <= ? ORDER BY webhook_at, id LIMIT ?",
  );
  // An alert that ended while it was being sent is due again.
  const told = database.prepare(
    "UPDATE alerts SET webhook_at = NULL WHERE id = ? AND ended_at IS ? AND webhook_at IS NOT NULL",
  );
  const later = database.prepare(
    "UPDATE alerts SET webhook_at = ?, webhook_tries = webhook_tries + 1 WHERE id = ? AND ended_at IS ?",
  );
  const trouble = makeTrouble("sending alerts to ALERT_WEBHOOK_URL", log);
  let running: Promise<void> | undefined;

  async function send(row: AlertRow & { webhook_tries: bigint }): Promise<void> {
    const body = JSON.stringify(alertBody(alertOf(row)));
    const timestamp = Math.floor(now() / 1_000).toString();
    try {
      const response = await network.fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-enerlink-timestamp": timestamp,
          "x-enerlink-signature": signatureOf(secret, timestamp, body),
        },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      told.run(row.id, row.ended_at);
      trouble.done();
    } catch (error) {
      metrics.webhookFailures.inc();
      const tries = Number(row.webhook_tries) + 1;
      if (tries >= MOST_TRIES) {
        told.run(row.id, row.ended_at);
        log.error(
          { err: error, alert: row.id },
          `ALERT_WEBHOOK_URL: an alert is not sent after ${tries} tries`,
        );
        return;
      }
      later.run(now() + FIRST_RETRY * 2 ** (tries - 1), row.id, row.ended_at);
      trouble.failed(error);
    }
  }

  /** Sends what is due. Call it every second or so. */
  function check(): Promise<void> {
    running ??= (async () => {
      for (const row of due.all(now(), AT_ONCE)) await send(row);
    })().finally(() => {
      running = undefined;
    });
    return running;
  }

  return { check };
}
