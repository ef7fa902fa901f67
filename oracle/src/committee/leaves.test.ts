import type { Item, RefusalReason, Refused } from "@enerlink/protocol/wire/committee";
import { type Hex, keccak256, toHex } from "viem";
import { expect, test } from "vitest";
import { chosenOf, makeLeaves, type Part } from "./leaves.ts";

const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    windowEnd: 900,
    reading: {
      ...{ serial: `home-${index}`, epoch: 1, sequence: 890n, timestamp: 890 },
      ...{ exportWh: 5n, importWh: 2n, storedWh: 0n, signature: Buffer.alloc(64) },
    },
  }));
const names = (parts: readonly Part[]) =>
  parts.map((part) => part.items.map(({ reading }) => reading.serial));

/** Gathers with members that each refuse the serials it is said of. */
function gatherWith(
  members: Record<string, Record<string, RefusalReason>>,
  { refused = [] as string[], portion = 100 } = {},
) {
  const asked: string[][] = [];
  const gather = makeLeaves({
    self: "self",
    poll: async (all) => {
      const serials = all.map(({ reading }) => reading.serial);
      asked.push(serials);
      const refusals = new Map<string, Refused[]>();
      for (const [member, against] of Object.entries(members)) {
        const mine = serials.flatMap((serial): Refused[] =>
          against[serial] ? [{ serial, windowEnd: 900, reason: against[serial], evidence: null }] : [],
        );
        if (mine.length > 0) refusals.set(member, mine);
      }
      const signers = new Set(Object.keys(members).filter((member) => !refusals.has(member)));
      return { batch: keccak256(toHex(serials.join())) as Hex, items: all, signers, refusals };
    },
    portion: () => portion,
    signed: {
      refused: (all) =>
        all
          .filter(({ reading }) => refused.includes(reading.serial))
          .map((item) => ({ item, reason: "already-signed" })),
    },
    disputes: { keep: () => {} },
  });
  return { gather, asked };
}

test("what everybody stands for is asked once, in portions", async () => {
  const { gather, asked } = gatherWith({ a: {}, b: {} }, { portion: 2 });
  expect(names(await gather(items(3)))).toEqual([["home-0", "home-1"], ["home-2"]]);
  expect(asked).toHaveLength(2);
});

test("what one member refuses is asked apart, and is left out of a root that needs that member", async () => {
  const { gather, asked } = gatherWith({ a: { "home-1": "frozen" } });
  const parts = await gather(items(3));
  expect(names(parts)).toEqual([["home-0", "home-2"], ["home-1"]]);
  expect(asked).toHaveLength(3);
  expect(names(chosenOf(parts, 1))).toEqual([["home-0", "home-2"]]);
  expect(parts.map(({ early }) => early)).toEqual([false, false]);
});

test("a member that refuses everything keeps nothing out of a root that needs it not", async () => {
  const liar = { "home-0": "frozen", "home-1": "settled", "home-2": "frozen" } as const;
  const { gather } = gatherWith({ a: liar, b: { "home-1": "later-reading" } });
  const parts = await gather(items(3));
  expect(names(chosenOf(parts, 1)).flat().sort()).toEqual(["home-0", "home-2"]);
  expect(chosenOf(parts, 2)).toEqual([]);
});

test("where two members refuse one meter each, the root is what one of them stands for", async () => {
  const { gather } = gatherWith({ a: { "home-0": "frozen" }, b: { "home-1": "frozen" } });
  const parts = await gather(items(3));
  expect(names(chosenOf(parts, 1)).flat().sort()).toEqual(["home-1", "home-2"]);
  // And of the other, after the first has not signed.
  expect(
    names(chosenOf(parts, 1, 1))
      .flat()
      .sort(),
  ).toEqual(["home-0", "home-2"]);
});

test("what a member has only not heard yet is told from a dispute", async () => {
  const { gather } = gatherWith({ a: { "home-0": "window-open", "home-1": "frozen" } });
  const parts = await gather(items(2));
  expect(parts.map((part) => [names([part])[0], part.early])).toEqual([
    [["home-0"], true],
    [["home-1"], false],
  ]);
});

test("what this node itself cannot sign is asked of nobody", async () => {
  const { gather, asked } = gatherWith({ a: {} }, { refused: ["home-1"] });
  expect(names(await gather(items(3)))).toEqual([["home-0", "home-2"]]);
  expect(asked).toEqual([["home-0", "home-2"]]);
});

test("alone, a committee of one stands for everything itself", async () => {
  const { gather } = gatherWith({});
  expect(names(chosenOf(await gather(items(2)), 0))).toEqual([["home-0", "home-1"]]);
});
