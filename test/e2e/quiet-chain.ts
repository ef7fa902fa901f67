/**
 * A chain of a test's own, on which nobody else does anything: the contracts, homes with money and energy, and blocks
 * that the test can hold back.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { energyMarketAbi, energyTokenAbi, parseIdr, parseKwh, rupiahTokenAbi } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import {
  type Address,
  createTestClient,
  encodeFunctionData,
  type Hex,
  http,
  maxUint256,
  publicActions,
  stringToHex,
  walletActions,
} from "viem";
import { bank, homes, type LocalAccount, operator } from "../../local/accounts.ts";
import { isListening, waitFor } from "../../local/processes.ts";
import { deployed } from "../deployed.ts";
import { freePorts } from "../ports.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const OPENING_IDRS = parseIdr("1000000");
const OPENING_WH = parseKwh("1000");
const BLOCK_MILLISECONDS = 500;

/** Runs a program of the project with this Node.js; `ended` rejects with what it printed when it fails. */
export function program(args: string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...environment } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<void>((resolve, reject) =>
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${args[0]} ended with ${code}: ${output}`)),
    ),
  );
  ended.catch(() => {});
  return { child, ended };
}

export type QuietChain = Awaited<ReturnType<typeof startQuietChain>>;

/** @param behind how far the chain's clock is behind, seconds */
export async function startQuietChain(behind = 3_600) {
  const folder = await mkdtemp(join(tmpdir(), "enerlink-quiet-"));
  const port = await freePorts(1);
  const rpcUrl = `http://127.0.0.1:${port}`;
  const genesis = Math.floor(Date.now() / 1_000) - behind;
  const node = program(["local/chain.ts", String(port), String(genesis)], {});
  await waitFor("The chain", () => isListening(port), 240);
  const deployment = await deployed(
    { RPC_URL: rpcUrl, DEPLOYMENTS_DIR: folder },
    {
      PRIVATE_KEY: operator.privateKey,
      IDRS_ISSUER: bank.account.address,
      COMMITTEE_MEMBERS: operator.account.address,
      COMMITTEE_QUORUM: "1",
    },
  );
  const { energyConverter, energyMarket, energyToken, rupiahToken } = deployment.contracts;
  const options = { mode: "hardhat", chain: hardhat, transport: http(rpcUrl), pollingInterval: 50 } as const;
  const client = createTestClient(options).extend(publicActions).extend(walletActions);

  /**
   * Sends and waits for the block.
   * @param from an account whose key is here, or one that the node lets act
   * @param gas estimated unless given: what costs more a second later needs to be given
   */
  async function send(
    from: LocalAccount["account"] | Address,
    to: Address,
    data: Hex,
    gas?: bigint,
  ): Promise<void> {
    const hash = await client.sendTransaction({ account: from, to, data, ...(gas ? { gas } : {}) });
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`A transaction of the test was reverted: ${hash}`);
  }

  // What readings would mint.
  await client.impersonateAccount({ address: energyConverter });
  await client.setBalance({ address: energyConverter, value: 10n ** 18n });
  for (const { account, name } of homes) {
    const reference = stringToHex(name, { size: 32 });
    const money = [account.address, OPENING_IDRS, reference] as const;
    await send(
      bank.account,
      rupiahToken,
      encodeFunctionData({ abi: rupiahTokenAbi, functionName: "deposit", args: money }),
    );
    const energy = [account.address, OPENING_WH] as const;
    await send(
      energyConverter,
      energyToken,
      encodeFunctionData({ abi: energyTokenAbi, functionName: "mint", args: energy }),
    );
  }
  /** Lets the market take what an account has, so that it need not permit each amount. */
  async function allow({ account }: Pick<LocalAccount, "account">): Promise<void> {
    const args = [energyMarket, maxUint256] as const;
    const data = encodeFunctionData({ abi: energyTokenAbi, functionName: "approve", args });
    for (const token of [energyToken, rupiahToken]) await send(account, token, data);
  }

  const blocksEvery = (milliseconds: number) =>
    client.request({ method: "evm_setIntervalMining", params: [milliseconds] } as never);
  await client.setAutomine(false);
  await blocksEvery(BLOCK_MILLISECONDS);

  return {
    rpcUrl,
    /** Holds the deployment's record, and what else belongs to this chain alone; removed with it. */
    folder,
    client,
    deployment,
    send,
    /** No block comes until `go`. */
    hold: () => blocksEvery(0),
    go: () => blocksEvery(BLOCK_MILLISECONDS),
    /** How many transactions of an account are in blocks. */
    sentBy: ({ account }: LocalAccount) => client.getTransactionCount({ address: account.address }),
    allow,
    /** Puts energy up for sale in the book, Wh at rupiah per kWh. */
    async offer({ account }: Pick<LocalAccount, "account">, wattHours: number, tick: number): Promise<void> {
      await allow({ account });
      const order = [1, tick, wattHours, 0, 100] as const;
      await send(
        account,
        energyMarket,
        encodeFunctionData({ abi: energyMarketAbi, functionName: "placeOrder", args: order }),
      );
    },
    async stop(): Promise<void> {
      node.child.kill("SIGTERM");
      await node.ended.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
