/**
 * `pnpm bench:slot [--members 100] [--slots 10]`: how long it takes from a neighbourhood's last reading of a slot until
 * the slot stands on a household's screen. Three nodes settle and clear it, through a real broker, on a chain that mines
 * each transaction at once; an index reads the chain, and a browser shows the page. Exits 1 when a slot was not cleared
 * with everybody read, or by a transaction that takes more gas than one may.
 */
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { makeIndex } from "../../indexer/test/index-process.ts";
import { foundNeighbourhood } from "../../oracle/testing/neighbourhood.ts";
import { makeReplay } from "../../oracle/testing/replay.ts";
import { startTestSystem } from "../../oracle/testing/system.ts";
import { startPage } from "../e2e/quiet.ts";
import { desktop, launch } from "../e2e/site.ts";

const { values } = parseArgs({
  options: { members: { type: "string", default: "100" }, slots: { type: "string", default: "10" } },
});
const [count, slots] = [Number(values.members), Number(values.slots)];
const HOUR = 3_600;
/** The recorded days begin so long ago that no slot lies ahead of anybody's clock. */
const start = Math.floor(Date.now() / 3_600_000) * HOUR - (slots + 4) * HOUR;
const NODES = [0, 1, 2];
/** No transaction may take more (EIP-7825). */
const MOST_GAS = 16_777_216n;
/** Owns all meters of a test's system. */
const OWNER = "home-01";

const closing: (() => unknown)[] = [];
try {
  await measure();
} finally {
  for (const step of closing.reverse()) await step();
}

async function measure(): Promise<void> {
  const system = await startTestSystem(start - HOUR, { nodes: 3, homes: count, chain: "anvil" });
  closing.push(system.stop);
  await Promise.all(NODES.map((node) => system.startOracle({}, node)));
  const replay = makeReplay(system, start);
  await replay.hour();
  await replay.settled();
  const members = system.serials.filter((serial) => serial.startsWith("home"));
  const homes = await foundNeighbourhood(system, members);

  const folder = `${system.folder}/deployments`;
  const index = await makeIndex({
    chain: { rpcUrl: system.rpcUrl, client: system.chain },
    environment: { CHAIN_ID: "31337", DEPLOYMENTS_DIR: folder },
  });
  closing.push(index.stop);
  await index.startIndex();
  const site = await startPage({ folder, rpcUrl: system.rpcUrl }, index.url);
  closing.push(site.stop);
  const browser = await launch();
  closing.push(() => browser.close());
  const context = await browser.newContext({ viewport: desktop, serviceWorkers: "block" });
  await context.addInitScript(
    ([name, preferences]) => {
      localStorage.setItem("enerlink.preferences", preferences!);
      localStorage.setItem("wagmi.recentConnectorId", name!);
    },
    [
      JSON.stringify(`demo:${OWNER}`),
      JSON.stringify({ state: { language: "en", theme: "light" }, version: 0 }),
    ],
  );
  const page = await context.newPage();

  const taken: { block: number; answer: number; screen: number }[] = [];
  let mostGas = 0n;
  for (let slot = 0; slot < slots + 2; slot++) {
    // The first slot is that of the baselines; the second opens the page.
    const opened = slot > 1;
    const before = opened ? await shown(page) : undefined;
    // Somebody looks: a page that nobody touches for a minute asks less often.
    if (opened) await page.mouse.move(slot, slot);
    const end = start + (slot + 1) * HOUR;
    await replay.hour();
    const read = Date.now();
    const [block, answer, screen] = await Promise.all([
      when(async () => (await homes.clearedTo()) >= end),
      // A connection that was not used for long may be closed just as it is.
      when(() =>
        lastSlot(index).then(
          (slotEnd) => slotEnd >= end,
          () => false,
        ),
      ),
      opened && when(async () => (await shown(page)) !== before),
    ]);
    if (opened) taken.push({ block: block - read, answer: answer - read, screen: Number(screen) - read });
    if (slot === 1) await page.goto(new URL("/neighbourhood", site.appUrl).href);
    const cleared = (await homes.cleared()).at(-1)!;
    if (cleared.present.length !== count)
      throw new Error(`${cleared.present.length} of ${count} members were read at ${end}`);
    const { gasUsed } = await system.chain.getTransactionReceipt({ hash: cleared.hash });
    if (gasUsed > mostGas) mostGas = gasUsed;
  }
  if (mostGas > MOST_GAS)
    throw new Error(`clearing took ${mostGas} gas, more than the ${MOST_GAS} that it may`);

  console.info(`${count} members, ${taken.length} slots; ms from the last reading, median and worst:`);
  for (const what of ["block", "answer", "screen"] as const) {
    const sorted = taken.map((one) => one[what]).toSorted((a, b) => a - b);
    console.info(`  ${what.padEnd(8)} ${sorted[Math.floor((sorted.length - 1) / 2)]} ${sorted.at(-1)}`);
  }
  console.info(`  the transaction that cleared a slot took ${mostGas.toLocaleString("en")} gas at most`);
}

/** The latest slot that the index knows, unix seconds. */
async function lastSlot(index: Awaited<ReturnType<typeof makeIndex>>): Promise<number> {
  const { clearedSlots } = await index.query(
    '{ clearedSlots(orderBy: "slotEnd", orderDirection: "desc", limit: 1) { items { slotEnd } } }',
  );
  return Number(clearedSlots.items[0]?.slotEnd ?? 0);
}

/** What the page says of the latest slot. */
function shown(page: Page): Promise<string | null> {
  return page.getByRole("slider").first().getAttribute("aria-valuetext", { timeout: 60_000 });
}

/** @returns the moment from which on `condition` holds, unix milliseconds */
async function when(condition: () => Promise<boolean>): Promise<number> {
  const late = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > late) throw new Error(`waited 60 s in vain until ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return Date.now();
}
