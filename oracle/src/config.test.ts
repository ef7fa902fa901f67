import { expect, test } from "vitest";
import { chainSettings, readConfig } from "./config.ts";

const key = `0x${"11".repeat(32)}`;
const needed = { SIGNER_KEYS: key, PRIVATE_KEY: key };

test("defaults are the documented ones, and empty means unset", () => {
  expect(readConfig({ ...needed, PORT: "", SETTLEMENT_INTERVAL: "" })).toMatchObject({
    rpcUrl: "http://127.0.0.1:8545",
    mqtt: { url: "mqtt://127.0.0.1:1883" },
    port: 3_000,
    settlementInterval: 900,
    settlementLinger: 50,
    frontendUrls: ["http://localhost:5173"],
    logLevel: "info",
  });
  expect(chainSettings(readConfig(needed), 31_337)).toEqual({
    development: true,
    finalityBlocks: 1,
    pollInterval: 100,
  });
});

test.each<[Record<string, string>, string]>([
  [{ SIGNER_KEYS: "" }, "SIGNER_KEYS: must be a committee member's private key"],
  [{ SIGNER_KEYS: `${key},0x12` }, "SIGNER_KEYS: must be 0x and 64 hexadecimal digits"],
  [{ PRIVATE_KEY: "" }, "PRIVATE_KEY: must be 0x and 64 hexadecimal digits"],
  [{ PORT: "70000" }, "PORT: must be from 0 to 65535"],
  [{ PORT: "3000.5" }, "PORT: must be a whole number from 0 to 65535"],
  [{ PORT: "x" }, "PORT: must be a whole number from 0 to 65535"],
  [{ SETTLEMENT_INTERVAL: "59" }, "SETTLEMENT_INTERVAL: must be from 60 to 86400"],
  [{ POLL_INTERVAL: "1" }, "POLL_INTERVAL: must be from 20 to 60000"],
  [{ RPC_URL: "localhost:8545" }, "RPC_URL: must be a URL beginning with one of http, https"],
  [
    { MQTT_BROKER_URL: "http://x" },
    "MQTT_BROKER_URL: must be a URL beginning with one of mqtt, mqtts, ws, wss",
  ],
  [{ FRONTEND_URL: "*" }, "FRONTEND_URL: must be a URL"],
  [{ LOG_LEVEL: "loud" }, "LOG_LEVEL: "],
])("%j is refused by name", (settings, message) => {
  expect(() => readConfig({ ...needed, ...settings })).toThrow(message);
});

test("no secret is in an error's text", () => {
  const secret = `0x${"ab".repeat(30)}`;
  for (const name of ["SIGNER_KEYS", "PRIVATE_KEY"]) {
    expect(() => readConfig({ ...needed, [name]: secret })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("abab") }),
    );
  }
});

test("a plain key and several keys are for development chains only; another chain than CHAIN_ID is refused", () => {
  expect(() => chainSettings(readConfig(needed), 1)).toThrow(
    "PRIVATE_KEY: a plain key is allowed on development chains only",
  );
  expect(() => chainSettings(readConfig({ ...needed, CHAIN_ID: "5" }), 31_337)).toThrow(
    "CHAIN_ID: 5 is expected",
  );
});
