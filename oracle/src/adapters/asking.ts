/** Sends devices what they are to be asked for, each at most twice a minute: what asks for it comes with every message. */
import type { Log } from "@enerlink/service/log";
import { time } from "../seams/time.ts";
import type { Request } from "./observation.ts";

/** Venus OS falls silent after a minute. */
const PAUSE = 30_000;

export function makeAsking({
  publish,
  log,
  now = time.now,
}: {
  /** Rejects when it could not be sent. */
  publish: (topic: string, payload: Uint8Array) => Promise<void>;
  log: Pick<Log, "debug" | "warn">;
  now?: () => number;
}) {
  const asked = new Map<string, number>();

  return function ask({ topic, payload }: Request): void {
    if (now() - (asked.get(topic) ?? Number.NEGATIVE_INFINITY) < PAUSE) return;
    asked.set(topic, now());
    log.debug(`asking at ${topic}`);
    publish(topic, payload).catch((error) => log.warn({ err: error }, `could not ask at ${topic}`));
  };
}
