/** `enerlink meter`: who owns which meter. */
import { meterRegistryAbi } from "@enerlink/protocol";
import { meterLabel } from "@enerlink/protocol/labels";
import { readSettings } from "@enerlink/service/settings";
import { type Address, zeroAddress, zeroHash } from "viem";
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import { appSettings } from "../app/settings.ts";
import { type Answer, answering, timeOrNull } from "./answer.ts";
import { preview } from "./authority.ts";
import { openChain } from "./chain.ts";
import { changes } from "./changes.ts";
import { corrections } from "./correction.ts";
import { showMeter } from "./meter-facts.ts";
import {
  accountOn,
  kinds,
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
  somebody,
  trusts,
  UsageError,
} from "./options.ts";
import { settle } from "./settle.ts";
import { why } from "./why.ts";

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
    "who is paid and charged, and has to accept the meter before it is settled: an address, or the code that the household shows (ethereum:0x…@chain)",
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
      changes(corrections(askingNodes(commands)))
        .demandCommand(
          1,
          "meter: register, accept, transfer, suspend, resume, rating, trust, key, accept-key, propose-epoch, accept-epoch, withdraw-epoch, declare-epoch, unsigned, correct, accept-correction, withdraw-correction, settle, show or why",
        )
        .command("register", "register a meter for an owner", registration, answering(register))
        .command(
          "accept <serial>",
          "become the owner; with the PRIVATE_KEY of the account that was named",
          (yargs) =>
            serialOnly(yargs).option("max-debt-kwh", {
              ...option("max-debt-kwh", readCredit, "the most debt that may come with it, kWh"),
              default: "0",
            }),
          answering(({ serial, maxDebtKwh }) => accept(serial, maxDebtKwh)),
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
          answering(({ serial, to }) => transfer(serial, to)),
        )
        .command(
          "suspend <serial>",
          "its settlement waits, no energy is lost",
          serialOnly,
          answering(({ serial }) => change("suspend", serial)),
        )
        .command(
          "resume <serial>",
          "settle it again",
          serialOnly,
          answering(({ serial }) => change("resume", serial)),
        )
        .command(
          "show <serial>",
          "all that the chain knows of it",
          serialOnly,
          answering(({ serial }) => showMeter(serial)),
        ),
  );
}

/** A meter, and the oracle node that is asked about it. */
const ofNode = (yargs: Argv) =>
  serialOnly(yargs).option("node", {
    ...option("node", readNode, "the oracle node's address"),
    default: readSettings(appSettings.pick({ ORACLE_URL: true })).ORACLE_URL,
  });

/** What is asked of an oracle node first. */
const askingNodes = (commands: Argv) =>
  commands
    .command(
      "why <serial>",
      "why it settles or does not, in plain words: by the registry, and by what an oracle node heard of it",
      ofNode,
      answering(({ serial, node }) => why(serial, node)),
    )
    .command(
      "settle <serial>",
      "settle it now by the proof of its report in a window's committed root; any account may, with its PRIVATE_KEY",
      (yargs) =>
        ofNode(yargs)
          .option(
            "window",
            option("window", readMoment, "when the window ended, ISO 8601; by default its latest"),
          )
          .options(preview),
      answering(({ serial, node, window, preview: isPreview }) => settle(serial, node, window, isPreview)),
    );

function readMoment(name: string, text: string): Date {
  const moment = new Date(text);
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(`--${name} "${text}": must be ISO 8601 with its zone, as 2026-11-21T08:15:00Z`);
}

/** An address without what would come after its host. */
function readNode(name: string, text: string): string {
  if (/^https?:\/\/[^\s/?#]+\/?$/.test(text)) return text.replace(/\/$/, "");
  throw new UsageError(`--${name}: must be http://host:port or https://host`);
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

async function register(given: Registration): Promise<Answer> {
  const { trust, capacityKwh } = given;
  const { serial, kind, publicKey } = deviceOf(given);
  if ((kinds[kind] === "battery") !== capacityKwh > 0n) {
    throw new UsageError("--capacity-kwh: a battery has more than 0 kWh, every other kind exactly 0");
  }
  if (trusts[trust] !== "C" && publicKey === undefined) {
    throw new UsageError(`--public-key is needed for trust class ${trusts[trust]}`);
  }
  const rated = kinds[kind] === "consumer" ? given.importWatts : given.exportWatts + given.importWatts;
  if (given.connection && rated === 0)
    throw new UsageError(
      `--import-watts${kinds[kind] === "consumer" ? "" : " or --export-watts"}: more than 0 W for a ${kinds[kind]} that settles; else every reading is impossible`,
    );
  const { chainId, contracts, write } = await openChain();
  const owner = accountOn("owner", given.owner, chainId);
  const transactionHash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "register",
    args: [
      {
        meterId: serial.id,
        owner,
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
  const key = publicKey && { x: publicKey.keyX, y: publicKey.keyY };
  const label = key && meterLabel({ serial: serial.serial, kind: kinds[kind]!, key });
  return {
    text: [
      `${serial.serial} is registered for ${owner}, who has to accept it before it is settled (transaction ${transactionHash})`,
      ...(label ? [`Its label: ${label}`] : []),
    ].join("\n"),
    data: { serial: serial.serial, pendingOwner: owner, label: label ?? null, transactionHash },
  };
}

async function accept({ serial, id }: Meter, mostDebtWh: bigint): Promise<Answer> {
  const { contracts, write } = await openChain();
  const transactionHash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "acceptMeter",
    args: [id, mostDebtWh],
  });
  return {
    text: `${serial} is accepted (transaction ${transactionHash})`,
    data: { serial, transactionHash },
  };
}

async function transfer({ serial, id }: Meter, to: Address): Promise<Answer> {
  const { client, contracts, write } = await openChain();
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const transactionHash = await write({ ...registry, functionName: "transferMeter", args: [id, to] });
  const meter = await client.readContract({ ...registry, functionName: "meter", args: [id] });
  const acceptableFrom = timeOrNull(meter.acceptableFrom);
  const when = acceptableFrom === null ? "" : ` from ${acceptableFrom}, unless its owner objects`;
  const what = to === zeroAddress ? "is offered to nobody any more" : `can be accepted by ${to}${when}`;
  return {
    text: `${serial} ${what} (transaction ${transactionHash})`,
    data: { serial, pendingOwner: somebody(to), acceptableFrom, transactionHash },
  };
}

async function change(action: "suspend" | "resume", { serial, id }: Meter): Promise<Answer> {
  const { contracts, write } = await openChain();
  const transactionHash = await write({
    address: contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: action,
    args: [id],
  });
  const done = action === "suspend" ? "suspended" : "active again";
  return {
    text: `${serial} is ${done} (transaction ${transactionHash})`,
    data: { serial, status: action === "suspend" ? "suspended" : "active", transactionHash },
  };
}
