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

test("a transaction succeeds that others' made dearer after it was tried", { timeout: 60_000 }, async () => {
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
  await vi.waitFor(() => node.getChainId(), { timeout: 10_000 });
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
  const rupiah = { address: contracts.rupiahToken, abi: rupiahTokenAbi } as const;
  const receiver = createWalletClient({ account: developmentAccount(6), chain: hardhat, transport });
  vi.stubEnv("DEPLOYMENTS_DIR", folder);
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
