/** `enerlink meter`: who owns which meter. */
import {
  energyConverterAbi,
  formatKwh,
  MeterKind,
  MeterStatus,
  meterRegistryAbi,
  namesOf,
  smalls,
  TrustClass,
} from "@enerlink/protocol";
import { meterLabel } from "@enerlink/protocol/labels";
import { cellToLatLng, getResolution } from "h3-js";
import { type Address, zeroAddress, zeroHash } from "viem";
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import { openChain } from "./chain.ts";
import { corrections, proposedCorrection } from "./correction.ts";
import {
  type Meter,
  needed,
  option,
  readAccount,
  readAddress,
  readCell,
  readChoice,
  readEnergy,
  readLabel,
  readMeter,
  readPublicKey,
  readWatts,
  readWord,
  serialOnly,
  UsageError,
} from "./options.ts";

const kinds = smalls(namesOf(MeterKind));
const trusts = namesOf(TrustClass);
const statuses = smalls(namesOf(MeterStatus));

const ENERGY_BITS = { capacity: 48n, credit: 64n };
const readCapacity = (name: string, text: string) => readEnergy(name, text, ENERGY_BITS.capacity);
const readCredit = (name: string, text: string) => readEnergy(name, text, ENERGY_BITS.credit);
const readKind = (name: string, text: string) => readChoice(name, text, kinds);
const readTrust = (name: string, text: string) => readChoice(name, text, trusts);

const registration = {
  label: option(
    "label",
    readLabel,
    "what the device's QR code says (enerlink:meter?…), in the place of --serial, --kind and --public-key",
  ),
  serial: option("serial", readMeter, "1 to 32 characters of A-Z, a-z, 0-9 and -"),
  owner: needed(
    "owner",
    readAccount,
    "who is paid and charged, and has to accept the meter before it is settled: an address, or the code that the household shows (enerlink:account?…)",
  ),
  kind: option("kind", readKind, kinds.join(", ")),
  cell: needed("cell", readCell, "H3 cell of resolution 0 to 7, or latitude,longitude"),
  connection: option(
    "connection",
    readWord,
    "the grid connection, one settling meter each; without it a sub-meter, which never settles",
  ),
  "export-watts": {
    ...option("export-watts", readWatts, "rated power towards the grid, whole watts"),
    default: "0",
  },
  "import-watts": {
    ...option("import-watts", readWatts, "rated power from the grid, whole watts"),
    default: "0",
  },
  "capacity-kwh": {
    ...option("capacity-kwh", readCapacity, "battery capacity, kWh; batteries only"),
    default: "0",
  },
  "credit-kwh": {
    ...option("credit-kwh", readCredit, "debt beyond which an alarm is raised, kWh"),
    default: "0",
  },
  trust: {
    ...option("trust", readTrust, "A: signed by the meter, B: by the site's gateway, C: by nobody"),
    default: "A",
  },
  "public-key": option(
    "public-key",
    readPublicKey,
    "the signer's P-256 key: 128 hexadecimal digits or a PEM file; A and B need one",
  ),
} as const;
type Registration = ArgumentsCamelCase<InferredOptionTypes<typeof registration>>;

export function meter(cli: Argv) {
  cli.command(
    "meter",
    "who owns which meter; all but what its owner accepts or offers need the registrar's PRIVATE_KEY",
    (commands) =>
      corrections(commands)
        .demandCommand(
          1,
          "meter: register, accept, transfer, suspend, resume, correct, accept-correction, withdraw-correction or show",
        )
        .command("register", "register a meter for an owner", registration, register)
        .command(
          "accept <serial>",
          "become the owner; with the PRIVATE_KEY of the account that was named",
          (yargs) =>
            serialOnly(yargs).option("max-debt-kwh", {
              ...option("max-debt-kwh", readCredit, "the most debt that may come with it, kWh"),
              default: "0",
            }),
          ({ serial, maxDebtKwh }) => accept(serial, maxDebtKwh),
        )
        .command(
          "transfer <serial>",
          "the owner's offer to an account, or the registrar's, seven days ahead",
          (yargs) =>
            serialOnly(yargs).option(
              "to",
              needed(
                "to",
                readHeir,
                "an account; none withdraws the offer, by which an owner stops the registrar's",
              ),
            ),
          ({ serial, to }) => transfer(serial, to),
        )
        .command("suspend <serial>", "its settlement waits, no energy is lost", serialOnly, ({ serial }) =>
          change("suspend", serial),
        )
        .command("resume <serial>", "settle it again", serialOnly, ({ serial }) => change("resume", serial))
        .command("show <serial>", "all that the chain knows of it", serialOnly, ({ serial }) => show(serial)),
  );
}

/** Whom a meter is offered to; nobody is zero. */
function readHeir(name: string, text: string): Address {
  return text === "none" ? zeroAddress : readAddress(name, text);
}

/** What the device's label says, or what was given in its place. */
function deviceOf({ label, serial, kind, publicKey }: Registration) {
  if (label) {
    const twice = Object.entries({ serial, kind, "public-key": publicKey }).filter(
      ([, one]) => one !== undefined,
    );
    if (twice.length > 0) throw new UsageError(`--${twice[0]![0]} stands in --label`);
    return {
      serial: readMeter("label", label.serial),
      kind: kinds.indexOf(label.kind),
      publicKey: readPublicKey("label", label.key.x.slice(2) + label.key.y.slice(2)),
    };
  }
  if (serial === undefined || kind === undefined)
    throw new UsageError(`--${serial === undefined ? "serial" : "kind"} is needed, or the device's --label`);
  return { serial, kind, publicKey };
}

async function register(given: Registration): Promise<void> {
  const { trust, capacityKwh } = given;
  const { serial, kind, publicKey } = deviceOf(given);
  if ((kinds[kind] === "battery") !== capacityKwh > 0n) {
    throw new UsageError("--capacity-kwh: a battery has more than 0 kWh, every other kind exactly 0");
  }
  if (trusts[trust] !== "C" && publicKey === undefined) {
    throw new UsageError(`--public-key is needed for trust class ${trusts[trust]}`);
  }
  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "register",
    args: [
      {
        meterId: serial.id,
        owner: given.owner,
        kind,
        trust,
        connectionPoint: given.connection ?? zeroHash,
        exportWatts: given.exportWatts,
        importWatts: given.importWatts,
        capacityWh: capacityKwh,
        creditWh: given.creditKwh,
        h3Cell: given.cell,
        ...(publicKey ?? { keyX: zeroHash, keyY: zeroHash }),
      },
    ],
  });
  console.info(
    `${serial.serial} is registered for ${given.owner}, who has to accept it before it is settled (transaction ${hash})`,
  );
  if (!publicKey) return;
  const key = { x: publicKey.keyX, y: publicKey.keyY };
  console.info(`Its label: ${meterLabel({ serial: serial.serial, kind: kinds[kind]!, key })}`);
}

async function accept({ serial, id }: Meter, mostDebtWh: bigint): Promise<void> {
  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "acceptMeter",
    args: [id, mostDebtWh],
  });
  console.info(`${serial} is accepted (transaction ${hash})`);
}

async function transfer({ serial, id }: Meter, to: Address): Promise<void> {
  const { client, contracts, write } = await openChain();
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const hash = await write({ ...registry, functionName: "transferMeter", args: [id, to] });
  const { acceptableFrom } = await client.readContract({ ...registry, functionName: "meter", args: [id] });
  const when = acceptableFrom === 0 ? "" : ` from ${time(acceptableFrom)}, unless its owner objects`;
  const what = to === zeroAddress ? "is offered to nobody any more" : `can be accepted by ${to}${when}`;
  console.info(`${serial} ${what} (transaction ${hash})`);
}

async function change(action: "suspend" | "resume", { serial, id }: Meter): Promise<void> {
  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: action,
    args: [id],
  });
  console.info(`${serial} is ${action === "suspend" ? "suspended" : "active again"} (transaction ${hash})`);
}

async function show({ serial, id }: Meter): Promise<void> {
  const chain = await openChain();
  const { client, contracts } = chain;
  const [meter, settled, correction] = await Promise.all([
    client.readContract({
      address: contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "meter",
      args: [id],
    }),
    client.readContract({
      address: contracts.energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [id],
    }),
    proposedCorrection(chain, id),
  ]);
  if (meter.status === MeterStatus.None) throw new UsageError(`No meter ${serial} is registered`);
  const [exportWh, importWh, debtWh, storedWh, timestamp] = settled;
  const cell = meter.h3Cell.toString(16);
  const place = cellToLatLng(cell).map((degrees) => degrees.toFixed(3));
  const lines: [string, string][] = [
    ["meter", `${serial} (number ${meter.number}), ${kinds[meter.kind]}, ${statuses[meter.status]}`],
    ["owner", meter.owner === zeroAddress ? "nobody yet" : meter.owner],
    ...(meter.pendingOwner === zeroAddress ? [] : [["offered", offerOf(meter)] as [string, string]]),
    ["trust", trusts[meter.trust]!],
    ["rated", `${meter.exportWatts} W to the grid, ${meter.importWatts} W from it`],
    ...(meter.capacityWh > 0n ? [["battery", `${formatKwh(meter.capacityWh)} kWh`] as [string, string]] : []),
    ["cell", `${cell} (resolution ${getResolution(cell)}, around ${place.join(", ")})`],
    [
      "epoch",
      `${meter.epoch}, declared ${time(meter.epochDeclaredAt)}, active from ${time(meter.activeFrom)}`,
    ],
    ["settled", timestamp === 0 ? "nothing yet in this epoch" : `until ${time(timestamp)}`],
    [
      "registers",
      `export ${formatKwh(exportWh)} kWh, import ${formatKwh(importWh)} kWh, stored ${formatKwh(storedWh)} kWh`,
    ],
    ["debt", `${formatKwh(debtWh)} kWh of ${formatKwh(meter.creditWh)} kWh credit`],
    ...(correction ? [["correct", correction] as [string, string]] : []),
  ];
  for (const [name, text] of lines) console.info(`${name.padEnd(10)}${text}`);
}

/** To whom a meter is offered, and from when. */
function offerOf({ pendingOwner, acceptableFrom }: { pendingOwner: string; acceptableFrom: number }): string {
  return `to ${pendingOwner}${acceptableFrom === 0 ? "" : ` from ${time(acceptableFrom)}`}`;
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
