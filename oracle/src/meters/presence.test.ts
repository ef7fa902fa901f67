import { parseTelemetry } from "@enerlink/protocol/wire/presence";
import { makeLog } from "@enerlink/service/log";
import { beforeEach, describe, expect, test } from "vitest";
import { type Metrics, makeMetrics } from "../metrics.ts";
import { makePresence, type Presence } from "./presence.ts";

let time: number;
let presence: Presence;
let alerts: string[];
let metrics: Metrics;

beforeEach(() => {
  time = 1_000_000;
  alerts = [];
  metrics = makeMetrics();
  presence = makePresence({
    interval: () => 30,
    alerts: {
      raise: (kind, serial) => alerts.push(`${serial} ${kind}`),
      end: (kind, serial) => alerts.push(`${serial} no longer ${kind}`),
    },
    metrics,
    log: makeLog({ level: "error" }),
    now: () => time,
  });
});

function after(seconds: number) {
  time += seconds * 1_000;
  presence.check(["home-01"]);
  return presence.of("home-01").state;
}

describe("a meter", () => {
  test("is late, offline and lost by how long it is silent, and says once that it is offline", () => {
    presence.heard("home-01");
    expect(after(44)).toBe("online");
    expect(after(2)).toBe("late");
    expect(after(44)).toBe("late");
    expect(after(2)).toBe("offline");
    expect(after(1)).toBe("offline");
    expect(alerts).toEqual(["home-01 no longer offline", "home-01 no longer lost", "home-01 offline"]);
    expect(after(86_400)).toBe("lost");
    expect(alerts.slice(-2)).toEqual(["home-01 offline", "home-01 lost"]);
    presence.heard("home-01");
    expect(alerts.slice(-2)).toEqual(["home-01 no longer offline", "home-01 no longer lost"]);
    expect(after(1)).toBe("online");
  });

  test("that was never heard goes offline as well, once it is looked for so long", () => {
    time += 86_400_000;
    expect(after(10)).toBe("unknown");
    expect(presence.isExpected("home-01")).toBe(true);
    expect(after(90)).toBe("unknown");
    expect(after(1)).toBe("offline");
    expect(presence.isExpected("home-01")).toBe(false);
  });

  test("is not alive because an old status says so, but its last will takes it offline", () => {
    const status = { state: "online", bootId: "", uptime: 0, firmware: "1", tamper: [] } as const;
    presence.status("home-01", status);
    expect(presence.of("home-01").state).toBe("unknown");
    presence.heard("home-01");
    presence.status("home-01", { ...status, state: "offline" });
    expect(presence.of("home-01").state).toBe("offline");
  });
});

test("a restart is flagged: another boot, or an uptime that fell, but not by a last will", async () => {
  const restarts = async () =>
    (await metrics.flags.get()).values.find(({ labels }) => labels.flag === "restart")?.value;
  const status = { state: "online", bootId: "a", uptime: 100, firmware: "1", tamper: [] } as const;
  presence.status("home-01", status);
  presence.status("home-01", { ...status, uptime: 200 });
  presence.status("home-01", { ...status, state: "offline", uptime: 0 });
  presence.status("home-01", { ...status, uptime: 5 });
  expect(await restarts()).toBe(0);
  presence.status("home-01", { ...status, uptime: 4 });
  expect(await restarts()).toBe(1);
  presence.status("home-01", { ...status, bootId: "b", uptime: 300 });
  expect(await restarts()).toBe(2);
});

test("two devices under one identity are told by a boot that comes back", () => {
  const status = { state: "online", bootId: "a", uptime: 1, firmware: "1", tamper: [] } as const;
  for (const [bootId, uptime] of [
    ["a", 1],
    ["b", 1],
    ["c", 1],
  ] as const)
    presence.status("home-01", { ...status, bootId, uptime });
  expect(alerts).toEqual([]);
  presence.status("home-01", { ...status, bootId: "b", uptime: 90 });
  expect(alerts).toEqual(["home-01 twin"]);
});

test("telemetry is checked field by field", () => {
  const good = {
    serial: "home-01",
    timestamp: 1,
    solarW: 1,
    homeW: 2,
    batteryW: -3,
    gridW: 4.5,
    chargePercent: 50.5,
  };
  expect(parseTelemetry(Buffer.from(JSON.stringify(good)))).toEqual(good);
  for (const [field, value] of [
    ["gridW", 1e10],
    ["chargePercent", 101],
    ["solarW", "1"],
    ["serial", ""],
  ] as const) {
    expect(() => parseTelemetry(Buffer.from(JSON.stringify({ ...good, [field]: value })))).toThrow(
      `${field}: must be`,
    );
  }
});
