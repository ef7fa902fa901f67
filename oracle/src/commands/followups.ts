/**
 * What devices are told because of what happened on the chain: their new register epoch, and by setting to zero their
 * display once a settlement is final. Every member queues the same command under the same id; one of them sends it.
 */
import { energyConverterAbi, serialOf } from "@enerlink/contracts";
import { type Address, isAddressEqual, parseEventLogs } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Events } from "../events.ts";
import { type Log, messageOf } from "../log.ts";
import type { CommandArguments, CommandName } from "./command.ts";
import type { Commands } from "./commands.ts";

/** Seconds for which the commands hold: a device that is away for longer is told by an operator. */
const EPOCH_LIFE = 7 * 86_400;
const RESET_LIFE = 900;

export function makeFollowUps({
  energyConverter,
  mirror,
  commands,
  events,
  displayReset,
  log,
  now = Date.now,
}: {
  energyConverter: Address;
  mirror: Pick<Mirror, "meter">;
  commands: Pick<Commands, "queue">;
  events: Pick<Events, "subscribe">;
  /** Whether devices zero their display once a settlement is final. */
  displayReset: boolean;
  log: Log;
  now?: () => number;
}): { onLogs: LogListener; stop: () => void } {
  async function tell(meter: Meter, id: string, name: CommandName, values: CommandArguments, life: number) {
    // A device that does not sign does not know our commands.
    if (!meter.key) return;
    const deadline = Math.floor(now() / 1_000) + life;
    await commands.queue({ serial: meter.serial, name, values, deadline, id, requestedBy: "chain" });
  }

  const onLogs: LogListener = async (logs) => {
    for (const { address, args } of parseEventLogs({
      abi: energyConverterAbi,
      eventName: "EpochDeclared",
      logs,
    })) {
      if (!isAddressEqual(address, energyConverter)) continue;
      const meter = mirror.meter(serialOf(args.meterId));
      // A device begins in its first epoch by itself; an epoch that is over concerns nobody.
      if (!meter || args.epoch === 1 || meter.epoch !== args.epoch) continue;
      const { serial, epoch } = meter;
      await tell(meter, `epoch-${serial}-${epoch}`, "epoch", { epoch: BigInt(epoch) }, EPOCH_LIFE);
    }
  };

  const stop = events.subscribe(({ event, data }) => {
    if (!displayReset || event !== "settlement_completed" || data.state !== "settled") return;
    const meter = mirror.meter(String(data.meterId));
    // The transaction is the same for every member.
    const settlement = String(data.transactionHash).slice(2, 18);
    if (meter)
      tell(meter, `reset-${meter.serial}-${settlement}`, "display-reset", {}, RESET_LIFE).catch((error) =>
        log.warn(`${meter.serial} could not be told to zero its display: ${messageOf(error)}`),
      );
  });

  return { onLogs, stop };
}
