import { networks } from "@enerlink/service/networks";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientOf, makeLimits, networkOf } from "./clients.ts";

describe("clientOf", () => {
  const proxies = networks(["10.0.0.0/8", "127.0.0.1", "fd00::/8"]);

  test("is the connection, whatever a stranger's header says", () => {
    expect(clientOf("203.0.113.5", "1.2.3.4", proxies)).toBe("203.0.113.5");
    expect(clientOf("::ffff:203.0.113.5", undefined, proxies)).toBe("203.0.113.5");
  });

  test("behind trusted proxies is the last hop that is none of them", () => {
    expect(clientOf("127.0.0.1", "1.2.3.4", proxies)).toBe("1.2.3.4");
    expect(clientOf("::ffff:127.0.0.1", "6.6.6.6, 1.2.3.4, 10.1.1.1", proxies)).toBe("1.2.3.4");
    expect(clientOf("127.0.0.1", undefined, proxies)).toBe("127.0.0.1");
  });

  test("an IPv6 client is its /64 network", () => {
    expect(clientOf("2001:db8:1:2:3:4:5:6", undefined, proxies)).toBe("2001:db8:1:2::/64");
    expect(clientOf("2001:db8::6", undefined, proxies)).toBe("2001:db8:0:0::/64");
    expect(clientOf("fd00::1", "2001:0db8:1:2::9", proxies)).toBe("2001:db8:1:2::/64");
  });
});

test("a client's network is its IPv4 neighbours or its IPv6 /48", () => {
  expect(networkOf("203.0.113.5")).toBe("203.0.113");
  expect(networkOf("2001:db8:1:2::/64")).toBe("2001:db8:1");
});

describe("limits", () => {
  let now = 0;
  const limits = (perSecond: number, burst: number) => {
    now = 0;
    return makeLimits({ perSecond, burst }, () => now);
  };

  test("a client has its burst, then its rate, and another's does not matter", () => {
    const { enter } = limits(2, 3);
    expect([enter("1.1.1.1"), enter("1.1.1.1"), enter("1.1.1.1"), enter("1.1.1.1")]).toEqual([0, 0, 0, 1]);
    expect(enter("2.2.2.2")).toBe(0);
    now = 500;
    expect([enter("1.1.1.1"), enter("1.1.1.1")]).toEqual([0, 1]);
  });

  test("what costs more than is there is paid off before anything else", () => {
    const { enter, charge, refund } = limits(10, 40);
    expect([enter("1.1.1.1"), charge("1.1.1.1", 99)]).toEqual([0, 0]);
    // 60 tokens short: 61 until there is a whole one.
    expect([enter("1.1.1.1"), charge("1.1.1.1", 5)]).toEqual([7, 7]);
    refund("1.1.1.1", 90);
    expect(enter("1.1.1.1")).toBe(0);
    refund("1.1.1.1", 1_000);
    for (let i = 0; i < 40; i++) expect(enter("1.1.1.1")).toBe(0);
    expect(enter("1.1.1.1")).toBe(1);
  });

  test("an account has a network's worth, wherever it asks from, and takes none of its client's", () => {
    const { enter, charge, refund } = limits(1, 10);
    for (let i = 0; i < 40; i++) expect(enter("1.1.1.1", "0xA")).toBe(0);
    expect([enter("1.1.1.1", "0xA"), enter("2.2.2.2", "0xA")]).toEqual([1, 1]);
    // Its client has its own share yet, but their network has not.
    expect([enter("1.1.1.1"), enter("1.1.1.9", "0xB")]).toEqual([1, 1]);
    now = 1_000;
    expect([enter("1.1.1.1"), charge("1.1.1.1", 8, "0xA"), enter("1.1.1.1", "0xA")]).toEqual([0, 0, 2]);
    refund("1.1.1.1", 8, "0xA");
    expect(enter("1.1.1.1", "0xA")).toBe(0);
    expect(enter("2.2.2.2")).toBe(0);
  });

  test("many addresses of one network have no more than four clients' worth", () => {
    const { enter } = limits(1, 10);
    const served = Array.from({ length: 41 }, (_, i) => `127.0.0.${i}`).flatMap((client) =>
      Array.from({ length: 10 }, () => enter(client)).filter((wait) => wait === 0),
    );
    expect(served.length).toBe(40);
    expect(enter("127.0.1.1")).toBe(0);
  });

  test("never lets through more than the burst and the rate", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pauses) => {
        const { enter } = limits(5, 10);
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          if (enter("1.1.1.1") === 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(10 + (now / 1_000) * 5 + 1e-6);
      }),
    );
  });

  test("who waits as long as told may ask", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (perSecond, burst) => {
        const { enter } = limits(perSecond, burst);
        let wait = 0;
        while (wait === 0) wait = enter("1.1.1.1");
        now += wait * 1_000;
        expect(enter("1.1.1.1")).toBe(0);
      }),
    );
  });

  test("remembers no more than ten thousand clients", () => {
    const { enter, size } = limits(1, 1);
    for (let i = 0; i < 10_050; i++) enter(`${i >> 8}.${i & 255}.1.1`);
    expect(size()).toBe(10_000);
  });
});
