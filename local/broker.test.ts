import { describe, expect, test } from "vitest";
import { mayPublish, maySubscribe } from "./broker.ts";

const ADDRESS = `0x${"aB".repeat(20)}`;
const nodes = new Map([["oracle", ADDRESS]]);
const publishes = (user: string, topic: string) => mayPublish(nodes, user, topic);
const subscribes = (user: string, filter: string) => maySubscribe(nodes, user, filter);

describe("a meter", () => {
  test("publishes below its own serial only", () => {
    expect(publishes("home-01", "enerlink/v1/home-01/reading")).toBe(true);
    for (const topic of [
      "enerlink/v1/home-02/reading",
      "enerlink/v1/home-01/command",
      "enerlink/v1/home-01/reading/x",
      "enerlink/v1/$committee/proposal",
      "enerlink/v1/$committee/home-01/proposal",
      "enerlink/v2/home-01/reading",
      "enerlink/home-01/reading",
      "tele/home-02/SENSOR",
      "home-02/home-03/home-01",
      "$SYS/home-01",
      "",
    ]) {
      expect(publishes("home-01", topic), topic).toBe(false);
    }
  });

  test("hears its own commands only", () => {
    expect(subscribes("home-01", "enerlink/v1/home-01/command")).toBe(true);
    for (const filter of [
      "#",
      "+/home-01/#",
      "$share/home-01/#",
      "enerlink/v1/+/command",
      "enerlink/v1/home-02/command",
      "enerlink/v1/$committee/#",
    ]) {
      expect(subscribes("home-01", filter), filter).toBe(false);
    }
  });

  test("of another make speaks and listens below its own name", () => {
    for (const topic of ["tele/plug/SENSOR", "plug/status/em:0", "zigbee2mqtt/plug"])
      expect(publishes("plug", topic), topic).toBe(true);
    expect(subscribes("plug", "cmnd/plug/#")).toBe(true);
  });
});

describe("an oracle node", () => {
  test("commands meters, talks to its peers as itself and speaks for no meter", () => {
    expect(publishes("oracle", "enerlink/v1/home-01/command")).toBe(true);
    expect(publishes("oracle", `enerlink/v1/$committee/${ADDRESS.toLowerCase()}/proposal`)).toBe(true);
    expect(publishes("oracle", `enerlink/v1/$committee/0x${"cd".repeat(20)}/proposal`)).toBe(false);
    expect(publishes("oracle", "enerlink/v1/home-01/reading")).toBe(false);
    expect(publishes("oracle", "tele/plug/SENSOR")).toBe(false);
    expect(publishes("oracle", "spBv1.0/Solar/NCMD/edge-7")).toBe(true);
    expect(publishes("oracle", "R/aabbccddeeff/keepalive")).toBe(true);
  });

  test("reads what meters of every make say", () => {
    for (const filter of ["enerlink/v1/+/reading", "tele/plug/SENSOR"])
      expect(subscribes("oracle", filter), filter).toBe(true);
    expect(subscribes("oracle", "$SYS/#")).toBe(false);
  });
});
