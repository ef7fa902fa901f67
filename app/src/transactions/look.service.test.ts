/** What the dApp finds out about a transaction that was handed out, asked of a real node: no browser is needed for it. */

import { energyMarketAbi } from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Address, createClient, encodeFunctionData, type Hex, http, keccak256 } from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createConfig } from "wagmi";
import { connect } from "wagmi/actions";
import { homes } from "../../../local/accounts.ts";
import { type QuietChain, startQuietChain } from "../../../test/e2e/quiet-chain.ts";
import { oneAccountConnector } from "../browser-wallet/one-account-connector.ts";
import { FINGERPRINT_CONNECTOR } from "../passkeys/connector.ts";
import type { System } from "../system/index.ts";
import { type Attempted, step } from "./look.ts";
import type { Attempt } from "./store.ts";

/** A node is started, and the contracts deployed. */
const START_MILLISECONDS = 120_000;
const GWEI = 10n ** 9n;
const DATA = "0xd0e30db0";
const TO: Address = "0x00000000000000000000000000000000000000aa";

let chain: QuietChain;
let system: System;
beforeAll(async () => {
  chain = await startQuietChain();
  const client = createClient({ chain: hardhat, transport: http(chain.rpcUrl) });
  const { energyMarket } = chain.deployment.contracts;
  system = { client, market: { address: energyMarket } } as unknown as System;
}, START_MILLISECONDS);
afterEach(async () => {
  vi.useRealTimers();
  await chain.go();
});
afterAll(() => chain?.stop());

type Sent = { nonce: number; to?: Address; data?: Hex; gwei?: bigint };

/** The bytes of a transaction, not sent. */
const sign = ({ account }: (typeof homes)[number], { nonce, to = TO, data = DATA, gwei = 10n }: Sent) =>
  account.signTransaction({
    ...{ type: "eip1559", chainId: hardhat.id, nonce, to, data, gas: 100_000n },
    ...{ maxFeePerGas: gwei * GWEI, maxPriorityFeePerGas: gwei * GWEI },
  });
const send = async (home: (typeof homes)[number], sent: Sent) =>
  chain.client.sendRawTransaction({ serializedTransaction: await sign(home, sent) });

/** A transaction as the dApp keeps it when it was just handed out. */
async function kept<Who extends Attempt["by"]>(
  { account }: (typeof homes)[number],
  attempt: Extract<Attempt, { by: Who }>,
) {
  const now = Date.now();
  return {
    ...{ id: "one", chainKey: "chain", account: account.address, asked: "nothing", stage: "sending" },
    ...{ action: { kind: "depositMoney", values: { idrs: "1" } }, startedAt: now, attemptedAt: now, attempt },
  } as unknown as Attempted<Who>;
}
async function signed(home: (typeof homes)[number], sent: Partial<Sent> = {}) {
  const after = await chain.client.getBlockNumber({ cacheTime: 0 });
  const nonce = sent.nonce ?? (await chain.sentBy(home));
  const raw = await sign(home, { ...sent, nonce });
  return kept(home, { by: "page", nonce, after, raw, hash: keccak256(raw) });
}
async function askedOfWallet(home: (typeof homes)[number]) {
  const after = await chain.client.getBlockNumber({ cacheTime: 0 });
  return kept(home, { by: "wallet", nonce: await chain.sentBy(home), after, to: TO, data: DATA });
}

/** Steps, as the dApp does, until `stage` or for ten seconds. */
async function until(one: Attempted, stage: Attempted["stage"]): Promise<Attempted> {
  let now = one;
  for (let steps = 0; now.stage !== stage && steps < 50; steps++) {
    now = { ...now, ...(await step(system, now)) } as Attempted;
    if (now.stage !== stage) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(now.stage, JSON.stringify(now.problem)).toBe(stage);
  return now;
}
const mine = () => chain.client.mine({ blocks: 1 });

describe("signed in the page", () => {
  test("is sent until a node has it, is mined, and is final", async () => {
    const one = await until(await signed(homes[0]!), "mined");
    expect(await until(one, "final")).toMatchObject({ block: one.block });
  });

  test("waits for the one before it", async () => {
    await chain.hold();
    const nonce = await chain.sentBy(homes[1]!);
    const second = await signed(homes[1]!, { nonce: nonce + 1 });
    await step(system, second);
    await step(system, await signed(homes[1]!, { nonce }));
    await chain.go();
    await until(second, "mined");
  });

  test("is replaced only when a block holds another with its nonce", async () => {
    await chain.hold();
    const one = await signed(homes[2]!);
    const { nonce } = one.attempt;
    await send(homes[2]!, { nonce, to: homes[2]!.account.address, data: "0x", gwei: 30n });
    expect(await step(system, one)).toMatchObject({ problem: { name: "Underpriced" } });
    await mine();
    expect(await step(system, one)).toMatchObject({ stage: "failed", problem: { name: "Replaced" } });
  });

  test("is refused where its sender cannot pay", async () => {
    const poor = homes[3]!;
    const one = await signed(poor);
    await chain.client.setBalance({ address: poor.account.address, value: 0n });
    expect(await step(system, one)).toMatchObject({ stage: "failed", problem: { name: "NoGas" } });
  });

  test("is sent no more after ten minutes, and found all the same", async () => {
    await chain.hold();
    const [never, there] = [await signed(homes[4]!), await signed(homes[5]!)];
    await send(homes[5]!, { nonce: there.attempt.nonce });
    vi.useFakeTimers({ now: Date.now() + 601_000, toFake: ["Date"] });
    expect(await step(system, never)).toMatchObject({ stage: "failed", problem: { name: "Dropped" } });
    expect(await chain.client.getTransactionCount({ address: never.account, blockTag: "pending" })).toBe(
      never.attempt.nonce,
    );
    expect(await step(system, there)).toEqual({ stage: "sent", doubt: undefined });
  });

  test("waits again when the block that held it is replaced", async () => {
    await chain.hold();
    const before = await chain.client.snapshot();
    const handedOut = await signed(homes[6]!);
    await step(system, handedOut);
    await mine();
    const one = await until(handedOut, "mined");
    await chain.client.revert({ id: before });
    const again = { ...one, ...(await step(system, one)) } as Attempted;
    expect(again).toMatchObject({ stage: "sending", doubt: "missing", block: undefined });
    await chain.go();
    await until(again, "mined");
  });
});

describe("sent by a wallet that did not tell its number", () => {
  test("is found while it waits, and in its block, beside others of the account", async () => {
    await chain.hold();
    const one = await askedOfWallet(homes[7]!);
    expect(await step(system, one)).toMatchObject({ stage: "sending", doubt: "missing" });
    const { nonce } = one.attempt;
    await send(homes[7]!, { nonce, data: "0x01" });
    await mine();
    const hash = await send(homes[7]!, { nonce: nonce + 1 });
    expect(await step(system, one)).toMatchObject({ stage: "sent", attempt: { hash, seen: true } });
    await mine();
    expect(await until(one, "mined")).toMatchObject({ attempt: { hash, nonce: nonce + 1 } });
  });

  test("is followed when the wallet pays more for it, and is over when the wallet cancels it", async () => {
    for (const [data, stage] of [
      [DATA, "mined"],
      ["0x", "failed"],
    ] as const) {
      await chain.hold();
      const one = await askedOfWallet(homes[8]!);
      const { nonce } = one.attempt;
      await send(homes[8]!, { nonce });
      const waiting = await until(one, "sent");
      const hash = await send(homes[8]!, { nonce, data, gwei: 30n });
      await mine();
      const over = await until(waiting, stage);
      if (stage === "mined") expect(over.attempt.hash).toBe(hash);
      else expect(over.problem?.name).toBe("Replaced");
    }
  });

  test("that reverts is told why", async () => {
    await chain.hold();
    const home = homes[9]!;
    const { energyMarket } = chain.deployment.contracts;
    const after = await chain.client.getBlockNumber({ cacheTime: 0 });
    const data = encodeFunctionData({ abi: energyMarketAbi, functionName: "deposit", args: [0n, 0n] });
    const one = await kept(home, {
      by: "wallet",
      nonce: await chain.sentBy(home),
      after,
      to: energyMarket,
      data,
    });
    await send(home, { nonce: one.attempt.nonce, to: energyMarket, data });
    await mine();
    expect((await until(one, "failed")).problem?.name).toBe("NothingToMove");
  });
});

describe("several calls that their wallet does not know", () => {
  const [{ account }] = homes as unknown as [(typeof homes)[number]];
  /** With a wallet that was asked for nothing yet. */
  async function connected(type: string) {
    const unknown = Object.assign(new Error("Unknown bundle id"), { code: 5730 });
    const wallet = { request: () => Promise.reject(unknown) };
    const shown = { id: type, name: type, type };
    const connector = oneAccountConnector(shown, account.address, hardhat, wallet as never);
    const wagmi = createConfig({ chains: [hardhat], transports: { [hardhat.id]: http(chain.rpcUrl) } });
    await connect(wagmi, { connector });
    return { ...system, wagmi } as unknown as System;
  }

  test.each([
    ["a fingerprint", FINGERPRINT_CONNECTOR, { stage: "failed", problem: { name: "Interrupted" } }],
    ["another wallet", "injected", { stage: "sending", doubt: "missing" }],
  ])("of %s are told as what is known of them", async (_, type, told) => {
    const one = await kept(homes[0]!, { by: "batch", batch: "0x01" });
    expect(await step(await connected(type), one)).toMatchObject(told);
  });
});
