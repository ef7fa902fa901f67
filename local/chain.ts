/**
 * The local chain: a Hardhat node, run as a process of its own.
 *
 *   node local/chain.ts <port> <genesis time, unix seconds>
 *
 * Blocks come as `evm_*` calls say; after the start every transaction is mined at once.
 */
import { join } from "node:path";
import { DEVELOPMENT_MNEMONIC } from "@enerlink/protocol/chains";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { CHAIN_ID, FUNDED_ACCOUNTS } from "./accounts.ts";

const port = Number(process.argv[2]);
const genesis = new Date(Number(process.argv[3]) * 1_000);

// A project of its own, whose folder of artifacts is not there: those of this one, its tests' among them, would be read at
// every start to name what reverts in the node's text, which takes longer than all else. Programs read a revert's data.
const hre = await createHardhatRuntimeEnvironment({
  paths: { artifacts: join(import.meta.dirname, "no-artifacts") },
});
const server = await hre.network.createServer(
  {
    network: "default",
    chainType: "l1",
    override: {
      chainId: CHAIN_ID,
      accounts: { mnemonic: DEVELOPMENT_MNEMONIC, count: FUNDED_ACCOUNTS },
      initialDate: genesis,
      allowBlocksWithSameTimestamp: true,
      blockGasLimit: 60_000_000,
      // Orders reach the book in the order in which they were sent.
      mining: { auto: true, mempool: { order: "fifo" } },
      loggingEnabled: false,
    },
  },
  "127.0.0.1",
  port,
);
await server.listen();
console.info(`Chain ${CHAIN_ID} listens on port ${port}, its clock starts at ${genesis.toISOString()}.`);

// At once, whoever is still connected: nothing of it is kept.
process.once("SIGTERM", () => process.exit(0));
