/** One node from outside: what it refuses, what it tells, and a battery's trade from acceptance to payment. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  energyMarketAbi,
  energyTokenAbi,
  meterId,
  meterRegistryAbi,
  rupiahTokenAbi,
} from "@enerlink/protocol";
import { readingJson, type UnsignedReading } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import mqtt, { type MqttClient } from "mqtt";
import { keccak256, maxUint256, stringToHex } from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePorts } from "../../test/ports.ts";
import { signIn } from "../src/auth/client.ts";
import { type BrokerKind, CELL, startTestSystem, type TestSystem } from "./system.ts";

export function oneNode(broker: BrokerKind) {
  /** The meters' time runs twenty times as fast as the clock on the wall, and forty minutes behind it. */
  const SPEED = 20;
  const began = Date.now();
  const origin = Math.floor(began / 1_000) - 2_400;
  const fastNow = () => origin + Math.floor(((Date.now() - began) * SPEED) / 1_000);
  /** Recorded hours in which the sun shines: baseline, then two settled hours. */
  const [FIRST_HOUR, LAST_HOUR] = [12, 14];
  const lastHourAt = Math.floor((origin - 60) / 60) * 60;
  const hourAt = (index: number) => lastHourAt - (LAST_HOUR - index) * 3_600;

  let system: TestSystem;
  /** The session of the meters' owner. */
  let cookie: string;
  let meter: MqttClient;
  const events: { event: string; data: Record<string, unknown> }[] = [];

  // biome-ignore lint/suspicious/noExplicitAny: what the assertions below are about.
  const get = async (path: string): Promise<any> => (await fetch(`${system.oracleUrl}${path}`)).json();
  const post = (path: string, body?: unknown) =>
    fetch(`${system.oracleUrl}${path}`, {
      method: "POST",
      headers: { cookie, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  async function count(metric: string): Promise<number> {
    const text = await (await fetch(`${system.oracleUrl}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${metric} `));
    return line === undefined ? Number.NaN : Number(line.slice(metric.length));
  }
  const rejects = (reason: string) => count(`enerlink_rejects_total{reason="${reason}"}`);

  async function mineAt(timestamp: number) {
    const { timestamp: latest } = await system.chain.getBlock();
    await system.mineAt(Math.max(timestamp, Number(latest) + 1));
  }
  async function minePending(timestamp: number) {
    if ((await system.chain.getBlockTransactionCount({ blockTag: "pending" })) > 0) await mineAt(timestamp);
  }

  beforeAll(async () => {
    system = await startTestSystem(hourAt(FIRST_HOUR) - 3_600, { now: fastNow, broker });
    const bindings = join(system.folder, "bindings.json");
    await writeFile(
      bindings,
      JSON.stringify([
        { serial: "plug-01", format: "tasmota", topic: "tele/plug", offset: "+07:00" },
        { serial: "home-03", format: "zigbee2mqtt", topic: "zigbee2mqtt/home" },
      ]),
    );
    await system.register(["plug-01", 1, 0]);
    meter = await mqtt.connectAsync(system.brokerUrl);
    const old = '{"Time":"2026-01-01T00:00:00","ENERGY":{"Total":1,"ExportActive":1}}';
    await meter.publishAsync("tele/plug/SENSOR", old, { qos: 1, retain: true });
    await system.startOracle({ METER_BINDINGS: bindings });
    cookie = await signIn(system.oracleUrl, system.owner);
    await system.chain.setAutomine(false);
    const socket = new WebSocket(`${system.oracleUrl.replace("http", "ws")}/ws`);
    socket.onmessage = ({ data }) => events.push(JSON.parse(String(data)));
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    for (let hour = FIRST_HOUR; hour <= LAST_HOUR; hour++) {
      await mineAt(hourAt(hour));
      await system.fleet.publishHour(hour, hourAt(hour));
      await vi.waitFor(
        async () => {
          await minePending(hourAt(hour) + 1);
          for (const serial of system.serials) expect((await system.settled(serial))[4]).toBe(hourAt(hour));
        },
        { interval: 20 },
      );
    }
  });

  afterAll(async () => {
    await meter?.endAsync();
    await system?.stop();
  });

  describe("a message that cannot be trusted", () => {
    const SERIAL = "home-01";
    const at = lastHourAt + 60;

    const unsigned = async (fields: Partial<UnsignedReading> = {}): Promise<UnsignedReading> => {
      const [exportWh, importWh] = await system.settled(SERIAL);
      return {
        serial: SERIAL,
        epoch: 1,
        sequence: BigInt(at),
        timestamp: at,
        exportWh,
        importWh,
        storedWh: 0n,
        ...fields,
      };
    };
    const signed = (reading: UnsignedReading, signer = SERIAL) =>
      JSON.stringify(readingJson(signReading(system.domain, reading, system.deviceKey(signer).privateKey)));
    const publish = (text: string, topic = SERIAL) =>
      meter.publishAsync(`enerlink/v1/${topic}/reading`, text, { qos: 1 });

    test("is refused by name, counted, and does not disturb the next good one", async () => {
      const good = await unsigned();
      const cases: [string, string, string?][] = [
        ["malformed", "{"],
        ["malformed", signed(good).replace("{", '{"epoch":1,')],
        ["oversized", `${signed(good)}${" ".repeat(20_000)}`],
        ["wrong-serial", signed(good), "home-02"],
        ["unknown-meter", signed({ ...good, serial: "nobody" }), "nobody"],
        ["wrong-signature", signed(good, "home-02")],
        ["wrong-epoch", signed({ ...good, epoch: 2 })],
        ["future", signed({ ...good, timestamp: Math.floor(Date.now() / 1_000) + 500 })],
        ["decreasing", signed({ ...good, importWh: good.importWh - 1n })],
        ["impossible", signed({ ...good, exportWh: good.exportWh + 11_000n })],
      ];
      for (const [reason, text, topic] of cases) {
        const before = await rejects(reason);
        await publish(text, topic);
        await vi.waitFor(async () => expect([reason, await rejects(reason)]).toEqual([reason, before + 1]));
      }
      const stale = await count('enerlink_readings_total{outcome="stale"}');
      await publish(signed({ ...good, sequence: 5n, timestamp: 5 }));
      await vi.waitFor(async () =>
        expect(await count('enerlink_readings_total{outcome="stale"}')).toBe(stale + 1),
      );

      // Eleven kW for a minute, and what came before, in full.
      await publish(signed({ ...good, exportWh: good.exportWh + 180n }));
      await vi.waitFor(
        async () => {
          await minePending(at);
          expect((await system.settled(SERIAL)).slice(0, 2)).toEqual([good.exportWh + 180n, good.importWh]);
        },
        { interval: 50 },
      );
      const duplicates = await count('enerlink_readings_total{outcome="duplicate"}');
      await publish(signed({ ...good, exportWh: good.exportWh + 180n }));
      await vi.waitFor(async () =>
        expect(await count('enerlink_readings_total{outcome="duplicate"}')).toBe(duplicates + 1),
      );

      // A contradiction ends it: nothing counts until a new epoch.
      const after = { ...good, sequence: BigInt(at + 60), timestamp: at + 60 };
      for (const [reason, reading] of [
        ["equivocation", good],
        ["frozen", { ...after, exportWh: good.exportWh + 181n }],
      ] as const) {
        const before = await rejects(reason);
        await publish(signed(reading));
        await vi.waitFor(async () => expect(await rejects(reason)).toBe(before + 1));
      }
      expect((await get(`/api/v1/device/status/${SERIAL}`)).hold).toMatchObject({
        reason: "equivocation",
        releasedBy: "a new register epoch",
      });
    });
  });

  describe("a device that does not sign", () => {
    const tele = (timestamp: number, exportKwh: string, importKwh: string) => {
      const local = new Date((timestamp + 7 * 3_600) * 1_000).toISOString().slice(0, 19);
      return `{"Time":"${local}","ENERGY":{"Total":${importKwh},"ExportActive":${exportKwh},"Power":12}}`;
    };
    const publish = (text: string, topic = "tele/plug/SENSOR") => meter.publishAsync(topic, text, { qos: 1 });
    const status = () => get("/api/v1/device/status/plug-01");
    const at = lastHourAt + 120;
    const outcome = (name: string) => count(`enerlink_readings_total{outcome="${name}"}`);

    test("is monitored, and settles once the registry allows it", async () => {
      const monitored = await outcome("monitored");
      await vi.waitFor(async () => expect((await status()).settles).toBe(false));
      expect((await status()).lastReading).toBeNull();
      expect(await rejects("retained")).toBe(1);
      await publish(tele(at - 60, "9.000", "3.000"));
      await vi.waitFor(async () =>
        expect((await status()).lastReading).toMatchObject({ exportKwh: "9", importKwh: "3", signed: false }),
      );
      expect(await outcome("monitored")).toBe(monitored + 1);

      const allow = await system.walletOf(0).writeContract({
        gas: 200_000n,
        address: system.deployment.contracts.meterRegistry,
        abi: meterRegistryAbi,
        functionName: "setUnsignedSettlement",
        args: [true],
      });
      await mineAt(at);
      expect((await system.chain.getTransactionReceipt({ hash: allow })).status).toBe("success");
      await vi.waitFor(async () => expect((await status()).settles).toBe(true));
      // A baseline, then 100.9 Wh more, of which the last part waits for its Wh to be complete.
      for (const [timestamp, exportKwh, exportWh] of [
        [at, "9.0500", 9_050n],
        [at + 60, "9.1509", 9_150n],
      ] as const) {
        await mineAt(timestamp);
        await publish(tele(timestamp, exportKwh, "3.000"));
        await vi.waitFor(
          async () => {
            await minePending(timestamp + 1);
            expect((await system.settled("plug-01")).slice(0, 2)).toEqual([exportWh, 3_000n]);
          },
          { interval: 50 },
        );
      }
      await vi.waitFor(async () => {
        const { items } = await get("/api/v1/energy/settlements?meterId=plug-01");
        expect(items).toMatchObject([
          { tokensKwh: "0.1", signed: false },
          { tokensKwh: "0", signed: false },
        ]);
      });
      expect((await fetch(`${system.oracleUrl}/api/v1/meters/plug-01/signed-reading`)).status).toBe(404);
    });

    test("is held when its unit jumps, says what releases it, and goes on when it fits again", async () => {
      const metric = 'enerlink_meters_held{reason="unit-jump"}';
      expect(await count(metric)).toBe(0);
      await publish(tele(at + 90, "9160.0", "3000.0"));
      await vi.waitFor(async () =>
        expect((await status()).hold).toMatchObject({
          reason: "unit-jump",
          rule: { id: "V16", action: "hold" },
          releasedBy: "registers that fit the last accepted ones without a jump, or a new register epoch",
        }),
      );
      expect(await count(metric)).toBe(1);
      const refused = await post("/api/v1/energy/settle/plug-01");
      expect([refused.status, await refused.json()]).toMatchObject([409, { title: "Held" }]);
      await publish(tele(at + 95, "9.160", "3.000"));
      await vi.waitFor(async () => expect((await status()).hold).toBeNull());
      expect(await count(metric)).toBe(0);
    });

    test("never speaks for a meter that signs, and is there as long as it says so", async () => {
      const before = await system.settled("home-03");
      const monitored = await outcome("monitored");
      await publish('{"energy":900.5,"produced_energy":900.25}', "zigbee2mqtt/home");
      await vi.waitFor(async () => expect(await outcome("monitored")).toBe(monitored + 1));
      expect((await get("/api/v1/device/status/home-03")).lastReading).toMatchObject({
        exportKwh: "900.25",
        signed: false,
      });
      const byHand = await post("/api/v1/energy/settle/home-03");
      expect([byHand.status, await byHand.json()]).toMatchObject([202, { signed: true }]);
      expect(await system.settled("home-03")).toEqual(before);

      await publish("Offline", "tele/plug/LWT");
      await vi.waitFor(async () => expect((await status()).state).toBe("offline"));
      const malformed = await rejects("malformed");
      await publish('{"Time":"now","ENERGY":{"Total":1,"ExportActive":1}}');
      await vi.waitFor(async () => expect(await rejects("malformed")).toBe(malformed + 1));
    });
  });

  describe("the HTTP surface", () => {
    test("lists settlements by page and meter", async () => {
      const first = await get("/api/v1/energy/settlements?limit=4");
      const second = await get(`/api/v1/energy/settlements?limit=4&before=${first.next}`);
      expect(new Set([...first.items, ...second.items].map(({ id }: { id: string }) => id)).size).toBe(8);
      await vi.waitFor(async () => {
        const own = await get("/api/v1/energy/settlements?meterId=battery-01");
        expect(own.items).toHaveLength(LAST_HOUR - FIRST_HOUR + 1);
        expect(own.items[0]).toMatchObject({
          meterId: "battery-01",
          status: "settled",
          tokensKwh: expect.any(String),
          transactionHash: expect.stringMatching(/^0x\w{64}$/),
        });
      });
    });

    test.each<[string, number, string]>([
      ["/api/v1/energy/settlements?limit=0", 400, "limit"],
      ["/api/v1/energy/settlements?before=x", 400, "before"],
      ["/api/v1/device/status/no%20meter", 400, "meterId"],
      ["/api/v1/device/status/nobody", 404, "meterId"],
    ])("names what is wrong with %s", async (path, status, field) => {
      const response = await fetch(`${system.oracleUrl}${path}`);
      expect(response.status).toBe(status);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      expect(await response.json()).toMatchObject({
        status,
        detail: expect.stringContaining(field),
        errors: [{ field }],
      });
    });

    test("carries a command to the meter and its answer back", async () => {
      const response = await post("/api/v1/device/command/home-01", { name: "display-reset" });
      expect(response.status).toBe(202);
      const { id } = (await response.json()) as { id: string };
      await vi.waitFor(async () => {
        const { commands } = await get("/api/v1/device/status/home-01");
        expect(commands).toMatchObject([{ id, name: "display-reset", status: "done" }]);
      });
    });

    test("gives the last signed reading for others to verify, and makes no wallets", async () => {
      const { reading } = await get(`/api/v1/meters/battery-01/signed-reading?cutoff=${hourAt(13) + 5}`);
      expect(reading).toMatchObject({ serial: "battery-01", timestamp: hourAt(13) });
      const wallet = await fetch(`${system.oracleUrl}/api/v1/wallet/create`);
      expect(wallet.status).toBe(410);
      expect(await wallet.json()).toMatchObject({ detail: expect.stringContaining("http://localhost:5173") });
    });
  });

  test("a sold discharge is commanded, metered, settled, delivered and paid", async () => {
    system.fleet.live({ readingSeconds: 15, windowSeconds: 60 });
    const { chain, deployment, owner } = system;
    const { energyMarket, energyToken, rupiahToken } = deployment.contracts;
    const market = { address: energyMarket, abi: energyMarketAbi } as const;
    const [issuer, seller, buyer] = [system.walletOf(0), system.walletOf(5), system.walletOf(6)];
    const mined = async (hash: `0x${string}`) => {
      await mineAt(fastNow());
      expect((await chain.getTransactionReceipt({ hash })).status).toBe("success");
    };
    const gas = 1_000_000n;
    const reference = keccak256(stringToHex("a deposit"));
    await mined(
      await issuer.writeContract({
        gas,
        address: rupiahToken,
        abi: rupiahTokenAbi,
        functionName: "deposit",
        args: [buyer.account.address, 10n ** 12n, reference],
      }),
    );
    for (const [wallet, address] of [
      [buyer, rupiahToken],
      [seller, energyToken],
    ] as const) {
      await mined(
        await wallet.writeContract({
          gas,
          address,
          abi: energyTokenAbi,
          functionName: "approve",
          args: [energyMarket, maxUint256],
        }),
      );
    }
    const price = 1_500_000;
    const wattHours = 400;
    const now = Number((await chain.getBlock()).timestamp);
    // Its time has long begun: a clock that runs this fast is far off the chain's.
    const from = now - 3_600;
    await mined(
      await seller.writeContract({
        gas,
        ...market,
        functionName: "createOffer",
        args: [meterId("battery-01"), wattHours, price, CELL, from, now + 7_200],
      }),
    );
    await mined(
      await buyer.writeContract({
        gas,
        ...market,
        functionName: "requestTrade",
        args: [1n, wattHours, price, now + 7_200],
      }),
    );
    await mined(await seller.writeContract({ gas, ...market, functionName: "acceptTrade", args: [1n] }));
    const before = (await system.settled("battery-01"))[0];

    await vi.waitFor(
      async () => {
        await mineAt(fastNow());
        expect((await chain.readContract({ ...market, functionName: "trade", args: [1n] })).deliveredWh).toBe(
          wattHours,
        );
      },
      { interval: 100 },
    );
    expect((await system.settled("battery-01"))[0] - before).toBe(BigInt(wattHours));
    const [boughtWh] = await chain.readContract({
      ...market,
      functionName: "tradingBalance",
      args: [buyer.account.address],
    });
    const [, paid] = await chain.readContract({
      ...market,
      functionName: "tradingBalance",
      args: [owner.address],
    });
    expect(boughtWh).toBe(BigInt(wattHours));
    expect(paid).toBe(BigInt(wattHours) * BigInt(price));

    const { commands, telemetry } = await get("/api/v1/device/status/battery-01");
    expect(commands).toMatchObject([{ name: "discharge", status: "done", tradeId: "1" }]);
    expect(telemetry.chargePercent).toBeGreaterThan(0);
    const seen = new Set(events.map(({ event }) => event));
    for (const name of ["settlement_started", "settlement_completed", "transaction_success"])
      expect(seen).toContain(name);
  });

  test("says that it is not ready when its key is not a member's", async () => {
    const port = await freePorts(1);
    await system.startOracle({
      PORT: String(port),
      DATA_DIR: `${system.folder}/alone`,
      SIGNER_KEY: system.memberKeys[2]!,
    });
    const response = await fetch(`http://127.0.0.1:${port}/ready`);
    expect(response.status).toBe(503);
    const { ready, reasons } = (await response.json()) as { ready: boolean; reasons: string[] };
    expect(ready).toBe(false);
    // It is the same user as the first node at the broker: each takes the connection over from the other.
    expect(reasons.filter((reason) => !reason.includes("the broker"))).toEqual([
      expect.stringMatching(/^this node's key 0x\w{40} is not a member of the committee$/),
    ]);
    expect(await system.stopOracle("SIGTERM")).toBe(0);
  });

  test("one store, one oracle: a second one does not start", async () => {
    await expect(system.startOracle({ PORT: "0" })).rejects.toThrow("DATA_DIR: another process holds");
  });

  test("a setting that is wrong is named before anything starts, and no secret is printed", async () => {
    const folder = `${system.folder}/another`;
    const start = (settings: Record<string, string>) =>
      system.startOracle({ PORT: "0", DATA_DIR: folder, ...settings });
    await expect(start({ SETTLEMENT_INTERVAL: "5" })).rejects.toThrow(
      "SETTLEMENT_INTERVAL: must be a whole number from 60 to 86400",
    );
    await expect(start({ CHAIN_ID: "1" })).rejects.toThrow(
      "CHAIN_ID: 1 is expected, but RPC_URL serves chain 31337",
    );
    const secret = `0x${"ab".repeat(31)}`;
    const error = await start({ SIGNER_KEY: secret }).catch((thrown: Error) => thrown.message);
    expect(error).toContain("SIGNER_KEY");
    expect(error).not.toContain("abab");
  });
}
