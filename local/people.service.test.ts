/** Who is noticed to use an account: on the chain that `pnpm start` brings, with a wallet as its programs have. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { hardhat } from "@enerlink/protocol/chains";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRpcProxy } from "../oracle/testing/rpc-proxy.ts";
import { freePorts } from "../test/ports.ts";
import { homes, utility } from "./accounts.ts";
import { makePeople } from "./people.ts";
import { isListening, waitFor } from "./processes.ts";
import { makeWallet } from "./wallet.ts";

const [first, second, third, fourth] = homes as [
  (typeof homes)[0],
  (typeof homes)[0],
  (typeof homes)[0],
  (typeof homes)[0],
];

let folder: string;
let chain: ChildProcess;
let proxy: Awaited<ReturnType<typeof startRpcProxy>>;
let rpcUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "enerlink-people-"));
  const port = await freePorts(1);
  rpcUrl = `http://127.0.0.1:${port}`;
  const script = fileURLToPath(new URL("chain.ts", import.meta.url));
  chain = spawn(process.execPath, [script, String(port), "1700000000"], { stdio: "inherit" });
  await waitFor("the chain", () => isListening(port), 30);
  proxy = await startRpcProxy(rpcUrl);
});
afterAll(async () => {
  await proxy?.stop();
  chain.kill();
  await rm(folder, { recursive: true });
});

/** As a person's own wallet does. */
const byHand = ({ privateKey }: (typeof homes)[0]) =>
  createWalletClient({
    account: privateKeyToAccount(privateKey),
    chain: hardhat,
    transport: http(rpcUrl),
  }).sendTransaction({ to: utility.account.address, value: 1n });

const act = (wallet: ReturnType<typeof makeWallet>) => wallet.send(utility.account.address, "0x");

describe("a program's wallet", () => {
  test("tells what it has sent itself from what others have", async () => {
    const wallet = makeWallet(rpcUrl, first);
    await act(wallet);
    await Promise.all([act(wallet), act(wallet), act(wallet)]);
    expect(await wallet.usedByOthers()).toBe(false);
    await byHand(first);
    await act(wallet);
    expect(await wallet.usedByOthers()).toBe(true);
    expect(await wallet.usedByOthers()).toBe(false);
    await byHand(first);
    expect(await wallet.usedByOthers()).toBe(true);
  });

  test("knows its own transaction although the node's answer said otherwise, and one that the node refused", async () => {
    const wallet = makeWallet(proxy.url, second);
    expect(await wallet.usedByOthers()).toBe(false);
    proxy.fail("already known");
    await expect(act(wallet)).rejects.toThrow();
    expect(await wallet.usedByOthers()).toBe(false);
    proxy.fail("refused");
    await expect(act(wallet)).rejects.toThrow();
    expect(await wallet.usedByOthers()).toBe(false);
    proxy.fail(undefined);
    await act(wallet);
    expect(await wallet.usedByOthers()).toBe(false);
  });
});

describe("people", () => {
  test("keep an account through restarts once it goes live, and until its line is taken out", async () => {
    const file = join(folder, "people");
    makePeople(pathToFileURL(file)).take(third.account.address);
    const people = makePeople(pathToFileURL(file));
    const [kept, used, free] = [third, fourth, first].map((home) => makeWallet(rpcUrl, home));
    const users = () => Promise.all([kept!, used!, free!].map(people.use));
    // The replayed days are everybody's, but for who acts on this very chain.
    expect(await users()).toEqual([false, false, false]);
    await byHand(fourth);
    expect(await users()).toEqual([false, true, false]);
    people.goLive();
    expect(await users()).toEqual([true, true, false]);
    const later = makePeople(pathToFileURL(file));
    later.goLive();
    expect(await Promise.all([kept!, used!, free!].map(later.use))).toEqual([true, true, false]);

    const lines = (await readFile(file, "utf8")).split("\n");
    await writeFile(file, lines.filter((line) => line !== third.account.address.toLowerCase()).join("\n"));
    expect(await users()).toEqual([false, true, false]);
    await byHand(third);
    expect(await users()).toEqual([true, true, false]);
  });
});
