/**
 * `enerlink verify`: does every part of the running system say the same, to the Wh?
 *
 * For every home, at the replay's last hour: registers recomputed from the data file (never from the oracle's store),
 * the contract's, the index's; and the conservation law from its baseline. For the live hours, and for the meters that
 * are in no file: the contract's and the index's latest settlement against the simulator's own log. Then every slot that
 * neighbours shared, reckoned anew from what the meters showed (`verify-slots.ts`). For every meter of the registry, also
 * those that were registered by hand, the conservation law over all that it settled; what all of them minted and burned
 * is what the token minted and burned, and what exists. A single Wh is a difference.
 */
import { readFile } from "node:fs/promises";
import type { Home } from "@enerlink/oracle/simulator";
import { energyConverterAbi, energyTokenAbi, meterId, meterRegistryAbi, serialOf } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Deployment, readDeployment } from "@enerlink/protocol/deployment";
import { readSettings } from "@enerlink/service/settings";
import { createPublicClient, type Hex, http, zeroAddress } from "viem";
import { CHAIN_ID } from "./accounts.ts";
import { files } from "./files.ts";
import { recordedHomes } from "./neighbourhood.ts";
import { table } from "./output.ts";
import { waitFor } from "./processes.ts";
import { hourAt, type ReplayRecord, readReplay, timestampOf } from "./record.ts";
import { localSettings } from "./settings.ts";
import { localMeters } from "./setup.ts";
import { checkIndexedSlots, checkStatements } from "./verify-index.ts";
import { mintedWh, neighboursTable, type Shown, type SlotPart, walkSlots } from "./verify-slots.ts";

const INDEX_PATIENCE_SECONDS = 30;

type Range = { fromBlock: bigint; toBlock: bigint };
type Registers = { exportWh: bigint; importWh: bigint };
/** One settlement, as the contract's events or the index tell it. */
type Settlement = Registers & { tokensWh: bigint; debtWh: bigint; timestamp: number; epoch: number };
/** What registrar and owner put right, as the contract's events tell it. */
type Correction = Registers & { tokensWh: bigint };
type MeterHistory = {
  serial: string;
  /** Whether the simulator drives it; the others were registered by hand. */
  simulated: boolean;
  settlements: Settlement[];
  corrections: Correction[];
  repaidWh: bigint[];
  /** Minted when it left a community. */
  leftWh: bigint[];
  blockOf: bigint[];
  /** Its parts of cleared slots. */
  slots: SlotPart[];
  /** Import less export since its last slot. */
  openWh: bigint;
};
/** By serial. */
type Histories = Map<string, MeterHistory>;

const settings = readSettings(localSettings);
const rpcUrl = `http://127.0.0.1:${settings.CHAIN_PORT}`;
const indexUrl = `http://localhost:${settings.INDEXER_PORT}/graphql`;
/** All events of 28 days are an answer of 15 MB, more than viem takes by itself; it comes from this machine's own chain. */
const transport = http(rpcUrl, { maxResponseBodySize: false });
const client = createPublicClient({ chain: hardhat, transport });
const differences: string[] = [];

function compare(what: string, expected: bigint, actual: bigint | undefined): void {
  if (actual === expected) return;
  differences.push(
    `${what}: expected ${expected} Wh, found ${actual === undefined ? "nothing" : `${actual} Wh`}`,
  );
}

/** For people and for programs; not `ok` where there is a difference. */
type Verdict = { text: string; data: object; ok: boolean };

/** @throws while the replay is still running, and at a slot that does not follow from the registers */
export async function verify(): Promise<Verdict> {
  const record = await readReplay();
  if (record.settledHour !== record.lastHour) {
    const total = record.lastHour - record.firstHour;
    const done = record.settledHour === undefined ? 0 : record.settledHour - record.firstHour;
    throw new Error(
      `The replay is still running: ${done} of ${total} hours are settled. Try again when it is done.`,
    );
  }
  const deployment = readDeployment(CHAIN_ID);
  const { contracts, startBlock } = deployment;
  const block = await client.getBlockNumber();
  await waitFor("The index", async () => (await indexedBlock()) >= block, INDEX_PATIENCE_SECONDS);

  const homes = await recordedHomes();
  const range = { fromBlock: BigInt(startBlock), toBlock: block };
  const logged = await readLog();
  const histories = await readHistories(contracts, range, logged);
  const latest: string[][] = [];
  for (const history of histories.values()) latest.push(await checkLatest(history, logged));
  // Slots reckoned from registers that differ would say nothing.
  if (differences.length > 0) return failed([]);
  const slots = await addSlots(histories, deployment, range, shownBy(homes, record, logged), record);

  const rows: string[][] = [];
  for (const home of homes) rows.push(await checkHome(home, record, histories, contracts.energyConverter));
  const head = ["home", "file export", "import", "chain export", "import", "index export", "import"];
  const registers = ["meter export", "import", "chain export", "import", "index export", "import"];
  const shown = [
    ...slots.text,
    `\nAt the replay's last hour, ${new Date(record.lastTimestamp * 1_000).toISOString()}, in Wh:\n`,
    table([...head, "minted", "burned", "debt"], rows),
    "\nLatest settlement of every meter, in Wh:\n",
    table(["meter", "read at", ...registers, ""], latest),
  ];
  for (const history of histories.values()) await checkLaw(history, contracts.energyConverter, block);
  shown.push(await checkSupply(contracts, histories, range));
  if (differences.length > 0) return failed(shown);
  return agreed(shown, histories, rows.length, slots.count);
}

function failed(shown: string[]): Verdict {
  const text = [...shown, `\n${differences.length} differences:`, ...differences].join("\n");
  return { text, data: { differences }, ok: false };
}

function agreed(shown: string[], histories: Histories, homes: number, slots: number): Verdict {
  const byHand = [...histories.values()].flatMap(({ simulated, serial }) => (simulated ? [] : serial));
  const others = histories.size - byHand.length - homes;
  const text = [...shown, `\n${homes} homes and ${others} other meters agree to the Wh.`];
  if (byHand.length > 0)
    text.push(
      `So do ${byHand.length} that were registered by hand (${byHand.join(", ")}): on the chain and in the index; what they showed is not known here.`,
    );
  return { text: text.join("\n"), data: { differences, homes, others, byHand, slots }, ok: true };
}

/** What the meters showed: the homes by the data file in recorded hours, everybody by the simulator's log besides. */
function shownBy(homes: readonly Home[], record: ReplayRecord, logged: Map<string, Registers>): Shown {
  const files = new Map(homes.map((home) => [home.serial, home]));
  return (serial, timestamp) => {
    const hour = hourAt(record, timestamp);
    const recorded = hour === undefined ? undefined : files.get(serial)?.hours[hour];
    return recorded ?? logged.get(`${serial} ${timestamp}`);
  };
}

/** Reckons every slot anew, adds to each meter's history what it had of them, and compares what the index says of it. */
async function addSlots(
  histories: Histories,
  deployment: Deployment,
  range: Range,
  shown: Shown,
  record: ReplayRecord,
): Promise<{ text: string[]; count: number }> {
  const { slots, openWh } = await walkSlots(client, deployment.contracts, range, shown);
  for (const part of slots.flatMap(({ parts }) => parts)) histories.get(part.serial)!.slots.push(part);
  for (const [serial, wattHours] of openWh) histories.get(serial)!.openWh = wattHours;
  if (slots.length === 0) return { text: [], count: 0 };
  await checkIndexedSlots(slots, askIndex);
  const latest = [...new Map(slots.map(({ communityId, slotEnd }) => [communityId, slotEnd])).values()];
  const span = { from: timestampOf(record, record.firstHour), to: Math.min(...latest) };
  const { accounts, days } = await checkStatements(client, deployment, range, slots, span, askIndex);
  const followed = `${slots.length} slots follow from the meters' registers, to the Wh and IDRS base unit; so do the index's statements of ${accounts} accounts, which add up to zero on each of ${days} days.`;
  return { text: [`\n${neighboursTable(slots)}\n`, followed], count: slots.length };
}

/** Everything that the converter settled, by the registry's meters, from the events of both. */
async function readHistories(
  { meterRegistry, energyConverter }: Deployment["contracts"],
  range: Range,
  logged: Map<string, Registers>,
): Promise<Histories> {
  const drives = new Set([...logged.keys()].map((key) => key.split(" ")[0]!));
  const ofCommunity = new Set(localMeters.map(({ serial }) => serial));
  const histories: Histories = new Map();
  const registered = await client.getContractEvents({
    address: meterRegistry,
    abi: meterRegistryAbi,
    eventName: "MeterRegistered",
    strict: true,
    ...range,
  });
  for (const { args } of registered) {
    const serial = serialOf(args.meterId);
    const simulated = ofCommunity.has(serial) || drives.has(serial);
    const nothing = { settlements: [], corrections: [], repaidWh: [], leftWh: [], blockOf: [], slots: [] };
    histories.set(serial, { serial, simulated, ...nothing, openWh: 0n });
  }
  for (const serial of ofCommunity)
    if (!histories.has(serial)) throw new Error(`${serial} is not registered on this chain`);

  const logs = await client.getContractEvents({
    address: energyConverter,
    abi: energyConverterAbi,
    ...range,
  });
  for (const log of logs) {
    const { eventName } = log;
    if (
      eventName !== "MeterSettled" &&
      eventName !== "MeterCorrected" &&
      eventName !== "DebtRepaid" &&
      eventName !== "SlotsLeft"
    )
      continue;
    const serial = serialOf(log.args.meterId!);
    const history = histories.get(serial);
    if (!history) throw new Error(`${serial} was settled and never registered`);
    if (eventName === "DebtRepaid") history.repaidWh.push(log.args.wattHours!);
    else if (eventName === "MeterCorrected") history.corrections.push(log.args as Correction);
    else if (eventName === "SlotsLeft") history.leftWh.push(log.args.mintedWh!);
    else {
      history.settlements.push(log.args as Settlement);
      history.blockOf.push(log.blockNumber);
    }
  }
  return histories;
}

function settledAt(address: Hex, serial: string, blockNumber: bigint) {
  const args = [meterId(serial)] as const;
  return client.readContract({
    address,
    abi: energyConverterAbi,
    functionName: "settled",
    args,
    blockNumber,
  });
}

async function checkHome(home: Home, record: ReplayRecord, histories: Histories, converter: Hex) {
  const baseline = home.hours[record.firstHour]!;
  const expected = home.hours[record.lastHour]!;
  const { settlements, blockOf, ...history } = histories.get(home.serial)!;
  const last = settlements.findLastIndex(({ timestamp }) => timestamp <= record.lastTimestamp);
  const slots = history.slots.filter(({ slotEnd }) => slotEnd <= record.lastTimestamp);
  const block = slots.at(-1)?.blockNumber ?? 0n;
  const settledIn = blockOf[last] ?? 0n;

  const at = settledIn > block ? settledIn : block;
  const [exportWh, importWh, debtWh] = await settledAt(converter, home.serial, at);
  compare(`${home.serial}, chain's export`, expected.exportWh, exportWh);
  compare(`${home.serial}, chain's import`, expected.importWh, importWh);

  const indexed = await indexedSettlement(home.serial, record.lastTimestamp);
  compare(`${home.serial}, index's export`, expected.exportWh, indexed?.exportWh);
  compare(`${home.serial}, index's import`, expected.importWh, indexed?.importWh);
  compare(`${home.serial}, index's debt`, debtWh, indexed?.debtWh);

  const tokens = [...settlements.slice(0, last + 1).map(({ tokensWh }) => tokensWh), ...slots.map(mintedWh)];
  const minted = sum(tokens.filter((wattHours) => wattHours > 0n));
  const burned = -sum(tokens.filter((wattHours) => wattHours < 0n));
  const net = expected.exportWh - baseline.exportWh - (expected.importWh - baseline.importWh);
  compare(`${home.serial}, minted - burned - debt`, net, minted - burned - debtWh);

  return [
    home.serial,
    ...[
      expected.exportWh,
      expected.importWh,
      exportWh,
      importWh,
      indexed?.exportWh ?? "–",
      indexed?.importWh ?? "–",
    ],
    ...[minted, burned, debtWh],
  ].map(String);
}

async function checkLatest(
  { serial, simulated, settlements }: MeterHistory,
  logged: Map<string, Registers>,
): Promise<string[]> {
  const note = simulated ? "" : "by hand";
  const latest = settlements.at(-1);
  if (!latest) {
    if (simulated) throw new Error(`${serial} was never settled`);
    return [serial, "never", ...Array<string>(6).fill("–"), note];
  }
  const meter = logged.get(`${serial} ${latest.timestamp}`);
  const indexed = await indexedSettlement(serial, latest.timestamp);
  if (simulated) {
    compare(`${serial}, its own log's export`, latest.exportWh, meter?.exportWh);
    compare(`${serial}, its own log's import`, latest.importWh, meter?.importWh);
  }
  compare(`${serial}, index's latest export`, latest.exportWh, indexed?.exportWh);
  compare(`${serial}, index's latest import`, latest.importWh, indexed?.importWh);
  const registers = [meter, latest, indexed].flatMap((one) => [
    String(one?.exportWh ?? "–"),
    String(one?.importWh ?? "–"),
  ]);
  return [serial, new Date(latest.timestamp * 1_000).toISOString(), ...registers, note];
}

/** What it minted less what it burned, by settlements, corrections, repayments and slots. */
function issuedWh({ settlements, corrections, repaidWh, leftWh, slots }: MeterHistory): bigint {
  const moved = [...settlements, ...corrections].map(({ tokensWh }) => tokensWh);
  // A repayment burns as much as it takes from the debt.
  return sum([...moved, ...leftWh, ...slots.map(mintedWh)]) - sum(repaidWh);
}

/**
 * Minted − burned − debt is what the registers grew by, epoch by epoch, since each epoch's first settlement, and what was
 * put right. What is open until the next slot counts with the debt.
 */
async function checkLaw(history: MeterHistory, converter: Hex, blockNumber: bigint): Promise<void> {
  const { serial, settlements, corrections, openWh } = history;
  const grown = [...Map.groupBy(settlements, ({ epoch }) => epoch).values()].map((own) => {
    const [first, last] = [own[0]!, own.at(-1)!];
    return last.exportWh - first.exportWh - (last.importWh - first.importWh);
  });
  const [, , debtWh] = await settledAt(converter, serial, blockNumber);
  const issued = issuedWh(history);
  compare(
    `${serial}, minted - burned - debt since its first settlement`,
    sum(grown) + sum(corrections.map(({ exportWh, importWh }) => exportWh - importWh)),
    issued - debtWh - openWh,
  );
}

/** What all meters' settlements, corrections, repayments and slots minted and burned is what the token did, and what exists. */
async function checkSupply(
  { energyToken }: Deployment["contracts"],
  histories: Histories,
  range: Range,
): Promise<string> {
  const token = { address: energyToken, abi: energyTokenAbi } as const;
  const blockNumber = range.toBlock;
  const supply = await client.readContract({ ...token, functionName: "totalSupply", blockNumber });
  const transferred = async (args: { from: Hex } | { to: Hex }) => {
    const transfer = { ...token, eventName: "Transfer", strict: true, args, ...range } as const;
    return sum((await client.getContractEvents(transfer)).map((event) => event.args.value));
  };
  const [minted, burned] = [await transferred({ from: zeroAddress }), await transferred({ to: zeroAddress })];
  const issued = sum([...histories.values()].map(issuedWh));
  compare("ETK minted − burned by the token", issued, minted - burned);
  compare("ETK in circulation", issued, supply);
  return `\nETK in circulation: ${supply} Wh; minted − burned by all meters: ${issued} Wh.`;
}

/** The simulator's own log: registers by serial and time. */
async function readLog(): Promise<Map<string, Registers>> {
  const lines = (await readFile(files.readings, "utf8")).trimEnd().split("\n");
  return new Map(
    lines.map((line) => {
      const { serial, timestamp, exportWh, importWh } = JSON.parse(line);
      return [`${serial} ${timestamp}`, { exportWh: BigInt(exportWh), importWh: BigInt(importWh) }];
    }),
  );
}

async function askIndex<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const response = await fetch(indexUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: { message: string }[] };
  if (errors) throw new Error(`The index at ${indexUrl} refused the question: ${errors[0]!.message}`);
  return data;
}

async function indexedBlock(): Promise<bigint> {
  const { _meta } = await askIndex<{ _meta: { status: Record<string, { block: { number: number } }> } }>(
    "{ _meta { status } }",
  );
  return BigInt(Object.values(_meta.status)[0]!.block.number);
}

async function indexedSettlement(serial: string, timestamp: number): Promise<Settlement | undefined> {
  type Row = { exportWh: string; importWh: string; debtWh: string; tokensWh: string; epoch: number };
  const { settlements } = await askIndex<{ settlements: { items: Row[] } }>(
    `query ($meterId: String!, $timestamp: BigInt!) {
      settlements(where: { meterId: $meterId, readAt: $timestamp }) {
        items { exportWh importWh debtWh tokensWh epoch }
      }
    }`,
    { meterId: meterId(serial), timestamp: String(timestamp) },
  );
  const row = settlements.items.at(-1);
  if (!row) return undefined;
  return {
    exportWh: BigInt(row.exportWh),
    importWh: BigInt(row.importWh),
    debtWh: BigInt(row.debtWh),
    tokensWh: BigInt(row.tokensWh),
    timestamp,
    epoch: row.epoch,
  };
}

function sum(values: bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
