/** What a meter says beside its readings, on topics of its own: status, telemetry, acknowledgements of commands. */

import { parseAck } from "@enerlink/protocol/wire/command";
import { MessageError, type MessageFault } from "@enerlink/protocol/wire/message";
import { parseStatus, parseTelemetry } from "@enerlink/protocol/wire/presence";
import type { MessageKind } from "@enerlink/protocol/wire/topics";
import { messageOf } from "@enerlink/service/log";
import { IdentityError } from "../adapters/fault.ts";
import type { Meter } from "../chain/mirror.ts";
import type { Commands } from "../commands/commands.ts";
import type { Holds } from "../meters/holds.ts";
import type { Power } from "../meters/power.ts";
import type { Presence } from "../meters/presence.ts";

/** Why it is not taken. */
export type NativeFault = { fault: MessageFault | "wrong-serial"; detail: string };

export function makeNative({
  presence,
  holds,
  power,
  commands,
  now,
}: {
  presence: Pick<Presence, "status" | "telemetry">;
  holds: Pick<Holds, "of" | "place" | "release">;
  power: Pick<Power, "add">;
  commands: Pick<Commands, "acknowledged">;
  /** Milliseconds. */
  now: () => number;
}) {
  /** What the device reports of its case and its wiring holds it as long as it reports it. */
  function heldForTampering({ serial, epoch }: Meter, tamper: string[]): void {
    if (tamper.length > 0)
      holds.place(serial, { epoch, reason: "tamper", detail: tamper.join(", "), since: now() });
    else if (holds.of(serial, epoch)?.reason === "tamper") holds.release(serial);
  }

  const take: Record<Exclude<MessageKind, "reading">, (meter: Meter, payload: Uint8Array) => void> = {
    ack: ({ serial }, payload) => commands.acknowledged(serial, parseAck(payload)),
    status: (meter, payload) => {
      const status = parseStatus(payload);
      presence.status(meter.serial, status);
      heldForTampering(meter, status.tamper);
    },
    telemetry: ({ serial }, payload) => {
      const telemetry = parseTelemetry(payload);
      if (telemetry.serial !== serial)
        throw new IdentityError("serial", `${telemetry.serial} on the topic of ${serial}`);
      presence.telemetry(serial, telemetry);
      power.add(serial, telemetry);
    },
  };

  return function native(
    meter: Meter,
    kind: keyof typeof take,
    payload: Uint8Array,
  ): NativeFault | undefined {
    try {
      take[kind](meter, payload);
      return undefined;
    } catch (error) {
      const detail = `${kind}: ${messageOf(error)}`;
      if (error instanceof IdentityError) return { fault: "wrong-serial", detail };
      if (error instanceof MessageError) return { fault: error.fault, detail };
      throw error;
    }
  };
}
