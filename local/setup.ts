/** Puts the local community on a freshly deployed chain: meters, opening balances, allowances. */
import {
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
import { type Address, encodeFunctionData, type Hex, maxUint256, stringToHex } from "viem";
import { bank, homes, type LocalAccount, operator, utility } from "./accounts.ts";
import { type Market, makeWallet, type Wallet } from "./wallet.ts";

const CELL_RESOLUTION = 7;
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

const places = [
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

/** Which homes own a battery. */
const BATTERY_HOMES = [1, 4, 7];
export const LOCAL_BATTERY = { capacityWh: 13_500, powerW: 5_000, storedWh: 9_000 };

/** Every meter of the local community: ten homes, three batteries, the grid connection. */
export const localMeters: readonly LocalMeter[] = [
  ...homes.map((owner, index) => ({
    serial: owner.name,
    owner,
    kind: MeterKind.Prosumer,
    watts: 11_000,
    capacityWh: 0n,
    place: places[index]!,
  })),
  ...BATTERY_HOMES.map((home, index) => ({
    serial: `battery-${String(index + 1).padStart(2, "0")}`,
    owner: homes[home]!,
    kind: MeterKind.Battery,
    watts: LOCAL_BATTERY.powerW,
    capacityWh: BigInt(LOCAL_BATTERY.capacityWh),
    place: places[home]!,
  })),
  {
    serial: "grid-01",
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

/**
 * Registers every meter with the key that `keyOf` gives, has its owner accept it, mints the opening IDRS, and lets the
 * market pull tokens.
 * @returns what each account starts with
 */
export async function setUpCommunity(
  { rpcUrl, client, deployment }: Market,
  keyOf: (serial: string) => { x: Hex; y: Hex },
): Promise<OpeningBalance[]> {
  const { meterRegistry, rupiahToken, energyToken, energyMarket } = deployment.contracts;
  const sent: Promise<Hex>[] = [];
  const call = (wallet: Wallet, to: Address, data: Hex) => sent.push(wallet.send(to, data));
  const mined = async () => {
    for (const hash of await Promise.all(sent.splice(0))) {
      const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
      if (status !== "success") throw new Error(`A set-up transaction was reverted: ${hash}`);
    }
  };

  const registrar = makeWallet(rpcUrl, operator);
  for (const { serial, owner, kind, watts, capacityWh, place } of localMeters) {
    const key = keyOf(serial);
    const registration = {
      meterId: meterId(serial),
      owner: owner.account.address,
      kind,
      trust: TrustClass.A,
      connectionPoint: stringToHex(`connection-${serial}`, { size: 32 }),
      exportWatts: watts,
      importWatts: watts,
      capacityWh,
      creditWh: creditWh(watts),
      h3Cell: BigInt(`0x${latLngToCell(place.latitude, place.longitude, CELL_RESOLUTION)}`),
      keyX: key.x,
      keyY: key.y,
    };
    const data = encodeFunctionData({
      abi: meterRegistryAbi,
      functionName: "register",
      args: [registration],
    });
    call(registrar, meterRegistry, data);
  }
  await mined();

  const issuer = makeWallet(rpcUrl, bank);
  const opening = [
    ...homes.map((account) => ({ account, idrs: HOME_OPENING_IDRS })),
    { account: utility, idrs: UTILITY_OPENING_IDRS },
  ];
  for (const { account, idrs } of opening) {
    const reference = stringToHex(`opening ${account.name}`, { size: 32 });
    const args = [account.account.address, idrs, reference] as const;
    call(issuer, rupiahToken, encodeFunctionData({ abi: rupiahTokenAbi, functionName: "deposit", args }));

    const wallet = makeWallet(rpcUrl, account);
    for (const serial of serialsOf(account)) {
      // A new meter owes nothing.
      const accepted = [meterId(serial), 0n] as const;
      const data = encodeFunctionData({ abi: meterRegistryAbi, functionName: "acceptMeter", args: accepted });
      call(wallet, meterRegistry, data);
    }
    const approval = encodeFunctionData({
      abi: energyTokenAbi,
      functionName: "approve",
      args: [energyMarket, maxUint256],
    });
    call(wallet, energyToken, approval);
    call(wallet, rupiahToken, approval);
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
      entry(bank, "bank"),
      entry(operator, "operator"),
    ],
  };
}
