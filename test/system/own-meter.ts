/**
 * A meter of a test's own on the local system: registered by the operator's command line, counting what the test says
 * and when, settled at once. What a test stands on follows neither from the hour nor from what the residents did.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { signIn } from "@enerlink/oracle/sign-in";
import { energyConverterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { latLngToCell } from "h3-js";
import {
  type Address,
  createPublicClient,
  createTestClient,
  http,
  parseEther,
  publicActions,
  walletActions,
} from "viem";
import { operator } from "../../local/accounts.ts";
import { connectMeter, makeForeignMeter } from "./foreign-meter.ts";
import { ask, type System } from "./system.ts";

/** Between two settlements of a meter at least this much passes on its own clock. */
const SETTLEMENT_SECONDS = 61;
/** A meter's clock may be two minutes ahead; this much of it is used. */
const MOST_AHEAD_SECONDS = 100;

/** Where such meters stand: an H3 cell in Jakarta. */
export const CELL = latLngToCell(-6.2, 106.8, 7);

export type Registers = { exportWh: number; importWh: number; storedWh: number };

export type OwnMeter = Awaited<ReturnType<typeof openOwnMeter>>;

/** A battery that obeys: what it is told to discharge, its next reading has counted. */
export async function openOwnBattery(system: System, owner: Address, serial: string) {
  const first = { exportWh: 4_000, importWh: 15_000, storedWh: 10_000 };
  const options = { serial, owner, kind: "battery", watts: 200_000, capacityKwh: 13.5, first } as const;
  const battery = await openOwnMeter(system, options);
  const answers = new Map<string, string>();
  await battery.connection.onCommand(async ({ id, name, arguments: { wattHours } }) => {
    if (name !== "discharge") return;
    const given = answers.get(id);
    if (given !== undefined) return void (await battery.connection.publish("ack", given));
    const { exportWh, storedWh } = battery.shown();
    const discharged = Number(wattHours);
    const timestamp = await battery.show({
      exportWh: exportWh + discharged,
      storedWh: storedWh - discharged,
    });
    const answer = JSON.stringify({ id, state: "done", reason: "", timestamp });
    answers.set(id, answer);
    await battery.connection.publish("ack", answer);
    // Late in a window it is settled with the window, which is over once a later reading has come.
    await battery.show({});
  });
  return battery;
}

type Registration = {
  serial: string;
  owner: Address;
  kind: "consumer" | "prosumer" | "battery";
  /** Rated power in both directions, at most 200,000: what it may count in a minute follows from it. */
  watts: number;
  capacityKwh?: number;
};

/** What the operator says to `enerlink meter register`. */
export function registrationOf(
  { serial, owner, kind, watts, capacityKwh }: Registration,
  publicKey: { x: string; y: string },
): string[] {
  const options = {
    serial,
    owner,
    kind,
    connection: `connection-${serial}`,
    "export-watts": kind === "consumer" ? 0 : watts,
    "import-watts": watts,
    cell: CELL,
    "public-key": publicKey.x.slice(2) + publicKey.y.slice(2),
    ...(capacityKwh === undefined ? {} : { "capacity-kwh": capacityKwh }),
  };
  const given = Object.entries(options).map(([option, value]) => `--${option}=${value}`);
  return ["meter", "register", ...given];
}

/** Registers a meter, as the operator does. @returns what the command answered */
export async function register(
  system: System,
  registration: Registration,
  publicKey: { x: string; y: string },
) {
  const environment = { ...system.environment, RPC_URL: system.rpcUrl, PRIVATE_KEY: operator.privateKey };
  const { code, answer, output } = await ask(registrationOf(registration, publicKey), environment);
  if (code !== 0) throw new Error(output);
  return answer;
}

/** Accepts a meter for its owner, whoever holds that account's key. */
async function accept({ rpcUrl, contracts }: System, serial: string, owner: Address): Promise<void> {
  const chain = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);
  await chain.impersonateAccount({ address: owner });
  const balance = await chain.getBalance({ address: owner });
  await chain.setBalance({ address: owner, value: balance + parseEther("1") });
  const hash = await chain.writeContract({
    account: owner,
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "acceptMeter",
    args: [meterId(serial), 0n],
    // Not estimated: in the registration's own second the acceptance costs less than a second later.
    gas: 500_000n,
  });
  await chain.stopImpersonatingAccount({ address: owner });
  const { status } = await chain.waitForTransactionReceipt({ hash, pollingInterval: 200 });
  if (status !== "success") throw new Error(`${serial} could not be accepted`);
}

/**
 * Registers a meter, has its owner accept it, and settles its baseline.
 * @param registration.first what it shows at the baseline
 */
export async function openOwnMeter(system: System, registration: Registration & { first: Registers }) {
  const { serial, first } = registration;
  const { contracts } = system;
  const client = createPublicClient({ chain: hardhat, transport: http(system.rpcUrl), cacheTime: 0 });
  const meter = makeForeignMeter(serial, hardhat.id, contracts.meterRegistry);
  await register(system, registration, meter.publicKey);
  await accept(system, serial, registration.owner);
  // The baseline must be stamped after the acceptance's block.
  const { timestamp: acceptedAt } = await client.getBlock();
  while (Date.now() / 1_000 < Number(acceptedAt) + 1) await sleep(100);

  const connection = await connectMeter(system.mqttUrl, serial, await system.brokerSecret());
  const cookie = await signIn(system.oracleUrl, operator.account);
  const settledAt = async (): Promise<number> => {
    const [, , , , at] = await client.readContract({
      address: contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });
    return at;
  };
  const settleUrl = `${system.oracleUrl}/api/v1/energy/settle/${serial}`;
  let shown = first;
  let readAt = 0;

  /** Signs what it shows from now on, which nobody hears of. @returns the reading as it stands on the meter's display */
  function sign(registers: Partial<Registers>): string {
    shown = { ...shown, ...registers };
    readAt = Math.max(Math.floor(Date.now() / 1_000), readAt + SETTLEMENT_SECONDS);
    return JSON.stringify(meter.signed({ serial, epoch: 1, sequence: readAt, timestamp: readAt, ...shown }));
  }

  /** Shows `registers` as soon as they can be settled. @returns when they were read, unix seconds */
  async function show(registers: Partial<Registers>): Promise<number> {
    const reading = sign(registers);
    while (readAt > Date.now() / 1_000 + MOST_AHEAD_SECONDS) await sleep(500);
    await connection.publish("reading", reading);
    return readAt;
  }

  /** Shows `registers` and has them settled. @throws when they are not on the chain within half a minute */
  async function settle(registers: Partial<Registers>): Promise<void> {
    const time = await show(registers);
    const end = Date.now() + 30_000;
    for (let answer = ""; (await settledAt()) < time; await sleep(250)) {
      if (Date.now() > end) throw new Error(`${serial} is not settled at ${time}: ${answer}`);
      // Asked again until the reading has arrived: before that there is nothing newer to settle.
      answer = await (await fetch(settleUrl, { method: "POST", headers: { cookie } })).text();
    }
  }

  await settle({});
  return {
    connection,
    publicKey: meter.publicKey,
    sign,
    show,
    settle,
    /** What it shows now. */
    shown: () => shown,
  };
}
