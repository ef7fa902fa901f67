/**
 * Whether the broker carries this node's largest message to the committee: it is sent once, and comes back. Brokers say
 * neither what they carry nor what they let a user write: what is too large ends the connection, what is not allowed
 * vanishes.
 */

import { committeeTopic, LARGEST_BYTES } from "@enerlink/protocol/wire/committee";
import type { Shard } from "@enerlink/protocol/wire/shard";
import type { Log } from "@enerlink/service/log";
import type { Address } from "viem";
import { type Timer, time } from "../seams/time.ts";

/** Milliseconds in which the message comes back, and until it is tried again when it has not. */
const WITHIN = 5_000;
const AGAIN_AFTER = 60_000;

export type Probe = ReturnType<typeof makeProbe>;

export function makeProbe({
  self,
  shard,
  publish,
  log,
}: {
  self: Address;
  shard?: Shard;
  /** Rejects when the broker is away. */
  publish: (topic: string, text: string) => Promise<unknown>;
  log: Log;
}) {
  const topic = committeeTopic(self, "probe", shard);
  let timer: Timer | undefined;
  let trouble: string | undefined;

  function failed(): void {
    if (!trouble)
      log.error(
        `messages of ${LARGEST_BYTES} bytes do not come back from the broker: trying again each minute`,
      );
    trouble = `the broker does not carry messages of ${LARGEST_BYTES} bytes to the committee, or does not let this node's user write to ${topic}`;
    timer = time.setTimeout(send, AGAIN_AFTER);
  }

  async function send(): Promise<void> {
    time.clear(timer);
    timer = time.setTimeout(failed, WITHIN);
    try {
      await publish(topic, "0".repeat(LARGEST_BYTES));
    } catch (error) {
      log.debug({ err: error }, "the broker is not tried");
      time.clear(timer);
      timer = time.setTimeout(send, WITHIN);
    }
  }

  return {
    send,
    /** It came back. */
    heard: (): void => {
      time.clear(timer);
      trouble = undefined;
    },
    /** Why batches may not reach the others, if so. */
    obstacle: () => trouble,
    stop: () => time.clear(timer),
  };
}
