/**
 * The neighbourhood at the index: two days of slots on a real chain, compared with what the contracts' logs say by code
 * of its own, and with what the market moved.
 */
import { formatIdr, formatKwh, formatPrice, parseKwh, serialOf } from "@enerlink/protocol";
import type { Hex } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examples } from "../src/api/graphql/examples.ts";
import { makeRandom } from "./activity.ts";
import { type Answer, type Harness, places, startHarness } from "./harness.ts";
import { COMMUNITY, makeNeighbours, OPERATOR, POOR, UTILITY } from "./neighbours.ts";
import { startPage } from "./pages-that-run.ts";
import { explaining, plansIn, scansOf, wastesOf } from "./plans.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { aboutSlots } from "./rest.ts";
import { type Ledger, readLedger, type Share, type Slot } from "./slots-ledger.ts";

const SEED = Number(process.env.SEED ?? 7);
const ZONE = "Asia/Jakarta";
const SOURCES = ["neighbours", "utility", "offers", "book"] as const;

let postgres: Postgres;
let harness: Harness;
let neighbours: Awaited<ReturnType<typeof makeNeighbours>>;
let ledger: Ledger;
let heard: Awaited<ReturnType<Harness["subscribe"]>>;
let from: number;
let to: number;

beforeAll(async () => {
  postgres = await startPostgres({ flags: explaining });
  const roles = await postgres.createRoles();
  const { writer, reader } = roles;
  harness = await startHarness({ environment: { DATABASE_URL: writer, DATABASE_READER_URL: reader } });
  // At 22:00 in Jakarta, so that the days that follow are the same ones whenever the test runs.
  await harness.pass((39 * 3_600 - ((await harness.now()) % 86_400)) % 86_400);
  from = await harness.now();
  neighbours = await makeNeighbours(harness, SEED);
  await neighbours.firstDay();
  await harness.startIndex();
  heard = await harness.subscribe(
    `subscription { slotCleared(communityId: ${COMMUNITY}) { slotEnd shares { totalCount items { account } } } }`,
  );
  await neighbours.secondDay();
  await harness.caughtUp();
  ledger = await readLedger(harness);
  to = (await harness.now()) + 1;
});

afterAll(async () => {
  heard?.close();
  await harness?.stop();
  await postgres?.stop();
});

const who = (person: number) => harness.address(person).toLowerCase();
const text = (value: bigint | number | null) => (value === null ? null : String(value));
const sum = <Row>(rows: readonly Row[], value: (row: Row) => bigint) =>
  rows.reduce((total, row) => total + value(row), 0n);
const everybody = () => [...new Set([...ledger.moves.map(({ account }) => account), ledger.operator])];

describe("slots", () => {
  test("say what was shared, left to the utility and at which terms", async () => {
    const { clearedSlots } = await harness.query(`{ clearedSlots(orderBy: "slotEnd", limit: 1000) { items {
      slotStart slotEnd price sharedWh surplusWh needWh soldToUtilityWh boughtFromUtilityWh retail feedIn fee
    } } }`);
    const counted = ({ sharedWh, utilityWh, leftWh }: Share) => sharedWh + utilityWh + leftWh;
    const expected = ledger.slots.map(({ slotStart, slotEnd, price, shares, retail, feedIn, fee }) => {
      const sold = shares.filter((share) => share.sold);
      const bought = shares.filter((share) => !share.sold);
      return {
        ...{ slotStart: text(slotStart), slotEnd: text(slotEnd), price: text(price), retail, feedIn, fee },
        sharedWh: text(sum(sold, ({ sharedWh }) => sharedWh)),
        surplusWh: text(sum(sold, counted)),
        needWh: text(sum(bought, counted)),
        soldToUtilityWh: text(sum(sold, ({ utilityWh }) => utilityWh)),
        boughtFromUtilityWh: text(sum(bought, ({ utilityWh }) => utilityWh)),
      };
    });
    expect(clearedSlots.items).toEqual(expected);
    // What the test is about happened.
    expect(new Set(expected.map(({ retail, fee }) => `${retail} ${fee}`)).size).toBe(3);
    expect(new Set(ledger.slots.map(({ slotStart, slotEnd }) => slotEnd - slotStart)).size).toBe(2);
    for (const some of [(one: Slot) => one.price === null, (one: Slot) => one.price !== null])
      expect(ledger.slots.filter(some).length).toBeGreaterThan(3);
  });

  test("say of each member what it shared, paid or got, and the limits that it had", async () => {
    const { slotShares } = await harness.query(`{ slotShares(orderBy: "slotEnd", limit: 1000) { items {
      meterId slotStart slotEnd account side sharedWh utilityWh leftWh amount fee plnAmount price sellFrom buyUpTo
    } } }`);
    const key = ({ slotEnd, meterId }: { slotEnd: unknown; meterId: Hex }) => `${slotEnd} ${meterId}`;
    const rows = new Map<string, Answer>(slotShares.items.map((row: Answer) => [key(row), row]));
    const shares = ledger.slots.flatMap((slot) =>
      slot.shares.map((share) => ({ ...share, price: slot.price })),
    );
    expect(rows.size).toBe(shares.length);
    for (const { sold, slotStart, slotEnd, price, ...share } of shares) {
      const { sellFrom, buyUpTo, ...row } = rows.get(key({ slotEnd, meterId: share.meterId }));
      const amounts = Object.fromEntries(Object.entries(share).map(([name, value]) => [name, String(value)]));
      expect(row).toEqual({
        ...amounts,
        ...{ slotStart: text(slotStart), slotEnd: text(slotEnd), price: text(price) },
        side: sold ? "SOLD" : "BOUGHT",
      });
      // Its limits are why it shared, or did not.
      const { fee } = ledger.slots.find((slot) => slot.slotEnd === slotEnd)!;
      const shared = share.sharedWh > 0n;
      if (shared && sold) expect(price).toBeGreaterThanOrEqual(1_000n * BigInt(sellFrom));
      if (shared && !sold)
        expect(price! + 1_000n * BigInt(fee)).toBeLessThanOrEqual(1_000n * BigInt(buyUpTo));
    }
    const limits = slotShares.items.filter(({ meterId }: Answer) => meterId === neighbours.homes[2]!.id);
    expect(new Set(limits.map(({ sellFrom }: Answer) => sellFrom))).toEqual(new Set([1_200, 1_000]));
  });

  test("are what the market and the converter moved", async () => {
    let [arrears, kept] = [0n, 0n];
    for (const { shares, moved, operator, netWh, fellBehind } of ledger.slots) {
      const expected = new Map<string, { wattHours: bigint; idrs: bigint }>();
      const add = (account: string, wattHours: bigint, idrs: bigint) => {
        const before = expected.get(account) ?? { wattHours: 0n, idrs: 0n };
        expected.set(account, { wattHours: before.wattHours + wattHours, idrs: before.idrs + idrs });
      };
      for (const { account, sold, sharedWh, utilityWh, leftWh, amount, fee, meterId } of shares) {
        add(account, sold ? leftWh : 0n, sold ? amount : -amount);
        add(operator, 0n, fee);
        // The utility stands between who is left over on either side.
        add(ledger.utility, sold ? utilityWh : -utilityWh, 0n);
        if (!sold) expect(fellBehind.get(meterId) ?? 0n).toBe(leftWh);
        if (sold) kept += leftWh;
        else arrears += leftWh;
        expect(sharedWh + utilityWh + leftWh).toBeGreaterThan(0n);
      }
      const paid = sum([...expected.values()], ({ idrs }) => idrs);
      add(ledger.utility, 0n, -paid);
      for (const [account, amounts] of expected) {
        if (amounts.wattHours === 0n && amounts.idrs === 0n) continue;
        expect(moved.get(account), account).toEqual(amounts);
      }
      const surplus = sum(
        shares.filter(({ sold }) => sold),
        (one) => one.sharedWh + one.utilityWh + one.leftWh,
      );
      const bought = sum(
        shares.filter(({ sold }) => !sold),
        (one) => one.sharedWh + one.utilityWh,
      );
      expect(netWh).toBe(surplus - bought);
    }
    expect(arrears).toBeGreaterThan(0n);
    expect(kept).toBeGreaterThan(0n);
  });

  test("are told as they are cleared, each once, with their members' parts", async () => {
    const told = () => heard.events.map(({ slotCleared }) => slotCleared.slotEnd);
    const since = ledger.slots.findIndex(({ slotEnd }) => String(slotEnd) === told()[0]);
    await harness.until("the last one is told", async () => told().length >= ledger.slots.length - since);
    expect(told()).toEqual(ledger.slots.slice(since).map(({ slotEnd }) => String(slotEnd)));
    expect(told().length).toBeGreaterThan(20);
    for (const { slotCleared } of heard.events) {
      const { shares } = ledger.slots.find(({ slotEnd }) => String(slotEnd) === slotCleared.slotEnd)!;
      expect(slotCleared.shares.totalCount).toBe(shares.length);
      expect(slotCleared.shares.items.map(({ account }: Answer) => account).sort()).toEqual(
        shares.map(({ account }) => account).sort(),
      );
    }
  });

  test("lead to their members, and those back, of many slots at once", async () => {
    const { clearedSlots } = await harness.query(`{ clearedSlots(limit: 1000) { items { slotEnd
      community { id } shares(limit: 3, orderBy: "meterId") { totalCount items { meter { serial } slot { slotEnd } } }
    } } }`);
    for (const { slotEnd, shares, community } of clearedSlots.items) {
      const { length } = ledger.slots.find((one) => String(one.slotEnd) === slotEnd)!.shares;
      expect([community.id, shares.totalCount, shares.items.length]).toEqual([
        1,
        length,
        Math.min(3, length),
      ]);
      for (const { slot } of shares.items) expect(slot.slotEnd).toBe(slotEnd);
    }
  });
});

test("the questions that the query page opens with are answered of slots and statements", async () => {
  // As the question says: an account's own address is put in.
  const ask = (name: string) => {
    const { query } = examples(BigInt(to)).find((one) => one.name === name)!;
    return harness.query(query.replace(/(?<=account: ")0x\w+/, harness.address(1)));
  };
  const { clearedSlots } = await ask("The neighbourhood's latest slots");
  expect(clearedSlots.items.map(({ slotStart }: Answer) => slotStart)).toEqual(
    ledger.slots
      .toReversed()
      .slice(0, 10)
      .map(({ slotStart }) => String(slotStart)),
  );
  const { statement } = await ask("A home's statement, day by day");
  expect(statement.some(({ betterByIdrs }: Answer) => betterByIdrs !== null)).toBe(true);
});

describe("communities and members", () => {
  test("have the terms and limits that the pool's views say", async () => {
    const { community, meters } = await harness.query(`{
      community(id: ${COMMUNITY}) { slot clearedTo members accepted retail feedIn fee nextRetail nextFeedIn nextFrom nextFee
        nextFeeFrom tolerance terms { totalCount } places(orderBy: "place") { items { meterId } } }
      meters { items { id communityId sellFrom buyUpTo debtWh } }
    }`);
    const view = await harness.read("pool", "community", [COMMUNITY]);
    const { slot, clearedTo, retail, feedIn, fee } = view;
    expect(Number(community.nextFrom)).toBeLessThan(Number(community.nextFeeFrom));
    expect(Number(community.nextFeeFrom)).toBeLessThan(to);
    expect(community).toMatchObject({ slot, clearedTo: String(clearedTo), members: 4, accepted: true });
    expect([community.nextRetail, community.nextFeedIn, community.nextFee]).toEqual([retail, feedIn, fee]);
    expect([community.retail, community.feedIn, community.fee]).toEqual([1_445, 900, 100]);
    expect(community.tolerance).toBe(Number(await harness.read("pool", "TOLERANCE")));
    expect(community.terms.totalCount).toBe(4);
    expect(community.places.items.map(({ meterId }: Answer) => meterId)).toEqual(
      await harness.read("pool", "members", [COMMUNITY]),
    );
    for (const { id, communityId, sellFrom, buyUpTo, debtWh } of meters.items) {
      const [of, , sells, buys] = await harness.read("pool", "member", [id]);
      expect(communityId ?? 0).toBe(of);
      if (of > 0) expect([sellFrom, buyUpTo]).toEqual([sells, buys]);
      const [, , debt] = await harness.read("converter", "settled", [id]);
      expect(debtWh).toBe(String(debt));
    }
  });

  test("limits have a history", async () => {
    const { meter } = await harness.query(`{ meter(id: "home-c") {
      limitsChanges(orderBy: "timestamp") { items { sellFrom buyUpTo communityId } } } }`);
    expect(meter.limitsChanges.items).toEqual([
      { sellFrom: 1_200, buyUpTo: 1_445, communityId: COMMUNITY },
      { sellFrom: 1_000, buyUpTo: 1_445, communityId: COMMUNITY },
    ]);
  });
});

const AMOUNTS = [
  ...SOURCES.flatMap((source) =>
    ["Sold", "Bought"].flatMap((side) => [`${source}${side}Wh`, `${source}${side}Idrs`]),
  ),
  ...["feeIdrs", "feeReceivedIdrs", "netIdrs", "arrearsWh", "leftWh", "plnAloneIdrs", "betterByIdrs"],
  ...["exportWh", "importWh"],
];
const OF_METERS = AMOUNTS.filter((name) => !/^(offers|book|feeR|net)/.test(name));

async function statementOf(account: string, groupBy = "DAY", zone = ZONE): Promise<Answer[]> {
  const { statement } = await harness.query(`{ statement(account: "${account}", from: "${from}", to: "${to}",
    timeZone: "${zone}", groupBy: ${groupBy}) { start end localStart averageSoldPrice averageBoughtPrice
    ${AMOUNTS.join(" ")} meters { meterId serial ${OF_METERS.join(" ")} } } }`);
  return statement;
}

/** The same line from the logs alone. @param meterId of one meter's part */
function expectedLine(account: string, start: number, end: number, meterId?: Hex) {
  const within = ({ at }: { at: number }) => start <= at && at < end;
  const own = (one: { account: string; meterId?: Hex }) =>
    one.account === account && (meterId === undefined || one.meterId === meterId);
  const moves = ledger.moves.filter((move) => within(move) && own(move));
  const shares = ledger.slots
    .flatMap((slot) => slot.shares)
    .filter((one) => within({ at: one.slotStart }) && own(one));
  const settled = ledger.settled.filter(
    (one) =>
      // What ends at the period's very end was used in it.
      start < one.at && one.at <= end && own({ ...one, account: ledger.meterOwners.get(one.meterId)! }),
  );
  const line: Record<string, bigint | null> = {};
  for (const source of SOURCES) {
    for (const sold of [true, false]) {
      const some = moves.filter((move) => move.source === source && move.sold === sold);
      line[`${source}${sold ? "Sold" : "Bought"}Wh`] = sum(some, ({ wattHours }) => wattHours);
      line[`${source}${sold ? "Sold" : "Bought"}Idrs`] = sum(some, ({ idrs }) => idrs);
    }
  }
  const fees = ledger.slots.filter((slot) => slot.operator === account && within({ at: slot.slotStart }));
  line.feeIdrs = sum(shares, ({ fee }) => fee);
  line.feeReceivedIdrs = sum(fees, (slot) => sum(slot.shares, ({ fee }) => fee));
  line.netIdrs = sum(moves, ({ sold, idrs }) => (sold ? idrs : -idrs)) + line.feeReceivedIdrs - line.feeIdrs;
  line.arrearsWh = sum(shares, ({ sold, leftWh }) => (sold ? 0n : leftWh));
  line.leftWh = sum(shares, ({ sold, leftWh }) => (sold ? leftWh : 0n));
  const alone = sum(shares, ({ sold, plnAmount }) => (sold ? -plnAmount : plnAmount));
  const cost = sum(shares, ({ sold, amount }) => (sold ? -amount : amount));
  line.plnAloneIdrs = shares.length === 0 ? null : alone;
  line.betterByIdrs = shares.length === 0 ? null : alone - cost;
  line.exportWh = settled.length === 0 ? null : sum(settled, ({ exportWh }) => exportWh);
  line.importWh = settled.length === 0 ? null : sum(settled, ({ importWh }) => importWh);
  return line;
}

const linesOf = (row: Answer, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, row[name]]));
const texts = (line: Record<string, bigint | null>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, text(line[name]!)]));

describe("statements", () => {
  test.each(["DAY", "WEEK", "MONTH", "ALL"])("by %s are what the logs say, of everybody", async (groupBy) => {
    for (const account of everybody()) {
      const periods = await statementOf(account, groupBy);
      for (const { start, end, meters, ...row } of periods) {
        const range = [Number(start), Number(end)] as const;
        expect(linesOf(row, AMOUNTS), `${account} ${row.localStart}`).toEqual(
          texts(expectedLine(account, ...range), AMOUNTS),
        );
        for (const { meterId, ...own } of meters)
          expect(linesOf(own, OF_METERS)).toEqual(texts(expectedLine(account, ...range, meterId), OF_METERS));
      }
      expect([periods[0]!.start, periods.at(-1)!.end]).toEqual([String(from), String(to)]);
    }
  });

  test("of members, utility and grid operator add up to zero in every day, by money and by energy", async () => {
    const all = await Promise.all(everybody().map((account) => statementOf(account)));
    expect(all[0]!.length).toBeGreaterThan(2);
    for (const day of all[0]!.keys()) {
      const total = (name: string) => sum(all, (periods) => BigInt(periods[day]![name]));
      expect(total("netIdrs")).toBe(0n);
      expect(total("feeIdrs")).toBe(total("feeReceivedIdrs"));
      for (const source of SOURCES) {
        expect(total(`${source}SoldWh`)).toBe(total(`${source}BoughtWh`));
        expect(total(`${source}SoldIdrs`)).toBe(total(`${source}BoughtIdrs`));
      }
    }
    for (const source of SOURCES)
      expect(
        sum(all.flat(), (row) => BigInt(row[`${source}SoldWh`])),
        source,
      ).toBeGreaterThan(0n);
  });

  test("never say that a neighbour who takes any price came off worse than with the utility alone", async () => {
    for (const person of [1, 2, POOR, 0])
      for (const { meters } of await statementOf(who(person)))
        for (const { betterByIdrs } of meters)
          if (betterByIdrs !== null) expect(BigInt(betterByIdrs)).toBeGreaterThanOrEqual(0n);
    const [all] = await statementOf(who(1), "ALL");
    expect(BigInt(all.betterByIdrs)).toBeGreaterThan(0n);
    expect(all.averageBoughtPrice).toBe(
      String(
        (sum([...SOURCES], (source) => BigInt(all[`${source}BoughtIdrs`])) + BigInt(all.feeIdrs)) /
          sum([...SOURCES], (source) => BigInt(all[`${source}BoughtWh`])),
      ),
    );
  });

  test("know no tariff of who is in no slot, nor energy that nothing settled", async () => {
    const stranger = `0x${"5".repeat(40)}`;
    for (const row of await statementOf(stranger)) {
      expect(row).toMatchObject({ plnAloneIdrs: null, betterByIdrs: null, exportWh: null, importWh: null });
      expect(row).toMatchObject({
        netIdrs: "0",
        averageSoldPrice: null,
        averageBoughtPrice: null,
        meters: [],
      });
    }
    const [of] = await statementOf(who(POOR), "ALL");
    const battery = of.meters.find(({ serial }: Answer) => serial === "battery-z");
    expect(battery).toMatchObject({ plnAloneIdrs: null, betterByIdrs: null, neighboursSoldWh: "0" });
    expect(BigInt(battery.exportWh)).toBeGreaterThan(0n);
    const [utility] = await statementOf(who(UTILITY), "ALL");
    expect(utility.plnAloneIdrs).toBeNull();
    const [operator] = await statementOf(who(OPERATOR), "ALL");
    expect(operator.netIdrs).toBe(operator.feeReceivedIdrs);
  });

  test("refuse what is wrong by its field", async () => {
    const ask = (asked: string) => harness.query(`{ statement(${asked}) { start } }`);
    const account = `account: "${who(1)}"`;
    await expect(ask('account: "me"')).rejects.toThrow("account must be an address");
    await expect(ask(`${account}, timeZone: "Bandung"`)).rejects.toThrow("timeZone must be the name");
    await expect(ask(`${account}, from: "5", to: "5"`)).rejects.toThrow("from must be before to");
    await expect(ask(`${account}, from: "0"`)).rejects.toThrow(/at most 3000 periods|costs/);
  });
});

describe("what a meter counted", () => {
  const energyOf = async (serial: string, groupBy: string): Promise<Answer[]> => {
    const { meterEnergy } =
      await harness.query(`{ meterEnergy(meterId: "${serial}", from: "${from}", to: "${to}",
      timeZone: "${ZONE}", groupBy: ${groupBy}) { start end exportWh importWh settlements since until } }`);
    return meterEnergy;
  };

  test.each(["SLOT", "HOUR", "DAY", "WEEK", "MONTH"])(
    "by %s is all that was settled, where it ends",
    async (span) => {
      for (const { id, serial } of [...neighbours.homes, neighbours.battery]) {
        const settled = ledger.settled.filter(({ meterId, at }) => meterId === id && at > from);
        const periods = await energyOf(serial, span);
        for (const { start, end, exportWh, importWh, settlements, since, until } of periods) {
          const own = settled.filter(({ at }) => Number(start) < at && at <= Number(end));
          expect([exportWh, importWh]).toEqual([
            text(sum(own, (one) => one.exportWh)),
            text(sum(own, (one) => one.importWh)),
          ]);
          expect(settlements).toBe(own.length);
          expect(Number(until)).toBe(Math.max(...own.map(({ at }) => at)));
          const before = ledger.settled.filter(
            ({ meterId, at }) => meterId === id && at < Math.min(...own.map((one) => one.at)),
          );
          if (before.length > 0) expect(Number(since)).toBe(Math.max(...before.map(({ at }) => at)));
        }
        expect(sum(periods, ({ settlements }) => BigInt(settlements))).toBe(BigInt(settled.length));
      }
    },
  );

  test("by slots goes by the community's, and says since when where a slot was missed", async () => {
    const periods = (
      await Promise.all(neighbours.members.map(({ serial }) => energyOf(serial, "SLOT")))
    ).flat();
    expect(new Set(periods.slice(1, -1).map(({ start }) => Number(start) % 1_800))).toEqual(new Set([0]));
    expect(periods.some(({ start, since }) => Number(since) < Number(start))).toBe(true);
  });

  test("of a meter that is not registered is not found", async () => {
    await expect(energyOf("home-none", "DAY")).rejects.toThrow("There is no meter home-none");
  });
});

describe("the outlook", () => {
  test("says of too short a history how much of it is known, and no value", async () => {
    const { outlook } = await harness.query(
      '{ outlook(meterId: "home-a") { start surplusWh { low } surplusDays price { low } priceDays } }',
    );
    expect(outlook).toHaveLength(24);
    expect(Number(outlook[0].start) % 3_600).toBe(0);
    expect(Number(outlook[0].start)).toBeGreaterThan(to - 1);
    for (const { surplusWh, price } of outlook) expect([surplusWh, price]).toEqual([null, null]);
    expect(outlook.some(({ surplusDays, priceDays }: Answer) => surplusDays > 0 && priceDays > 0)).toBe(true);
  });
});

describe("REST", () => {
  const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();
  const get = async (path: string): Promise<Answer> => {
    const { status, answer } = await harness.rest("GET", path);
    expect(status, `${path} ${JSON.stringify(answer)}`).toBe(200);
    return answer;
  };
  const range = () => `from=${iso(from)}&to=${iso(to)}`;
  const refused = async (path: string) => (await harness.rest("GET", path)).answer;

  test("tells communities, their terms and members", async () => {
    const { items, total } = await get("/communities");
    expect(total).toBe(1);
    expect(items[0]).toMatchObject({
      id: "1",
      utilityId: harness.address(UTILITY),
      slotSeconds: 1_800,
      members: 4,
      terms: { retailPerKwh: "1500", feedInPerKwh: "850", feePerKwh: "60" },
      nextTariff: null,
      nextFee: null,
    });
    const { meterIds, ...rest } = await get("/communities/1");
    expect(rest).toEqual(items[0]);
    expect(meterIds.toSorted()).toEqual(["home-a", "home-b", "home-c", "home-d"]);
    expect((await refused("/communities/2")).detail).toBe("There is no community 2");
    expect((await refused("/communities/9999999999")).detail).toBe("There is no community 9999999999");
  });

  test("tells slots, newest first, and of one what became of each member", async () => {
    const { items, total } = await get(`/communities/1/slots?${range()}&limit=200`);
    expect(total).toBe(ledger.slots.length);
    expect(items.map(({ end }: Answer) => end)).toEqual(
      ledger.slots.toReversed().map(({ slotEnd }) => iso(slotEnd)),
    );
    const slot = ledger.slots.findLast(({ price }) => price !== null)!;
    const { shares, ...row } = await get(`/communities/1/slots/${iso(slot.slotEnd)}`);
    expect(row).toEqual(items.find(({ end }: Answer) => end === iso(slot.slotEnd)));
    expect(row.pricePerKwh).toBe(formatPrice(slot.price!));
    expect(
      shares.map(({ meterId, amount, sharedKwh }: Answer) => [meterId, amount, sharedKwh]).toSorted(),
    ).toEqual(
      slot.shares
        .map(({ meterId, amount, sharedWh }) => [serialOf(meterId), formatIdr(amount), formatKwh(sharedWh)])
        .toSorted(),
    );
    const later = `from=${iso(slot.slotStart)}&to=${iso(slot.slotStart + 1)}`;
    expect((await get(`/communities/1/slots?${later}`)).items).toEqual([row]);
    expect((await refused(`/communities/1/slots/${iso(slot.slotEnd + 1)}`)).status).toBe(404);
  });

  test("tells a meter's parts, what it counted and its outlook", async () => {
    const shares = ledger.slots
      .flatMap((slot) => slot.shares)
      .filter(({ meterId }) => serialOf(meterId) === "home-a");
    const { items, total } = await get(`/meters/home-a/slots?${range()}&limit=200`);
    expect(total).toBe(shares.length);
    expect(items.map(({ amount, plnAmount }: Answer) => [amount, plnAmount])).toEqual(
      shares.toReversed().map(({ amount, plnAmount }) => [formatIdr(amount), formatIdr(plnAmount)]),
    );
    const energy = await get(`/meters/home-a/energy?groupBy=hour&timeZone=${ZONE}&${range()}`);
    const { meterEnergy } =
      await harness.query(`{ meterEnergy(meterId: "home-a", from: "${from}", to: "${to}",
      timeZone: "${ZONE}", groupBy: HOUR) { start localStart exportWh importWh } }`);
    expect(
      energy.items.map(({ start, localStart, exportKwh, importKwh }: Answer) => ({
        start: String(Date.parse(start) / 1_000),
        localStart,
        exportWh: String(parseKwh(exportKwh)),
        importWh: String(parseKwh(importKwh)),
      })),
    ).toEqual(meterEnergy);
    expect((await get("/meters/home-a/outlook")).items).toHaveLength(24);
    for (const path of ["slots", "energy", "outlook"])
      expect((await refused(`/meters/home-none/${path}`)).detail).toBe("There is no meter home-none");
  });

  test("tells statements as GraphQL does, and as a table", async () => {
    const path = `/statements/${harness.address(1)}?timeZone=${ZONE}&${range()}`;
    const { items } = await get(path);
    const days = await statementOf(who(1));
    expect(items.length).toBe(days.length);
    for (const [i, day] of days.entries())
      for (const [shown, row] of [
        [items[i], day],
        ...items[i].meters.map((one: Answer, m: number) => [one, day.meters[m]]),
      ])
        for (const name of row === day ? AMOUNTS : OF_METERS) {
          const [written, format] = /Wh$/.test(name)
            ? [name.replace(/Wh$/, "Kwh"), formatKwh]
            : [name.replace(/Idrs$/, "Idr"), formatIdr];
          expect(shown[written], name).toBe(row[name] === null ? null : format(BigInt(row[name])));
        }
    // A meter's part holds nothing that is the account's alone.
    const written = (names: readonly string[]) =>
      names.map((name) => name.replace(/Wh$/, "Kwh").replace(/Idrs$/, "Idr")).toSorted();
    for (const { meters } of items)
      for (const { meterId: _, ...own } of meters)
        expect(Object.keys(own).toSorted()).toEqual(written(OF_METERS));
    const table = await fetch(`${harness.url}/api/v1${path}&format=csv`);
    expect(table.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const [head, ...lines] = (await table.text())
      .trimEnd()
      .split("\r\n")
      .map((line) => line.split(","));
    expect(lines.map((cells) => Object.fromEntries(head!.map((name, i) => [name, cells[i]])))).toEqual(
      items.map(({ meters, ...day }: Answer) =>
        Object.fromEntries(Object.entries(day).map(([name, value]) => [name, value ?? ""])),
      ),
    );
    const energy = await fetch(`${harness.url}/api/v1/meters/home-a/energy?format=csv&${range()}`);
    expect(await energy.text()).toMatch(
      /^start,end,localStart,exportKwh,importKwh,settlements,since,until\r\n2/,
    );
  });

  test("refuses what is wrong by its field", async () => {
    const account = `/statements/${harness.address(1)}`;
    for (const [path, field] of [
      ["/statements/me", "account"],
      [`${account}?groupBy=slot`, "groupBy"],
      [`${account}?timeZone=Mars`, "timeZone"],
      [`${account}?from=${iso(5)}&to=${iso(5)}`, "from"],
      [`${account}?format=xml`, "format"],
      ["/meters/home-a/energy?groupBy=year", "groupBy"],
      [`/meters/home-a/energy?groupBy=slot&from=${iso(0)}`, "from"],
      ["/communities/one", "id"],
      ["/communities/1/slots/noon", "slotEnd"],
    ] as const) {
      const answer = await refused(path);
      expect(answer, path).toMatchObject({ status: 400, errors: [{ field }] });
    }
  });

  test("answers every route that is documented about slots", async () => {
    const document = (await (await fetch(`${harness.url}/api/openapi.json`)).json()) as Answer;
    const routes = Object.keys(document.paths).map((path) => `GET ${path.replace("/api/v1", "")}`);
    for (const route of routes.filter((one) => aboutSlots.test(one))) {
      const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      expect(
        harness.answered().some((one) => pattern.test(one)),
        route,
      ).toBe(true);
    }
  });
});

test("PostgreSQL is led to the rows of all these questions by an index", () => {
  const asked = /width_bucket|(?:cleared_slot|slot_share|community_member|limits_change)"[\s\S]*\bwhere\b/i;
  const plans = plansIn(postgres.log()).filter((plan) => asked.test(plan.split("Query Parameters")[0]!));
  expect(plans.length).toBeGreaterThan(100);
  for (const plan of plans) expect([...scansOf(plan), ...wastesOf(plan)], plan).toEqual([]);
});

test("the page for a first analysis counts a year by Jakarta's months, as it stands there", async () => {
  const id = await harness.addMeter("home-year", harness.address(1), "PROSUMER", places[0]!);
  const random = makeRandom(SEED);
  const month = (seconds: number) => new Date((seconds + 7 * 3_600) * 1_000).toISOString().slice(0, 7);
  const registers = { exportWh: 0n, importWh: 0n };
  /** @returns when */
  async function settle(): Promise<number> {
    const timestamp = await harness.now();
    await harness.settle([{ meterId: id, ...registers, storedWh: 0n, timestamp, epoch: 1 }]);
    return timestamp;
  }
  const settled = [];
  const first = await settle();
  const year = Number(month(first).slice(0, 4)) + 1;
  /** Still March where UTC is. */
  const aprilInJakarta = Date.UTC(year, 3, 1) / 1_000 - 2 * 3_600;
  for (let since = first; month(since) < `${year + 1}-02`; ) {
    const days = random.between(8, 20) + random.between(0, 999) / 1_000;
    const isBefore = since < aprilInJakarta && aprilInJakarta < since + days * 86_400;
    // From May to July nobody reads it: a month has nothing.
    const isAway = month(since) === `${year}-05`;
    await harness.pass(isBefore ? aprilInJakarta - since : Math.floor((isAway ? 65 : days) * 86_400));
    const [exportWh, importWh] = [BigInt(random.between(0, 9_000)), BigInt(random.between(0, 90_000))];
    registers.exportWh += exportWh;
    registers.importWh += importWh;
    const at = await settle();
    settled.push({ since, at, exportWh, importWh });
    since = at;
  }
  await harness.caughtUp();

  const page = startPage("first-analysis.md", {
    INDEXER_URL: harness.url,
    METER: "home-year",
    YEAR: String(year),
  });
  expect(await page.ended(), page.output()).toBe(0);
  const [, ...lines] = page.output().trimEnd().split("\n");
  const own = settled.filter(({ at }) => month(at).startsWith(String(year)));
  const expected = Array.from({ length: 12 }, (_, index) => {
    const name = `${year}-${String(index + 1).padStart(2, "0")}`;
    const inIt = own.filter(({ at }) => month(at) === name);
    const kwh = (of: "importWh" | "exportWh") => formatKwh(sum(inIt, (one) => one[of]));
    if (inIt.length === 0) return `${name},,,`;
    return `${name},${kwh("importWh")},${kwh("exportWh")},${new Date(inIt[0]!.since * 1_000).toISOString()}`;
  });
  const total = (of: "importWh" | "exportWh") => formatKwh(sum(own, (one) => one[of]));
  expect(lines).toEqual([...expected, `${year},${total("importWh")},${total("exportWh")},`]);
  // What the test is about happened: a month in the dark, and a settlement that UTC has in another month.
  expect(expected).toContain(`${year}-06,,,`);
  expect(own.some(({ at }) => month(at) !== new Date(at * 1_000).toISOString().slice(0, 7))).toBe(true);
});
