import { globSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { RPC_URL, readSettings } from "@enerlink/service/settings";
import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";
import { z } from "zod";

const compiler = (settings: object) => ({
  version: "0.8.37",
  // The compiler comes from npm, so that a build needs nothing but the lockfile.
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", metadata: { bytecodeHash: "none" }, ...settings },
});
const optimized = (runs: number) =>
  compiler({
    viaIR: true,
    optimizer: { enabled: true, runs },
    // The storage tables in the sources are compared with the compiler's own layout.
    outputSelection: { "*": { "*": ["storageLayout"] } },
  });
// Tests deploy the contracts as they were compiled above; their own code need only be quick to compile.
const quick = compiler({ viaIR: false, optimizer: { enabled: false } });
const files = (pattern: string) => globSync(pattern, { cwd: import.meta.dirname });
const tests = files("test/contracts/**/*.sol");
/** About half of the work, which takes as long as the rest beside it. */
const metering = files("contracts/src/metering/*.sol");
/**
 * Hardhat compiles files together that share a setting's object, and copies it for each override; and it leaves a
 * processor idle, on a machine of two one half.
 */
const twoAtATime: HardhatPlugin = {
  id: "two-at-a-time",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (user, resolveVariable, next) => {
          const config = await next(user, resolveVariable);
          for (const { overrides } of Object.values(config.solidity.profiles)) {
            for (const [first, ...others] of [tests, metering]) {
              const shared = overrides[first as string];
              if (shared) for (const file of others) overrides[file] = shared;
            }
          }
          return config;
        },
      }),
    }),
    solidity: async () => ({
      default: async () => ({
        build: (context, roots, options, next) =>
          next(context, roots, { ...options, concurrency: availableParallelism() }),
      }),
    }),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxViem, twoAtATime],
  solidity: {
    compilers: [optimized(1_000_000)],
    // The largest contract: many more runs would take it over 24,576 bytes, and save it little.
    overrides: {
      "contracts/src/market/EnergyMarket.sol": optimized(200),
      ...Object.fromEntries(metering.map((file) => [file, optimized(1_000_000)])),
      ...Object.fromEntries(tests.map((file) => [file, quick])),
    },
  },
  paths: {
    sources: "contracts/src",
    tests: { solidity: "test/contracts", nodejs: "test/contracts" },
    ignition: "contracts/ignition",
  },
  // Every invariant has sequences of its own; a call that reverts unexpectedly fails it.
  test: { solidity: { invariant: { runs: 10, depth: 64, failOnRevert: true } } },
  networks: {
    local: { type: "http", chainType: "l1", url: readSettings(z.object({ RPC_URL })).RPC_URL[0]! },
  },
});
