/**
 * Simulated roofs that nobody has yet. Each lives as one of the recorded homes did some weeks later; its meter is there
 * once its owner has accepted it, whoever registered it: the local installer, or somebody by hand.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, type Home, shiftedHome } from "@enerlink/oracle/simulator";
import { meterRegistryAbi, serialOf } from "@enerlink/protocol";
import { type Hex, zeroAddress } from "viem";
import { say } from "./output.ts";
import { meterKey } from "./setup.ts";
import { type Market, shortMessage } from "./wallet.ts";

const POLL_MS = 500;
/** Weeks of the record that none of the ten homes lives in at the same time. */
const WEEKS = 3;

/** Three for each of the ten recorded homes. */
export const roofs: readonly string[] = Array.from(
  { length: 10 * WEEKS },
  (_, index) => `roof-${String(index + 1).padStart(2, "0")}`,
);

/** How a roof's home lives. */
function homeOf(serial: string, recorded: readonly Home[]): Home {
  const place = roofs.indexOf(serial);
  const weeks = 1 + Math.floor(place / recorded.length);
  return shiftedHome(recorded[place % recorded.length]!, 7 * weeks, serial);
}

/** Connects each roof whose owner accepts it. @returns how to stop */
export function openRoofs(
  { client, deployment }: Market,
  fleet: Fleet,
  recorded: readonly Home[],
): () => void {
  const registry = { address: deployment.contracts.meterRegistry, abi: meterRegistryAbi } as const;

  async function connect(serial: string, meterId: Hex, acceptedIn: bigint): Promise<void> {
    const { keyX } = await client.readContract({ ...registry, functionName: "meter", args: [meterId] });
    // Somebody else's device, which goes by a roof's serial.
    if (keyX !== meterKey(serial).x) return;
    const { timestamp } = await client.getBlock({ blockNumber: acceptedIn });
    // A reading counts from the second after the acceptance on.
    while (Date.now() / 1_000 < Number(timestamp) + 1) await sleep(100);
    await fleet.connect(homeOf(serial, recorded));
    say("meters", `${serial} is accepted, and reports`);
  }

  return client.watchContractEvent({
    ...registry,
    eventName: "MeterTransferred",
    args: { from: zeroAddress },
    strict: true,
    pollingInterval: POLL_MS,
    onLogs: async (logs) => {
      for (const { args, blockNumber } of logs) {
        const serial = serialOf(args.meterId);
        if (!roofs.includes(serial)) continue;
        await connect(serial, args.meterId, blockNumber).catch((error) =>
          say("meters", `${serial} cannot be connected: ${shortMessage(error)}`),
        );
      }
    },
  });
}
