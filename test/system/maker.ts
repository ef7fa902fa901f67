/** Somebody of a test's own with energy that meters of their own have counted, to give away and to sell. */

import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  MINIMUM_WH,
  meterId,
  Side,
  TimeInForce,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import {
  type Address,
  createTestClient,
  createWalletClient,
  http,
  maxUint256,
  parseEther,
  publicActions,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type OwnMeter, openOwnMeter } from "./own-meter.ts";
import type { System } from "./system.ts";

export type Maker = Awaited<ReturnType<typeof openMaker>>;

/** As large as a roof may be: it counts as much in the minute between two settlements. */
const ROOF = {
  kind: "prosumer",
  watts: 200_000,
  first: { exportWh: 1_000, importWh: 5_000, storedWh: 0 },
} as const;
const ROOF_WH = 3_500;
/** Together they have counted more than tests give away: two homes' debts and more, of which 11 kWh were seen. */
export const ROOFS = Array.from({ length: 6 }, (_, index) => `test-roof-${index + 1}`);

export async function openMaker(system: System) {
  const { energyToken, energyMarket, energyConverter } = system.contracts;
  const transport = http(system.rpcUrl);
  const chain = createTestClient({ mode: "hardhat", chain: hardhat, transport }).extend(publicActions);
  const account = privateKeyToAccount(generatePrivateKey());
  const wallet = createWalletClient({ account, chain: hardhat, transport });
  await chain.setBalance({ address: account.address, value: parseEther("10") });

  let last = Promise.resolve();
  /** Sends one transaction after another, whoever asks: they have one account. */
  function mined(send: () => Promise<`0x${string}`>): Promise<void> {
    const done = last.then(async () => {
      const { status } = await chain.waitForTransactionReceipt({ hash: await send(), pollingInterval: 200 });
      if (status !== "success") throw new Error("a transaction of the tests' maker was reverted");
    });
    last = done.catch(() => {});
    return done;
  }

  const meters: OwnMeter[] = [];
  for (const serial of ROOFS)
    meters.push(await openOwnMeter(system, { ...ROOF, serial, owner: account.address }));
  await Promise.all(meters.map((roof) => roof.settle({ exportWh: ROOF.first.exportWh + ROOF_WH })));
  const token = { address: energyToken, abi: energyTokenAbi } as const;
  const market = { address: energyMarket, abi: energyMarketAbi } as const;
  await mined(() =>
    wallet.writeContract({ ...token, functionName: "approve", args: [energyMarket, maxUint256] }),
  );

  return {
    /** Sends energy to somebody, as a neighbour may. */
    give: (to: Address, wattHours: bigint) =>
      mined(() => wallet.writeContract({ ...token, functionName: "transfer", args: [to, wattHours] })),
    /** Asks for `tick` IDR/kWh for as much as can be traded at the least. */
    ask: (tick: number, wattHours = Number(MINIMUM_WH)) =>
      mined(() =>
        wallet.writeContract({
          ...market,
          functionName: "placeOrder",
          args: [Side.Ask, tick, wattHours, TimeInForce.GTC, 50],
        }),
      ),
    /** Pays what a meter owes, in part. */
    repay: (serial: string, wattHours: bigint) =>
      mined(() =>
        wallet.writeContract({
          address: energyConverter,
          abi: energyConverterAbi,
          functionName: "repay",
          args: [meterId(serial), wattHours],
        }),
      ),
    close: () => Promise.all(meters.map(({ connection }) => connection.end())),
  };
}
