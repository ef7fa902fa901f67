import { describe, expect, test } from "vitest";
import { readLink } from "./link.ts";

describe("a link to the market", () => {
  test("fills the ticket with whole Wh and rupiah, as text or as the number that a router makes of it", () => {
    const filled = { side: "sell", wattHours: 3_200n, tick: 1_310, refused: false };
    expect(readLink({ side: "sell", wh: "3200", tick: "1310" })).toEqual(filled);
    expect(readLink({ side: "sell", wh: 3_200, tick: 1_310 })).toEqual(filled);
    expect(readLink({ wh: 4_294_967_295 })).toMatchObject({ wattHours: 4_294_967_295n, refused: false });
  });

  test("that asks for nothing fills in nothing", () => {
    expect(readLink({})).toMatchObject({ wattHours: undefined, tick: undefined, refused: false });
  });

  test.each([
    { wh: "99" },
    { wh: 4_294_967_296 },
    { wh: -5 },
    { wh: 1.5 },
    { wh: "1.310" },
    { wh: 1e21 },
    { wh: "9".repeat(30) },
    { wh: 500, tick: 0 },
    { wh: 500, tick: 65_536 },
    { tick: "1,5" },
  ])("beyond what an order can have is refused as a whole: %j", (search) => {
    expect(readLink({ side: "buy", ...search })).toEqual({ refused: true });
  });
});
