import { expect, test } from "vitest";
import { makeLook, reasonsOf, type Standing, textOf } from "./standing.ts";

const well: Standing = {
  stored: { value: { block: 90n, time: 1_000n, complete: true } },
  head: { value: 100n },
  now: 1_030,
};
const figure = (standing: Standing, name: string) =>
  textOf(standing)
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.split(" ")[1];

test("an index that reads along is ready, and says how far behind it is", () => {
  expect(reasonsOf(well)).toEqual({ ready: true, reasons: [] });
  expect(figure(well, "enerlink_index_lag_blocks")).toBe("10");
  expect(figure(well, "enerlink_index_lag_seconds")).toBe("30");
});

test("a chain that stands still leaves nobody behind, whatever the clock says", () => {
  const still = { ...well, head: { value: 90n }, now: 900_000 };
  expect(figure(still, "enerlink_index_lag_blocks")).toBe("0");
  expect(figure(still, "enerlink_index_lag_seconds")).toBe("0");
});

test("without its database it is not ready, and shows no figure that it does not know", () => {
  const without: Standing = { ...well, stored: { failure: "connection refused" } };
  expect(reasonsOf(without)).toEqual({ ready: false, reasons: ["the database does not answer"] });
  expect(figure(without, "enerlink_index_database_up")).toBe("0");
  for (const name of ["block", "lag_blocks", "lag_seconds", "complete"])
    expect(figure(without, `enerlink_index_${name}`), name).toBeUndefined();
});

test("before history is read it is not ready; without a chain it is, and says so", () => {
  const early = { ...well, stored: { value: { block: 5n, time: 1n, complete: false } } };
  expect(reasonsOf(early)).toEqual({ ready: false, reasons: ["the chain's history is not read yet"] });
  const cut = { ...well, head: { failure: "fetch failed" } };
  expect(reasonsOf(cut)).toEqual({ ready: true, reasons: ["the chain does not answer"] });
  expect(figure(cut, "enerlink_index_chain_up")).toBe("0");
  expect(figure(cut, "enerlink_index_lag_blocks")).toBeUndefined();
});

test("a part that takes too long is given up, and asked once however many want to know", async () => {
  let asked = 0;
  let time = 0;
  const ask = () => {
    asked++;
    return new Promise<number>(() => {});
  };
  const never = makeLook(ask, {
    patience: 20,
    fresh: 1_000,
    messageOf: (error) => (error as Error).message,
    now: () => time,
  });
  const looks = await Promise.all([never(), never(), never()]);
  expect(looks).toEqual(Array(3).fill({ failure: "no answer within 20 ms" }));
  expect(asked).toBe(1);
  time = 1_001;
  await never();
  expect(asked).toBe(2);
});
