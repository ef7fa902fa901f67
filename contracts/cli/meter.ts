/** `enerlink meter …` */
import { parseArgs } from "node:util";
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
import { cellToLatLng, getResolution } from "h3-js";
import { zeroAddress } from "viem";
import { openChain } from "./chain.ts";
import {
  readAddress,
  readCell,
  readChoice,
  readEnergy,
  readPublicKey,
  readSerial,
  readWatts,
  readWord,
  required,
  UsageError,
} from "./options.ts";

const kinds = smalls(namesOf(MeterKind));
const trusts = namesOf(TrustClass);
const statuses = smalls(namesOf(MeterStatus));

export const meterHelp = `enerlink meter: who owns which meter

  enerlink meter register --serial S --owner ADDRESS --kind KIND --cell CELL [options]
  enerlink meter accept SERIAL [--max-debt-kwh E]
                                    become the owner; with the PRIVATE_KEY of the account that was named
  enerlink meter transfer SERIAL --to ADDRESS
                                    the owner's offer to ADDRESS, or the registrar's, seven days ahead;
                                    --to none withdraws it, by which an owner stops the registrar's
  enerlink meter suspend SERIAL     its settlement waits, no energy is lost
  enerlink meter resume SERIAL
  enerlink meter show SERIAL

register takes
  --serial S            1 to 32 characters of A-Z, a-z, 0-9 and -
  --owner ADDRESS       who will be paid and charged, and has to accept the meter before it is settled
  --kind KIND           consumer, prosumer, battery or grid
  --cell CELL           H3 cell of resolution 0 to 7, or latitude,longitude
  --connection NAME     the grid connection, one settling meter each; without it a sub-meter, which never settles
  --export-watts W      rated power towards the grid, whole watts (0)
  --import-watts W      rated power from the grid, whole watts (0)
  --capacity-kwh E      battery capacity, kWh; batteries only
  --credit-kwh E        debt beyond which an alarm is raised, kWh (0)
  --trust CLASS         A: signed by the meter (default), B: by the site's gateway, C: by nobody
  --public-key KEY      the signer's P-256 key: 128 hexadecimal digits or a PEM file; A and B need one

All but accept and an owner's transfer need the registrar's PRIVATE_KEY.`;

export async function meter(args: string[]): Promise<void> {
  const [action, ...rest] = args;
  if (action === "register") return register(rest);
  if (action === "accept") return accept(rest);
  if (action === "transfer") return transfer(rest);
  if (action === "suspend" || action === "resume") return change(action, rest);
  if (action === "show") return show(rest);
  throw new UsageError(
    `"${action ?? ""}" is no command of meter: register, accept, transfer, suspend, resume or show`,
  );
}

async function register(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      serial: { type: "string" },
      owner: { type: "string" },
      kind: { type: "string" },
      cell: { type: "string" },
      connection: { type: "string" },
      "export-watts": { type: "string", default: "0" },
      "import-watts": { type: "string", default: "0" },
      "capacity-kwh": { type: "string", default: "0" },
      "credit-kwh": { type: "string", default: "0" },
      trust: { type: "string", default: "A" },
      "public-key": { type: "string" },
    },
  });
  const id = readSerial("serial", required(values, "serial"));
  const kind = readChoice("kind", required(values, "kind"), kinds);
  const trust = readChoice("trust", values.trust, trusts);
  const capacityWh = readEnergy("capacity-kwh", values["capacity-kwh"], 48n);
  if ((kinds[kind] === "battery") !== capacityWh > 0n) {
    throw new UsageError("--capacity-kwh: a battery has more than 0 kWh, every other kind exactly 0");
  }
  if (trusts[trust] !== "C" && values["public-key"] === undefined) {
    throw new UsageError(`--public-key is needed for trust class ${trusts[trust]}`);
  }
  const registration = {
    meterId: id,
    owner: readAddress("owner", required(values, "owner")),
    kind,
    trust,
    connectionPoint: readWord("connection", values.connection),
    exportWatts: readWatts("export-watts", values["export-watts"]),
    importWatts: readWatts("import-watts", values["import-watts"]),
    capacityWh,
    creditWh: readEnergy("credit-kwh", values["credit-kwh"], 64n),
    h3Cell: readCell("cell", required(values, "cell")),
    ...readPublicKey("public-key", values["public-key"]),
  };

  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "register",
    args: [registration],
  });
  console.info(
    `${values.serial} is registered for ${registration.owner}, who has to accept it before it is settled (transaction ${hash})`,
  );
}

async function accept(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { "max-debt-kwh": { type: "string", default: "0" } },
  });
  const serial = theSerial(positionals);
  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "acceptMeter",
    args: [readSerial("serial", serial), readEnergy("max-debt-kwh", values["max-debt-kwh"], 64n)],
  });
  console.info(`${serial} is accepted (transaction ${hash})`);
}

async function transfer(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { to: { type: "string" } },
  });
  const serial = theSerial(positionals);
  const id = readSerial("serial", serial);
  const to = required(values, "to");
  const { client, contracts, write } = await openChain();
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const hash = await write({
    ...registry,
    functionName: "transferMeter",
    args: [id, to === "none" ? zeroAddress : readAddress("to", to)],
  });
  const { acceptableFrom } = await client.readContract({ ...registry, functionName: "meter", args: [id] });
  const when = acceptableFrom === 0 ? "" : ` from ${time(acceptableFrom)}, unless its owner objects`;
  const what = to === "none" ? "is offered to nobody any more" : `can be accepted by ${to}${when}`;
  console.info(`${serial} ${what} (transaction ${hash})`);
}

async function change(action: "suspend" | "resume", args: string[]): Promise<void> {
  const serial = onlySerial(args);
  const id = readSerial("serial", serial);
  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: action,
    args: [id],
  });
  console.info(`${serial} is ${action === "suspend" ? "suspended" : "active again"} (transaction ${hash})`);
}

async function show(args: string[]): Promise<void> {
  const serial = onlySerial(args);
  const id = readSerial("serial", serial);
  const { client, contracts } = await openChain();
  const [meter, settled] = await Promise.all([
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
  ];
  for (const [name, text] of lines) console.info(`${name.padEnd(10)}${text}`);
}

function onlySerial(args: string[]): string {
  return theSerial(parseArgs({ args, allowPositionals: true, options: {} }).positionals);
}

/** To whom a meter is offered, and from when. */
function offerOf({ pendingOwner, acceptableFrom }: { pendingOwner: string; acceptableFrom: number }): string {
  return `to ${pendingOwner}${acceptableFrom === 0 ? "" : ` from ${time(acceptableFrom)}`}`;
}

function theSerial(positionals: string[]): string {
  if (positionals.length !== 1) throw new UsageError("One serial is needed");
  return positionals[0]!;
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
