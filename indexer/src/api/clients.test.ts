import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networks } from "../../lib/networks.ts";
import { clientOf, makeBuckets } from "./clients.ts";

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

  test("a wrong range is named", () => {
    for (const wrong of ["10.0.0.0/33", "proxy", "10.0.0", "fd00::/129", ""])
      expect(() => networks([wrong]), wrong).toThrow("is not an IP address or a range");
  });
});

describe("buckets", () => {
  test("a client has its burst, then its rate, and another's does not matter", () => {
    const { take } = makeBuckets({ perSecond: 2, burst: 3 });
    expect([take("a", 0), take("a", 0), take("a", 0), take("a", 0)]).toEqual([0, 0, 0, 1]);
    expect(take("b", 0)).toBe(0);
    expect([take("a", 500), take("a", 500)]).toEqual([0, 1]);
  });

  test("never lets through more than the burst and the rate", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pauses) => {
        const { take } = makeBuckets({ perSecond: 5, burst: 10 });
        let now = 0;
        let passed = 0;
        for (const pause of pauses) {
          now += pause;
          if (take("a", now) === 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(10 + (now / 1_000) * 5 + 1e-6);
      }),
    );
  });

  test("who waits as long as told may ask", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (perSecond, burst) => {
        const { take } = makeBuckets({ perSecond, burst });
        let wait = 0;
        while (wait === 0) wait = take("a", 0);
        expect(take("a", wait * 1_000)).toBe(0);
      }),
    );
  });

  test("remembers no more than ten thousand clients", () => {
    const { take, size } = makeBuckets({ perSecond: 1, burst: 1 });
    for (let i = 0; i < 10_050; i++) take(`c${i}`, i);
    expect(size()).toBe(10_000);
  });
});
