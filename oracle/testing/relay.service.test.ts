/** What households sign, brought to the chain by a node that pays for it. */
import {
  energyTokenAbi,
  homeAccountAbi,
  MeterKind,
  meterId,
  meterRegistryAbi,
  rupiahTokenAbi,
  TrustClass,
} from "@enerlink/protocol";
import { type Call, encodeSigned, SIGNED_BATCH, signerIdOf } from "@enerlink/protocol/account";
import { type Address, concat, encodeFunctionData, type Hex, parseEther, stringToHex, zeroHash } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newPasskey } from "../../test/passkey.ts";
import { whole } from "../../test/whole.ts";
import { type Household, newHousehold, type SignedOptions, signCalls } from "./household.ts";
import { CELL, startTestSystem, type TestSystem } from "./system.ts";

const OPERATOR = 0;
const DAILY_GAS = 1_000_000;
const DEADLINE = 2 ** 40;
/** So many ask beside the ten whose calls are good. */
const CROWD = whole ? 1_000 : 200;

const relayKey = generatePrivateKey();
const settings = {
  RELAY_KEY: relayKey,
  RELAY_DAILY_GAS: String(DAILY_GAS),
  // So that each household asks from a place of its own.
  TRUSTED_PROXIES: "127.0.0.1,::1",
};

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem(Math.floor(Date.now() / 1_000) - 3_600);
  await system.chain.setBalance({ address: privateKeyToAddress(relayKey), value: parseEther("10") });
  await system.startOracle(settings);
});
afterAll(() => system?.stop());

let asked = 0;
/** A household that has used up its gas of the day. */
let spent: Household | undefined;
const household = () => newHousehold(system.deployment);

/** The installer registers a meter for an account, which is to accept it. */
async function installFor(account: Address, serial: string): Promise<void> {
  const hash = await system.walletOf(OPERATOR).writeContract({
    address: system.deployment.contracts.meterRegistry,
    abi: meterRegistryAbi,
    functionName: "register",
    args: [
      {
        meterId: meterId(serial),
        owner: account,
        kind: MeterKind.Consumer,
        trust: TrustClass.C,
        connectionPoint: stringToHex(`at-${serial}`, { size: 32 }),
        exportWatts: 11_000,
        importWatts: 11_000,
        capacityWh: 0n,
        creditWh: 0n,
        h3Cell: CELL,
        keyX: zeroHash,
        keyY: zeroHash,
      },
    ],
  });
  await system.chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  await vi.waitFor(async () =>
    expect((await fetch(`${system.oracleUrl}/api/v1/device/status/${serial}`)).status).toBe(200),
  );
}

const call = (to: Address, data: Hex): Call => ({ to, data });
const accepting = (serial: string) =>
  call(
    system.deployment.contracts.meterRegistry,
    encodeFunctionData({ abi: meterRegistryAbi, functionName: "acceptMeter", args: [meterId(serial), 0n] }),
  );
const approving = (amount = 1n) =>
  call(
    system.deployment.contracts.rupiahToken,
    encodeFunctionData({
      abi: rupiahTokenAbi,
      functionName: "approve",
      args: [system.deployment.contracts.energyMarket, amount],
    }),
  );

/** What a household's phone sends. */
const signed = (home: Household, calls: Call[], options: SignedOptions = {}) =>
  signCalls(home, calls, { deadline: DEADLINE, ...options });

/** @param from The address that it is asked from; each a new one unless given */
const relay = (body: unknown, from?: string) => post("", body, from);
const recovery = (body: unknown) => post("/recovery", body);
async function post(
  path: string,
  body: unknown,
  from = `10.0.${Math.floor(asked / 250)}.${(asked++ % 250) + 1}`,
) {
  const response = await fetch(`${system.oracleUrl}/api/v1/relay${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
const fate = async (id: number) => (await fetch(`${system.oracleUrl}/api/v1/relay/${id}`)).json();
const mined = (id: number) => vi.waitFor(async () => expect((await fate(id)).state).toBe("mined"));
const metricsText = async () => (await fetch(`${system.oracleUrl}/metrics`)).text();
const ownerOf = async (serial: string) =>
  (
    await system.chain.readContract({
      address: system.deployment.contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "meter",
      args: [meterId(serial)],
    })
  ).owner;

/** A household whose account is there, and whose meter it has accepted. */
async function settledIn(serial: string): Promise<Household> {
  const home = household();
  await installFor(home.account, serial);
  const { status, body } = await relay(signed(home, [accepting(serial)], { create: true }));
  expect(status, JSON.stringify(body)).toBe(202);
  await mined(body.id);
  return home;
}

describe("the relay", () => {
  test("creates an account and runs its first calls in one transaction, without ether of the household's", async () => {
    const home = await settledIn("relay-01");
    expect(await ownerOf("relay-01")).toBe(home.account);
    expect(await system.chain.getBalance({ address: home.account })).toBe(0n);
    const offer = await (await fetch(`${system.oracleUrl}/api/v1/relay`)).json();
    expect(offer).toMatchObject({ dailyGas: String(DAILY_GAS), mostGas: "2000000" });
  });

  test("answers who asks again how it fared, whoever submitted it", async () => {
    const home = await settledIn("relay-02");
    const first = signed(home, [approving()], { lane: 1 });
    const { body } = await relay(first);
    await mined(body.id);
    expect((await relay(first)).body).toMatchObject({ id: body.id, state: "mined" });

    // Somebody else submits it: the calls ran, so that is no failure.
    const second = signed(home, [approving(2n)], { lane: 2 });
    const hash = await system.walletOf(OPERATOR).writeContract({
      address: home.account,
      abi: homeAccountAbi,
      functionName: "execute",
      args: [
        SIGNED_BATCH,
        encodeSigned([approving(2n)], {
          nonce: BigInt(second.nonce),
          deadline: DEADLINE,
          signature: second.signature,
        }),
      ],
    });
    await system.chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    expect((await relay(second)).body).toEqual({ id: null, state: "mined", hash });
  });

  test("says why it does not pay", async () => {
    const home = await settledIn("relay-03");
    const stranger = household();
    const other = await settledIn("relay-04");
    const { accessManager, energyToken } = system.deployment.contracts;
    const transfer = encodeFunctionData({
      abi: energyTokenAbi,
      functionName: "transfer",
      args: [stranger.account, 1n],
    });
    const refused: [string, unknown, number, string, RegExp][] = [
      ["a stranger", signed(stranger, [approving()], { create: true }), 403, "not-a-member", /owns no meter/],
      [
        "a foreign contract",
        signed(home, [call(stranger.account, "0x")], { lane: 3 }),
        403,
        "not-sponsored",
        /calls.0.to/,
      ],
      [
        "the administration",
        signed(home, [call(accessManager, "0x")], { lane: 3 }),
        403,
        "not-sponsored",
        /calls.0.to/,
      ],
      ["ether", signed(home, [{ ...approving(), value: 1n }], { lane: 3 }), 403, "not-sponsored", /value/],
      [
        "another's passkey",
        signed(home, [approving()], { lane: 3, signer: stranger.passkey }),
        409,
        "would-fail",
        /InvalidSignature/,
      ],
      [
        "another's account",
        signed(home, [approving()], { lane: 3, account: other.account }),
        409,
        "would-fail",
        /InvalidSignature/,
      ],
      [
        "not the passkey's account",
        signed(home, [approving()], { create: true, account: other.account }),
        403,
        "wrong-account",
        /create/,
      ],
      [
        "a nonce ahead",
        signed(home, [approving()], { lane: 3, count: 1n }),
        409,
        "would-fail",
        /InvalidAccountNonce/,
      ],
      [
        "what it does not have",
        signed(home, [call(energyToken, transfer)], { lane: 3 }),
        409,
        "would-fail",
        /ERC20InsufficientBalance/,
      ],
    ];
    for (const [what, request, status, reason, detail] of refused) {
      const answer = await relay(request);
      expect({ what, status: answer.status, reason: answer.body.reason }).toEqual({ what, status, reason });
      expect(answer.body.detail).toMatch(detail);
    }
    const { components } = await (await fetch(`${system.oracleUrl}/api/openapi.json`)).json();
    const told = refused.map(([, , , reason]) => reason);
    expect(components.schemas.Problem.properties.reason.enum).toEqual(expect.arrayContaining(told));
    const metrics = await metricsText();
    for (const reason of told) expect(metrics).toMatch(new RegExp(`outcome="${reason}"} [1-9]`));

    const bad = await relay({ ...signed(home, [approving()]), nonce: "-1" });
    expect(bad.status).toBe(400);
    expect(JSON.stringify(bad.body.errors)).toContain("nonce");
  });

  test("lets a guardian act on a neighbour's account, through its own", async () => {
    const guardian = await settledIn("relay-05");
    const home = await settledIn("relay-06");
    const setGuardian = encodeFunctionData({
      abi: homeAccountAbi,
      functionName: "setGuardian",
      args: [guardian.account],
    });
    await mined((await relay(signed(home, [call(home.account, setGuardian)], { lane: 1 }))).body.id);
    const id = signerIdOf(newPasskey());
    const propose = encodeFunctionData({ abi: homeAccountAbi, functionName: "proposeRecovery", args: [id] });
    await mined((await relay(signed(guardian, [call(home.account, propose)], { lane: 1 }))).body.id);
    const [proposed] = await system.chain.readContract({
      address: home.account,
      abi: homeAccountAbi,
      functionName: "recovery",
    });
    expect(proposed).toBe(id);
  });

  test("pays for a guardian without a meter, its account's creation too, out of the household's gas", async () => {
    const guardian = household();
    const home = await settledIn("relay-09");
    const onHome = (functionName: "setGuardian" | "proposeRecovery", args: readonly [Hex]) =>
      call(home.account, encodeFunctionData({ abi: homeAccountAbi, functionName, args } as never));
    const key = newPasskey();
    const proposing = onHome("proposeRecovery", [signerIdOf(key)]);
    const asGuardian = async (one: Household, calls: Call[], options: SignedOptions) =>
      (await relay(signed(one, calls, options))).body;

    // Not its guardian yet.
    expect(await asGuardian(guardian, [proposing], { create: true })).toMatchObject({
      reason: "not-a-member",
    });
    await mined(
      (await relay(signed(home, [onHome("setGuardian", [guardian.account])], { lane: 1 }))).body.id,
    );
    const forged = await asGuardian(guardian, [proposing], { create: true, signer: newPasskey() });
    expect(forged).toMatchObject({ reason: "would-fail" });
    const { id, ...refused } = await asGuardian(guardian, [proposing], { create: true });
    expect(id, JSON.stringify(refused)).toBeTypeOf("number");
    await mined(id);
    const [proposed] = await system.chain.readContract({
      address: home.account,
      abi: homeAccountAbi,
      functionName: "recovery",
    });
    expect(proposed).toBe(signerIdOf(key));

    // Nothing more than that, and nobody else.
    const stranger = household();
    expect(await asGuardian(guardian, [approving()], { lane: 1 })).toMatchObject({ reason: "not-a-member" });
    expect(await asGuardian(guardian, [proposing, approving()], { lane: 1 })).toMatchObject({
      reason: "not-a-member",
    });
    expect(await asGuardian(stranger, [proposing], { create: true })).toMatchObject({
      reason: "not-a-member",
    });
    // Again and again: at half of the household's gas it ends, and the household can refuse.
    let ended: { reason?: string; detail?: string } = {};
    for (let lane = 1; lane <= 10 && ended.reason === undefined; lane++) {
      const answer = await asGuardian(guardian, [proposing], { lane });
      if (answer.reason === undefined) await mined(answer.id);
      else ended = answer;
    }
    expect(ended).toMatchObject({
      reason: "budget",
      detail: expect.stringContaining("its guardian's 500000 gas"),
    });
    const refusing = call(
      home.account,
      encodeFunctionData({ abi: homeAccountAbi, functionName: "refuseRecovery" }),
    );
    await mined((await relay(signed(home, [refusing], { lane: 2 }))).body.id);
  });

  test("pays a household no more than its day's gas, and the others all the same", async () => {
    const home = await settledIn("relay-07");
    const other = await settledIn("relay-08");
    let refusal: { reason?: string; detail?: string } = {};
    for (let lane = 1; lane <= 20 && refusal.reason === undefined; lane++) {
      const { body } = await relay(signed(home, [approving(BigInt(lane))], { lane }));
      if (body.reason === undefined) await mined(body.id);
      else refusal = body;
    }
    expect(refusal).toMatchObject({ reason: "budget" });
    spent = home;
    expect(refusal.detail).toMatch(/of this day are used up until/);
    await mined((await relay(signed(other, [approving()], { lane: 1 }))).body.id);
  });

  test("brings ten good calls to the chain beside a crowd of forged, foreign, repeated and unpaid ones", async () => {
    const homes: Household[] = [];
    for (let index = 0; index < 5; index++) homes.push(await settledIn(`relay-1${index}`));
    const [victim] = homes as [Household];
    const forger = newPasskey();
    const before = signed(victim, [approving(3n)], { lane: 90 });
    const { id: repeated } = (await relay(before)).body;
    await mined(repeated);
    /** Each a kind of its own; what was mined already is answered with how it fared. */
    const asked = (index: number): [body: unknown, answers: unknown] => {
      const lane = 100 + (index % 100);
      if (index % 4 === 0) return [signed(victim, [approving()], { lane, signer: forger }), undefined];
      if (index % 4 === 1)
        return [signed({ passkey: forger, account: victim.account }, [approving()], { lane }), undefined];
      if (index % 4 === 2) return [before, repeated];
      return [signed(spent!, [approving()], { lane }), undefined];
    };
    const crowd = Array.from({ length: CROWD }, async (_, index) => {
      const [body, id] = asked(index);
      const answer = await relay(body, `10.9.${index % 10}.${(index % 20) + 1}`);
      // Where the crowd waits in a queue of its own, it is told to come back.
      if (answer.status === 202) expect(answer.body.id).toBe(id);
      return [answer.status, answer.body.reason].filter(Boolean).join(" ");
    });
    const wanted = [1, 2].flatMap((lane) =>
      homes.map((home) => signed(home, [approving(7n)], { lane: lane + 1 })),
    );
    const ids = await Promise.all(
      wanted.map((body) =>
        vi.waitFor(
          async () => {
            const answer = await relay(body);
            expect(answer.status).toBe(202);
            return answer.body.id as number;
          },
          { interval: 500 },
        ),
      ),
    );
    await Promise.all(ids.map(mined));
    expect(new Set(ids).size).toBe(10);
    const answers = new Set(await Promise.all(crowd));
    // Told to come back are those who ask too often.
    answers.delete("429");
    expect([...answers].toSorted()).toEqual(["202", "409 budget", "409 would-fail"]);
  });

  test("says that it has no ether left, takes nothing more on meanwhile, and goes on once it has some", async () => {
    const home = await settledIn("relay-30");
    const payer = privateKeyToAddress(relayKey);
    const alerts = async () => /kind="relay"} (\d)/.exec(await metricsText())?.[1];
    await system.chain.setBalance({ address: payer, value: 0n });
    const { body } = await relay(signed(home, [approving()], { lane: 1 }));
    expect(body.state, JSON.stringify(body)).toBe("pending");
    await vi.waitFor(async () => expect(await alerts()).toBe("1"));
    const refused = await relay(signed(home, [approving()], { lane: 2 }));
    expect(refused).toMatchObject({ status: 409, body: { reason: "busy" } });
    expect(refused.body.detail).toContain(`${payer} cannot pay`);
    expect((await fetch(`${system.oracleUrl}/ready`)).status).toBe(200);

    await system.chain.setBalance({ address: payer, value: parseEther("10") });
    await mined(body.id);
    await vi.waitFor(async () => expect(await alerts()).toBe("0"));
    await mined((await relay(signed(home, [approving()], { lane: 2 }))).body.id);
  });

  test("completes a recovery whose time has come, for who lost all devices and has nobody to sign with", async () => {
    const guardian = await settledIn("relay-40");
    const home = await settledIn("relay-41");
    const { account } = home;
    const onHome = (functionName: "setGuardian" | "proposeRecovery", args: readonly [Hex]) =>
      call(account, encodeFunctionData({ abi: homeAccountAbi, functionName, args } as never));
    await mined(
      (await relay(signed(home, [onHome("setGuardian", [guardian.account])], { lane: 1 }))).body.id,
    );
    const key = newPasskey();
    const asked = { account, signer: concat([key.x, key.y]) };
    const refused = async () => {
      const { status, body } = await recovery(asked);
      expect({ status, reason: body.reason }).toEqual({ status: 409, reason: "would-fail" });
      expect(body.detail).toMatch(/^NotAnnounced/);
    };
    await refused();
    const proposing = onHome("proposeRecovery", [signerIdOf(key)]);
    await mined((await relay(signed(guardian, [proposing], { lane: 1 }))).body.id);
    await refused();
    await system.chain.increaseTime({ seconds: 3 * 86_400 });
    await system.chain.mine({ blocks: 1 });

    // Who was proposed is told by nobody's word: another key's bytes are none.
    const other = newPasskey();
    expect((await recovery({ account, signer: concat([other.x, other.y]) })).body.reason).toBe("would-fail");
    const { status, body } = await recovery(asked);
    expect(status, JSON.stringify(body)).toBe(202);
    await mined(body.id);
    const again = await recovery(asked);
    expect(again.body).toEqual({ id: null, state: "mined", hash: (await fate(body.id)).hash });
    const back = { passkey: key, account };
    await mined((await relay(signed(back, [approving(4n)], { lane: 1 }))).body.id);
    expect((await relay(signed(home, [approving(5n)], { lane: 2 }))).body.reason).toBe("would-fail");

    // Of members' accounts alone, and of nothing that only looks like one.
    expect(await recovery({ ...asked, account: household().account })).toMatchObject({
      status: 403,
      body: { reason: "not-a-member" },
    });
    const plain = privateKeyToAddress(generatePrivateKey());
    await installFor(plain, "relay-42");
    expect(await recovery({ ...asked, account: plain })).toMatchObject({
      status: 403,
      body: { reason: "not-sponsored" },
    });
    expect((await recovery({ account })).status).toBe(400);
  });

  test("goes on with what was under way when it was killed, once", async () => {
    const home = await settledIn("relay-20");
    await system.chain.setAutomine(false);
    const { body } = await relay(signed(home, [approving(9n)], { lane: 1 }));
    expect(body.state).toBe("pending");
    await system.stopOracle("SIGKILL");
    await system.chain.setAutomine(true);
    await system.chain.mine({ blocks: 1 });
    await system.startOracle(settings);
    await mined(body.id);
    await system.stopOracle("SIGTERM");
    await system.startOracle({ TRUSTED_PROXIES: settings.TRUSTED_PROXIES });
    expect((await relay(signed(home, [approving()], { lane: 2 }))).status).toBe(404);
  });
});
