import { describe, expect, test } from "vitest";
import { mayPublish, maySubscribe } from "./broker.ts";

describe("a meter", () => {
  test("publishes below its own serial only", () => {
    expect(mayPublish("home-01", "enerlink/v1/home-01/reading")).toBe(true);
    for (const topic of [
      "enerlink/v1/home-02/reading",
      "enerlink/v1/home-01/command",
      "enerlink/v1/home-01/reading/x",
      "enerlink/v1/$committee/proposal",
      "enerlink/v2/home-01/reading",
      "home-01",
      "",
    ]) {
      expect(mayPublish("home-01", topic), topic).toBe(false);
    }
  });

  test("hears its own commands only", () => {
    expect(maySubscribe("home-01", "enerlink/v1/home-01/command")).toBe(true);
    for (const filter of [
      "#",
      "enerlink/v1/+/command",
      "enerlink/v1/home-02/command",
      "enerlink/v1/$committee/#",
    ]) {
      expect(maySubscribe("home-01", filter), filter).toBe(false);
    }
  });
});

describe("the oracle", () => {
  test("commands meters, talks to its peers and speaks for no meter", () => {
    expect(mayPublish("oracle", "enerlink/v1/home-01/command")).toBe(true);
    expect(mayPublish("oracle", "enerlink/v1/$committee/proposal")).toBe(true);
    expect(mayPublish("oracle", "enerlink/v1/home-01/reading")).toBe(false);
    expect(maySubscribe("oracle", "enerlink/v1/+/reading")).toBe(true);
    expect(maySubscribe("oracle", "$SYS/#")).toBe(false);
  });
});
