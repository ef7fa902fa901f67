/** Signing in at a node with a passkey, before and after the account is there. */
import { homeAccountFactoryAbi } from "@enerlink/protocol";
import type { Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newPasskey } from "../../test/passkey.ts";
import { signedMessage } from "../src/auth/client.ts";
import { type Household, newHousehold, signMessage, withCreation } from "./household.ts";
import { startRpcProxy } from "./rpc-proxy.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const CREATOR = 0;

let system: TestSystem;
let proxy: Awaited<ReturnType<typeof startRpcProxy>>;
beforeAll(async () => {
  system = await startTestSystem(Math.floor(Date.now() / 1_000) - 3_600);
  proxy = await startRpcProxy(system.rpcUrl);
  // So that each attempt comes from a place of its own: sign-ins are limited for each.
  await system.startOracle({ RPC_URL: proxy.url, TRUSTED_PROXIES: "127.0.0.1,::1" });
});
afterAll(async () => {
  await system?.stop();
  await proxy?.stop();
});

let asked = 0;
/** @param sign What is sent as the account's signature of the message */
async function attempt({ account }: Household, sign: (message: string) => Hex) {
  const signer = { address: account, signMessage: async ({ message }: { message: string }) => sign(message) };
  const from = { "x-forwarded-for": `10.1.0.${++asked}` };
  const { registered, body, cookie } = await signedMessage(system.oracleUrl, signer, from);
  const response = await fetch(`${system.oracleUrl}/api/v1/auth/${registered ? "login" : "register"}`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie, ...from },
    body: JSON.stringify(body),
  });
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, body: await response.json(), retryAfter };
}

const household = () => newHousehold(system.deployment);
const creating = (home: Household, signature: Hex) =>
  withCreation(system.deployment, home.passkey, signature);

async function create({ passkey: { x, y } }: Household) {
  const hash = await system.walletOf(CREATOR).writeContract({
    address: system.deployment.contracts.homeAccountFactory,
    abi: homeAccountFactoryAbi,
    functionName: "create",
    args: [x, y],
  });
  await system.chain.waitForTransactionReceipt({ hash, pollingInterval: 20 });
}

test("an account signs in before it is there, and afterwards, with or without its creation", async () => {
  const home = household();
  const bare = (message: string) => signMessage(home, message);
  const whole = (message: string) => creating(home, bare(message));
  // Nobody can say who may sign for an account that is not there.
  expect((await attempt(home, bare)).status).toBe(401);
  expect(await attempt(home, whole)).toMatchObject({ status: 201, body: { address: home.account } });
  expect(await attempt(home, whole)).toMatchObject({ status: 200, body: { address: home.account } });
  await create(home);
  expect(await attempt(home, bare)).toMatchObject({ status: 200, body: { address: home.account } });
  expect((await attempt(home, whole)).status).toBe(200);
});

test("nobody else signs in as it: another passkey, for another account, chain or message", async () => {
  const [there, absent, stranger] = [household(), household(), household()];
  await create(there);
  for (const home of [there, absent]) {
    const complete = (signature: Hex) => (home === there ? signature : creating(home, signature));
    const other = { ...stranger, account: home.account };
    const wrong: (readonly [string, (message: string) => Hex])[] = [
      ["another passkey", (message) => complete(signMessage(other, message))],
      [
        "for another account",
        (message) => complete(signMessage({ ...home, account: stranger.account }, message)),
      ],
      ["on another chain", (message) => complete(signMessage(home, message, 1))],
      ["another message", (message) => complete(signMessage(home, `${message} `))],
      // The creation says nothing more of an account that is there.
      ...(home === absent
        ? [
            [
              "another's creation",
              (message: string) => creating(stranger, signMessage(home, message)),
            ] as const,
          ]
        : []),
      ["another account, all of it", (message) => creating(stranger, signMessage(stranger, message))],
      ["no signature", () => complete("0x")],
      ["noise", () => `0x${"5a".repeat(4_000)}`],
      [
        "a creation that is none",
        () =>
          withCreation(
            { contracts: { ...system.deployment.contracts, homeAccountFactory: stranger.account } },
            newPasskey(),
            "0x",
          ),
      ],
    ];
    for (const [what, sign] of wrong)
      expect({ what, status: (await attempt(home, sign)).status }).toEqual({ what, status: 401 });
  }
});

test("a contract that never ends costs no more than the gas that it is given", async () => {
  // JUMPDEST PUSH0 JUMP: round and round.
  const endless: Household = { ...household(), account: "0x00000000000000000000000000000000000e9d1e" };
  await system.chain.setCode({ address: endless.account, bytecode: "0x5b5f56" });
  const began = Date.now();
  expect((await attempt(endless, () => "0xc0ffee")).status).toBe(401);
  expect(Date.now() - began).toBeLessThan(3_000);
});

test("a chain that does not answer is no wrong signature, and holds up nobody else", async () => {
  const home = household();
  const sign = (message: string) => creating(home, signMessage(home, message));
  expect((await attempt(home, sign)).status).toBe(201);
  await proxy.fail("timeout");
  const tried = Array.from({ length: 6 }, () => attempt(home, sign));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const began = Date.now();
  const health = await fetch(`${system.oracleUrl}/api/v1/health`, {
    headers: { "x-forwarded-for": "10.2.0.1" },
  });
  expect([health.status, Date.now() - began < 2_000]).toEqual([200, true]);
  for (const { status, body, retryAfter } of await Promise.all(tried)) {
    expect([status, retryAfter], JSON.stringify(body)).toEqual([503, "5"]);
    expect(body.detail).toMatch(/^signature could not be checked/);
  }
  await proxy.fail(undefined);
  expect((await attempt(home, sign)).status).toBe(200);
});
