import { expect, test } from "vitest";
import { metBy } from "./met.ts";

const [me, other] = [`0x${"11".repeat(20)}`, `0x${"22".repeat(20)}`] as const;
const queue = [
  { tick: 1_000, owner: other, openWh: 500n },
  { tick: 1_000, owner: me, openWh: 300n },
  { tick: 1_100, owner: other, openWh: 1_000n },
];
const meets = (wattHours: bigint, maxSteps: number) => metBy(queue, { wattHours, maxSteps, owner: me });

test("orders are met in their turn, own ones are told apart", () => {
  expect(meets(1_000n, 100)).toEqual({
    filledWh: 1_000n,
    leftWh: 0n,
    costIdrs: 800n * 1_000_000n + 200n * 1_100_000n,
    ownWh: 300n,
    steps: 3,
    stopped: false,
    averagePrice: 1_020_000n,
    bestTick: 1_000,
    worstTick: 1_100,
  });
  expect(meets(500n, 1)).toMatchObject({ filledWh: 500n, ownWh: 0n, steps: 1, stopped: false });
  expect(metBy(queue, { wattHours: 1_000n, maxSteps: 100, owner: undefined }).ownWh).toBe(0n);
});

test("where the steps run out before others that cross, it stops; where nothing crosses any more, it rests", () => {
  expect(meets(1_000n, 2)).toMatchObject({ filledWh: 800n, leftWh: 200n, stopped: true, worstTick: 1_000 });
  expect(meets(1_000n, 0)).toMatchObject({ filledWh: 0n, stopped: true, averagePrice: null, bestTick: null });
  expect(meets(2_000n, 3)).toMatchObject({ filledWh: 1_800n, leftWh: 200n, stopped: false });
});
