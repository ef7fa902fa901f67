/** What stands around one meter in a node, for tests of its parts: a store on disk, a key, and the way in for readings. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandWish, wishTypedData } from "@enerlink/protocol/wire/command";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import { devicePublicKey } from "@enerlink/protocol/wire/reading-signature";
import { makeLog } from "@enerlink/service/log";
import type { LocalAccount } from "viem";
import { deviceKey } from "../simulator/device-key.ts";
import type { Meter, Settled } from "../src/chain/mirror.ts";
import type { Quorum } from "../src/commands/quorum.ts";
import { makeOrder } from "../src/committee/order.ts";
import { makeIntake } from "../src/intake/intake.ts";
import { makeReadings } from "../src/ledger/readings.ts";
import { makeSettlements } from "../src/ledger/settlements.ts";
import { makeHolds } from "../src/meters/holds.ts";
import { makeLevelStore } from "../src/meters/level-store.ts";
import { makePower } from "../src/meters/power.ts";
import { makeMetrics } from "../src/metrics.ts";
import type { Community } from "../src/rules/clearing.ts";
import { openDatabase } from "../src/store/database.ts";

export const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
export const key = deviceKey("test", "home-01");
export const log = makeLog({ level: "error" });
/** Seconds of a settlement window. */
export const INTERVAL = 900;

/** A committee of one, which signs by itself. */
export const alone: Pick<Quorum, "gather" | "isEnough"> = {
  gather: async (_, command) => ({ signed: { ...command, signatures: [] } }),
  isEnough: async () => true,
};

/** What a person posts to have a meter switched, signed as a wallet does. */
export async function signedCommand(
  account: LocalAccount,
  serial: string,
  { name, seconds = 300, ...wish }: Pick<CommandWish, "name" | "arguments"> & { seconds?: number },
  nonce = BigInt(Date.now()),
  asDomain: ReadingDomain = domain,
) {
  const deadline = Math.floor(Number(nonce) / 1_000) + seconds;
  const data = wishTypedData(asDomain, serial, { name, arguments: wish.arguments, nonce, deadline });
  const signature = await account.signTypedData(data);
  return {
    ...{ name, arguments: wish.arguments, seconds },
    signed: { by: account.address, nonce: String(nonce), signature },
  };
}

/** Signs with `key`, and settles. */
export const signing: Meter = {
  serial: "home-01",
  key: devicePublicKey(key.x, key.y),
  pendingOwner: null,
  owner: "0x00000000000000000000000000000000000000aa",
  kind: "prosumer",
  trust: "A",
  suspended: false,
  settles: true,
  exportWatts: 11_000,
  importWatts: 11_000,
  capacityWh: 0n,
  epoch: 1,
  epochDeclaredAt: 1,
  activeFrom: 1,
};

/** @param meter the registry's only one but for `others`, as it stands when it is asked for */
export function openMeterWorld({
  meter,
  others = [],
  settled = () => undefined,
  community = () => undefined,
  isOverdue = () => false,
  close,
  now,
  folder = mkdtempSync(join(tmpdir(), "meter-")),
}: {
  meter: () => Meter;
  others?: readonly Meter[];
  settled?: () => Settled | undefined;
  /** The one that a slotted meter is a member of. */
  community?: () => Community | undefined;
  isOverdue?: () => boolean;
  /** Runs before a window is closed. */
  close?: (timestamp: number) => void;
  /** Milliseconds. */
  now?: () => number;
  /** Of a store that there is. */
  folder?: string;
}) {
  const database = openDatabase(folder, { chainId: domain.chainId, genesisHash: "0x01" }, log);
  const metrics = makeMetrics();
  const readings = makeReadings(database);
  const alerts = { raise: () => {}, end: () => {} };
  const holds = makeHolds({ database, alerts, metrics, log });
  const made = makeSettlements({ database, interval: INTERVAL });
  const settlements: typeof made = {
    ...made,
    close: (meter, previous, current) => {
      close?.(current.timestamp);
      return made.close(meter, previous, current);
    },
  };
  const power = makePower();
  const mirror = {
    meter: (serial: string) => [meter(), ...others].find((one) => one.serial === serial),
    settled,
    community,
  };
  const common = { database, domain, mirror, readings, holds, interval: INTERVAL };
  const intake = makeIntake({
    ...common,
    levels: makeLevelStore(database),
    settlements,
    power,
    metrics,
    log: { ...log, warn: () => {} },
    ...(now ? { now } : {}),
  });
  return {
    ...{ ...common, folder, metrics, alerts, settlements, power, intake },
    order: makeOrder({ mirror, settlements, isOverdue }),
    stop: (): void => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}
