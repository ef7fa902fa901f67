/** Three nodes, two of which must sign: killed in turn, left alone, cut off from each other, and lied to. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { oracleCommitteeAbi, settlementBatchTypedData } from "@enerlink/protocol";
import { committeeTopic, type Item, seal } from "@enerlink/protocol/wire/committee";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import Sqlite from "better-sqlite3";
import mqtt, { type MqttClient } from "mqtt";
import { type Hex, hashTypedData } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { whole } from "../../test/whole.ts";
import { signIn } from "../src/auth/client.ts";
import { writeKey } from "../src/keys/secret-file.ts";
import { reportOf } from "../src/ledger/report.ts";
import { checkLaw, makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const PASSWORD = "a password for this test";

export function committee() {
  const start = Math.floor(Date.now() / 3_600_000) * 3_600 - 30 * 3_600;
  const settings = { TAKEOVER_AFTER: "1000", LOG_LEVEL: "debug" };
  let system: TestSystem;
  let replay: Replay;
  let liar: MqttClient;
  /** Batches that somebody else signed. */
  const approvals: string[] = [];

  /** The third node has its report-signing key in an encrypted file. */
  const begin = (node: number) => {
    const keystore = {
      SIGNER_KEY: "",
      SIGNER_KEYSTORE: join(system.folder, "key.json"),
      SIGNER_PASSWORD: PASSWORD,
    };
    return system.startOracle(node === 2 ? { ...settings, ...keystore } : settings, node);
  };
  const kill = (node: number) => system.stopOracle("SIGKILL", node);
  async function count(metric: string, node: number): Promise<number> {
    const text = await (await fetch(`${system.urlOf(node)}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${metric} `));
    return line === undefined ? Number.NaN : Number(line.slice(metric.length));
  }

  beforeAll(async () => {
    system = await startTestSystem(start - 3_600, { nodes: 3 });
    await writeKey(join(system.folder, "key.json"), system.memberKeys[2]!, PASSWORD);
    await Promise.all([0, 1, 2].map(begin));
    await system.chain.setAutomine(false);
    replay = makeReplay(system, start);
    await replay.hour();
    await replay.settled();
  });
  afterAll(async () => {
    await liar?.endAsync();
    await system?.stop();
  });

  test("one name leads through the log from a reading to its block, at every node", async () => {
    type Line = { msg: string; reading?: string; readings?: string[]; transaction?: string; block?: string };
    await vi.waitFor(
      () => {
        const lines = (system.output().match(/\{"level":.*\}/g) ?? []).map((text): Line => JSON.parse(text));
        const about = (reading: string, msg: string) =>
          lines.filter(
            (line) => line.msg === msg && [line.reading, ...(line.readings ?? [])].includes(reading),
          );
        const settled = lines.filter(({ msg }) => msg === "settling").flatMap(({ readings }) => readings!);
        expect(settled.length).toBeGreaterThanOrEqual(system.serials.length);
        for (const reading of settled) {
          for (const msg of ["accepted", "settled"])
            expect([reading, msg, about(reading, msg).length]).toEqual([reading, msg, 3]);
          for (const msg of ["to be reported", "proposing", "signed"])
            expect([reading, msg, about(reading, msg).length > 0]).toEqual([reading, msg, true]);
          const { transaction, block } = about(reading, "settled")[0]!;
          const sent = about(reading, "settling").some((line) => line.transaction === transaction);
          const mined = lines.find(
            (line) => line.msg === "settle is mined" && line.transaction === transaction,
          );
          expect([reading, sent, mined?.block]).toEqual([reading, true, block]);
        }
      },
      { interval: 200 },
    );
  });

  test("settles on while one after another is killed and comes back", async () => {
    for (let round = 0; round < (whole ? 6 : 3); round++) {
      const victim = round % 3;
      await replay.hour();
      await sleep(round * 7);
      await kill(victim);
      await replay.settled();
      await begin(victim);
    }
    await checkLaw(system, replay);
  });

  test("alone, a node settles nothing and loses nothing; with a second one it catches up", async () => {
    await kill(1);
    await kill(2);
    const before = await system.settled("home-01");
    for (let hour = 0; hour < 2; hour++) {
      await replay.hour();
      for (let block = 0; block < 10; block++) {
        await sleep(100);
        await replay.mine();
      }
    }
    expect(await system.settled("home-01")).toEqual(before);
    await vi.waitFor(
      async () =>
        expect(await (await fetch(`${system.urlOf(0)}/ready`)).json()).toEqual({
          ready: false,
          reasons: ["1 of the committee's 3 members answer, 2 have to sign"],
        }),
      { interval: 500 },
    );
    await begin(1);
    await replay.settled();
    await begin(2);
    await checkLaw(system, replay);
  });

  test("a node that is cut off settles nothing; nobody else waits for it, and no two reports differ", async () => {
    const batches = (node: number) => count('enerlink_transactions_total{outcome="sent"}', node);
    system.partition([0]);
    const sent = await batches(0);
    for (let hour = 0; hour < 3; hour++) {
      await replay.hour();
      await replay.settled();
    }
    expect(await batches(0)).toBe(sent);
    system.partition([0, 1, 2]);
    await replay.hour();
    const before = await system.settled("home-01");
    for (let block = 0; block < 20; block++) {
      await sleep(100);
      await replay.mine();
    }
    expect(await system.settled("home-01")).toEqual(before);
    // Whoever leads: each says what waits, and each hears when it is settled, by whomever.
    const waiting = () => Promise.all([0, 1, 2].map((node) => count("enerlink_settlements_pending", node)));
    const all = [0, 1, 2].map(() => system.serials.length);
    await vi.waitFor(async () => expect(await waiting()).toEqual(all), { interval: 200 });
    system.partition([]);
    await replay.settled();
    await vi.waitFor(async () => expect(await waiting()).toEqual([0, 0, 0]), { interval: 200 });
    await checkLaw(system, replay);
  });

  test("whose store is emptied, or an old one, signs nothing that it may have signed", async () => {
    const store = (node: number) => join(system.folder, `oracle-${node}`);
    const forgetful = "the store does not know all that was signed";
    const times = () => system.output().split(forgetful).length - 1;
    await system.stopOracle("SIGTERM", 2);
    await cp(store(2), join(system.folder, "old"), { recursive: true });
    await begin(2);
    expect(times()).toBe(0);
    await kill(1);
    // Only these two sign: the third's name is on it.
    await replay.hour();
    await replay.settled();
    await begin(1);
    for (const [index, put] of [
      () => mkdir(store(2)),
      () => cp(join(system.folder, "old"), store(2), { recursive: true }),
    ].entries()) {
      await kill(2);
      await rm(store(2), { recursive: true });
      await put();
      await begin(2);
      expect(times()).toBe(index + 1);
    }
    // It goes on as one that signs nothing of these days.
    await replay.hour();
    await replay.settled();
    await kill(0);
    await replay.hour();
    await sleep(2_000);
    await replay.mine();
    expect((await system.settled("home-01"))[4]).toBeLessThan(replay.time());
    await begin(0);
    await replay.settled();
    await checkLaw(system, replay);
  });

  test("what one node is asked to settle by hand, the others sign as well, and only that node sends", async () => {
    const serial = "home-03";
    const at = replay.time() + 90;
    const reading = {
      serial,
      epoch: 1,
      sequence: BigInt(at),
      timestamp: at,
      ...replay.last(serial),
      storedWh: 0n,
    };
    const text = JSON.stringify(
      readingJson(signReading(system.domain, reading, system.deviceKey(serial).privateKey)),
    );
    const meter = await mqtt.connectAsync(system.brokerUrl);
    await meter.publishAsync(`enerlink/v1/${serial}/reading`, text, { qos: 1 });
    await meter.endAsync();
    const cookie = await signIn(system.urlOf(1), system.owner);
    const sent = await count('enerlink_transactions_total{outcome="sent"}', 1);
    await vi.waitFor(
      async () => {
        const url = `${system.urlOf(1)}/api/v1/energy/settle/${serial}`;
        expect((await fetch(url, { method: "POST", headers: { cookie } })).status).toBe(202);
        await replay.mine();
        expect((await system.settled(serial))[4]).toBe(at);
      },
      { interval: 100 },
    );
    expect(await count('enerlink_transactions_total{outcome="sent"}', 1)).toBe(sent + 1);
  });

  test("a lying member gets no signature for what no meter signed, and leaves evidence", async () => {
    await kill(2);
    const signer = privateKeyToAccount(system.memberKeys[2]!);
    const committeeDomain = {
      chainId: system.domain.chainId,
      committee: system.deployment.contracts.oracleCommittee,
    };
    liar = await mqtt.connectAsync(system.brokerUrl);
    liar.on("message", (_topic, payload) => approvals.push(JSON.parse(String(payload)).batch));
    await liar.subscribeAsync("enerlink/v1/$committee/+/approval");

    const configuration = await system.chain.readContract({
      address: committeeDomain.committee,
      abi: oracleCommitteeAbi,
      functionName: "configuration",
    });
    /** Asks the two honest nodes to sign. @returns the batch's hash. */
    async function propose(items: Item[]): Promise<Hex> {
      // Another than the nodes give: with theirs, a batch of one of them could be the very same.
      const deadline = BigInt(Math.floor(Date.now() / 1_000)) + 3_333n;
      const text = await seal(committeeDomain, signer, "proposal", { deadline, configuration, items });
      await liar.publishAsync(committeeTopic(signer.address, "proposal"), text, { qos: 1 });
      const { chainId, committee: contract } = committeeDomain;
      const reports = items.map(reportOf);
      return hashTypedData(settlementBatchTypedData(chainId, contract, { reports, deadline, configuration }));
    }
    const disputes = (reason: string, node: number) =>
      count(`enerlink_disputes_total{reason="${reason}"}`, node);
    const seen = replay.time();
    const genuine = (serial: string, at: number, more: { exportWh?: bigint } = {}) =>
      signReading(
        system.domain,
        {
          serial,
          epoch: 1,
          sequence: BigInt(at),
          timestamp: at,
          ...replay.last(serial),
          storedWh: 0n,
          ...more,
        },
        system.deviceKey(serial).privateKey,
      );
    const at = seen + 60;
    const real = genuine("home-01", at);
    for (const reading of [real, genuine("home-02", at)])
      await liar.publishAsync(`enerlink/v1/${reading.serial}/reading`, JSON.stringify(readingJson(reading)), {
        qos: 1,
      });

    // What every honest node would sign: the control that shows that the lies below are not just unheard.
    const honest = await propose([{ windowEnd: at, reading: genuine("home-02", at) }]);
    await vi.waitFor(() => expect(approvals.filter((batch) => batch === honest)).toHaveLength(2));

    const lies: [string, Item][] = [
      ["wrong-signature", { windowEnd: at, reading: { ...real, exportWh: real.exportWh + 1n } }],
      ["wrong-window", { windowEnd: at + 1, reading: real }],
      ["later-reading", { windowEnd: at, reading: genuine("home-02", at - 30) }],
      ["not-accepted", { windowEnd: at, reading: genuine("home-01", at - 30, { exportWh: 10n ** 9n }) }],
      ["no-own-reading", { windowEnd: at, reading: { ...real, signature: undefined } }],
      // The meter itself contradicts what it signed before.
      [
        "different-reading",
        { windowEnd: at, reading: genuine("home-02", at, { exportWh: real.exportWh + 7n }) },
      ],
    ];
    for (const [reason, item] of lies) {
      // Class A: without a signature it is not even reportable.
      const counted = reason === "no-own-reading" ? "not-reportable" : reason;
      const before = await Promise.all([0, 1].map((node) => disputes(counted, node)));
      const batch = await propose([item]);
      await vi.waitFor(
        async () =>
          expect([counted, ...(await Promise.all([0, 1].map((node) => disputes(counted, node))))]).toEqual([
            counted,
            ...before.map((value) => value + 1),
          ]),
        { interval: 50 },
      );
      expect(approvals).not.toContain(batch);
    }
    await vi.waitFor(async () => {
      const response = await fetch(`${system.urlOf(0)}/api/v1/device/status/home-02`);
      expect(await response.json()).toMatchObject({ hold: { reason: "equivocation" } });
    });

    const messages = (outcome: string) => count(`enerlink_committee_messages_total{outcome="${outcome}"}`, 0);
    const noise: [string, string, string][] = [
      ["malformed", committeeTopic(signer.address, "proposal"), "{"],
      ["malformed", committeeTopic(signer.address, "gossip" as "hello"), "{}"],
      ["stranger", committeeTopic(system.owner.address, "hello"), "{}"],
      [
        "forged",
        committeeTopic(signer.address, "hello"),
        await seal(committeeDomain, privateKeyToAccount(`0x${"11".repeat(32)}`), "hello", { time: 1 }),
      ],
    ];
    for (const [outcome, topic, text] of noise) {
      const before = await messages(outcome);
      await liar.publishAsync(topic, text, { qos: 1 });
      await vi.waitFor(async () => expect([outcome, await messages(outcome)]).toEqual([outcome, before + 1]));
    }
  });

  test("follows a change of the committee", async () => {
    const members = system.memberKeys.slice(0, 1).map((key) => privateKeyToAccount(key).address);
    const hash = await system.walletOf(0).writeContract({
      address: system.deployment.contracts.oracleCommittee,
      abi: oracleCommitteeAbi,
      functionName: "setCommittee",
      args: [members, 1],
      gas: 500_000n,
    });
    await replay.mine();
    expect((await system.chain.getTransactionReceipt({ hash })).status).toBe("success");
    await kill(1);
    await replay.hour();
    // The meter that contradicted itself waits for a new epoch.
    await replay.settled(system.serials.filter((serial) => serial !== "home-02"));
  });

  test("nobody ever signed two reports for one window, nor did any two nodes", async () => {
    for (const node of [0, 1, 2]) await system.stopOracle("SIGTERM", node);
    const digests = new Map<string, string>();
    let rows = 0;
    for (const node of [0, 1, 2]) {
      const database = new Sqlite(join(system.folder, `oracle-${node}`, "oracle.sqlite"));
      type Row = { serial: string; epoch: number; window_end: number; digest: string };
      for (const row of database.prepare("SELECT * FROM signed_reports").all() as Row[]) {
        const key = `${row.serial} ${row.epoch} ${row.window_end}`;
        expect([key, digests.get(key) ?? row.digest]).toEqual([key, row.digest]);
        digests.set(key, row.digest);
        rows++;
      }
      database.close();
    }
    expect(rows).toBeGreaterThan(digests.size);
    const database = new Sqlite(join(system.folder, "oracle-0", "oracle.sqlite"));
    const kept = database
      .prepare("SELECT reason, proposed, evidence FROM disputes WHERE serial = 'home-02'")
      .all() as { reason: string; proposed: string; evidence: string | null }[];
    database.close();
    const later = kept.find(({ reason }) => reason === "later-reading");
    expect(JSON.parse(later!.evidence!)).toMatchObject({ serial: "home-02" });
    expect(kept.map(({ reason }) => reason)).toContain("different-reading");

    // At the most talkative level, no secret was ever printed.
    for (const secret of [PASSWORD, ...system.memberKeys.map((key) => key.slice(2))])
      expect(system.output()).not.toContain(secret);
  });
}
