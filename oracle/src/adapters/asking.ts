/** Sends devices what they are to be asked for, each at most once a minute: what asks for it comes with every message. */
import type { Log } from "@enerlink/service/log";
import type { Request } from "./observation.ts";

const PAUSE = 60_000;

export function makeAsking({
  publish,
  log,
  now = Date.now,
}: {
  /** Rejects when it could not be sent. */
  publish: (topic: string, payload: Uint8Array) => Promise<void>;
  log: Pick<Log, "info" | "warn">;
  now?: () => number;
}) {
  const asked = new Map<string, number>();

  return function ask({ topic, payload }: Request): void {
    if (now() - (asked.get(topic) ?? Number.NEGATIVE_INFINITY) < PAUSE) return;
    asked.set(topic, now());
    log.info(`asking at ${topic}`);
    publish(topic, payload).catch((error) => log.warn({ err: error }, `could not ask at ${topic}`));
  };
}
