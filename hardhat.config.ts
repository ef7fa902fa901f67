import { globSync } from "node:fs";
import { createRequire } from "node:module";
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
const tests = globSync("test/contracts/**/*.sol", { cwd: import.meta.dirname });
/** Hardhat compiles files together that share a setting's object, and copies it for each override. */
const testsTogether: HardhatPlugin = {
  id: "tests-together",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (user, resolveVariable, next) => {
          const config = await next(user, resolveVariable);
          for (const { overrides } of Object.values(config.solidity.profiles)) {
            const shared = overrides[tests[0] as string];
            if (shared) for (const file of tests) overrides[file] = shared;
          }
          return config;
        },
      }),
    }),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxViem, testsTogether],
  solidity: {
    compilers: [optimized(1_000_000)],
    // The largest contract: many more runs would take it over 24,576 bytes, and save it little.
    overrides: {
      "contracts/src/market/EnergyMarket.sol": optimized(200),
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
