/**
 * `pnpm gas`: measures every operation, prints the table, and renews `gas.json` and `contracts/GAS.md`, which
 * `gas.test.ts` compares with what it measures.
 */
import { readFile, writeFile } from "node:fs/promises";
import { network } from "hardhat";
import { deployMarket } from "../market/system.ts";
import { measureAccounts } from "./accounts.ts";
import { measureBoard } from "./board.ts";
import { DEPTHS, measureBook } from "./book.ts";
import { measurePool } from "./pool.ts";
import { measureSettlement } from "./settlement.ts";
import { asMarkdown, asText, type Figures } from "./table.ts";

const RECORD = new URL("./gas.json", import.meta.url);
const PAGE = new URL("../../../contracts/GAS.md", import.meta.url);

/** Whole transactions on chains of their own, the same in every run. */
export async function measure(): Promise<Figures> {
  const connection = await network.create();
  const system = await deployMarket(connection);
  const all = [
    ...(await measureBook(system)),
    ...(await measureBoard(system)),
    ...(await measureAccounts(connection, system)),
    ...(await measureSettlement()),
    ...(await measurePool()),
  ];
  await connection.close();
  return Object.fromEntries(all.map(([operation, gas]) => [operation, gas.map(Number)]));
}

export async function readRecord(): Promise<Figures> {
  return JSON.parse(await readFile(RECORD, "utf8"));
}

export async function readPage(): Promise<string> {
  return readFile(PAGE, "utf8");
}

if (import.meta.main) {
  const figures = await measure();
  console.info(asText(figures, DEPTHS));
  const lines = Object.entries(figures).map(
    ([name, gas]) => `  ${JSON.stringify(name)}: [${gas.join(", ")}]`,
  );
  await writeFile(RECORD, `{\n${lines.join(",\n")}\n}\n`);
  await writeFile(PAGE, asMarkdown(figures, DEPTHS));
}
