/** What a command sends, on a chain on which others are at work as well. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faucetAbi, rupiahTokenAbi } from "@enerlink/protocol";
import { developmentAccount, developmentKey } from "@enerlink/protocol/development";
import { createTestClient, createWalletClient, http, publicActions, walletActions } from "viem";
import { hardhat } from "viem/chains";
import { expect, onTestFinished, test, vi } from "vitest";
import { startAnvil } from "../oracle/testing/anvil.ts";
import { deployed } from "../test/deployed.ts";
import { freePorts } from "../test/ports.ts";
import { openChain } from "./chain.ts";
import { enerlink } from "./commands.ts";

/** A chain of its own with the contracts, which commands of this process act on. */
async function market() {
  const port = await freePorts(1);
  const { stop } = startAnvil(port, Math.floor(Date.now() / 1_000));
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });
  const transport = http(`http://127.0.0.1:${port}`);
  const node = createTestClient({ mode: "anvil", chain: hardhat, transport })
    .extend(publicActions)
    .extend(walletActions);
  await vi.waitFor(() => node.getChainId());
  const environment = {
    RPC_URL: `http://127.0.0.1:${port}`,
    DEPLOYMENTS_DIR: folder,
    PRIVATE_KEY: developmentKey(5),
  };
  const { contracts } = await deployed(environment, {
    PRIVATE_KEY: developmentKey(0),
    COMMITTEE_MEMBERS: developmentAccount(7).address,
    COMMITTEE_QUORUM: "1",
  });
  vi.stubEnv("DEPLOYMENTS_DIR", folder);
  return { node, transport, environment, contracts };
}

test("a transaction succeeds that others' made dearer after it was tried", async () => {
  const { node, transport, environment, contracts } = await market();
  const rupiah = { address: contracts.rupiahToken, abi: rupiahTokenAbi } as const;
  const receiver = createWalletClient({ account: developmentAccount(6), chain: hardhat, transport });
  const { write, account } = await openChain(environment);
  await write({ address: contracts.faucet!, abi: faucetAbi, functionName: "draw", args: [10n] });
  const give = { ...rupiah, functionName: "transfer", args: [receiver.account.address, 1n] } as const;
  await write(give);

  // The receiver gives all away before the next transfer reaches the node: it is the first to them again, and writes a
  // word where there is none.
  await node.setAutomine(false);
  const given = write(give);
  given.catch(() => {});
  const waiting = async () => (await node.getBlock({ blockTag: "pending" })).transactions;
  const hash = await vi.waitFor(async () => {
    const [first] = await waiting();
    if (!first) throw new Error("nothing was sent yet");
    return first;
  });
  const raw = await node.request<{ Method: string; Parameters: [string]; ReturnType: `0x${string}` }>({
    method: "eth_getRawTransactionByHash",
    params: [hash],
  });
  await node.dropTransaction({ hash });
  await receiver.writeContract({ ...rupiah, functionName: "transfer", args: [account().address, 1n] });
  await node.mine({ blocks: 1 });
  await node.sendRawTransaction({ serializedTransaction: raw });
  await node.mine({ blocks: 1 });

  expect(await given).toBe(hash);
  const balance = { ...rupiah, functionName: "balanceOf", args: [receiver.account.address] } as const;
  expect(await node.readContract(balance)).toBe(1n);
});

test("a register epoch's closing is refused by its option, and one that is unknown is told so", async () => {
  const { environment } = await market();
  // Who deploys a development chain has all roles.
  const [REGISTRAR, OWNER] = [0, 6];
  vi.stubEnv("RPC_URL", environment.RPC_URL);
  const said = vi.spyOn(console, "info").mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  const as = async (index: number, ...args: string[]) => {
    vi.stubEnv("PRIVATE_KEY", developmentKey(index));
    await enerlink(["meter", ...args]);
    return String(said.mock.lastCall);
  };
  const given = ["--serial", "plug", "--owner", developmentAccount(OWNER).address, "--kind", "consumer"];
  const rated = [
    "--connection",
    "plug-house",
    "--trust",
    "C",
    "--import-watts",
    "2200",
    "--cell",
    "-6.2,106.8",
  ];
  await as(REGISTRAR, "register", ...given, ...rated);
  await as(REGISTRAR, "unsigned", "allow");
  await as(OWNER, "accept", "plug");

  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000).toISOString();
  const closing = ["propose-epoch", "plug", "--import-kwh", "45.61", "--at", at];
  await expect(as(REGISTRAR, ...closing, "--epoch", "7")).rejects.toThrow("--epoch 7: the old epoch is 1");
  const unknown = "its last registers unknown: what was counted since the last settlement is dropped";
  expect(await as(REGISTRAR, "propose-epoch", "plug")).toContain(`proposed for plug, ${unknown}`);
  expect(await as(OWNER, "accept-epoch", "plug")).toContain(`epoch of plug begins, ${unknown}`);
});
