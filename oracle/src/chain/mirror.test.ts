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

const mirrorOf = (client: PublicClient) =>
  makeMirror({
    owns: () => true,
    client,
    deployment: { contracts: {} } as Deployment,
    log: makeLog({ level: "error" }),
  });

test("a rating that takes effect by time alone is read again then, and once", async () => {
  const { chain, client } = makeChain();
  const mirror = await mirrorOf(client);
  const seen: number[] = [];
  mirror.onMeter(({ exportWatts }) => void seen.push(exportWatts));
  await mirror.onHead(999n);
  expect([mirror.meter(SERIAL)?.exportWatts, chain.reads]).toEqual([5_000, 1]);
  chain.time = CHANGES_AT;
  await mirror.onHead(1_000n);
  await mirror.onHead(1_001n);
  expect([mirror.meter(SERIAL)?.exportWatts, chain.reads]).toEqual([2_000, 2]);
  expect(seen).toEqual([2_000]);
});

test("what replaced blocks had is read again, with a later head where the chain did not answer at first", async () => {
  const { chain, client } = makeChain();
  const mirror = await mirrorOf(client);
  await mirror.onHead(901n);
  expect(chain.reads).toBe(1);
  mirror.reorganised(1n);
  const { getBlockNumber } = client;
  client.getBlockNumber = () => Promise.reject(new Error("no answer"));
  await expect(mirror.onHead(902n)).rejects.toThrow("no answer");
  client.getBlockNumber = getBlockNumber;
  for (const time of [903n, 904n]) await mirror.onHead(time);
  expect(chain.reads).toBe(2);
});
