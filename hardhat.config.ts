import { createRequire } from "node:module";
import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  plugins: [hardhatToolboxViem],
  solidity: {
    version: "0.8.37",
    // The compiler comes from npm, so that a build needs nothing but the lockfile.
    path: createRequire(import.meta.url).resolve("solc/soljson.js"),
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      evmVersion: "osaka",
      metadata: { bytecodeHash: "none" },
    },
  },
  paths: {
    sources: "contracts/src",
    tests: { solidity: "test/contracts", nodejs: "test/contracts" },
    ignition: "contracts/ignition",
  },
  networks: {
    local: { type: "http", chainType: "l1", url: process.env.RPC_URL ?? "http://127.0.0.1:8545" },
  },
});
