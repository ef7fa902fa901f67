/** The whole round: a request on chain, the program in the toolkit's simulator, a real oracle's API, the settlement. */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { functionsReporterAbi, meterId } from "@enerlink/protocol";
import { readingJson, type UnsignedReading } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import { hexToString } from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestSystem, type TestSystem } from "../testing/system.ts";
import { deployLocalFunctions, type LocalFunctions } from "./local-network.ts";
import { argumentsOf, reportOf, simulate, source } from "./settle-meter.ts";

const SERIAL = "home-01";
const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 5 * 3_600;
let system: TestSystem;
let functions: LocalFunctions;
let stopServing = () => {};
const failures: unknown[] = [];
/** An oracle API that answers what it is told to. */
let api: Server;
let apiUrl: string;
let answer: unknown;

beforeAll(async () => {
  system = await startTestSystem(start - 3_600, {
    beforeDeployment: async (rpcUrl, privateKey) => {
      functions = await deployLocalFunctions(rpcUrl, privateKey);
      return { FUNCTIONS_ROUTER: functions.router };
    },
  });
  api = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? { title: "No reading" }));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  apiUrl = `http://127.0.0.1:${(api.address() as { port: number }).port}`;
});
afterAll(async () => {
  stopServing();
  api?.close();
  await system?.stop();
});

const reading = (fields: Partial<UnsignedReading> = {}): UnsignedReading => ({
  serial: SERIAL,
  epoch: 1,
  sequence: 7n,
  timestamp: start,
  exportWh: 2n ** 60n,
  importWh: 1_234n,
  storedWh: 0n,
  ...fields,
});
const signed = (fields: Partial<UnsignedReading> = {}) => ({
  reading: readingJson(signReading(system.domain, reading(fields), system.deviceKey(SERIAL).privateKey)),
});

describe("the program", () => {
  const run = (urls = apiUrl) => {
    const { x, y } = system.deviceKey(SERIAL);
    return simulate(
      argumentsOf({
        urls,
        meterId: meterId(SERIAL),
        keyX: x,
        keyY: y,
        epoch: 1,
        cutoff: start + 60,
        ...system.domain,
      }),
    );
  };

  test("returns the registers that the meter signed, in the words of a report", async () => {
    answer = signed();
    const result = await run();
    expect("answer" in result && reportOf(result.answer)).toEqual({
      meterId: meterId(SERIAL),
      exportWh: 2n ** 60n,
      importWh: 1_234n,
      storedWh: 0n,
      timestamp: start,
      epoch: 1,
    });
  });

  test.each<[string, () => unknown, string]>([
    ["a tampered register", () => ({ reading: { ...signed().reading, importWh: 1_233 } }), "wrong signature"],
    ["another epoch", () => signed({ epoch: 2 }), "epoch 2"],
    ["a reading after the cut-off", () => signed({ timestamp: start + 61 }), "after the cut-off"],
    ["no reading", () => undefined, "no reading (404)"],
  ])("refuses %s", async (_name, what, error) => {
    answer = what();
    expect(await run()).toEqual({ error });
  });

  test("believes the API that has the latest true reading, whatever the others say", async () => {
    answer = signed();
    const result = await run(`http://127.0.0.1:1,${apiUrl}`);
    expect("answer" in result && reportOf(result.answer).importWh).toBe(1_234n);
  });
});

describe("the round on chain", () => {
  const reporter = () =>
    ({ address: system.deployment.contracts.functionsReporter, abi: functionsReporterAbi }) as const;

  async function configure(urls: string) {
    const subscriptionId = await functions.subscribe(reporter().address);
    const hash = await system.walletOf(0).writeContract({
      ...reporter(),
      functionName: "configure",
      args: [source, urls, functions.donId, subscriptionId, 300_000, 0],
    });
    await system.chain.waitForTransactionReceipt({ hash });
  }

  /** As anybody does it, from the command line. */
  const request = () => command("request", SERIAL);
  function command(...args: string[]) {
    // biome-ignore lint/suspicious/noExplicitAny: what the tests are about.
    return new Promise<{ code: number | null; answer: any }>((resolve) => {
      const script = fileURLToPath(new URL("../../cli/enerlink.ts", import.meta.url));
      const environment = {
        ...process.env,
        RPC_URL: system.rpcUrl,
        DEPLOYMENTS_DIR: `${system.folder}/deployments`,
        PRIVATE_KEY: system.ownerKey,
      };
      const child = spawn(process.execPath, [script, "functions", ...args, "--json"], {
        env: environment,
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
      child.once("close", (code) => resolve({ code, answer: JSON.parse(output.trim().split("\n").at(-1)!) }));
    });
  }

  beforeAll(async () => {
    await system.startOracle();
    for (const hour of [0, 1]) {
      await system.mineAt(start + hour * 3_600);
      await system.fleet.publishHour(hour, start + hour * 3_600);
      await vi.waitFor(async () => expect((await system.settled(SERIAL))[4]).toBe(start + hour * 3_600));
    }
    stopServing = functions.serve((error) => failures.push(error));
  });

  test("settles what the oracle's API serves as the meter signed it", async () => {
    // The oracle sees the hour, but cannot bring it to the chain itself.
    await system.stopOracle("SIGTERM");
    await system.startOracle({ RPC_URL: system.rpcUrl, SIGNER_KEY: `0x${"0a".repeat(32)}` });
    await configure(system.oracleUrl);
    const at = start + 2 * 3_600;
    await system.mineAt(at);
    await system.fleet.publishHour(2, at);
    await vi.waitFor(async () => {
      const response = await fetch(`${system.oracleUrl}/api/v1/meters/${SERIAL}/signed-reading`);
      expect(((await response.json()) as { reading: { timestamp: number } }).reading.timestamp).toBe(at);
    });
    await system.mineAt(at + 1);
    const tried = await command("simulate", SERIAL, "--urls", system.oracleUrl);
    expect(tried).toMatchObject({
      code: 0,
      answer: { serial: SERIAL, epoch: 1, timestamp: new Date(at * 1_000).toISOString() },
    });
    expect(await request()).toMatchObject({ code: 0, answer: { serial: SERIAL } });
    expect((await system.settled(SERIAL))[4]).toBe(at);
  });

  test("a reading with a tampered signature ends in RequestFailed", async () => {
    const before = await system.settled(SERIAL);
    const honest = signed({
      timestamp: start + 2 * 3_600 + 100,
      exportWh: before[0] + 5n,
      importWh: before[1],
    });
    answer = { reading: { ...honest.reading, exportWh: Number(before[0]) + 6 } };
    await configure(apiUrl);
    await system.mineAt(start + 2 * 3_600 + 200);
    const { code, answer: refused } = await request();
    expect([code, refused]).toEqual([1, { error: { message: "the request failed: wrong signature" } }]);
    expect(await system.settled(SERIAL)).toEqual(before);
    const failed = await system.chain.getContractEvents({
      ...reporter(),
      eventName: "RequestFailed",
      fromBlock: 0n,
    });
    expect(failed.map(({ args }) => hexToString(args.reason!))).toEqual(["wrong signature"]);

    // The control: untampered, the same reading is settled.
    answer = honest;
    expect(await request()).toMatchObject({ code: 0, answer: { serial: SERIAL } });
    expect((await system.settled(SERIAL))[0]).toBe(before[0] + 5n);
    expect(failures).toEqual([]);
  });
});
