/**
 * `pnpm verify`: does every part of the running system say the same, to the Wh?
 *
 * For every home, at the replay's last hour: registers recomputed from the data file (never from the oracle's store),
 * the contract's, the index's; and the conservation law from its baseline. For the live hours, and for the meters that
 * are in no file: the contract's and the index's latest settlement against the simulator's own log. Exits 1 on a
 * difference of a single Wh.
 */
import { readFile } from "node:fs/promises";
import { energyConverterAbi, energyTokenAbi, meterId } from "@enerlink/contracts";
import { readDeployment } from "@enerlink/contracts/deployment";
import { type Home, loadHomes } from "@enerlink/oracle/simulator";
import { createPublicClient, type Hex, http } from "viem";
import { hardhat } from "viem/chains";
import { CHAIN_ID } from "./accounts.ts";
import { files } from "./files.ts";
import { table } from "./output.ts";
import { waitFor } from "./processes.ts";
import { type ReplayRecord, readReplay } from "./record.ts";
import { loadEnvironmentFile, readSettings } from "./settings.ts";
import { localMeters } from "./setup.ts";

const INDEX_PATIENCE_SECONDS = 30;

type Registers = { exportWh: bigint; importWh: bigint };
/** One settlement, as the contract's events or the index tell it. */
type Settlement = Registers & { tokensWh: bigint; debtWh: bigint; timestamp: number; epoch: number };
type MeterHistory = { settlements: Settlement[]; repaidWh: bigint[]; blockOf: bigint[] };

loadEnvironmentFile();
const settings = readSettings();
const rpcUrl = `http://127.0.0.1:${settings.CHAIN_PORT}`;
const indexUrl = `http://localhost:${settings.INDEXER_PORT}/graphql`;
const client = createPublicClient({ chain: hardhat, transport: http(rpcUrl) });
const differences: string[] = [];

function compare(what: string, expected: bigint, actual: bigint | undefined): void {
  if (actual === expected) return;
  differences.push(
    `${what}: expected ${expected} Wh, found ${actual === undefined ? "nothing" : `${actual} Wh`}`,
  );
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

async function main() {
  const record = await readReplay();
  if (record.settledHour !== record.lastHour) {
    const total = record.lastHour - record.firstHour;
    const done = record.settledHour === undefined ? 0 : record.settledHour - record.firstHour;
    throw new Error(
      `The replay is still running: ${done} of ${total} hours are settled. Try again when it is done.`,
    );
  }
  const { contracts, startBlock } = readDeployment(CHAIN_ID);
  const block = await client.getBlockNumber();
  await waitFor("The index", async () => (await indexedBlock()) >= block, INDEX_PATIENCE_SECONDS);

  const homes = await loadHomes();
  const histories = await readHistories(contracts.energyConverter, BigInt(startBlock), block);
  const rows: string[][] = [];
  for (const home of homes) rows.push(await checkHome(home, record, histories, contracts.energyConverter));
  console.info(
    `\nAt the replay's last hour, ${new Date(record.lastTimestamp * 1_000).toISOString()}, in Wh:\n`,
  );
  const head = [
    "home",
    "file export",
    "import",
    "chain export",
    "import",
    "index export",
    "import",
    "minted",
    "burned",
    "debt",
  ];
  console.info(table(head, rows));

  const logged = await readLog();
  const live: string[][] = [];
  for (const { serial } of localMeters) live.push(await checkLive(serial, histories.get(serial)!, logged));
  console.info("\nLatest settlement of every meter, in Wh:\n");
  console.info(
    table(
      ["meter", "read at", "meter export", "import", "chain export", "import", "index export", "import"],
      live,
    ),
  );

  await checkSupply(contracts.energyToken, histories, block);
  if (differences.length > 0)
    throw new Error(`\n${differences.length} differences:\n${differences.join("\n")}`);
  console.info(`\n${rows.length} homes and ${live.length - rows.length} other meters agree to the Wh.`);
}

/** Everything that the converter settled up to `block`, from its events. */
async function readHistories(
  converter: Hex,
  fromBlock: bigint,
  toBlock: bigint,
): Promise<Map<string, MeterHistory>> {
  const histories = new Map<string, MeterHistory>();
  const serials = new Map(localMeters.map(({ serial }) => [meterId(serial), serial]));
  for (const serial of serials.values())
    histories.set(serial, { settlements: [], repaidWh: [], blockOf: [] });
  const logs = await client.getContractEvents({
    address: converter,
    abi: energyConverterAbi,
    fromBlock,
    toBlock,
  });
  for (const log of logs) {
    if (log.eventName === "MeterSettled") {
      const serial = serials.get(log.args.meterId!);
      if (!serial) continue;
      const history = histories.get(serial)!;
      history.settlements.push(log.args as Settlement);
      history.blockOf.push(log.blockNumber);
    } else if (log.eventName === "DebtRepaid") {
      histories.get(serials.get(log.args.meterId!) ?? "")?.repaidWh.push(log.args.wattHours!);
    }
  }
  return histories;
}

async function checkHome(
  home: Home,
  record: ReplayRecord,
  histories: Map<string, MeterHistory>,
  converter: Hex,
) {
  const baseline = home.hours[record.firstHour]!;
  const expected = home.hours[record.lastHour]!;
  const { settlements, blockOf } = histories.get(home.serial)!;
  const last = settlements.findLastIndex(({ timestamp }) => timestamp <= record.lastTimestamp);
  const upTo = settlements.slice(0, last + 1);

  const [exportWh, importWh, debtWh] = await client.readContract({
    address: converter,
    abi: energyConverterAbi,
    functionName: "settled",
    args: [meterId(home.serial)],
    blockNumber: blockOf[last] ?? 0n,
  });
  compare(`${home.serial}, chain's export`, expected.exportWh, exportWh);
  compare(`${home.serial}, chain's import`, expected.importWh, importWh);

  const indexed = await indexedSettlement(home.serial, record.lastTimestamp);
  compare(`${home.serial}, index's export`, expected.exportWh, indexed?.exportWh);
  compare(`${home.serial}, index's import`, expected.importWh, indexed?.importWh);
  compare(`${home.serial}, index's debt`, debtWh, indexed?.debtWh);

  const minted = sum(upTo.map(({ tokensWh }) => (tokensWh > 0n ? tokensWh : 0n)));
  const burned = sum(upTo.map(({ tokensWh }) => (tokensWh < 0n ? -tokensWh : 0n)));
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

async function checkLive(serial: string, { settlements }: MeterHistory, logged: Map<string, Registers>) {
  const latest = settlements.at(-1);
  if (!latest) throw new Error(`${serial} was never settled`);
  const meter = logged.get(`${serial} ${latest.timestamp}`);
  const indexed = await indexedSettlement(serial, latest.timestamp);
  compare(`${serial}, its own log's export`, latest.exportWh, meter?.exportWh);
  compare(`${serial}, its own log's import`, latest.importWh, meter?.importWh);
  compare(`${serial}, index's latest export`, latest.exportWh, indexed?.exportWh);
  compare(`${serial}, index's latest import`, latest.importWh, indexed?.importWh);
  return [
    serial,
    new Date(latest.timestamp * 1_000).toISOString(),
    ...[meter, latest, indexed].flatMap((registers) => [
      String(registers?.exportWh ?? "–"),
      String(registers?.importWh ?? "–"),
    ]),
  ];
}

/** What all meters' settlements minted and burned is what exists. */
async function checkSupply(token: Hex, histories: Map<string, MeterHistory>, blockNumber: bigint) {
  const supply = await client.readContract({
    address: token,
    abi: energyTokenAbi,
    functionName: "totalSupply",
    blockNumber,
  });
  const all = [...histories.values()];
  const settled = sum(all.flatMap(({ settlements }) => settlements.map(({ tokensWh }) => tokensWh)));
  const repaid = sum(all.flatMap(({ repaidWh }) => repaidWh));
  compare("ETK in circulation", settled - repaid, supply);
  console.info(`\nETK in circulation: ${supply} Wh; minted − burned by all meters: ${settled - repaid} Wh.`);
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
