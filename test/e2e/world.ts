/**
 * What the journeys stand on, made by the tests themselves, so that nothing of it depends on the hour or on what the
 * residents did: energy that a meter of their own has counted, a maker who sells it, and a battery.
 */
import { energyMarketAbi, energyTokenAbi, MINIMUM_WH, Side, TimeInForce } from "@enerlink/contracts";
import { createTestClient, createWalletClient, http, maxUint256, parseEther, publicActions } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { homes } from "../../local/accounts.ts";
import { type OwnMeter, openOwnBattery, openOwnMeter } from "../system/own-meter.ts";
import type { System } from "../system/system.ts";

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** As large as a roof may be: it counts as much in the minute between two settlements. */
const ROOF = {
  kind: "prosumer",
  watts: 200_000,
  first: { exportWh: 1_000, importWh: 5_000, storedWh: 0 },
} as const;
const ROOF_WH = 3_500;
/** Together they have counted more than the journeys sell. */
const ROOFS = ["test-roof-1", "test-roof-2", "test-roof-3"];

/** Who holds the journeys' battery: a home that has none of its own. */
export const BATTERY_HOME = "home-09";

export async function makeWorld(system: System) {
  const { energyToken, energyMarket } = system.contracts;
  const transport = http(system.rpcUrl);
  const chain = createTestClient({ mode: "hardhat", chain: hardhat, transport }).extend(publicActions);
  const account = privateKeyToAccount(generatePrivateKey());
  const maker = createWalletClient({ account, chain: hardhat, transport });
  await chain.setBalance({ address: account.address, value: parseEther("10") });

  const meters: OwnMeter[] = [];
  for (const serial of ROOFS)
    meters.push(await openOwnMeter(system, { ...ROOF, serial, owner: account.address }));
  await Promise.all(meters.map((roof) => roof.settle({ exportWh: ROOF.first.exportWh + ROOF_WH })));
  const address = homes.find(({ name }) => name === BATTERY_HOME)!.account.address;
  meters.push(await openOwnBattery(system, address, "test-battery"));
  await mined(
    maker.writeContract({
      address: energyToken,
      abi: energyTokenAbi,
      functionName: "approve",
      args: [energyMarket, maxUint256],
    }),
  );

  async function mined(sent: Promise<`0x${string}`>): Promise<void> {
    const { status } = await chain.waitForTransactionReceipt({ hash: await sent, pollingInterval: 200 });
    if (status !== "success") throw new Error("a transaction of the tests' maker was reverted");
  }

  return {
    /** Sends energy to a home, as a neighbour may. */
    give: (home: string, wattHours: bigint) =>
      mined(
        maker.writeContract({
          address: energyToken,
          abi: energyTokenAbi,
          functionName: "transfer",
          args: [homes.find(({ name }) => name === home)!.account.address, wattHours],
        }),
      ),
    /** Asks for `tick` IDR/kWh for as much as can be traded at the least. */
    ask: (tick: number, wattHours = Number(MINIMUM_WH)) =>
      mined(
        maker.writeContract({
          address: energyMarket,
          abi: energyMarketAbi,
          functionName: "placeOrder",
          args: [Side.Ask, tick, wattHours, TimeInForce.GTC, 50],
        }),
      ),
    close: () => Promise.all(meters.map(({ connection }) => connection.end())),
  };
}
