/** Three nodes, two of which must sign, by roots: a window's end costs one transaction, and everything is settled once in four. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { oracleCommitteeAbi } from "@enerlink/protocol";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import Sqlite from "better-sqlite3";
import mqtt from "mqtt";
import { type AbiFunction, type Address, type Hex, parseEther, toFunctionSelector } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const HOUR = 3_600;
/** Of settlements; four windows. */
const EVERY = 4 * HOUR;
/** The meter whose readings one node comes to refuse. */
const DISPUTED = "home-02";

const selectors = {
  commitRoot: selectorOf("commitRoot"),
  settleAllProven: selectorOf("settleAllProven"),
  submit: selectorOf("submit"),
};
function selectorOf(name: string): Hex {
  const item = oracleCommitteeAbi.find((one) => one.type === "function" && one.name === name);
  return toFunctionSelector(item as AbiFunction);
}

/** Runs `enerlink` with a key. Resolves to its code and what it answers. */
async function enerlink({ rpcUrl, folder }: TestSystem, key: Hex, args: string[]) {
  const child = spawn(process.execPath, ["cli/enerlink.ts", ...args], {
    env: { ...process.env, RPC_URL: rpcUrl, DEPLOYMENTS_DIR: join(folder, "deployments"), PRIVATE_KEY: key },
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => printed.push(String(data)));
  const [code] = await once(child, "close");
  const text = printed.join("");
  return { code, answer: code === 0 ? JSON.parse(text) : text };
}

/** What a node answers of a meter's proof. */
type Proof = {
  windowEndSeconds: number;
  root: Hex;
  proof: Hex[];
  reports: number;
  settled: boolean;
};

export function rootsOfWindows() {
  const first = Math.floor(Date.now() / 1_000 / 86_400) * 86_400 - 3 * 86_400;
  const settings = {
    SETTLEMENT_MODE: "roots",
    SETTLEMENT_INTERVAL: String(HOUR),
    ROOTS_SETTLED_EVERY: String(EVERY),
    ROOT_LINGER: "2000",
    TAKEOVER_AFTER: "2000",
    LOG_LEVEL: "debug",
  };
  let system: TestSystem;
  let replay: Replay;
  let committee: Address;

  const begin = (node: number) => system.startOracle(settings, node);
  const others = () => system.serials.filter((serial) => serial !== DISPUTED);

  async function until(what: string, done: () => Promise<boolean>, seconds = 30): Promise<void> {
    for (const late = Date.now() + seconds * 1_000; !(await done()); await sleep(50)) {
      await replay.mine();
      if (Date.now() > late) throw new Error(`${what}:\n${system.output().slice(-8_000)}`);
    }
  }
  const rootOf = (windowEnd: number) =>
    system.chain.readContract({
      ...{
        address: committee,
        abi: oracleCommitteeAbi,
        functionName: "rootOf" as const,
        args: [windowEnd] as const,
      },
    });
  /** The next hour, until its root is committed. @returns its end, unix seconds */
  async function window(): Promise<number> {
    await replay.hour();
    const end = replay.time();
    await until(`no root of ${end}`, async () => BigInt(await rootOf(end)) !== 0n);
    return end;
  }
  const settledAt = async (serial: string) => (await system.settled(serial))[4];
  const allSettledAt = async (serials: readonly string[], time: number) =>
    (await Promise.all(serials.map(settledAt))).every((at) => at === time);
  const ask = (node: number, serial: string, query = "") =>
    fetch(`${system.urlOf(node)}/api/v1/energy/proof/${serial}${query}`);
  const at = (time: number) => `?windowEnd=${new Date(time * 1_000).toISOString()}`;
  /** What a node knows once it has seen the root on the chain. */
  async function proofOf(node: number, serial: string, end: number): Promise<Proof> {
    return vi.waitFor(
      async () => {
        const response = await ask(node, serial, at(end));
        expect([response.status, await response.clone().text()]).toEqual([200, expect.anything()]);
        return response.json() as Promise<Proof>;
      },
      { interval: 100 },
    );
  }
  /** Waits until a node knows that the meter is settled at `time`. */
  const seen = (node: number, serial: string, time: number) =>
    vi.waitFor(
      async () => {
        const url = `${system.urlOf(node)}/api/v1/energy/settlements?meterId=${serial}&limit=1`;
        const readAt = new Date(time * 1_000).toISOString();
        expect(await (await fetch(url)).json()).toMatchObject({ items: [{ readAt, status: "settled" }] });
      },
      { interval: 100 },
    );
  /** How often a function of the committee was called by transactions that did something. */
  async function calls(functionName: "settleAllProven" | "submit"): Promise<number> {
    const head = await system.chain.getBlockNumber();
    let count = 0;
    for (let number = 0n; number <= head; number++) {
      const block = await system.chain.getBlock({ blockNumber: number, includeTransactions: true });
      count += block.transactions.filter(({ input }) => input.startsWith(selectors[functionName])).length;
    }
    return count;
  }

  /** What roots and proofs have cost, for the record. */
  async function costs(): Promise<string> {
    const head = await system.chain.getBlockNumber();
    const gas = { commitRoot: [] as bigint[], settleAllProven: [] as bigint[] };
    for (let number = 0n; number <= head; number++) {
      const { transactions } = await system.chain.getBlock({
        blockNumber: number,
        includeTransactions: true,
      });
      for (const { hash, input } of transactions)
        for (const name of ["commitRoot", "settleAllProven"] as const)
          if (input.startsWith(selectors[name]))
            gas[name].push((await system.chain.getTransactionReceipt({ hash })).gasUsed);
    }
    const listed = Object.entries(gas).map(([name, all]) => `${name} ${all.join(", ")}`);
    return `gas of ${system.serials.length} meters' roots and proofs: ${listed.join("; ")}`;
  }

  beforeAll(async () => {
    system = await startTestSystem(first - HOUR, { nodes: 3 });
    committee = system.deployment.contracts.oracleCommittee;
    await Promise.all([0, 1, 2].map(begin));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, first);
    // Energy counts from what is settled first, which goes in a batch.
    await replay.hour();
    await replay.settled();
    for (const node of [0, 1, 2]) for (const serial of system.serials) await seen(node, serial, first);
  });
  afterAll(() => system?.stop());

  test("each window's end brings one root, and nothing is settled before its time", async () => {
    for (let hour = 1; hour <= 3; hour++) {
      const end = await window();
      const answers = await Promise.all([0, 1, 2].map((node) => proofOf(node, "home-01", end)));
      for (const one of answers) {
        expect(one).toEqual({ ...answers[0], final: expect.any(Boolean) });
        expect(one).toMatchObject({ reports: system.serials.length, settled: false });
        expect(one.root.slice(0, 58)).toBe(await rootOf(end));
      }
    }
    expect(await allSettledAt(system.serials, first)).toBe(true);
  });

  test("a meter that a member does not agree with is left out, and no other", async () => {
    // Another reading of the same moment, which one node hears alone.
    system.deafen(DISPUTED, [0, 1]);
    const timestamp = replay.time();
    const reading = {
      ...{ serial: DISPUTED, epoch: 1, sequence: BigInt(timestamp), timestamp, storedWh: 0n },
      ...replay.last(DISPUTED),
    };
    const lie = signReading(
      system.domain,
      { ...reading, exportWh: reading.exportWh + 7n },
      system.deviceKey(DISPUTED).privateKey,
    );
    const meter = await mqtt.connectAsync(system.brokerUrl);
    await meter.publishAsync(`enerlink/v1/${DISPUTED}/reading`, JSON.stringify(readingJson(lie)), { qos: 1 });
    await meter.endAsync();
    await vi.waitFor(async () => {
      const response = await fetch(`${system.urlOf(2)}/api/v1/device/status/${DISPUTED}`);
      expect(await response.json()).toMatchObject({ hold: { reason: "equivocation" } });
    });
    system.deafen(DISPUTED, []);
    // The two that are left must both sign.
    await system.stopOracle("SIGKILL", 1);
    const end = await window();
    expect(await proofOf(0, "home-01", end)).toMatchObject({ reports: system.serials.length - 1 });
    for (const serial of others()) await proofOf(0, serial, end);
    const none = await ask(0, DISPUTED, at(end));
    expect([none.status, await none.json()]).toEqual([
      404,
      expect.objectContaining({ title: "No proof", detail: expect.stringContaining("late or disputed") }),
    ]);
    expect(await (await ask(0, DISPUTED)).json()).toMatchObject({ windowEndSeconds: end - HOUR });
  });

  test("whoever wants settles any meter by its proof, with a key of nobody's", async () => {
    const end = replay.time();
    await proofOf(0, "home-01", end);
    const key = generatePrivateKey();
    const stranger = privateKeyToAccount(key);
    await system.chain.setBalance({ address: stranger.address, value: parseEther("1") });
    const settle = (...more: string[]) =>
      enerlink(system, key, ["meter", "settle", "home-01", "--node", system.urlOf(0), "--json", ...more]);
    const preview = await settle("--preview");
    const counted = { serial: "home-01", settledUntil: new Date(first * 1_000).toISOString(), settles: true };
    expect(preview).toMatchObject({ code: 0, answer: counted });
    expect(await settledAt("home-01")).toBe(first);
    const settling = settle();
    await until("the stranger's proof settles nothing", async () => (await settledAt("home-01")) === end);
    expect(await settling).toMatchObject({ code: 0, answer: counted });
    // A second time there is nothing left to settle.
    expect(await settle()).toMatchObject({ code: 0, answer: { settles: false, reason: "Stale" } });
    await vi.waitFor(async () => expect(await proofOf(0, "home-01", end)).toMatchObject({ settled: true }));
    expect(await allSettledAt(others().slice(1), first)).toBe(true);
  });

  test("once in four windows everything is settled, with one proof of each root", async () => {
    const end = replay.time();
    const before = { proven: await calls("settleAllProven"), batches: await calls("submit") };
    await window();
    await until("the others are not settled by proof", () => allSettledAt(others(), end));
    // The one that is disputed is settled as far as it is not; the rest waits for a quorum that stands for it.
    await until("what was not disputed is not settled", () => allSettledAt([DISPUTED], end - HOUR));
    // One more at most of each, where the next member thought that its turn had come.
    const proven = (await calls("settleAllProven")) - before.proven;
    expect([2, 3, 4]).toContain(proven);
    await begin(1);
    await until(
      "the disputed meter is not settled in a batch",
      async () => (await settledAt(DISPUTED)) === end,
    );
    expect(await calls("submit")).toBeGreaterThan(before.batches);
  });

  test("goes on while one after another is killed and comes back", async () => {
    for (const victim of [0, 1, 2, 0]) {
      await replay.hour();
      await sleep(victim * 300);
      await system.stopOracle("SIGKILL", victim);
      const end = replay.time();
      await until(`no root of ${end}`, async () => BigInt(await rootOf(end)) !== 0n);
      await begin(victim);
    }
    const end = replay.time() - HOUR;
    expect(end % EVERY).toBe(0);
    await until("not everything is settled", () => allSettledAt(system.serials, end), 60);
    await checkLaw(system, replay);
  });

  test("nobody signed two roots of a window, and what was committed is what a quorum signed", async () => {
    for (const node of [0, 1, 2]) await system.stopOracle("SIGTERM", node);
    const committed = await system.chain.getContractEvents({
      ...{ address: committee, abi: oracleCommitteeAbi, eventName: "RootCommitted" as const },
      ...{ fromBlock: 0n, strict: true as const },
    });
    expect(committed.length).toBe(9);
    console.info(await costs());
    const signers = new Map(committed.map(({ args }) => [args.root, 0]));
    for (const node of [0, 1, 2]) {
      const database = new Sqlite(join(system.folder, `oracle-${node}`, "oracle.sqlite"), { readonly: true });
      const rows = database.prepare("SELECT window_end, root FROM signed_roots").all() as { root: Hex }[];
      database.close();
      for (const { root } of rows) if (signers.has(root)) signers.set(root, signers.get(root)! + 1);
    }
    expect([...signers.values()].every((count) => count >= 2)).toBe(true);
  });
}
