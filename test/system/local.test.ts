/** The whole local system, started as a user does, and driven from outside: MQTT, HTTP, GraphQL and a wallet. */
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signIn } from "@enerlink/oracle/sign-in";
import {
  energyConverterAbi,
  energyMarketAbi,
  meterId,
  Side,
  slotPoolAbi,
  TimeInForce,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Abi, type Address, createPublicClient, createWalletClient, http, parseEventLogs } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { homes, operator } from "../../local/accounts.ts";
import { isListening } from "../../local/processes.ts";
import { signMessage, withCreation } from "../../oracle/testing/household.ts";
import { connectMeter, type ForeignReading, makeForeignMeter } from "./foreign-meter.ts";
import { type Maker, openMaker, ROOFS } from "./maker.ts";
import { makeNewcomer } from "./newcomer.ts";
import { CELL, openOwnBattery, openOwnMeter, register } from "./own-meter.ts";
import { ask, done, runScript, type System, startSystem, type Told } from "./system.ts";

let system: System;
let maker: Maker;
/** Two of the three homes that have a program. */
const [seller, newcomer] = [homes[1]!, homes[5]!];
/** The third, which nobody uses. */
const resident = homes[9]!;
/** Neighbours that no test uses. */
const neighbours = [homes[6]!, homes[7]!];
const people = [seller, newcomer].map(({ account }) => account.address);
let nonces: number[];
let neighboursNonces: number[];
let rounds: Promise<void>;
let joining: Promise<void>;

/** Kills the oracle, without mercy, once a few hours of the replay are settled. */
function killOracleMidReplay() {
  let oracle: number | undefined;
  return ({ part, pid, done = 0 }: Told) => {
    if (part === "oracle") oracle ??= pid;
    if (part !== "replay" || done !== 10) return;
    process.kill(oracle!, "SIGKILL");
  };
}

beforeAll(async () => {
  system = await startSystem({ days: 1, compiles: true, onTold: killOracleMidReplay() });
});

afterAll(async () => {
  await maker?.close();
  await system?.stop();
});

const chain = () => createPublicClient({ chain: hardhat, transport: http(system.rpcUrl), cacheTime: 0 });

/** Asks again until `answer` is what the test waits for. */
async function until<Answer>(
  seconds: number,
  ask: () => Promise<Answer>,
  good: (answer: Answer) => boolean,
): Promise<Answer> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > deadline) return answer;
    await sleep(250);
  }
}

const nonceOf = (address: Address) => chain().getTransactionCount({ address });

async function debtOf(serial: string): Promise<bigint> {
  const converter = { address: system.contracts.energyConverter, abi: energyConverterAbi } as const;
  const [, , debtWh] = await chain().readContract({
    ...converter,
    functionName: "settled",
    args: [meterId(serial)],
  });
  return debtWh;
}

/** Has a home's key send a call to the market. @returns the events of its block */
async function send({ account }: (typeof homes)[0], functionName: string, args: readonly unknown[]) {
  const wallet = createWalletClient({ account, chain: hardhat, transport: http(system.rpcUrl) });
  const call = { address: system.contracts.energyMarket, abi: energyMarketAbi as Abi, functionName, args };
  const { status, logs } = await chain().waitForTransactionReceipt({
    hash: await wallet.writeContract(call),
  });
  expect([functionName, status]).toEqual([functionName, "success"]);
  return logs;
}

async function graphql<Data>(query: string): Promise<Data> {
  const response = await fetch(`${system.indexUrl}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

describe("the replay", () => {
  test("survives kill -9 of the oracle, and every part agrees to the Wh", async () => {
    expect(system.told).toContainEqual(expect.objectContaining({ part: "oracle", signal: "SIGKILL" }));
    const { code, output } = await runScript("verify", [], system.environment);
    expect(output).toContain("10 homes and 2 other meters agree to the Wh.");
    expect(code).toBe(0);
    const { answer } = await ask(["verify"], system.environment);
    expect(answer).toMatchObject({ differences: [], homes: 10, others: 2, byHand: [] });
    expect(answer.slots).toBeGreaterThan(0);
  });

  test("verify sees a single Wh", async () => {
    const copy = join(system.folder, "tampered");
    await cp(join(system.folder, "run"), join(copy, "run"), {
      recursive: true,
      filter: (source) => !source.includes("/indexer"),
    });
    // The meters go on: what they sign meanwhile is tampered with as well.
    const log = join(copy, "run/readings.jsonl");
    async function tamper() {
      const lines = (await readFile(join(system.folder, "run/readings.jsonl"), "utf8")).trimEnd().split("\n");
      const tampered = lines.map((line) => {
        const reading = JSON.parse(line);
        return JSON.stringify(
          reading.serial === "home-01" ? { ...reading, importWh: reading.importWh + 1 } : reading,
        );
      });
      await writeFile(`${log}.new`, `${tampered.join("\n")}\n`);
      await rename(`${log}.new`, log);
    }
    let done = false;
    const tampering = (async () => {
      for (; !done; await sleep(100)) await tamper();
    })();
    const { code, answer } = await ask(["verify"], {
      ...system.environment,
      ENERLINK_LOCAL_DIR: copy,
    });
    done = true;
    await tampering;
    expect(answer.differences).toEqual([expect.stringContaining("home-01, its own log's import: expected")]);
    expect(code).not.toBe(0);
  });

  test("made neighbours share, and the other homes trade", () => {
    const { sharedWh, boughtWh, onBookWh, byOffersWh } = system.told.find(({ energy }) => energy)!.energy!;
    expect(BigInt(sharedWh)).toBeGreaterThan(0n);
    expect(BigInt(boughtWh)).toBeGreaterThan(0n);
    expect(BigInt(onBookWh) + BigInt(byOffersWh)).toBeGreaterThan(0n);
  });
});

/** A home with energy and no person has it sold by its program, whatever the hour: then a round of theirs has passed. */
async function twoRounds(): Promise<void> {
  const { address } = resident.account;
  for (const round of [1, 2]) {
    const sent = await nonceOf(address);
    await maker.give(address, (await debtOf(resident.name)) + 1_000n);
    const now = await until(
      130,
      () => nonceOf(address),
      (nonce) => nonce > sent,
    );
    expect([round, now > sent]).toEqual([round, true]);
  }
}

/** What programs would act on: a home with energy, an order that no program would leave, a request to be accepted. */
describe("people", () => {
  test("move in: one picks a home in the dApp, one trades and offers a battery", async () => {
    maker = await openMaker(system);
    const picked = await fetch(`${system.appUrl}/demo-accounts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address: newcomer.account.address }),
    });
    expect(picked.status).toBe(204);
    await maker.give(newcomer.account.address, (await debtOf(newcomer.name)) + 1_000n);

    await send(seller, "placeOrder", [Side.Bid, 501, 1_000, TimeInForce.GTC, 0]);
    const battery = await openOwnBattery(system, seller.account.address, "test-battery");
    await battery.connection.end();
    const { timestamp } = await chain().getBlock();
    const period = [Number(timestamp), Number(timestamp) + 7_200] as const;
    const offer = [meterId("test-battery"), 500, 2_000_500, BigInt(`0x${CELL}`), ...period];
    const [created] = parseEventLogs({
      abi: energyMarketAbi,
      eventName: "OfferCreated",
      logs: await send(seller, "createOffer", offer),
    });
    await send(homes[2]!, "requestTrade", [created!.args.offerId, 100, 2_000_500, created!.args.availableTo]);
    nonces = await Promise.all(people.map(nonceOf));
    neighboursNonces = await Promise.all(neighbours.map(({ account }) => nonceOf(account.address)));
    rounds = twoRounds();
    rounds.catch(() => {});
  });
});

/** A roof's baseline is settled, its owner joins, and a slot is shared: all of it takes minutes of waiting. */
async function joinNeighbours(
  { account, joinNeighbours }: ReturnType<typeof makeNewcomer>,
  serial: string,
): Promise<void> {
  const baseline = async () => {
    const { settlements } = await graphql<{ settlements: { items: unknown[] } }>(
      `{ settlements(where: { meterId: "${meterId(serial)}" }, limit: 1) { items { timestamp } } }`,
    );
    return settlements.items.length;
  };
  expect(await until(90, baseline, Boolean)).toBe(1);
  await joinNeighbours(serial);
  const slots = async () => {
    const { slotShares } = await graphql<{ slotShares: { items: { account: string }[] } }>(
      `{ slotShares(where: { meterId: "${meterId(serial)}" }, limit: 1) { items { account } } }`,
    );
    return slotShares.items;
  };
  const [slot] = await until(150, slots, (items) => items.length > 0);
  expect(slot?.account).toBe(account.toLowerCase());
}

describe("somebody who begins with a fingerprint alone", () => {
  test("gets a roof that reports within a minute", async () => {
    const newcomer = makeNewcomer(system);
    const { status, body } = await newcomer.askInstaller();
    expect([status, body]).toEqual([200, { meterId: expect.stringMatching(/^roof-\d\d$/) }]);
    const serial = body.meterId as string;
    // Whoever shows the code again has that roof; a neighbour gets another.
    expect((await newcomer.askInstaller(newcomer.account)).body).toEqual({ meterId: serial });
    expect((await makeNewcomer(system).askInstaller()).body.meterId).not.toBe(serial);

    const signer = {
      address: newcomer.account,
      signMessage: async ({ message }: { message: string }) =>
        withCreation(system, newcomer.passkey, signMessage(newcomer, message)),
    };
    const cookie = await signIn(system.oracleUrl, signer);
    const me = async () =>
      (await fetch(`${system.oracleUrl}/api/v1/auth/me`, { headers: { cookie } })).json();
    expect(await me()).toMatchObject({ address: newcomer.account, meters: [] });
    await newcomer.openHome(serial);
    const device = async () => (await fetch(`${system.oracleUrl}/api/v1/device/status/${serial}`)).json();
    expect((await until(60, device, ({ lastReading }) => lastReading)).lastReading).toBeTruthy();
    expect(await me()).toMatchObject({ address: newcomer.account, meters: [serial] });
    const alerts = await fetch(`${system.oracleUrl}/api/v1/alerts?open=true`, { headers: { cookie } });
    expect((await alerts.json()).items ?? []).toEqual([]);
    joining = joinNeighbours(newcomer, serial);
    joining.catch(() => {});
  });
});

/** Has a command of `enerlink` act as `account`. */
const enerlink = ({ privateKey }: (typeof homes)[0], ...args: string[]) =>
  ask(args, {
    ...system.environment,
    RPC_URL: system.rpcUrl,
    PRIVATE_KEY: privateKey,
  });

describe("a home of the neighbourhood", () => {
  const home = homes[8]!;
  const member = async () => {
    const pool = { address: system.contracts.slotPool, abi: slotPoolAbi } as const;
    const [communityId, , sellFrom, buyUpTo] = await chain().readContract({
      ...pool,
      functionName: "member",
      args: [meterId(home.name)],
    });
    return [communityId, sellFrom, buyUpTo];
  };
  const slotEnds = async () => {
    const { slotShares } = await graphql<{ slotShares: { items: { slotEnd: string }[] } }>(
      `{ slotShares(where: { meterId: "${meterId(home.name)}" }, orderBy: "slotEnd", orderDirection: "desc", limit: 1) { items { slotEnd } } }`,
    );
    return Number(slotShares.items[0]?.slotEnd ?? 0);
  };

  test("leaves by its owner's hand, keeps to tokens, and is brought back by registrar and owner", async () => {
    await done(enerlink(home, "community", "quit", home.name));
    expect(await member()).toEqual([0, 0, 0]);
    const left = await slotEnds();
    await done(enerlink(operator, "community", "admit", home.name, "--to=1"));
    const limits = ["--sell-from=950", "--buy-up-to=1400"];
    await done(enerlink(home, "community", "join", home.name, "--to=1", ...limits));
    expect(await member()).toEqual([1, 950, 1_400]);
    // It joins in the middle of a slot of a minute, takes part from the end of that one or the next, and a slot waits for
    // whoever is late for nearly as long again.
    const next = await until(240, slotEnds, (slotEnd) => slotEnd > left);
    expect(next).toBeGreaterThan(left);
  }, 330_000);
});

describe("a meter by another maker", () => {
  const serial = "foreign-01";
  const base = { serial, epoch: 1, exportWh: 1_000, importWh: 500, storedWh: 0 };
  let meter: ReturnType<typeof makeForeignMeter>;
  let connection: Awaited<ReturnType<typeof connectMeter>>;
  let began: number;

  const settled = async () => {
    const { contracts } = system;
    const converter = { address: contracts.energyConverter, abi: energyConverterAbi } as const;
    return chain().readContract({ ...converter, functionName: "settled", args: [meterId(serial)] });
  };

  /** A reading `seconds` after the baseline; its sequence counts them. */
  const later = (seconds: number, values: Partial<ForeignReading> = {}): ForeignReading => {
    const time = began + seconds;
    return { ...base, sequence: time, timestamp: time, ...values };
  };

  const publish = (payload: object | string) =>
    connection.publish("reading", typeof payload === "string" ? payload : JSON.stringify(payload));

  let cookie: string;
  const settleNow = () =>
    fetch(`${system.oracleUrl}/api/v1/energy/settle/${serial}`, { method: "POST", headers: { cookie } });

  test("is registered by the operator's command line, publishes over MQTT and is settled", async () => {
    const { contracts } = system;
    meter = makeForeignMeter(serial, hardhat.id, contracts.meterRegistry);
    const owner = homes[0]!.account.address;
    const registration = { serial, owner, kind: "prosumer", watts: 5_000 } as const;
    expect(await register(system, registration, meter.publicKey)).toMatchObject({
      serial,
      pendingOwner: owner,
    });
    await done(enerlink(homes[0]!, "meter", "accept", serial));

    cookie = await signIn(system.oracleUrl, homes[0]!.account);
    // The epoch's baseline must be stamped after the acceptance.
    await sleep(3_000);
    began = Math.floor(Date.now() / 1_000);
    connection = await connectMeter(system.mqttUrl, serial, await system.brokerSecret());
    await publish(meter.signed(later(0)));
    const baseline = await until(
      30,
      () => settleNow().then(settled),
      ([exportWh]) => exportWh === 1_000n,
    );
    expect(baseline).toEqual([1_000n, 500n, 0n, 0n, began, 1]);
  });

  test("has its bad readings refused and counted by reason; the next good one settles in full", async () => {
    const metrics = async () => {
      const text = await (await fetch(`${system.oracleUrl}/metrics`)).text();
      return (reason: string) =>
        Number(new RegExp(`rejects_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1]);
    };
    const bad: Record<string, object | string> = {
      "wrong-signature": { ...meter.signed(later(10)), exportWh: 1_001 },
      malformed: "{not json",
      future: meter.signed(later(86_400)),
      "wrong-serial": meter.signed(later(10, { serial: "home-02" })),
      decreasing: meter.signed(later(10, { exportWh: 999 })),
      impossible: meter.signed(later(10, { exportWh: 51_000 })),
    };
    const before = await metrics();
    for (const payload of Object.values(bad)) await publish(payload);
    const stranger = await connectMeter(system.mqttUrl, "stranger", await system.brokerSecret());
    await stranger.publish("reading", JSON.stringify(meter.signed(later(10, { serial: "stranger" }))));
    await stranger.end();

    const after = await until(20, metrics, (count) => count("unknown-meter") > before("unknown-meter"));
    for (const reason of [...Object.keys(bad), "unknown-meter"]) {
      expect([reason, after(reason) - before(reason)]).toEqual([reason, 1]);
    }
    expect(await settled()).toEqual([1_000n, 500n, 0n, 0n, began, 1]);

    await publish(meter.signed(later(61, { exportWh: 1_050, importWh: 510 })));
    // Asked until the reading has arrived: before that there is nothing newer to settle.
    const ask = () => settleNow().then(settled);
    const [exportWh, importWh] = await until(30, ask, ([value]) => value === 1_050n);
    expect([exportWh, importWh]).toEqual([1_050n, 510n]);
    await connection.end();
  });

  test("cannot speak for another meter, nor connect with a wrong password", async () => {
    await expect(connectMeter(system.mqttUrl, "home-01", "wrong")).rejects.toThrow();
  });
});

describe("who began with a fingerprint", () => {
  test("joins the neighbours, and shares a slot", () => joining, 330_000);
});

describe("verify", () => {
  test("counts meters that were registered by hand, in debt, repaid in part, and never heard of", async () => {
    const { address: owner } = privateKeyToAccount(generatePrivateKey());
    const first = { exportWh: 0, importWh: 7_000, storedWh: 0 };
    const meter = await openOwnMeter(system, {
      serial: "owing",
      owner,
      kind: "consumer",
      watts: 100_000,
      first,
    });
    await meter.settle({ importWh: 7_500 });
    expect(await debtOf("owing")).toBe(500n);
    await maker.repay("owing", 200n);
    expect(await debtOf("owing")).toBe(300n);
    await register(system, { serial: "silent", owner, kind: "consumer", watts: 100 }, meter.publicKey);

    const { code, answer } = await ask(["verify"], system.environment);
    expect(answer).toMatchObject({ differences: [], homes: 10, others: 3 });
    expect(answer.byHand).toHaveLength(ROOFS.length + 5);
    expect(answer.byHand.slice(-4).toSorted()).toEqual(["foreign-01", "owing", "roof-02", "silent"]);
    expect(code).toBe(0);
    await meter.connection.end();
  });
});

describe("a trade by hand", () => {
  test("rests in the book, is in GraphQL, and comes back when cancelled", async () => {
    const trader = homes[3]!;
    const logs = await send(trader, "placeOrder", [Side.Bid, 501, 1_000, TimeInForce.GTC, 0]);
    const [placed] = parseEventLogs({ abi: energyMarketAbi, eventName: "OrderPlaced", logs });
    const orderId = placed!.args.orderId;

    type Orders = { orders: { items: { status: string; openWh: string; owner: string }[] } };
    const ask = () =>
      graphql<Orders>(`{ orders(where: { orderId: "${orderId}" }) { items { status openWh owner } } }`);
    const found = await until(20, ask, ({ orders }) => orders.items.length > 0);
    expect(found.orders.items).toEqual([
      { status: "OPEN", openWh: "1000", owner: trader.account.address.toLowerCase() },
    ]);

    await send(trader, "cancelOrder", [orderId]);
    const gone = await until(20, ask, ({ orders }) => orders.items[0]?.status === "CANCELLED");
    expect(gone.orders.items[0]).toMatchObject({ status: "CANCELLED", openWh: "0" });
  });
});

describe("an account that a person uses", () => {
  test("is left alone by its program, round after round, while the others trade on", async () => {
    await rounds;
    expect(await Promise.all(people.map(nonceOf))).toEqual(nonces);
    // Whose limits trade for them.
    expect(await Promise.all(neighbours.map(({ account }) => nonceOf(account.address)))).toEqual(
      neighboursNonces,
    );
    for (const { name } of [seller, newcomer])
      expect(system.told).toContainEqual(expect.objectContaining({ part: "traders", leftAlone: name }));
    const kept = (await readFile(join(system.folder, "people"), "utf8")).trim().split("\n");
    expect(kept).toEqual(expect.arrayContaining(people.map((address) => address.toLowerCase())));
  }, 300_000);
});

describe("starting and stopping", () => {
  test("a taken port is named with the setting that moves it", async () => {
    const { code, output } = await ask(["start"], system.environment);
    expect(output).toContain(`Port ${system.environment.CHAIN_PORT} for the chain is taken`);
    expect(output).toContain("set CHAIN_PORT to another port");
    expect(code).not.toBe(0);
  });

  test("a wrong setting is named with what is allowed", async () => {
    const { code, answer } = await ask(["start", "--days", "29"], system.environment);
    expect(answer.error.message).toBe('--days "29": a whole number from 1 to 28 is allowed');
    expect(code).not.toBe(0);
    const wrong = await ask(["start"], { ...system.environment, ORACLE_PORT: "port" });
    expect(wrong.answer.error.message).toContain(
      'ORACLE_PORT: must be a whole number from 1 to 65535 (it is "port")',
    );
  });

  test("Ctrl-C stops everything", async () => {
    await system.stop();
    const first = Number(system.environment.CHAIN_PORT);
    for (let port = first; port < first + 7; port++)
      expect([port, await isListening(port)]).toEqual([port, false]);
  }, 30_000);
});
