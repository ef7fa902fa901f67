/** Has meters of a test's system share slots: a community with its utility, of which they become members. */
import { energyMarketAbi, meterId, rupiahTokenAbi, serialOf, slotPoolAbi } from "@enerlink/protocol";
import { type Abi, type Address, type Hex, keccak256 } from "viem";
import type { TestSystem } from "./system.ts";

/** Accounts of the test's chain: who holds the roles, the utility, the meters' owner and the grid operator. */
const [OPERATOR, UTILITY, OWNER, GRID_OPERATOR] = [0, 4, 5, 6] as const;
const RICH = 10n ** 15n;

export type Neighbourhood = Awaited<ReturnType<typeof foundNeighbourhood>>;

/** Runs `work` while each transaction is mined at once. */
export async function mining<T>({ chain }: TestSystem, work: () => Promise<T>): Promise<T> {
  await chain.setAutomine(true);
  const done = await work();
  await chain.setAutomine(false);
  return done;
}

/** `serials` have their baseline; the chain mines each transaction at once. */
export async function foundNeighbourhood(system: TestSystem, serials: readonly string[]) {
  const { chain, deployment, walletOf } = system;
  const { energyMarket, rupiahToken, slotPool } = deployment.contracts;
  const pool = { address: slotPool, abi: slotPoolAbi } as const;

  async function send(
    from: number,
    address: Address,
    abi: Abi,
    functionName: string,
    args: unknown[],
  ): Promise<void> {
    const hash: Hex = await walletOf(from).writeContract({
      address,
      abi,
      functionName,
      args,
      gas: 12_000_000n,
    });
    const { status } = await chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    if (status !== "success") throw new Error(`${functionName} reverted`);
  }
  const sendPool = (from: number, name: string, ...args: unknown[]) =>
    send(from, slotPool, slotPoolAbi, name, args);
  const addressOf = (index: number) => walletOf(index).account.address;

  for (const one of [UTILITY, OWNER, GRID_OPERATOR]) {
    await send(one, energyMarket, energyMarketAbi, "authorizeModule", [slotPool, true]);
    await send(OPERATOR, rupiahToken, rupiahTokenAbi, "deposit", [
      addressOf(one),
      RICH,
      keccak256(addressOf(one)),
    ]);
    await send(one, rupiahToken, rupiahTokenAbi, "approve", [energyMarket, RICH]);
    await send(one, energyMarket, energyMarketAbi, "deposit", [0n, RICH]);
  }
  await sendPool(OPERATOR, "createCommunity", addressOf(UTILITY), addressOf(GRID_OPERATOR), 1_445, 900, 100);
  const id = await chain.readContract({ ...pool, functionName: "communityCount" });
  await sendPool(UTILITY, "acceptCommunity", id);

  const admit = (serial: string) => sendPool(OPERATOR, "admit", meterId(serial), id);
  const enter = (serial: string) => sendPool(OWNER, "join", meterId(serial), id, 1, 65_535);
  async function join(serial: string): Promise<void> {
    await admit(serial);
    await enter(serial);
  }
  for (const serial of serials) await join(serial);

  return {
    id,
    admit,
    /** Joins a community that the meter was admitted to. */
    enter,
    join,
    quit: (serial: string) => sendPool(OWNER, "quit", meterId(serial)),
    setSlotLength: (seconds: number) => sendPool(OPERATOR, "setSlotLength", id, seconds),
    clearedTo: async () =>
      (await chain.readContract({ ...pool, functionName: "community", args: [id] })).clearedTo,
    /** Every slot that was cleared, oldest first. */
    cleared: async () => {
      const events = await chain.getContractEvents({
        ...pool,
        eventName: "SlotCleared",
        fromBlock: 0n,
        strict: true,
      });
      const serialsNow = (await chain.readContract({ ...pool, functionName: "members", args: [id] })).map(
        serialOf,
      );
      return events.map(
        ({ args: { slotEnd, price, sharedWh, present, amounts }, transactionHash, blockNumber }) => ({
          slotEnd,
          price,
          sharedWh,
          hash: transactionHash,
          blockNumber,
          members: amounts.length,
          /** Who was read, as the list of members is now. */
          present: serialsNow.filter((_, index) => (present >> BigInt(index)) & 1n),
          /** Of whom something was shared, taken or given, by that list. */
          traded: serialsNow.filter((_, index) => (amounts[index] ?? 0n) !== 0n),
        }),
      );
    },
  };
}
