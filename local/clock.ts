/**
 * The local chain's time. During the replay nothing is mined by itself: the conductor mines what is pending at the
 * time that it plays; afterwards a block comes every two seconds at the true time.
 */
import { hardhat } from "@enerlink/protocol/chains";
import { createTestClient, http, publicActions } from "viem";

export const LIVE_BLOCK_MS = 2_000;

export type Clock = ReturnType<typeof makeClock>;

export function makeClock(rpcUrl: string) {
  const client = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) }).extend(
    publicActions,
  );

  /** Stops mining by itself: from now on only `mineAt` makes blocks. */
  const hold = () => client.setAutomine(false);

  /** Mines one block stamped `timestamp` (unix seconds) with everything that is pending. */
  async function mineAt(timestamp: number): Promise<void> {
    await client.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
    await client.mine({ blocks: 1 });
  }

  const pending = () => client.getBlockTransactionCount({ blockTag: "pending" });

  /** Jumps to the true time and goes on in real time. */
  async function goLive(): Promise<void> {
    await mineAt(Math.floor(Date.now() / 1_000));
    await client.request({ method: "evm_setIntervalMining", params: [LIVE_BLOCK_MS] });
  }

  return { hold, mineAt, pending, goLive };
}
