import { createRequire } from "node:module";
import hardhatToolboxViem from "@nomicfoundation/hardhat-toolbox-viem";
import { defineConfig } from "hardhat/config";

const compiler = (runs: number) => ({
  version: "0.8.37",
  // The compiler comes from npm, so that a build needs nothing but the lockfile.
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    viaIR: true,
    optimizer: { enabled: true, runs },
    evmVersion: "osaka",
    metadata: { bytecodeHash: "none" },
  },
});

export default defineConfig({
  plugins: [hardhatToolboxViem],
  solidity: {
    compilers: [compiler(1_000_000)],
    // The largest contract: more runs save it no gas, and would take it over 24,576 bytes.
    overrides: { "contracts/src/market/EnergyMarket.sol": compiler(200) },
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
