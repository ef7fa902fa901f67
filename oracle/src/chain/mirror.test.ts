import { MeterStatus, meterId } from "@enerlink/protocol";
import type { Deployment } from "@enerlink/protocol/deployment";
import { makeLog } from "@enerlink/service/log";
import { type PublicClient, zeroAddress, zeroHash } from "viem";
import { expect, test } from "vitest";
import { makeMirror } from "./mirror.ts";

const SERIAL = "home-1";
const CHANGES_AT = 1_000;

/** A chain of one meter, of 5 kW until it is of 2 kW both ways. */
function makeChain() {
  const chain = { time: 900, reads: 0 };
  const changed = () => chain.time >= CHANGES_AT;
  const answers: Record<string, () => unknown> = {
    TOLERANCE: () => 60,
    PATIENCE: () => 600,
    communityCount: () => 0,
    unsignedSettlement: () => false,
    meterCount: () => 1,
    meterIdOf: () => meterId(SERIAL),
    members: () => [],
    quorum: () => 1,
    configuration: () => 1,
    settled: () => [0n, 0n, 0n, 0n, CHANGES_AT, 1],
    nextRating: () => [2_000, 2_000, CHANGES_AT],
    allowedRating: () => (changed() ? [2_000, 2_000] : [5_000, 5_000]),
    meter: () => {
      chain.reads++;
      return {
        ...{ owner: zeroAddress, pendingOwner: zeroAddress, kind: 0, trust: 0, status: MeterStatus.Active },
        ...{ connectionPoint: zeroHash, keyX: zeroHash, keyY: zeroHash, epoch: 1, epochDeclaredAt: 0 },
        ...{ activeFrom: 0, capacityWh: 0n, exportWatts: 5_000, importWatts: 5_000 },
      };
    },
  };
  const client = {
    getBlockNumber: async () => 1n,
    readContract: async ({ functionName }: { functionName: string }) => answers[functionName]!(),
  } as unknown as PublicClient;
  return { chain, client };
}

test("a rating that takes effect by time alone is read again then, and once", async () => {
  const { chain, client } = makeChain();
  const mirror = await makeMirror({
    owns: () => true,
    client,
    deployment: { contracts: {} } as Deployment,
    log: makeLog({ level: "error" }),
  });
  const seen: number[] = [];
  mirror.onMeter(({ exportWatts }) => void seen.push(exportWatts));
  await mirror.onTime(999n);
  expect([mirror.meter(SERIAL)?.exportWatts, chain.reads]).toEqual([5_000, 1]);
  chain.time = CHANGES_AT;
  await mirror.onTime(1_000n);
  await mirror.onTime(1_001n);
  expect([mirror.meter(SERIAL)?.exportWatts, chain.reads]).toEqual([2_000, 2]);
  expect(seen).toEqual([2_000]);
});
