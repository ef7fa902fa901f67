import { expect, test } from "vitest";
import { chainSettings, readConfig } from "./config.ts";

const key = `0x${"11".repeat(32)}`;
const needed = { SIGNER_KEY: key, SUBMITTER_KEY: key };

test("defaults are the documented ones, and empty means unset", () => {
  expect(readConfig({ ...needed, PORT: "", SETTLEMENT_INTERVAL: "" })).toMatchObject({
    rpcUrls: ["http://127.0.0.1:8545"],
    mqtt: { url: "mqtt://127.0.0.1:1883" },
    port: 3_000,
    shard: { number: 1, count: 1 },
    settlementLinger: 50,
    frontendUrls: ["http://localhost:5173"],
    logLevel: "info",
  });
  expect(chainSettings(readConfig(needed), 31_337)).toEqual({
    settlementInterval: 900,
    rootLinger: 3_000,
    development: true,
    finality: 1,
    pollInterval: 100,
    patience: 3_000,
    takeover: 3_000,
    longestPause: Number.POSITIVE_INFINITY,
  });
});

test.each<[Record<string, string>, string]>([
  [{ SIGNER_KEY: "" }, "SIGNER_KEY: set exactly one of SIGNER_KEY, SIGNER_KEYSTORE, SIGNER_URL"],
  [{ SIGNER_KEY: "0x12" }, "SIGNER_KEY: must be 0x and 64 hexadecimal digits"],
  [{ SIGNER_KEYSTORE: "key.json" }, "SIGNER_KEY: set exactly one of"],
  [
    { SIGNER_KEY: "", SIGNER_KEYSTORE: "key.json" },
    "SIGNER_PASSWORD: set exactly one of SIGNER_PASSWORD, SIGNER_PASSWORD_FILE",
  ],
  [{ SIGNER_KEY: "", SIGNER_URL: "http://127.0.0.1:9000" }, "SIGNER_ADDRESS: say which"],
  [
    { SUBMITTER_KEY: "" },
    "SUBMITTER_KEY: set exactly one of SUBMITTER_KEY, SUBMITTER_KEYSTORE, SUBMITTER_URL",
  ],
  [{ ACCEPT_FORK: "0x12" }, "ACCEPT_FORK: must be a block's hash"],
  [{ TAKEOVER_AFTER: "10" }, "TAKEOVER_AFTER: must be a whole number from 500 to 3600000"],
  [{ RESEND_AFTER: "10" }, "RESEND_AFTER: must be a whole number from 200 to 3600000"],
  [{ PORT: "70000" }, "PORT: must be a whole number from 0 to 65535"],
  [{ PORT: "3000.5" }, "PORT: must be a whole number from 0 to 65535"],
  [{ PORT: "x" }, "PORT: must be a whole number from 0 to 65535"],
  [{ SETTLEMENT_INTERVAL: "59" }, "SETTLEMENT_INTERVAL: must be a whole number from 60 to 86400"],
  [{ FINALITY_BLOCKS: "safe" }, "FINALITY_BLOCKS: must be finalized, or from 0 to 100000"],
  [{ POLL_INTERVAL: "1" }, "POLL_INTERVAL: must be a whole number from 20 to 60000"],
  [{ RPC_URL: "localhost:8545" }, "RPC_URL: must be a URL beginning with http:// or https://"],
  [
    { MQTT_BROKER_URL: "http://x" },
    "MQTT_BROKER_URL: must be a URL beginning with mqtt:// or mqtts:// or ws:// or wss://",
  ],
  [{ FRONTEND_URL: "*" }, "FRONTEND_URL: must be a URL"],
  [{ OPERATORS: "0x12" }, "OPERATORS: must be an address"],
  [{ SHARD: "3/3" }, "SHARD: must be a shard and how many there are, such as 3/8"],
  [{ SHARD: "1/2", SETTLEMENT_MODE: "roots" }, "SHARD: must be 1/1 with SETTLEMENT_MODE=roots"],
  [{ OPEN_READINGS: "yes" }, "OPEN_READINGS: must be true or false"],
  [{ TRUSTED_PROXIES: "10.0.0.0/33" }, 'TRUSTED_PROXIES: "10.0.0.0/33" is not'],
  [{ ALERT_WEBHOOK_URL: "https://alerts.example" }, "ALERT_WEBHOOK_SECRET: is needed"],
  [{ ALERT_WEBHOOK_SECRET: "short" }, "ALERT_WEBHOOK_SECRET: must be at least 16 characters"],
  [{ RETENTION_DAYS: "7" }, "RETENTION_DAYS: must be a whole number from 30 to 36500"],
  [{ BACKUP_INTERVAL: "0" }, "BACKUP_INTERVAL: must be a whole number from 1 to 8760"],
  [{ LOG_LEVEL: "loud" }, "LOG_LEVEL: "],
])("%j is refused by name", (settings, message) => {
  expect(() => readConfig({ ...needed, ...settings })).toThrow(message);
});

test("no secret is in an error's text", () => {
  const secret = `0x${"ab".repeat(30)}`;
  for (const name of ["SIGNER_KEY", "SUBMITTER_KEY"]) {
    expect(() => readConfig({ ...needed, [name]: secret })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("abab") }),
    );
  }
});

test("another chain than CHAIN_ID is refused", () => {
  expect(() => chainSettings(readConfig({ ...needed, CHAIN_ID: "5" }), 31_337)).toThrow(
    "CHAIN_ID: 5 is expected",
  );
  expect(() => chainSettings(readConfig(needed), 1)).toThrow(
    "NODE_ENV: has to be said on chain 1: production",
  );
  expect(chainSettings(readConfig({ ...needed, NODE_ENV: "test" }), 1)).toMatchObject({
    development: false,
    settlementInterval: 86_400,
  });
});
