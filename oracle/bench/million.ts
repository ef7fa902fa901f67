/**
 * More meters than a committee of three is asked for, through one root. Real: the tree over all their reports, the root's
 * commitment, the proofs, and the settlement of some meters by them on the chain, to the Wh. Not there: the readings'
 * signatures, the broker and the oracles, who name at most some 27,000 meters in a root (`LARGEST_ROOT`).
 */
import {
  merkleTree,
  meterId,
  oracleCommitteeAbi,
  type Report,
  registersRootTypedData,
  reportLeaf,
  settlementBatchTypedData,
} from "@enerlink/protocol";
import { developmentAccount } from "@enerlink/protocol/development";
import { type Abi, encodeFunctionData, type Hex } from "viem";
import { keccak } from "../src/seams/signatures.ts";
import { account, type Burst, makeFollower, mineAt, windowAfter } from "./burst.ts";
import { memoryOf } from "./figures.ts";
import { registersAt, serialOfMeter } from "./meters.ts";
import { startWorld, type World } from "./world.ts";

/** So many are registered and settled; a hundred with one proof. */
const SAMPLE = 1_000;
const WITH_ONE_PROOF = 100;
const EVERY = 3_600;
const GAS = 16_700_000n;
/** Who stands for the reports, and who brings them. */
const [MEMBER, SENDER] = [developmentAccount(7), developmentAccount(1).address];
const DEADLINE = 2n ** 40n;

const reportAt = (index: number, timestamp: number): Report => ({
  ...{ meterId: meterId(serialOfMeter(index)), timestamp, epoch: 1, storedWh: 0n },
  ...registersAt(index, timestamp),
});

/** Calls the committee. @returns the gas that it took @throws where it reverts */
async function call({ chain, oracleCommittee }: World, functionName: string, args: readonly unknown[]) {
  const data = encodeFunctionData({ abi: oracleCommitteeAbi as Abi, functionName, args });
  const hash = (await chain.request({
    method: "eth_sendTransaction",
    params: [{ from: SENDER, to: oracleCommittee, data, gas: `0x${GAS.toString(16)}` }],
  } as never)) as Hex;
  const { status, gasUsed } = await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  if (status !== "success") throw new Error(`${functionName} reverted`);
  return gasUsed;
}

/** The first settlement, from which energy counts, in batches that the member signs. */
async function settleFirst(world: World, timestamp: number, configuration: number): Promise<void> {
  const committee = world.oracleCommittee as Hex;
  for (let first = 0; first < SAMPLE; first += WITH_ONE_PROOF) {
    const reports = Array.from({ length: WITH_ONE_PROOF }, (_, index) => reportAt(first + index, timestamp));
    const batch = { reports, deadline: DEADLINE, configuration };
    const signature = await MEMBER.signTypedData(settlementBatchTypedData(31_337, committee, batch));
    await call(world, "submit", [reports, DEADLINE, [signature]]);
  }
}

/** Commits the root of all, and settles the sample by proofs from its tree. */
async function settleByRoot(world: World, count: number, windowEnd: number, told: (text: string) => void) {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1_000;
  const reports = Array.from({ length: count }, (_, index) => reportAt(index, windowEnd));
  const leaves = reports.map((report) => reportLeaf(report, keccak));
  const tree = merkleTree(leaves, keccak);
  const configuration = await world.configuration();
  const message = { root: tree.root, windowEnd, deadline: DEADLINE, configuration };
  const committee = world.oracleCommittee as Hex;
  const signature = await MEMBER.signTypedData(registersRootTypedData(31_337, committee, message));
  const rootGas = await call(world, "commitRoot", [tree.root, windowEnd, DEADLINE, [signature]]);
  const rootSeconds = since();
  told(`a root of ${count} reports is committed after ${rootSeconds.toFixed(1)} s, for ${rootGas} gas`);
  let gas = 0n;
  for (let first = 0; first < SAMPLE; first += WITH_ONE_PROOF) {
    const asked = Array.from({ length: WITH_ONE_PROOF }, (_, index) => first + index);
    const { order, proof, flags } = tree.multiProof(asked);
    gas += await call(world, "settleAllProven", [order.map((at) => reports[at]!), windowEnd, proof, flags]);
  }
  const alike = { rootSeconds, seconds: since() };
  const all = rootGas + (gas * BigInt(count)) / BigInt(SAMPLE);
  return { ...alike, gas: all, transactions: 1 + Math.ceil(count / WITH_ONE_PROOF) };
}

/** `seconds` and `settled` are the sample's, gas and transactions those of all. */
export async function runMillion(count: number, told: (text: string) => void): Promise<Burst> {
  const world = await startWorld(Math.floor(Date.now() / 1_000) - 86_400, 0);
  try {
    await world.register(0, SAMPLE, (done) => told(`${done} meters are registered`));
    await world.setCommittee([7], 1);
    const follower = makeFollower(world, (await world.chain.getBlockNumber()) + 1n);
    const first = await windowAfter(world, 60);
    await mineAt(world, first);
    await settleFirst(world, first, await world.configuration());
    const second = await windowAfter(world, EVERY);
    await mineAt(world, second);
    const burst = await settleByRoot(world, count, second, told);
    await follower.look();
    const problem = await account(world, SAMPLE, [first, second], follower);
    const nobody = { oracles: 0, broker: 0, chain: 0, meters: 0 };
    return {
      ...{ ...burst, settled: count, cores: nobody },
      memory: { oracle: memoryOf(process.pid, "VmHWM"), broker: 0 },
      ...(problem === undefined ? {} : { problem }),
    };
  } finally {
    await world.stop();
  }
}
