/** Neighbours who share slots, settled and cleared by three nodes on a real chain, through a real broker. */
import { setTimeout as sleep } from "node:timers/promises";
import { oracleCommitteeAbi } from "@enerlink/protocol";
import {
  committeeTopic,
  type Refusal,
  readApproval,
  readCommitteeTopic,
  seal,
  unseal,
} from "@enerlink/protocol/wire/committee";
import { readingJson } from "@enerlink/protocol/wire/reading";
import { signReading } from "@enerlink/protocol/wire/reading-signature";
import mqtt, { type MqttClient } from "mqtt";
import { keccak256, stringToHex } from "viem";
import { privateKeyToAccount, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { whole } from "../../test/whole.ts";
import { foundNeighbourhood, mining, type Neighbourhood } from "./neighbourhood.ts";
import { makeReplay, type Replay } from "./replay.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const HOUR = 3_600;
/** Of the pool on a development chain, seconds. */
const PATIENCE = 55;
const NODES = [0, 1, 2];
const settings = { TAKEOVER_AFTER: "1000", SETTLEMENT_LINGER: "1000" };
/** Whoever leads waits for all members, and is left to it where the machine is busy: a second batch would clear by itself. */
const patient = { TAKEOVER_AFTER: "60000", SETTLEMENT_LINGER: "10000" };

/** The hour before `start` is long over; all meters have their baseline at `start`. */
async function startNeighbourhood(homeCount: number, start: number, given = settings) {
  const system = await startTestSystem(start - HOUR, { nodes: 3, homes: homeCount });
  await Promise.all(NODES.map((node) => system.startOracle(given, node)));
  await system.chain.setAutomine(false);
  const replay = makeReplay(system, start);
  await replay.hour();
  await replay.settled();
  return { system, replay };
}

/** Transactions that settled a batch. */
async function batches({ chain, deployment }: TestSystem): Promise<Set<string>> {
  const events = await chain.getContractEvents({
    address: deployment.contracts.oracleCommittee,
    abi: oracleCommitteeAbi,
    eventName: "BatchSubmitted",
    fromBlock: 0n,
  });
  return new Set(events.map(({ transactionHash }) => transactionHash));
}

export function slots() {
  const start = Math.floor(Date.now() / 3_600_000) * HOUR - 60 * HOUR;
  const neighbours = ["home-01", "home-02", "home-03"];
  let system: TestSystem;
  let replay: Replay;
  let homes: Neighbourhood;
  let meters: MqttClient;
  /** End of the slot that was read last. */
  let end = start;
  let length = HOUR;

  /** What a meter has counted at `end`, `after` seconds later: home-01 exports, the others import. */
  function readingOf(serial: string, after: number) {
    const timestamp = end + after;
    const wattHours = BigInt(Math.floor((timestamp - start) / 10));
    const { exportWh, importWh } = replay.last(serial);
    const grown =
      serial === "home-01"
        ? { exportWh: exportWh + wattHours, importWh }
        : { exportWh, importWh: importWh + wattHours };
    const values = { serial, epoch: 1, sequence: BigInt(timestamp), timestamp, ...grown, storedWh: 0n };
    return signReading(system.domain, values, system.deviceKey(serial).privateKey);
  }
  /** Meters say it. */
  async function read(serials: readonly string[], after = 0): Promise<void> {
    const publish = (serial: string) => {
      const text = JSON.stringify(readingJson(readingOf(serial, after)));
      return meters.publishAsync(`enerlink/v1/${serial}/reading`, text, { qos: 1 });
    };
    await Promise.all(serials.map(publish));
  }
  /** Every node knows whether `serial` shares slots. */
  async function known(serial: string, shares: boolean): Promise<void> {
    await vi.waitFor(
      async () => {
        for (const node of NODES) {
          const { slot } = await answer<{ slot: unknown }>(node, `device/status/${serial}`);
          expect(slot !== null).toBe(shares);
        }
      },
      { interval: 50 },
    );
  }
  const answer = async <T>(node: number, path: string): Promise<T> =>
    (await (await fetch(`${system.urlOf(node)}/api/v1/${path}`)).json()) as T;
  /** What a node told of slots that were cleared, all its lives long. */
  async function toldBy(node: number) {
    type Cleared = {
      communityId: number;
      slotEnd: string;
      members: number;
      present: number;
      transactionHash: string;
    };
    type Page = { items: { event: string; data: Cleared }[]; next: string | null };
    const all: Page["items"] = [];
    for (let next: string | null = ""; next !== null; ) {
      const page: Page = await answer(node, `events?limit=200${next && `&after=${next}`}`);
      all.push(...page.items);
      next = page.next;
    }
    return all.filter(({ event }) => event === "slot_cleared").map(({ data }) => data);
  }
  /** The next slot is over. */
  async function pass(): Promise<void> {
    end += length;
    await system.mineAt(end);
  }
  /** Mines what is pending until the last slot is cleared. @returns who was read, and in which transaction it was. */
  async function cleared(seconds = 60) {
    const late = Date.now() + seconds * 1_000;
    while ((await homes.clearedTo()) < end) {
      if (Date.now() > late)
        throw new Error(`the slot at ${end} is not cleared:\n${system.output().slice(-6_000)}`);
      await replay.mine();
      await sleep(15);
    }
    return (await homes.cleared()).at(-1)!;
  }
  /** For a while everything that is sent is mined, and the last slot stays as it is. */
  async function staysOpen(): Promise<void> {
    for (let round = 0; round < 25; round++) {
      await replay.mine();
      await sleep(100);
    }
    expect(await homes.clearedTo()).toBeLessThan(end);
  }

  beforeAll(async () => {
    ({ system, replay } = await startNeighbourhood(4, start, patient));
    meters = await mqtt.connectAsync(system.brokerUrl);
    homes = await mining(system, () => foundNeighbourhood(system, neighbours));
  });
  afterAll(async () => {
    await meters?.endAsync();
    await system?.stop();
  });

  test("each slot is cleared in the transaction that settles it, once", async () => {
    // The baselines stand at a slot's end as well: that one is cleared as soon as there are members.
    await cleared();
    for (let slot = 0; slot < 3; slot++) {
      await pass();
      await read(neighbours, slot);
      const { present, hash } = await cleared();
      expect(present).toEqual(neighbours);
      expect(await batches(system)).toContain(hash);
    }
    const ends = (await homes.cleared()).map(({ slotEnd }) => slotEnd).filter((slotEnd) => slotEnd > start);
    expect(ends).toEqual([1, 2, 3].map((hour) => start + hour * HOUR));
    const shared = (await homes.cleared()).at(-1)!;
    expect([shared.sharedWh, shared.price]).toEqual([360n, 1_345_000n]);
  });

  test("a meter that is late is waited for", async () => {
    // From here on others are not left to the machine's leisure: each takes over soon.
    for (const node of NODES) {
      await system.stopOracle("SIGTERM", node);
      await system.startOracle(settings, node);
    }
    await known("home-03", true);
    await pass();
    await read(neighbours.slice(0, 2));
    await staysOpen();
    await read(["home-03"], 40);
    const { present, hash } = await cleared();
    expect(present).toEqual(neighbours);
    expect(await batches(system)).toContain(hash);
  });

  test("a dishonest member gets no later reading signed while its slot waits, and any once it is cleared", async () => {
    await system.stopOracle("SIGKILL", 2);
    const member = privateKeyToAccount(system.memberKeys[2]!);
    const { oracleCommittee } = system.deployment.contracts;
    const configuration = await system.chain.readContract({
      address: oracleCommittee,
      abi: oracleCommitteeAbi,
      functionName: "configuration",
    });
    const domain = { chainId: system.domain.chainId, committee: oracleCommittee };
    const broker = await mqtt.connectAsync(system.brokerUrl);
    const answers: string[] = [];
    broker.on("message", async (topic, payload) => {
      const { sender, kind } = readCommitteeTopic(topic)!;
      if (sender === member.address.toLowerCase()) return;
      if (kind === "approval") answers.push(readApproval(payload).signature ? "signed" : "");
      if (kind !== "refusal") return;
      const { items }: Refusal = (await unseal(domain, "refusal", payload)).content;
      answers.push(...items.map(({ reason }) => reason));
    });
    await broker.subscribeAsync(
      NODES.map((node) => committeeTopic(privateKeyToAddress(system.memberKeys[node]!), "+")),
    );
    /** What both others answer to home-01's reading so many seconds after the slot's end, by hand. */
    async function answersTo(after: number): Promise<string[]> {
      answers.length = 0;
      const reading = readingOf("home-01", after);
      const deadline = BigInt(Math.floor(Date.now() / 1_000) + 3_600);
      const items = [{ windowEnd: reading.timestamp, reading }];
      await broker.publishAsync(
        committeeTopic(member.address, "proposal"),
        await seal(domain, member, "proposal", { deadline, configuration, items }),
      );
      await vi.waitFor(() => expect(answers).toHaveLength(2));
      return [...answers];
    }

    await pass();
    await read(["home-01", "home-02"]);
    await staysOpen();
    await read(["home-01"], 200);
    // Each has to have heard it, or would refuse it for that.
    await vi.waitFor(async () => expect(new Set(await answersTo(200))).toEqual(new Set(["not-yet"])));
    await read(["home-03"], 40);
    expect((await cleared()).present).toEqual(neighbours);
    await vi.waitFor(async () => expect(await answersTo(200)).toEqual(["signed", "signed"]));
    await broker.endAsync();
    await system.startOracle(settings, 2);
  });

  test("a meter that never comes is waited for as long as the pool waits, once; it shares again when it is back", async () => {
    await pass();
    await read(neighbours.slice(0, 2));
    await staysOpen();
    await system.mineAt(end + PATIENCE);
    const { present, hash } = await cleared();
    expect(present).toEqual(["home-01", "home-02"]);
    expect(await batches(system)).not.toContain(hash);

    await pass();
    await read(neighbours.slice(0, 2));
    expect((await cleared()).present).toEqual(["home-01", "home-02"]);

    await pass();
    await read(neighbours.slice(0, 2));
    await cleared();
    // It is back, and always a little later than the others.
    await read(["home-03"], 10);
    await vi.waitFor(
      async () => {
        await replay.mine();
        expect((await system.settled("home-03"))[4]).toBe(end + 10);
      },
      { interval: 50 },
    );
    await pass();
    await read(neighbours.slice(0, 2));
    await staysOpen();
    await read(["home-03"], 10);
    expect((await cleared()).present).toEqual(neighbours);
  });

  test("who leads is killed before it clears: another member takes over", async () => {
    await pass();
    await read(neighbours.slice(0, 2));
    await staysOpen();
    const members = system.memberKeys.map(privateKeyToAddress);
    const inOrder = members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const first = BigInt(keccak256(stringToHex(`slot ${homes.id} ${end}`))) % 3n;
    const leader = members.indexOf(inOrder[Number(first)]!);
    await system.stopOracle("SIGKILL", leader);
    await system.mineAt(end + PATIENCE);
    expect((await cleared()).present).toEqual(["home-01", "home-02"]);
    await system.startOracle(settings, leader);
    await pass();
    await read(neighbours);
    expect((await cleared()).present).toEqual(neighbours);
  });

  test("after an outage the slots that were missed are settled and cleared one after the other", async () => {
    const before = (await homes.cleared()).length;
    for (const node of NODES) await system.stopOracle("SIGKILL", node);
    for (let slot = 0; slot < 3; slot++) {
      await pass();
      await read(neighbours, 2 * slot);
    }
    await Promise.all(NODES.map((node) => system.startOracle(settings, node)));
    await cleared(60);
    const missed = (await homes.cleared()).slice(before);
    expect(missed.map(({ slotEnd }) => slotEnd)).toEqual([end - 2 * length, end - length, end]);
    for (const { present } of missed) expect(present).toEqual(neighbours);
  });

  test("slots of another length, and members who leave and come, are followed", async () => {
    length = 900;
    await mining(system, async () => {
      await homes.setSlotLength(length);
      await homes.quit("home-02");
    });
    await known("home-02", false);
    for (let slot = 0; slot < 2; slot++) {
      await pass();
      await read(["home-01", "home-03"], 3);
      const { present, members } = await cleared();
      expect([present, members]).toEqual([["home-01", "home-03"], 2]);
    }
    await mining(system, () => homes.join("home-02"));
    await known("home-02", true);
    await pass();
    await read(neighbours, 1);
    expect((await cleared()).present.toSorted()).toEqual(neighbours);
  });

  test("every node tells what was cleared, and how clearing stands", async () => {
    const all = (await homes.cleared()).map(({ slotEnd, hash }) => [
      new Date(slotEnd * 1_000).toISOString(),
      hash,
    ]);
    type Slots = { items: { slotEnd: string; transactionHash: string }[] };
    type Device = { slot: { communityId: number; seconds: number; end: string; waitedUntil: string } };
    for (const node of NODES) {
      await vi.waitFor(
        async () => {
          const { items } = await answer<Slots>(node, "energy/cleared-slots");
          const told = items.map(({ slotEnd, transactionHash }) => [slotEnd, transactionHash]);
          expect(told).toEqual(all.toReversed());
          // What is told is final: a block has come on top of it.
          await system.chain.mine({ blocks: 1 });
          const events = await toldBy(node);
          expect(events.map(({ slotEnd, transactionHash }) => [slotEnd, transactionHash])).toEqual(all);
          expect(events.at(-1)).toMatchObject({ communityId: homes.id, members: 3, present: 3 });
          const metrics = await (await fetch(`${system.urlOf(node)}/metrics`)).text();
          expect(metrics).toMatch(/^enerlink_clearing_lag_seconds 0$/m);
          expect(metrics).toMatch(/^enerlink_slots_overdue 0$/m);
        },
        { interval: 200 },
      );
      const { slot } = await answer<Device>(node, "device/status/home-01");
      expect(slot).toMatchObject({ communityId: homes.id, seconds: 900 });
      expect(Date.parse(slot.waitedUntil) - Date.parse(slot.end)).toBe(PATIENCE * 1_000);
    }
  });
}

export function manyNeighbours() {
  const count = whole ? 30 : 12;
  const start = Math.floor(Date.now() / 3_600_000) * HOUR - 10 * HOUR;
  let system: TestSystem;

  afterAll(() => system?.stop());

  test(`${count} members are settled and cleared in one transaction`, async () => {
    const started = await startNeighbourhood(count, start, patient);
    system = started.system;
    const members = system.serials.filter((serial) => serial.startsWith("home"));
    const homes = await mining(system, () => foundNeighbourhood(system, members));
    for (let hour = 0; hour < 2; hour++) {
      await started.replay.hour();
      await started.replay.settled();
    }
    const all = (await homes.cleared()).slice(-2);
    for (const { present, hash } of all) {
      expect(present).toHaveLength(count);
      expect(await batches(system)).toContain(hash);
    }
  });
}
