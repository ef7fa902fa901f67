import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  committeeTopic,
  fitting,
  type Item,
  LARGEST_BATCH,
  LARGEST_BYTES,
  readApproval,
  readCommitteeTopic,
  seal,
  unseal,
} from "@enerlink/protocol/wire/committee";
import { LARGEST_MESSAGE_BYTES } from "@enerlink/protocol/wire/message";
import { WHOLE } from "@enerlink/protocol/wire/shard";
import { makeLog } from "@enerlink/service/log";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, describe, expect, test } from "vitest";
import { openDatabase, RESTORED, setMeta } from "../store/database.ts";
import { makeMembers } from "./members.ts";
import { makeSignedReports } from "./signed.ts";

const folder = mkdtempSync(join(tmpdir(), "committee-"));
afterAll(() => rmSync(folder, { recursive: true }));

const item = (windowEnd: number, timestamp: number, exportWh = 5n, signed = true): Item => ({
  windowEnd,
  reading: {
    serial: "home-01",
    epoch: 1,
    sequence: BigInt(timestamp),
    timestamp,
    exportWh,
    importWh: 2n,
    storedWh: 0n,
    signature: signed ? new Uint8Array(64) : undefined,
  },
});

describe("what a node has signed", () => {
  const open = () => openDatabase(folder, { chainId: 1, genesisHash: "0x1" }, makeLog({ level: "error" }));
  let database = open();
  let signed = makeSignedReports(database, 900);
  afterAll(() => database.close());

  test("is never contradicted: not for the window, not for the moment, not after a restart", () => {
    expect(signed.claim([item(900, 890)])).toEqual([]);
    expect(signed.claim([item(900, 890)])).toEqual([]);
    database.close();
    database = open();
    signed = makeSignedReports(database, 900);
    const otherReading = item(900, 895);
    const otherRegisters = item(890, 890, 6n);
    expect(signed.claim([otherReading])).toEqual([{ item: otherReading, reason: "already-signed" }]);
    expect(signed.claim([otherRegisters])).toEqual([{ item: otherRegisters, reason: "already-signed" }]);
  });

  test("is of what nobody signs the registers at the window's end: members observe them at times of their own", () => {
    const observed = (windowEnd: number, timestamp: number, exportWh?: bigint) =>
      item(windowEnd, timestamp, exportWh, false);
    expect(signed.claim([observed(2_700, 2_690)])).toEqual([]);
    expect(signed.claim([observed(2_700, 2_650)])).toEqual([]);
    const others = observed(2_700, 2_690, 6n);
    expect(signed.claim([others])).toEqual([{ item: others, reason: "already-signed" }]);
  });

  test("is of no meter that another process with this key is there for", () => {
    const other = makeSignedReports(database, 900, undefined, (serial) => serial !== "home-01");
    for (const again of [item(900, 890), item(1_800, 1_790)]) {
      expect(other.claim([again])).toEqual([{ item: again, reason: "other-shard" }]);
      expect(other.refused([again])).toEqual([{ item: again, reason: "other-shard" }]);
    }
  });

  test("one contradiction leaves the whole batch unsigned, and a batch may not contradict itself", () => {
    expect(signed.claim([item(1_800, 1_790), item(900, 899)])).toHaveLength(1);
    expect(signed.claim([item(1_800, 1_795), item(1_800, 1_796)])).toHaveLength(1);
    expect(signed.claim([item(1_800, 1_791)])).toEqual([]);
  });

  test("is four reports an hour in the middle of a meter's windows: more would be a diary that any member can have", () => {
    const byHand = (timestamp: number) => item(timestamp, timestamp);
    const at = [90_100, 90_300, 91_100, 92_000];
    expect(signed.claim(at.map(byHand))).toEqual([]);
    const fifth = byHand(93_000);
    expect(signed.claim([fifth])).toEqual([{ item: fifth, reason: "not-yet" }]);
    expect(signed.refused([fifth])).toEqual([{ item: fifth, reason: "not-yet" }]);
    // What was signed may be signed again; a window's own report, at its very end too, is another matter.
    expect(signed.claim([byHand(91_100), item(93_600, 93_590), item(90_900, 90_900)])).toEqual([]);
    expect(signed.claim([byHand(93_701)])).toEqual([]);
    // A window of a minute tells more by itself.
    const minutes = makeSignedReports(database, 60);
    expect(minutes.claim([fifth])).toEqual([]);
  });

  test("may be more than a restored copy remembers: windows that had begun are left to the others", () => {
    setMeta(database, RESTORED, "9000");
    const restored = makeSignedReports(database, 900);
    // What it remembers it may say again.
    expect(restored.claim([item(900, 890)])).toEqual([]);
    // Over, half over, and not quite over when clocks differ by four minutes.
    for (const old of [item(8_100, 8_000), item(9_900, 9_890), item(10_139, 10_139)])
      expect(restored.claim([old])).toEqual([{ item: old, reason: "restored" }]);
    expect(restored.claim([item(10_800, 10_790)])).toEqual([]);
    // For good: also when the others have not signed it in the meantime.
    expect(makeSignedReports(database, 900).claim([item(9_900, 9_890)])).toHaveLength(1);
  });

  test("stays", () => {
    expect(() => database.exec("DELETE FROM signed_reports")).toThrow("signed reports stay");
    expect(() => database.exec("UPDATE signed_reports SET digest = ''")).toThrow("signed reports stay");
  });
});

describe("whose turn it is", () => {
  const [a, b, c] = [1, 2, 3].map((n) => `0x${String(n).padStart(40, "0")}` as const) as [
    `0x${string}`,
    `0x${string}`,
    `0x${string}`,
  ];
  const committee = () => ({ members: [a, b, c], quorum: 2, configuration: 1 });
  let time = 0;
  const nodes = [a, b, c].map((self) => makeMembers({ self, committee, takeover: 100, now: () => time }));
  const leaders = (name: string, since: number) =>
    nodes.flatMap(({ leads }, index) => (leads(name, since) ? [index] : []));

  test("is one member's at any time, everybody's in turn, and shared over windows", () => {
    const first = Array.from({ length: 60 }, (_, window) => leaders(`window ${window}`, 0));
    for (const turn of first) expect(turn).toHaveLength(1);
    for (const node of [0, 1, 2])
      expect(first.filter(([leader]) => leader === node).length).toBeGreaterThan(9);
    const seen = new Set<number>();
    for (time = 0; time < 300; time += 100) for (const leader of leaders("window 7", 0)) seen.add(leader);
    expect(seen.size).toBe(3);
  });

  test("passes over a member that is silent, and says when too few are there", () => {
    time = 10_000;
    for (const node of nodes.slice(0, 2)) for (const member of [a, b]) node.heard(member, 5);
    for (let window = 0; window < 20; window++)
      expect(leaders(`window ${window}`, time).filter((node) => node < 2)).toHaveLength(1);
    expect(nodes[0]!.obstacle()).toBeUndefined();
    expect(nodes[2]!.obstacle()).toBe("1 of the committee's 3 members answer, 2 have to sign");
    expect(nodes[0]!.heard(b, 5)).toBe(false);
    expect(nodes[0]!.offsets()).toEqual([5 - 10_000]);
    // Its clock was put back: it counts as there again once it has been silent for long enough.
    time = 20_000;
    expect(nodes[0]!.heard(b, 4)).toBe(true);
    const stranger = makeMembers({ self: `0x${"9".repeat(40)}`, committee, takeover: 100 });
    expect(stranger.leads("window 1", 0)).toBe(false);
    expect(stranger.obstacle()).toContain("is not a member");
  });
});

describe("messages", () => {
  const domain = { chainId: 1, committee: `0x${"ab".repeat(20)}` } as const;
  const signer = privateKeyToAccount(`0x${"07".repeat(32)}`);

  test("come out as they went in, and say who sealed them", async () => {
    const content = { deadline: 2n ** 62n, configuration: 3, items: [item(900, 890, 2n ** 62n)] };
    const text = await seal(domain, signer, "proposal", content);
    expect(await unseal(domain, "proposal", Buffer.from(text))).toEqual({ content, signer: signer.address });
  });

  test("count for one kind, one chain and one contract", async () => {
    const text = Buffer.from(await seal(domain, signer, "hello", { time: 1 }));
    const other = await unseal({ ...domain, chainId: 2 }, "hello", text);
    expect(other.signer).not.toBe(signer.address);
  });

  test("name their sender in the topic", () => {
    const topic = committeeTopic(signer.address, "refusal");
    expect(readCommitteeTopic(topic)).toEqual({
      sender: signer.address.toLowerCase(),
      shard: WHOLE,
      kind: "refusal",
    });
    expect(readCommitteeTopic("enerlink/v1/home-01/reading")).toBeUndefined();
    expect(readCommitteeTopic("enerlink/v1/$committee/x/reading")).toBeUndefined();
  });

  test("fit into what a broker carries as it is shipped, with as many reports as may be", async () => {
    const conf = readFileSync(new URL("../../mosquitto/mosquitto.conf", import.meta.url), "utf8");
    const carried = Number(/^max_packet_size (\d+)$/m.exec(conf)![1]);
    const header = 1 + 4 + 2 + committeeTopic(signer.address, "proposal").length;
    expect(LARGEST_BYTES + header).toBeLessThanOrEqual(carried);
    expect(LARGEST_MESSAGE_BYTES + 256).toBeLessThanOrEqual(carried);

    const usual = Array.from({ length: 300 }, (_, index) => {
      const one = item(1_767_225_600, 1_767_225_590, 12_345_678n);
      return { ...one, reading: { ...one.reading, serial: `home-${index}`, importWh: 23_456_789n } };
    });
    expect(fitting(usual)).toBe(LARGEST_BATCH);
    const longest = usual.map((one) => ({
      windowEnd: 2 ** 40 - 1,
      reading: {
        ...one.reading,
        ...{ serial: "x".repeat(32), epoch: 2 ** 32 - 1, timestamp: 2 ** 40 - 1, sequence: 2n ** 63n - 1n },
        ...{ exportWh: 2n ** 63n - 1n, importWh: 2n ** 63n - 1n, storedWh: 2n ** 63n - 1n },
      },
    }));
    const many = fitting(longest);
    expect(many).toBeGreaterThan(40);
    const head = { deadline: 2n ** 63n - 1n, configuration: 2 ** 32 - 1 };
    for (const items of [usual.slice(0, LARGEST_BATCH), longest.slice(0, many)]) {
      const text = await seal(domain, signer, "proposal", { ...head, items });
      expect(text.length).toBeLessThanOrEqual(LARGEST_BYTES);
      expect((await unseal(domain, "proposal", Buffer.from(text))).content.items).toEqual(items);
    }
    // All is refused, and evidence shown as far as it fits.
    const refused = longest.slice(0, LARGEST_BATCH).map(({ windowEnd, reading }) => ({
      ...{ serial: reading.serial, windowEnd, reason: "different-reading" as const, evidence: reading },
    }));
    const text = await seal(domain, signer, "refusal", { batch: `0x${"ab".repeat(32)}`, items: refused });
    expect(text.length).toBeLessThanOrEqual(LARGEST_BYTES);
    const { items } = (await unseal(domain, "refusal", Buffer.from(text))).content;
    expect(items.map(({ serial }) => serial)).toEqual(refused.map(({ serial }) => serial));
    expect(items.filter(({ evidence }) => evidence).length).toBeGreaterThan(20);
  });

  test("of any other form are refused, whatever they are", async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.json().map((body) => Buffer.from(JSON.stringify({ body, signature: `0x${"1b".repeat(65)}` }))),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (payload) => {
        for (const kind of ["proposal", "refusal", "hello"] as const)
          await expect(unseal(domain, kind, payload)).rejects.toThrow();
        expect(() => readApproval(payload)).toThrow();
      }),
      { numRuns: 150 },
    );
  });
});
