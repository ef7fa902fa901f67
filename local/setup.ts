/** Puts the local market's meters and accounts on a freshly deployed chain, with opening balances and allowances. */

import { type DeviceKey, deviceKey } from "@enerlink/oracle/simulator";
import {
  constants,
  energyTokenAbi,
  formatIdr,
  MeterKind,
  meterId,
  meterRegistryAbi,
  parseIdr,
  rupiahTokenAbi,
  TrustClass,
} from "@enerlink/protocol";
import { latLngToCell } from "h3-js";
import { type Address, maxUint256, stringToHex } from "viem";
import { bank, gridOperator, homes, type LocalAccount, operator, utility } from "./accounts.ts";
import { type Market, makeSending } from "./wallet.ts";

/** Fixed, so that a meter keeps its key from run to run. Development only. */
export const METER_SEED = "enerlink-local-meters";
export const meterKey = (serial: string): DeviceKey => deviceKey(METER_SEED, serial);

/** Rated power of a home's connection in both directions. */
export const HOME_WATTS = 11_000;

const CELL_RESOLUTION = Number(constants.H3Cell.FINEST);
const HOME_OPENING_IDRS = parseIdr("2500000");
const UTILITY_OPENING_IDRS = parseIdr("1000000000");

export type LocalMeter = {
  serial: string;
  owner: LocalAccount;
  kind: MeterKind;
  watts: number;
  capacityWh: bigint;
  place: { latitude: number; longitude: number };
};

/** Where homes stand. */
export const places = [
  { latitude: -6.1955, longitude: 106.8323 },
  { latitude: -6.2262, longitude: 106.8531 },
  { latitude: -6.2443, longitude: 106.7991 },
  { latitude: -6.2925, longitude: 106.7996 },
  { latitude: -6.2607, longitude: 106.8137 },
  { latitude: -6.1767, longitude: 106.8413 },
  { latitude: -6.1807, longitude: 106.8689 },
  { latitude: -6.1572, longitude: 106.9078 },
  { latitude: -6.1614, longitude: 106.7903 },
  { latitude: -6.2865, longitude: 106.8443 },
];

/** Whose battery stands at a connection of its own: it is offered to neighbours. */
const BATTERY_HOME = 1;
export const LOCAL_BATTERY = { capacityWh: 13_500, powerW: 5_000, storedWh: 9_000 };

export const GRID_SERIAL = "grid-01";
/** What it had delivered elsewhere when the market opened: PLN's stock, without which it could not deliver ahead. */
export const GRID_STOCK_WH = 150_000n;

/** Every meter of the local market: ten homes, a battery, the grid connection. */
export const localMeters: readonly LocalMeter[] = [
  ...homes.map((owner, index) => ({
    serial: owner.name,
    owner,
    kind: MeterKind.Prosumer,
    watts: HOME_WATTS,
    capacityWh: 0n,
    place: places[index]!,
  })),
  {
    serial: "battery-01",
    owner: homes[BATTERY_HOME]!,
    kind: MeterKind.Battery,
    watts: LOCAL_BATTERY.powerW,
    capacityWh: BigInt(LOCAL_BATTERY.capacityWh),
    place: places[BATTERY_HOME]!,
  },
  {
    serial: GRID_SERIAL,
    owner: utility,
    kind: MeterKind.Grid,
    watts: 200_000,
    capacityWh: 0n,
    place: { latitude: -6.2088, longitude: 106.8456 },
  },
];

/** The serials of the meters that `owner` holds. */
export const serialsOf = (owner: LocalAccount): string[] =>
  localMeters.filter((meter) => meter.owner === owner).map((meter) => meter.serial);

/** The serial of the battery that `owner` holds, if any. */
export const batteryOf = (owner: LocalAccount): string | undefined =>
  localMeters.find((meter) => meter.owner === owner && meter.kind === MeterKind.Battery)?.serial;

/** A day's worth of the meter's full power: enough that an ordinary week of debt raises no alarm. */
const creditWh = (watts: number) => BigInt(watts) * 24n;

export type OpeningBalance = { account: LocalAccount; idrs: bigint };

type Installed = Pick<LocalMeter, "serial" | "kind" | "watts" | "capacityWh" | "place">;

/** What the registry is told of a simulated meter. */
export function registrationOf({ serial, kind, watts, capacityWh, place }: Installed, owner: Address) {
  const { x, y } = meterKey(serial);
  return {
    meterId: meterId(serial),
    owner,
    kind,
    trust: TrustClass.A,
    connectionPoint: stringToHex(`connection-${serial}`, { size: 32 }),
    exportWatts: watts,
    importWatts: watts,
    capacityWh,
    creditWh: creditWh(watts),
    h3Cell: BigInt(`0x${latLngToCell(place.latitude, place.longitude, CELL_RESOLUTION)}`),
    keyX: x,
    keyY: y,
  };
}

/**
 * Registers every meter, has its owner accept it, mints the opening IDRS, and lets the
 * market pull tokens.
 * @returns what each account starts with
 */
export async function setUpAccounts({ rpcUrl, client, deployment }: Market): Promise<OpeningBalance[]> {
  const { meterRegistry, rupiahToken, energyToken, energyMarket } = deployment.contracts;
  const { call, mined } = makeSending(rpcUrl, client);

  for (const meter of localMeters) {
    const args = [registrationOf(meter, meter.owner.account.address)] as const;
    call(operator, { to: meterRegistry, abi: meterRegistryAbi, functionName: "register", args });
  }
  await mined();

  const opening = [
    ...homes.map((account) => ({ account, idrs: HOME_OPENING_IDRS })),
    { account: utility, idrs: UTILITY_OPENING_IDRS },
  ];
  for (const { account, idrs } of opening) {
    const reference = stringToHex(`opening ${account.name}`, { size: 32 });
    const args = [account.account.address, idrs, reference] as const;
    call(bank, { to: rupiahToken, abi: rupiahTokenAbi, functionName: "deposit", args });

    for (const serial of serialsOf(account)) {
      // A new meter owes nothing.
      const accepted = [meterId(serial), 0n] as const;
      call(account, {
        to: meterRegistry,
        abi: meterRegistryAbi,
        functionName: "acceptMeter",
        args: accepted,
      });
    }
    const approval = {
      abi: energyTokenAbi,
      functionName: "approve",
      args: [energyMarket, maxUint256],
    } as const;
    call(account, { to: energyToken, ...approval });
    call(account, { to: rupiahToken, ...approval });
  }
  await mined();

  return opening;
}

/** "2,500,000" for a table. */
export const showIdr = (idrs: bigint): string => formatIdr(idrs).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** One line for the dApp's account picker and for the final table. */
export function demoAccounts() {
  const entry = (account: LocalAccount, role: string) => ({
    name: account.name,
    label: account.label,
    address: account.account.address,
    privateKey: account.privateKey,
    mnemonicIndex: account.mnemonicIndex,
    meterIds: serialsOf(account),
    role,
  });
  return {
    accounts: [
      ...homes.map((home) => entry(home, batteryOf(home) ? "battery" : "home")),
      entry(utility, "utility"),
      entry(gridOperator, "utility"),
      entry(bank, "bank"),
      entry(operator, "operator"),
    ],
  };
}
