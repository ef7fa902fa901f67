/**
 * The local installer: gives an account that shows its code a roof of its own. The meter is registered for the account,
 * which is to accept it, and admitted to the neighbourhood, with the registrar's key of the local chain.
 */

import { MeterKind, MeterStatus, meterId, meterRegistryAbi, slotPoolAbi } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { readDeployment } from "@enerlink/protocol/deployment";
import { type Address, createPublicClient, http, isAddressEqual } from "viem";
import { CHAIN_ID, operator } from "./accounts.ts";
import { COMMUNITY } from "./neighbourhood.ts";
import { roofs } from "./roofs.ts";
import { HOME_WATTS, places, registrationOf } from "./setup.ts";
import { makeSending } from "./wallet.ts";

/** @returns the serial of the roof that waits for `owner` or is its own; undefined when there is none left */
export async function install(rpcUrl: string, owner: Address): Promise<string | undefined> {
  const { meterRegistry, slotPool } = readDeployment(CHAIN_ID).contracts;
  const client = createPublicClient({
    chain: hardhat,
    transport: http(rpcUrl, { batch: true }),
    cacheTime: 0,
  });
  const registry = { address: meterRegistry, abi: meterRegistryAbi } as const;
  const known = await Promise.all(
    roofs.map((serial) =>
      client.readContract({ ...registry, functionName: "meter", args: [meterId(serial)] }),
    ),
  );
  const own = known.findIndex((meter) =>
    [meter.owner, meter.pendingOwner].some((one) => isAddressEqual(one, owner)),
  );
  if (own >= 0) return roofs[own];
  const free = known.findIndex(({ status }) => status === MeterStatus.None);
  const serial = roofs[free];
  if (serial === undefined) return undefined;

  const place = places[free % places.length]!;
  const meter = { serial, kind: MeterKind.Prosumer, watts: HOME_WATTS, capacityWh: 0n, place };
  const { call, mined } = makeSending(rpcUrl, client);
  call(operator, {
    to: meterRegistry,
    abi: meterRegistryAbi,
    functionName: "register",
    args: [registrationOf(meter, owner)],
  });
  call(operator, {
    to: slotPool,
    abi: slotPoolAbi,
    functionName: "admit",
    args: [meterId(serial), COMMUNITY],
  });
  await mined();
  return serial;
}
