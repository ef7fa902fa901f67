/** A chain and the index over it. */
import { type Answer, startChain } from "./chain.ts";
import { makeIndex } from "./index-process.ts";

export { type Answer, type Contract, type Kind, kinds, places } from "./chain.ts";
export type Harness = Awaited<ReturnType<typeof startHarness>>;

type Options = { environment?: Record<string, string> };

/** @param options.environment Settings of the index, over its defaults */
export async function startHarness({ environment = {} }: Options) {
  const chain = await startChain();
  const index = await makeIndex({ chain, environment });

  /** Signs and sends a transaction that REST answered, as a wallet does, and waits until it is indexed. */
  async function sign(person: number, { transaction }: Answer) {
    const { to, data, gas } = transaction;
    const hash = await chain.wallets[person]!.sendTransaction({ to, data, gas: (BigInt(gas) * 3n) / 2n });
    const receipt = await chain.client.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${hash} reverted`);
    await index.caughtUp();
    return hash;
  }

  async function stop() {
    await index.stop();
    await chain.stop();
  }

  return { ...chain, ...index, sign, stop };
}
