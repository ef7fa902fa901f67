/** Sums over a time hold every row that falls into it, however many there are. */
import { describe, expect, test } from "vitest";
import type { Answer } from "./harness.ts";
import type { World } from "./index.service.test.ts";

type Row = Record<string, string>;

export const sums = (world: World) => () => {
  /** All rows of a list, a few at a time. */
  async function all(list: string, where: string, fields: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (let after: string | null = null; ; ) {
      const answer: Answer = await world.harness.query(
        `query ($after: String) { rows: ${list}(where: { ${where} }, limit: 20, after: $after) {
          items { ${fields} } pageInfo { hasNextPage endCursor }
        } }`,
        { after },
      );
      rows.push(...answer.rows.items);
      if (!answer.rows.pageInfo.hasNextPage) return rows;
      after = answer.rows.pageInfo.endCursor;
    }
  }
  const total = (rows: readonly Row[], field: string) =>
    String(rows.reduce((sum, row) => sum + BigInt(row[field]!), 0n));
  const owner = () => world.harness.address(1).toLowerCase();

  describe("what meters settled", () => {
    const settled = (of: string, from: bigint, to: bigint, seconds: number) =>
      world.harness.query(
        `{ energySettled(${of}, from: "${from}", to: "${to}", seconds: ${seconds}) {
          meterId kind start exportedWh importedWh mintedWh burnedWh settlements firstReadAt lastReadAt
        } }`,
      );

    test("is the sum of all settlements, span by span, each where its reading ends", async () => {
      const rows = await all(
        "settlements",
        `owner: "${owner()}"`,
        "meterId readAt exportedWh importedWh tokensWh",
      );
      const times = rows.map(({ readAt }) => BigInt(readAt!)).sort((a, b) => Number(a - b));
      // One settlement lies on a border: it was used in the span that ends there.
      const from = times[1]!;
      const to = times.at(-1)!;
      const seconds = Math.max(Number((to - from) / 7n), 1);
      const { energySettled } = await settled(`owner: "${owner()}"`, from, to, seconds);
      const within = rows.filter(({ readAt }) => BigInt(readAt!) > from && BigInt(readAt!) <= to);
      for (const field of ["exportedWh", "importedWh"]) {
        expect(total(energySettled, field)).toBe(total(within, field));
        for (const span of energySettled) {
          const own = within.filter(
            ({ meterId, readAt }) =>
              meterId === span.meterId &&
              BigInt(readAt!) > BigInt(span.start) &&
              BigInt(readAt!) <= BigInt(span.start) + BigInt(seconds),
          );
          expect(span[field]).toBe(total(own, field));
          const tokens = own.map(({ tokensWh }) => BigInt(tokensWh!));
          expect(BigInt(span.mintedWh) - BigInt(span.burnedWh)).toBe(tokens.reduce((a, b) => a + b, 0n));
          expect(span.mintedWh).toBe(String(tokens.reduce((a, b) => (b > 0n ? a + b : a), 0n)));
          expect(span.settlements).toBe(own.length);
          expect(own.map(({ readAt }) => readAt)).toEqual(
            expect.arrayContaining([span.firstReadAt, span.lastReadAt]),
          );
        }
      }
      const { energySettled: ofOne } = await settled(`meterId: "${rows[0]!.meterId}"`, from, to, seconds);
      expect(ofOne).toEqual(energySettled.filter((span: Row) => span.meterId === rows[0]!.meterId));
    });

    test("is asked of an owner or of a meter, over a bounded range", async () => {
      const refused = async (of: string, seconds: number) =>
        (await settled(of, 0n, 10_000n, seconds).catch((error: Error) => error)) as Error;
      expect((await refused(`owner: "${owner()}"`, 1)).message).toContain("at most 1000 spans");
      expect((await refused(`owner: "nobody"`, 100)).message).toContain("owner must be an address");
      expect((await refused(`meterId: "no meter"`, 100)).message).toContain(
        "meterId must be a meter's serial",
      );
      const both = `owner: "${owner()}", meterId: "0x${"0".repeat(64)}"`;
      expect((await refused(both, 100)).message).toContain("owner must be given, or meterId");
    });
  });

  test("what an account traded is the sum of all its fills and deliveries", async () => {
    for (const person of [0, 1, 3]) {
      const account = world.harness.address(person).toLowerCase();
      const now = await world.harness.now();
      const { traded } = await world.harness.query(
        `{ traded(account: "${account}", from: "0", to: "${now + 1}") { soldWh earnedIdrs boughtWh spentIdrs } }`,
      );
      const of = async (side: "seller" | "buyer") => [
        ...(await all("fills", `${side}: "${account}"`, "wattHours cost")),
        ...(await all("energyTransactions", `${side}: "${account}"`, "wattHours cost")),
      ];
      const [sold, bought] = [await of("seller"), await of("buyer")];
      expect(traded).toEqual({
        soldWh: total(sold, "wattHours"),
        earnedIdrs: total(sold, "cost"),
        boughtWh: total(bought, "wattHours"),
        spentIdrs: total(bought, "cost"),
      });
    }
  });

  test("how a seller answered is counted from all requests, those that nobody closed included", async () => {
    const now = BigInt(await world.harness.now());
    const people = world.harness.people.map(({ address }) => address.toLowerCase());
    const { answers, chainTime } = await world.harness.query(
      "query ($sellers: [String!]!) { answers(sellers: $sellers) { seller requests unanswered } chainTime }",
      { sellers: people },
    );
    expect(BigInt(chainTime)).toBeLessThanOrEqual(now);
    let unansweredInAll = 0;
    for (const seller of people) {
      const trades = await all("trades", `seller: "${seller}"`, "status answerBy");
      const over = trades.filter(
        ({ status, answerBy }) =>
          status !== "CANCELLED" && (status !== "PENDING" || BigInt(answerBy!) < BigInt(chainTime)),
      );
      const unanswered = over.filter(({ status }) => status === "LAPSED" || status === "PENDING").length;
      unansweredInAll += unanswered;
      const told = answers.find((one: Answer) => one.seller === seller);
      if (trades.length === 0) expect(told).toBeUndefined();
      else expect(told).toEqual({ seller, requests: over.length, unanswered });
    }
    expect(unansweredInAll).toBeGreaterThan(0);
  });
};
