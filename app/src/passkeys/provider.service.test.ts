/** What a fingerprint signs, on a real chain. The device is one in software; who brings the calls there, a wallet that a test can send away. */

import { homeAccountAbi, rupiahTokenAbi } from "@enerlink/protocol";
import { accountOf, signerIdOf, submissionOf } from "@enerlink/protocol/account";
import { hardhat } from "@enerlink/protocol/chains";
import {
  type Address,
  concat,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  http,
  stringToHex,
} from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { homes } from "../../../local/accounts.ts";
import { type QuietChain, startQuietChain } from "../../../test/e2e/quiet-chain.ts";
import { newPasskey, type Passkey } from "../../../test/passkey.ts";
import { makeProvider } from "./provider.ts";
import { RelayProblem } from "./relay.ts";
import type { KeptCalls } from "./signed.ts";

const START_MILLISECONDS = 120_000;
const MARKET = "0x00000000000000000000000000000000000000aa";

let chain: QuietChain;
const payer = homes[0]!.account;
/** Whoever brings the calls to the chain; `away` and `lost` as a network may be. */
let relay: { mood: "answers" | "away" | "loses"; asked: number };
beforeAll(async () => {
  chain = await startQuietChain();
  await chain.client.setAutomine(true);
}, START_MILLISECONDS);
afterAll(() => chain?.stop());
beforeEach(() => {
  relay = { mood: "answers", asked: 0 };
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
  });
});

async function submit(signed: KeptCalls) {
  relay.asked++;
  if (relay.mood === "away") throw new RelayProblem("away", "nobody there");
  const { homeAccountFactory } = chain.deployment.contracts;
  const { address, ...submission } = submissionOf(homeAccountFactory, signed);
  const data = encodeFunctionData(submission as never);
  const hash = await chain.client
    .estimateGas({ account: payer, to: address, data })
    .then(() => chain.client.sendTransaction({ account: payer, to: address, data }))
    .catch(() => {
      throw new RelayProblem("would-fail", "it would");
    });
  if (relay.mood === "loses") throw new RelayProblem("away", "the answer was lost");
  return { id: 1, state: "pending" as const, hash };
}

/** A device with a key; of `account` where the key was let into one. */
function device(account?: Address, passkey: Passkey = newPasskey()) {
  const { homeAccount, homeAccountFactory } = chain.deployment.contracts;
  const own = accountOf(homeAccountFactory, homeAccount, passkey);
  const touches: Hex[] = [];
  const provider = makeProvider(
    { account: account ?? own, credentialId: "one", key: { x: passkey.x, y: passkey.y } },
    hardhat,
    { rpcUrl: chain.rpcUrl, oracleUrl: "http://nobody", deployment: chain.deployment },
    {
      sign: async (challenge) => {
        touches.push(challenge);
        return { ...passkey.assert(challenge), credentialId: "one", account };
      },
      relay: { submit, look: async () => ({ id: 1, state: "pending", hash: "0x" }) },
    },
  );
  const ask = <T>(method: string, ...params: unknown[]) => provider.request({ method, params }) as Promise<T>;
  const status = (id: string) =>
    ask<{ status: number; receipts?: { transactionHash: Hex }[] }>("wallet_getCallsStatus", id);
  return {
    account: account ?? own,
    passkey,
    touches,
    ask,
    status,
    send: (id: string, calls: { to: Address; data: Hex }[]) => ask("wallet_sendCalls", { id, calls }),
    done: (id: string) => expect.poll(async () => (await status(id)).status, { timeout: 10_000 }).toBe(200),
  };
}

const rupiah = () => chain.deployment.contracts.rupiahToken;
const approving = (amount: bigint) => ({
  to: rupiah(),
  data: encodeFunctionData({ abi: rupiahTokenAbi, functionName: "approve", args: [MARKET, amount] }),
});
const spending = (amount: bigint) => ({
  to: rupiah(),
  data: encodeFunctionData({ abi: rupiahTokenAbi, functionName: "transfer", args: [MARKET, amount] }),
});
const allowance = (account: Address) =>
  chain.client.readContract({
    ...{ address: rupiah(), abi: rupiahTokenAbi },
    ...{ functionName: "allowance", args: [account, MARKET] },
  });

describe("calls of an account by fingerprint", () => {
  test("create it, and all run with one touch; the next ones too", async () => {
    const home = device();
    expect(await home.ask("wallet_getCapabilities")).toEqual({
      "0x7a69": { atomic: { status: "supported" } },
    });
    const guardian = homes[1]!.account.address;
    const naming = encodeFunctionData({ abi: homeAccountAbi, functionName: "setGuardian", args: [guardian] });
    await home.send("0x01", [approving(7n), { to: home.account, data: naming }]);
    await home.done("0x01");
    expect(await allowance(home.account)).toBe(7n);
    await home.send("0x02", [approving(8n)]);
    await home.done("0x02");
    expect(await allowance(home.account)).toBe(8n);
    expect(home.touches).toHaveLength(2);
    await expect(home.send("0x02", [approving(9n)])).rejects.toMatchObject({ code: 5720 });
    await expect(home.status("0x03")).rejects.toMatchObject({ code: 5730 });
  });

  test("that would fail ask for no touch, and say why", async () => {
    const home = device();
    await home.send("0x01", [approving(1n)]);
    await home.done("0x01");
    await expect(home.send("0x02", [approving(2n), spending(5n)])).rejects.toThrow(
      /ERC20InsufficientBalance|reverted/,
    );
    expect(home.touches).toHaveLength(1);
    // Before the account is there, whoever brings them finds it out.
    const other = device();
    await expect(other.send("0x03", [spending(5n)])).rejects.toThrow(/reverted/);
  });

  test("wait for a relay that is away, and run once it is back", async () => {
    const home = device();
    relay.mood = "away";
    await home.send("0x01", [approving(3n)]);
    await expect(home.status("0x01")).rejects.toMatchObject({ name: "RelayProblem", reason: "away" });
    relay.mood = "answers";
    await home.done("0x01");
    expect(await allowance(home.account)).toBe(3n);
  });

  test("run once, though the relay's answer was lost", async () => {
    const home = device();
    relay.mood = "loses";
    await home.send("0x01", [approving(4n)]);
    await home.done("0x01");
    expect(relay.asked).toBe(1);
  });

  test("are over when their time has passed without anybody", async () => {
    const home = device();
    relay.mood = "away";
    await home.send("0x01", [approving(5n)]);
    await chain.client.increaseTime({ seconds: 601 });
    await chain.client.mine({ blocks: 1 });
    expect((await home.status("0x01")).status).toBe(400);
    expect(await allowance(home.account)).toBe(0n);
  });

  test("are not taken for others that ran under their nonce", async () => {
    const passkey = newPasskey();
    // A key that two phones share, which know nothing of each other.
    const [one, other] = [device(undefined, passkey), device(undefined, passkey)];
    relay.mood = "away";
    await one.send("0x01", [approving(6n)]);
    const kept = localStorage.getItem("enerlink.signed")!;
    localStorage.setItem("enerlink.signed", "[]");
    relay.mood = "answers";
    await other.send("0x02", [approving(9n)]);
    await other.done("0x02");
    localStorage.setItem("enerlink.signed", kept);
    expect((await one.status("0x01")).status).toBe(400);
    expect(await allowance(one.account)).toBe(9n);
  });

  test("of a second device run once it was let in", async () => {
    const first = device();
    const second = device(first.account);
    await expect(second.send("0x01", [approving(1n)])).rejects.toMatchObject({ code: 4100 });
    const { x, y } = second.passkey;
    const adding = encodeFunctionData({
      abi: homeAccountAbi,
      functionName: "addSigner",
      args: [concat([x, y])],
    });
    await first.send("0x02", [{ to: first.account, data: adding }]);
    await first.done("0x02");
    expect(
      await chain.client.readContract({
        ...{ address: first.account, abi: homeAccountAbi },
        ...{ functionName: "isSigner", args: [signerIdOf(second.passkey)] },
      }),
    ).toBe(true);
    await second.send("0x03", [approving(2n)]);
    await second.done("0x03");
    expect(await allowance(first.account)).toBe(2n);
  });

  test("are a transaction for whoever asks for one", async () => {
    const home = device();
    const hash = await home.ask<Hex>("eth_sendTransaction", approving(11n));
    expect((await chain.client.getTransactionReceipt({ hash })).status).toBe("success");
    expect(await allowance(home.account)).toBe(11n);
  });
});

describe("what an account by fingerprint signs", () => {
  const client = () => createPublicClient({ chain: hardhat, transport: http(chain.rpcUrl) });
  const typed = {
    domain: { name: "Somebody", version: "1", chainId: hardhat.id },
    types: { Wish: [{ name: "text", type: "string" }] },
    primaryType: "Wish",
    message: { text: "sun" },
  } as const;

  test("is its own before it is there and after, and nobody else's", async () => {
    const home = device();
    const words = "enerlink.example wants you to sign in";
    for (const there of [false, true]) {
      if (there) {
        await home.send("0x01", [approving(1n)]);
        await home.done("0x01");
      }
      const address = home.account;
      const signature = await home.ask<Hex>("personal_sign", stringToHex(words), address);
      expect(await client().verifyMessage({ address, message: words, signature })).toBe(true);
      expect(await client().verifyMessage({ address, message: `${words}.`, signature })).toBe(false);
      const named = await home.ask<Hex>("eth_signTypedData_v4", address, JSON.stringify(typed));
      expect(await client().verifyTypedData({ ...typed, address, signature: named })).toBe(true);
      const other = { ...typed, message: { text: "rain" } };
      expect(await client().verifyTypedData({ ...other, address, signature: named })).toBe(false);
    }
    // With another account of the same key, it is worth nothing.
    const foreign = device(device().account, home.passkey);
    const signature = await foreign.ask<Hex>("personal_sign", stringToHex(words), foreign.account);
    expect(await client().verifyMessage({ address: home.account, message: words, signature })).toBe(false);
  });

  test("is no transaction and no bare hash", async () => {
    await expect(device().ask("eth_sign")).rejects.toMatchObject({ code: 4200 });
  });
});
