import { describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

describe("settings", () => {
  test("every one has a default; an empty one counts as unset", () => {
    const defaults = {
      secrets: [],
      nodeEnv: "development",
      rpcUrls: ["http://127.0.0.1:8545"],
      chainId: 31337,
      pollingInterval: 750,
      settlementInterval: 900n,
      databaseUrl: undefined,
      readerUrl: undefined,
      databaseDir: ".ponder/pglite",
      tradingEnabled: true,
      maxDistanceKm: 50,
      gridTariff: 1_444_700n,
      requestsPerSecond: 100,
    };
    for (const given of [{}, { RPC_URL: "", CHAIN_ID: "", DATABASE_URL: "", TRUSTED_PROXIES: "" }]) {
      const { trustedProxies, ...settings } = readSettings(given);
      expect(settings).toEqual(defaults);
      expect(trustedProxies.rules).toEqual([]);
    }
  });

  test.each([
    [{ RPC_URL: "localhost" }, "RPC_URL"],
    [{ CHAIN_ID: "0" }, "CHAIN_ID: must be a whole number from 1 to"],
    [{ POLLING_INTERVAL: "5" }, "POLLING_INTERVAL: must be a whole number from 100 to 60000"],
    [{ ENABLE_ENERGY_TRADING: "yes" }, "ENABLE_ENERGY_TRADING"],
    [
      { ENERGY_TRADING_MAX_DISTANCE: "201" },
      "ENERGY_TRADING_MAX_DISTANCE: must be above 0 and at most 200 km",
    ],
    [{ GRID_TARIFF: "1444,7" }, "GRID_TARIFF: must be a decimal number"],
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL"],
    [{ DATABASE_READER_URL: "reader" }, "DATABASE_READER_URL"],
    [{ SETTLEMENT_INTERVAL: "59" }, "SETTLEMENT_INTERVAL: must be a whole number from 60 to 86400"],
    [{ RATE_LIMIT: "0" }, "RATE_LIMIT: must be a whole number from 1 to 100000"],
    [{ TRUSTED_PROXIES: "10.0.0.0/8,proxy" }, 'TRUSTED_PROXIES: "proxy" is not an IP address'],
    [
      { CHAIN_ID: "7100" },
      "NODE_ENV: has to be said on chain 7100: production, or development where strangers",
    ],
    [{ NODE_ENV: "production" }, "DATABASE_URL: must name a PostgreSQL database"],
  ])("%o is refused with its name", (environment, message) => {
    expect(() => readSettings(environment)).toThrow(message);
  });

  test("a list is read with or without spaces, as every service reads it", () => {
    const { rpcUrls, trustedProxies } = readSettings({
      RPC_URL: "http://a.example, https://b.example",
      TRUSTED_PROXIES: "10.0.0.0/8, 127.0.0.1",
    });
    expect(rpcUrls).toEqual(["http://a.example", "https://b.example"]);
    expect(trustedProxies.check("127.0.0.1", "ipv4")).toBe(true);
  });

  test("windows are a day long where a quarter of an hour would be a diary", () => {
    const open = { CHAIN_ID: "7100", NODE_ENV: "development" };
    expect(readSettings(open).settlementInterval).toBe(86_400n);
    expect(readSettings({ ...open, SETTLEMENT_INTERVAL: "900" }).settlementInterval).toBe(900n);
  });

  test("no line of the log shows where the database is, nor the key of a node's address", () => {
    const DATABASE_URL = "postgresql://writer:kuda@x/y";
    const { secrets } = readSettings({ DATABASE_URL, RPC_URL: "https://:lada@rpc.example/" });
    expect(secrets).toContain(DATABASE_URL);
    expect(secrets.join()).toContain("lada");
  });

  test("production takes PostgreSQL", () => {
    const { databaseUrl } = readSettings({ NODE_ENV: "production", DATABASE_URL: "postgresql://x/y" });
    expect(databaseUrl).toBe("postgresql://x/y");
  });
});
