/** Accounts by fingerprint: signers, guardians, recoveries and permissions, as the accounts' own views say them. */
import { homeAccountAbi, homeAccountFactoryAbi } from "@enerlink/protocol";
import { type Call, encodeSigned, SIGNED_BATCH, signerIdOf } from "@enerlink/protocol/account";
import {
  type Abi,
  type Address,
  concat,
  encodeFunctionData,
  type Hex,
  keccak256,
  toFunctionSelector,
  zeroAddress,
} from "viem";
import { beforeAll, expect, test } from "vitest";
import { type Household, newHousehold, signCalls } from "../../oracle/testing/household.ts";
import { newPasskey, type Passkey } from "../../test/passkey.ts";
import { examples } from "../src/api/graphql/examples.ts";
import { type Answer, CHAIN_ID } from "./chain.ts";
import type { World } from "./index.service.test.ts";

const DAY = 86_400;
const GAS = 5_000_000n;
/** Who submits what households sign, and completes what is due. */
const SUBMITTER = 4;
const CLOSE = toFunctionSelector("closeTrade(uint256)");

const bytesOf = ({ x, y }: Passkey): Hex => concat([x, y]);

type Named = "home" | "guardian" | "other";

export const homes = (world: World) => () => {
  const home = {} as Record<Named, Household>;
  const [second, brought] = [newPasskey(), newPasskey()];
  let spare: Address;
  let lanes = 0;

  async function send(address: Address, abi: Abi, functionName: string, args: readonly unknown[]) {
    const { wallets, client } = world.harness;
    const hash = await wallets[SUBMITTER]!.writeContract({ address, abi, functionName, args, gas: GAS });
    const { status } = await client.waitForTransactionReceipt({ hash });
    expect([functionName, status]).toEqual([functionName, "success"]);
  }

  /** One touch: signed by the household, submitted by somebody. */
  async function touch(who: Named, calls: Call[], create = false) {
    const { account, passkey } = home[who];
    const signed = signCalls(home[who], calls, { lane: lanes++, chainId: CHAIN_ID });
    const { deadline, signature } = signed;
    const data = encodeSigned(calls, { nonce: BigInt(signed.nonce), deadline, signature });
    if (!create) return send(account, homeAccountAbi as Abi, "execute", [SIGNED_BATCH, data]);
    const { homeAccountFactory } = world.harness.deployment.contracts;
    const args = [passkey.x, passkey.y, SIGNED_BATCH, data];
    return send(homeAccountFactory, homeAccountFactoryAbi as Abi, "createAndExecute", args);
  }

  const on = (who: Named, functionName: string, args: readonly unknown[]): Call => ({
    to: home[who].account,
    data: encodeFunctionData({ abi: homeAccountAbi as Abi, functionName, args }),
  });
  const complete = (functionName: string, args: readonly unknown[]) =>
    send(home.home.account, homeAccountAbi as Abi, functionName, args);

  beforeAll(async () => {
    const { harness } = world;
    for (const name of ["home", "guardian", "other"] as const) home[name] = newHousehold(harness.deployment);
    spare = harness.address(2);
    const guardian = home.guardian.account;
    const until = (await harness.now()) + 30 * DAY;
    await touch("guardian", [on("guardian", "addSigner", [harness.address(1)])], true);
    await touch("other", [on("other", "setGuardian", [guardian])], true);
    await touch(
      "home",
      [
        on("home", "setGuardian", [guardian]),
        on("home", "addSigner", [bytesOf(second)]),
        on("home", "addSigner", [spare]),
        on("home", "allowCall", [harness.address(3), harness.contracts.market.address, CLOSE, until]),
      ],
      true,
    );
    const id = signerIdOf(second);
    await touch("home", [on("home", "removeSigner", [id])]);
    await touch("home", [on("home", "keepSigner", [id]), on("home", "removeSigner", [keccak256(spare)])]);
    await touch("home", [on("home", "setGuardian", [zeroAddress])]);
    await touch("home", [on("home", "keepGuardian", [])]);
    await touch("guardian", [on("home", "proposeRecovery", [id])]);
    await touch("home", [on("home", "refuseRecovery", [])]);
    await touch("guardian", [on("home", "proposeRecovery", [signerIdOf(brought)])]);
    await touch("other", [on("other", "setGuardian", [home.home.account])]);
    await harness.caughtUp();
  });

  const FIELDS = `id guardian nextGuardian nextGuardianFrom recoveryFrom recoverySignerId epoch signerCount
    signers { items { signerId signer removableFrom removedAt } }
    permissions { items { executor target selector until } }`;

  /** What the index has of an account is what the account says of itself. */
  async function check(who: Named): Promise<Answer> {
    const { client, query } = world.harness;
    const { account } = home[who];
    const { homeAccount } = await query(`{ homeAccount(id: "${account}") { ${FIELDS} } }`);
    const read = (functionName: string, args: readonly unknown[] = []): Promise<Answer> =>
      client.readContract({ address: account, abi: homeAccountAbi as Abi, functionName, args });
    const address = (text: string) => (text === zeroAddress ? null : text.toLowerCase());
    const time = (seconds: number) => (seconds === 0 ? null : String(seconds));
    const [[next, nextFrom], [recoveryId, recoveryFrom]] = [
      await read("nextGuardian"),
      await read("recovery"),
    ];
    expect(homeAccount).toMatchObject({
      guardian: address(await read("guardian")),
      nextGuardian: address(next),
      nextGuardianFrom: time(nextFrom),
      recoveryFrom: time(recoveryFrom),
      recoverySignerId: recoveryFrom === 0 ? null : recoveryId,
      epoch: await read("epoch"),
      signerCount: Number(await read("signerCount")),
    });
    const signs = homeAccount.signers.items.filter(({ removedAt }: Answer) => removedAt === null);
    expect(signs).toHaveLength(homeAccount.signerCount);
    for (const { signerId, signer, removableFrom, removedAt } of homeAccount.signers.items) {
      expect(signerId).toBe(keccak256(signer));
      expect([signerId, await read("isSigner", [signerId])]).toEqual([signerId, removedAt === null]);
      expect(removableFrom).toBe(time(await read("removableFrom", [signerId])));
    }
    for (const { executor, target, selector, until } of homeAccount.permissions.items)
      expect(until).toBe(String(await read("allowedUntil", [executor, target, selector])));
    return homeAccount;
  }

  test("signers, guardian and permissions are what the accounts say", async () => {
    const found = await check("home");
    expect(found.signers.items).toHaveLength(3);
    expect(found.permissions.items).toMatchObject([{ selector: CLOSE }]);
    expect((await check("guardian")).signers.items.map(({ signer }: Answer) => signer)).toContain(
      world.harness.address(1).toLowerCase(),
    );
    expect((await check("other")).nextGuardian).toBe(home.home.account.toLowerCase());
  });

  test("a guardian finds whom it guards, and an account its guardian's", async () => {
    const { query } = world.harness;
    const guardian = home.guardian.account.toLowerCase();
    const guarded = [home.home, home.other].map(({ account }) => account.toLowerCase()).sort();
    const { homeAccount } = await query(
      `{ homeAccount(id: "${guardian}") { guards(orderBy: "id") { items { id guardianHome { id } } } } }`,
    );
    expect(homeAccount.guards.items).toEqual(guarded.map((id) => ({ id, guardianHome: { id: guardian } })));
    const example = examples(0n).find(({ name }) => name === "Whom a guardian looks after")!;
    const { homeAccounts } = await query(example.query.replace(/0x[0-9a-fA-F]{40}/, guardian));
    expect(homeAccounts.totalCount).toBe(2);
    const own = homeAccounts.items.find(({ id }: Answer) => id === home.home.account.toLowerCase());
    expect(own.recoverySignerId).toBe(signerIdOf(brought));
    expect(own.signers.items).toHaveLength(3);
  });

  test("whoever is told of an account finds what happened to it, and a guardian what concerns it", async () => {
    const { query } = world.harness;
    const account = home.guardian.account.toLowerCase();
    const latest = `orderBy: "timestamp", orderDirection: "desc", limit: 25`;
    const event = "account kind guardian time timestamp transactionHash";
    const { own, named, guarded } = await query(`{
      own: homeAccountEvents(where: { account: "${account}" }, ${latest}) { items { ${event} } }
      named: homeAccountEvents(where: { guardian: "${account}" }, ${latest}) { items { ${event} } }
      guarded: homeAccounts(where: { guardian: "${account}" }) {
        items { events(${latest}) { items { ${event} } } }
      }
    }`);
    const told = (items: Answer[]) => items.map(({ account, kind }: Answer) => [account, kind]);
    const [homes, others] = [home.home, home.other].map(({ account }) => account.toLowerCase());
    expect(told(own.items)).toEqual([
      [account, "SIGNER_ADDED"],
      [account, "CREATED"],
    ]);
    expect(told(named.items).sort()).toEqual(
      [
        [homes, "GUARDIAN_CHANGED"],
        [others, "GUARDIAN_CHANGED"],
      ].sort(),
    );
    const { events } = guarded.items.find(({ events }: Answer) => events.items[0].account === homes);
    // Several may be of one second.
    const { time, timestamp } = events.items.find(({ kind }: Answer) => kind === "RECOVERY_PROPOSED");
    expect(Number(time)).toBe(Number(timestamp) + 3 * DAY);
  });

  test("what was announced comes true in its time, and a recovery voids all that was before it", async () => {
    const { harness } = world;
    await harness.pass(DAY + 1);
    await complete("completeRemoval", [keccak256(spare)]);
    await send(home.other.account, homeAccountAbi as Abi, "completeGuardian", []);
    await harness.caughtUp();
    expect((await check("home")).signerCount).toBe(2);
    expect((await check("other")).guardian).toBe(home.home.account.toLowerCase());

    await harness.pass(3 * DAY);
    await complete("recover", [bytesOf(brought)]);
    await harness.caughtUp();
    const found = await check("home");
    expect(found).toMatchObject({ epoch: 1, signerCount: 1, recoveryFrom: null });
    expect(found.permissions.items).toMatchObject([{ until: "0" }]);
  });

  test("every event is kept in its order, and who submitted what", async () => {
    const { query } = world.harness;
    const where = `where: { account: "${home.home.account}" }`;
    const { homeAccountEvents, homeExecutions } = await query(`{
      homeAccountEvents(${where}, orderBy: "blockNumber", limit: 100) { items { kind signerId guardian time } }
      homeExecutions(${where}, orderBy: "blockNumber") { items { submitter } totalCount }
    }`);
    const kinds = homeAccountEvents.items.map(({ kind }: Answer) => kind);
    expect([...kinds].sort()).toEqual(
      [
        ...["CREATED", "GUARDIAN_CHANGED", "SIGNER_ADDED", "SIGNER_ADDED", "CALL_ALLOWED"],
        ...["REMOVAL_ANNOUNCED", "REMOVAL_REFUSED", "REMOVAL_ANNOUNCED", "GUARDIAN_ANNOUNCED"],
        ...["GUARDIAN_REFUSED", "RECOVERY_PROPOSED", "RECOVERY_REFUSED", "RECOVERY_PROPOSED"],
        ...["SIGNER_REMOVED", "SIGNER_ADDED", "RECOVERED"],
      ].sort(),
    );
    expect(kinds[0]).toBe("CREATED");
    const [submitter, factory] = [
      world.harness.address(SUBMITTER),
      world.harness.deployment.contracts.homeAccountFactory,
    ].map((address) => address.toLowerCase());
    // Its first calls came with its creation.
    expect(homeExecutions.items.map((row: Answer) => row.submitter)).toEqual([
      factory,
      ...Array(5).fill(submitter),
    ]);
    expect(homeExecutions.totalCount).toBe(6);
  });
};
