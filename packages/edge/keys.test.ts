import { expect, test, vi } from "vitest";
import { bearerOf, makeKeyHolders } from "./keys.ts";

test("a key is what stands behind Bearer, however that is written", () => {
  expect(bearerOf("Bearer enerlink_1")).toBe("enerlink_1");
  expect(bearerOf("bearer   enerlink_1")).toBe("enerlink_1");
  for (const none of [undefined, "", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearer a b"])
    expect(bearerOf(none)).toBeUndefined();
});

test("whose a key is is asked once, and again after a minute; what is no key's is not asked at all", async () => {
  let time = 0;
  const ask = vi.fn(async (key: string) => (key === "enerlink_mine" ? "0xA" : null));
  const { known, isAsked, find } = makeKeyHolders({ ask, now: () => time });
  expect(known("enerlink_mine")).toBeUndefined();
  const both = Promise.all([find("enerlink_mine"), find("enerlink_mine")]);
  expect([isAsked("enerlink_mine"), isAsked("enerlink_other")]).toEqual([true, false]);
  expect(await both).toEqual(["0xA", "0xA"]);
  expect(isAsked("enerlink_mine")).toBe(false);
  expect(ask).toHaveBeenCalledTimes(1);
  expect(known("enerlink_mine")).toBe("0xA");
  expect(await find("enerlink_other")).toBeNull();
  expect(known("enerlink_other")).toBeNull();
  expect(known("something")).toBeNull();
  time = 10_000;
  expect(known("enerlink_other")).toBeUndefined();
  expect(known("enerlink_mine")).toBe("0xA");
  time = 60_000;
  expect(known("enerlink_mine")).toBeUndefined();
});

test("where nobody answers nothing is remembered, and the next one asks again", async () => {
  const ask = vi.fn(async () => "0xA" as string | null);
  ask.mockRejectedValueOnce(new Error("away"));
  const { known, find } = makeKeyHolders({ ask });
  await expect(find("enerlink_mine")).rejects.toThrow("away");
  expect(known("enerlink_mine")).toBeUndefined();
  expect(await find("enerlink_mine")).toBe("0xA");
});

test("of many keys the oldest are forgotten", async () => {
  const { known, find } = makeKeyHolders({ ask: async () => null });
  for (let i = 0; i <= 10_000; i++) await find(`enerlink_${i}`);
  expect(known("enerlink_0")).toBeUndefined();
  expect(known("enerlink_1")).toBeNull();
});
