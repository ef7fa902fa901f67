import { expect, test } from "vitest";
import type { Movement } from "./data.ts";
import { happenings, isAside } from "./happenings.ts";
import { withTraded } from "./traded.ts";

let count = 0;
/** 10 o'clock in Jakarta on a day long past. */
const MORNING = 1_700_017_200;
const moved = (
  transactionHash: string,
  kind: Movement["kind"],
  energyWh: bigint,
  idrs: bigint,
  timestamp = MORNING,
): Movement => ({ id: String(count++), kind, energyWh, idrs, timestamp, transactionHash });

test("what an order bought at once and what it set aside for the rest are told apart", () => {
  expect(
    happenings([
      moved("0x1", "ORDER_PLACED", 0n, -400n),
      moved("0x1", "BOUGHT", 500n, -600n),
      moved("0x1", "DEPOSITED", 0n, 1_000n),
    ]),
  ).toEqual([
    { id: "BOUGHT 0x1", what: "BOUGHT", energyWh: 500n, idrs: -600n, timestamp: MORNING, times: 1 },
    {
      id: expect.stringContaining("ORDER_PLACED"),
      what: "ORDER_PLACED",
      energyWh: 0n,
      idrs: -400n,
      timestamp: MORNING,
      times: 1,
    },
  ]);
});

test("an order that takes another's place gives back what was set aside, and costs nothing", () => {
  expect(
    happenings([moved("0x1", "ORDER_CANCELLED", 0n, 200n), moved("0x1", "ORDER_PLACED", 0n, -1_002n)]),
  ).toMatchObject([
    { what: "ORDER_CANCELLED", idrs: 200n },
    { what: "ORDER_PLACED", idrs: -1_002n },
  ]);
  expect(
    (["ORDER_CANCELLED", "ORDER_PLACED", "ESCROWED", "REFUNDED", "SOLD", "DRAWN"] as const).map(isAside),
  ).toEqual([true, true, true, true, false, false]);
});

test("what an order or a request had set aside is told with the energy, once it is traded", () => {
  const trades = [
    { id: "0x1-1", wattHours: 500n, cost: 700n },
    { id: "0x2-1", wattHours: 300n, cost: 400n },
    { id: "0x3-1", wattHours: 200n, cost: 250n },
  ];
  const change = (id: string, kind: Movement["kind"], energyWh: bigint, idrs: bigint): Movement => ({
    ...moved("0x1", kind, energyWh, idrs),
    id: `${id}-${kind}`,
  });
  expect(
    withTraded(
      [
        change("0x1-1", "SOLD", 0n, 700n),
        change("0x2-1", "BOUGHT", 300n, 0n),
        change("0x3-1", "DELIVERY_BOUGHT", 200n, 0n),
        change("0x3-1", "DELIVERY_SOLD", -200n, 250n),
        change("0x4-1", "DRAWN", -9n, 0n),
        change("0x5-1", "BOUGHT", 5n, -6n),
      ],
      trades,
    ).map(({ energyWh, idrs }) => [energyWh, idrs]),
  ).toEqual([
    [-500n, 700n],
    [300n, -400n],
    [200n, -250n],
    [-200n, 250n],
    [-9n, 0n],
    [5n, -6n],
  ]);
});

test("a program that bids anew all day is two rows: what it set aside, and what came back", () => {
  const bids = [0, 600, 1_200].flatMap((after) => [
    moved(`0x${after}`, "ORDER_CANCELLED", 0n, 200n, MORNING + after),
    moved(`0x${after}`, "ORDER_PLACED", 0n, -300n, MORNING + after),
  ]);
  expect(happenings(bids)).toMatchObject([
    { what: "ORDER_CANCELLED", idrs: 600n, times: 3 },
    { what: "ORDER_PLACED", idrs: -900n, times: 3 },
  ]);
});

test("what was moved into the trading balance by itself is told as that", () => {
  expect(happenings([moved("0x2", "DEPOSITED", 0n, 7n)])).toMatchObject([{ what: "DEPOSITED", idrs: 7n }]);
});

test("a day's slots are one row: what was taken and given back in each is not told apart", () => {
  const later = MORNING + 3_600;
  const nextDay = MORNING + 86_400;
  expect(
    happenings([
      moved("0x5", "RECEIVED", 0n, 30n, nextDay),
      moved("0x4", "RECEIVED", 0n, 900n, later),
      moved("0x4", "TAKEN", 0n, -1_445n, later),
      moved("0x3", "RECEIVED", 0n, 40n),
      moved("0x3", "TAKEN", 0n, -100n),
    ]),
  ).toMatchObject([
    { what: "NEIGHBOURHOOD", idrs: 30n, timestamp: nextDay, times: 1 },
    { what: "NEIGHBOURHOOD", idrs: -605n, timestamp: later, times: 2 },
  ]);
});

test("a day of which there is more than was asked for says from when on it is summed", () => {
  const [noon, evening, nextDay] = [MORNING + 7_200, MORNING + 28_800, MORNING + 86_400];
  const movements = [
    moved("0x9", "CREDITED", 5n, 0n, nextDay),
    moved("0x8", "CREDITED", 20n, 0n, evening),
    moved("0x7", "CREDITED", 30n, 0n, noon),
    // The rest of this transaction was not asked for.
    moved("0x6", "CREDITED", 40n, 0n),
  ];
  expect(happenings(movements, true)).toEqual([
    { id: expect.any(String), what: "CREDITED", energyWh: 5n, idrs: 0n, timestamp: nextDay, times: 1 },
    {
      id: expect.any(String),
      what: "CREDITED",
      energyWh: 50n,
      idrs: 0n,
      timestamp: evening,
      times: 2,
      since: noon,
    },
  ]);
  expect(happenings(movements)).toMatchObject([{ energyWh: 5n }, { energyWh: 90n }]);
  for (const row of happenings(movements)) expect(row.since).toBeUndefined();
});

test("nothing is lost: every kind has a name, and all amounts are in some row", () => {
  const kinds: Movement["kind"][] = [
    ...(["DEPOSITED", "WITHDRAWN", "DRAWN", "CREDITED", "TAKEN", "GIVEN", "RECEIVED"] as const),
    ...(["ORDER_PLACED", "ORDER_CANCELLED", "BOUGHT", "SOLD"] as const),
    ...(["ESCROWED", "REFUNDED", "DELIVERY_BOUGHT", "DELIVERY_SOLD"] as const),
  ];
  const rows = happenings(kinds.map((kind, index) => moved(`0x${index}`, kind, 1n, 10n)));
  expect(rows.reduce((sum, { idrs }) => sum + idrs, 0n)).toBe(BigInt(kinds.length) * 10n);
});
