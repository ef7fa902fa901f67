/** Three nodes, of which two must sign what switches a home's power: people's wishes, a member that lies, members that are away. */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import { developmentAccount } from "@enerlink/protocol/development";
import {
  type Ack,
  type Command,
  type CommandWish,
  commandHash,
  commandOfWish,
  commandText,
  parseAck,
  signCommand,
  wishTypedData,
} from "@enerlink/protocol/wire/command";
import { type Consent, committeeTopic, type Given, seal, unseal } from "@enerlink/protocol/wire/committee";
import mqtt, { type MqttClient } from "mqtt";
import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { signIn } from "../src/auth/client.ts";
import { newHousehold, signTypedData, withCreation } from "./household.ts";
import { signedCommand } from "./meter-world.ts";
import { startTestSystem, type TestSystem } from "./system.ts";

const SERIAL = "home-01";
const operator = developmentAccount(0);

let system: TestSystem;
let broker: MqttClient;
/** An operator without a key of its own: nothing stands at its address yet. */
let passkeyHolder: ReturnType<typeof newHousehold>;
const acks: Ack[] = [];
const consents: Consent[] = [];
let cookies: string[];

const begin = (node: number) =>
  system.startOracle(
    { OPERATORS: `${operator.address},${passkeyHolder.account}`, CREDIT_CUT_OFF: "true" },
    node,
  );
const kill = (node: number) => system.stopOracle("SIGKILL", node);
const member = (node: number) => privateKeyToAccount(system.memberKeys[node]!);
const committeeDomain = () => ({
  chainId: system.domain.chainId,
  committee: system.deployment.contracts.oracleCommittee,
});

beforeAll(async () => {
  system = await startTestSystem(Math.floor(Date.now() / 1_000) - 3_600, { nodes: 3 });
  passkeyHolder = newHousehold(system.deployment);
  await Promise.all([0, 1, 2].map(begin));
  cookies = await Promise.all([0, 1, 2].map((node) => signIn(system.urlOf(node), system.owner)));
  broker = await mqtt.connectAsync(system.brokerUrl);
  broker.on("message", async (topic, payload) => {
    if (topic.endsWith("/ack")) acks.push(parseAck(payload));
    else consents.push((await unseal(committeeDomain(), "consent", payload)).content);
  });
  await broker.subscribeAsync([`enerlink/v1/${SERIAL}/ack`, "enerlink/v1/$committee/+/consent"]);
});
afterAll(async () => {
  await broker?.endAsync();
  await system?.stop();
});

const post = async (node: number, body: unknown) => {
  const response = await fetch(`${system.urlOf(node)}/api/v1/device/command/${SERIAL}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
let nonce = 0n;
/** Asks a node for what `by` has signed. */
async function ask(node: number, state: "on" | "off", by = system.owner) {
  nonce = BigInt(Date.now()) > nonce ? BigInt(Date.now()) : nonce + 1n;
  return post(
    node,
    await signedCommand(by, SERIAL, { name: "relay", arguments: { state } }, nonce, system.domain),
  );
}
async function commandAt(node: number, id: string) {
  const url = `${system.urlOf(node)}/api/v1/device/commands/${SERIAL}`;
  const { items } = (await (await fetch(url, { headers: { cookie: cookies[node]! } })).json()) as {
    items: { id: string; status: string; reason: string; requestedBy: string }[];
  };
  return items.find((one) => one.id === id);
}
const answers = (id: string) => acks.filter((ack) => ack.id === id).map(({ state }) => state);
const done = (id: string) => vi.waitFor(() => expect(answers(id)).toContain("done"));

/** What somebody at the broker sends to the meter, signed by these members. */
async function send(command: Command, ...members: number[]): Promise<void> {
  const [first, ...others] = await Promise.all(
    members.map((node) => signCommand(system.domain, SERIAL, command, member(node))),
  );
  const signatures = others.map(({ signature }) => signature);
  await broker.publishAsync(`enerlink/v1/${SERIAL}/command`, commandText({ ...first!, signatures }), {
    qos: 1,
  });
}
const off = (id: string): Command => ({
  ...{ id, name: "relay", arguments: { state: "off" }, tradeId: undefined },
  ...{ nonce: ++nonce, deadline: Math.floor(Date.now() / 1_000) + 300 },
});

test("an owner's signed wish is signed by a quorum, carried out once, and known to whoever signed it", async () => {
  const asked = await ask(0, "off");
  expect(asked).toMatchObject({ status: 202, body: { requestedBy: system.owner.address } });
  const { id } = asked.body;
  await done(id);
  for (const node of [0, 1, 2])
    await vi.waitFor(async () =>
      expect(await commandAt(node, id)).toMatchObject({ status: "done", requestedBy: system.owner.address }),
    );
  expect(answers(id)).toEqual(["done"]);
  await done((await ask(1, "on")).body.id);
});

test("one member alone switches nothing: not with its own signature, twice, or with a stranger's", async () => {
  await send(off("alone"), 2);
  await send(off("twice"), 2, 2);
  const stranger = privateKeyToAccount(`0x${"12".repeat(32)}`);
  const forged = off("forged");
  const [own, other] = await Promise.all(
    [member(2), stranger].map((signer) => signCommand(system.domain, SERIAL, forged, signer)),
  );
  const text = commandText({ ...own!, signatures: [other!.signature] });
  await broker.publishAsync(`enerlink/v1/${SERIAL}/command`, text, { qos: 1 });
  await send({ ...off("after"), name: "display-reset", arguments: {} }, 2);
  await done("after");
  for (const id of ["alone", "twice", "forged"]) expect([id, answers(id)]).toEqual([id, []]);
});

test("a member that lies gets no second signature: without a wish, with another's, or with an old one", async () => {
  /** Asks the honest nodes, in the name of the third. @returns why each did not sign */
  async function lie(command: Command, given: Given | null): Promise<string[]> {
    const signed = await signCommand(system.domain, SERIAL, command, member(2));
    const asked = { serial: SERIAL, command: commandText(signed), given };
    const sealed = await seal(committeeDomain(), member(2), "wish", asked);
    await broker.publishAsync(committeeTopic(member(2).address, "wish"), sealed, { qos: 1 });
    const hash = commandHash(system.domain, SERIAL, command);
    const about = () => consents.filter((one) => one.command === hash);
    await vi.waitFor(() => expect(about()).toHaveLength(2));
    expect(about().map(({ signature }) => signature)).toEqual([null, null]);
    return [...new Set(about().map(({ reason }) => reason))];
  }
  const wish = (state: string, at: bigint): CommandWish => ({
    ...{ name: "relay", arguments: { state }, nonce: at, deadline: Math.floor(Number(at) / 1_000) + 300 },
  });
  const given = async (one: CommandWish, by = system.owner): Promise<Given> => ({
    by: by.address.toLowerCase() as Hex,
    signature: await by.signTypedData(wishTypedData(system.domain, SERIAL, one)),
  });
  const meant = (one: CommandWish) => commandOfWish(system.domain, SERIAL, one);
  const now = BigInt(Date.now()) + 1_000n;
  const [on, close, early] = [wish("on", now), wish("off", now), wish("off", now - 60_000n)];

  expect(await lie(off("mine"), null)).toEqual(["nothing on the chain asks for it here yet"]);
  expect(await lie(off(`credit-${SERIAL}-0123456789abcdef`), null)).toEqual([
    "nothing on the chain asks for it here yet",
  ]);
  const forged = { ...(await given(on)), by: operator.address.toLowerCase() as Hex };
  expect(await lie(meant(on), forged)).toEqual([
    `signature was not made by ${operator.address} over this wish`,
  ]);
  expect(await lie(meant(close), await given(on))).toEqual([expect.stringContaining("was not made by")]);
  expect(await lie({ ...meant(on), id: "another" }, await given(on))).toEqual([
    "signature is not over this command",
  ]);
  expect(await lie({ ...meant(on), nonce: now + 1n }, await given(on))).toEqual([
    "signature is not over this command",
  ]);
  expect(await lie(meant(early), await given(early))).toEqual([
    expect.stringContaining("nonce must be above"),
  ]);
  const stranger = developmentAccount(3);
  const strange = wish("on", now + 1n);
  expect(await lie(meant(strange), await given(strange, stranger))).toEqual([
    expect.stringContaining("belongs to"),
  ]);
  const committee = { members: member(2).address.toLowerCase(), quorum: 1n, configuration: 2n };
  expect(await lie({ ...off("take-over"), name: "committee", arguments: committee }, null)).toEqual([
    "the chain has another committee",
  ]);
  expect(await lie({ ...off("harmless"), name: "display-reset", arguments: {} }, null)).toEqual([
    "display-reset needs no second signature",
  ]);
});

test("a fingerprint account's wish counts, also before its account is there", async () => {
  const at = BigInt(Date.now()) + 2_000n;
  const asked = { name: "relay" as const, arguments: { state: "on" }, seconds: 300 };
  const deadline = Math.floor(Number(at) / 1_000) + asked.seconds;
  const data = wishTypedData(system.domain, SERIAL, { ...asked, nonce: at, deadline });
  const bare = signTypedData(passkeyHolder, data as never);
  const body = (signature: Hex) => ({
    ...asked,
    signed: { by: passkeyHolder.account, nonce: String(at), signature },
  });
  expect(await post(0, body(bare))).toMatchObject({
    status: 400,
    body: { errors: [{ field: "signed.signature" }] },
  });
  const answer = await post(0, body(withCreation(system.deployment, passkeyHolder.passkey, bare)));
  expect(answer).toMatchObject({ status: 202, body: { requestedBy: passkeyHolder.account } });
  await done(answer.body.id);
  nonce = at;
});

test("two wishes at once, at two nodes: the later one stands", async () => {
  await vi.waitFor(() => expect(BigInt(Date.now())).toBeGreaterThan(nonce));
  for (let round = 0; round < 4; round++) {
    const [first, later] = await Promise.all([ask(0, "off"), ask(1, "on")]);
    expect(first.status).toBe(202);
    expect(later.status).toBe(202);
    await done(later.body.id);
    // Signed too late by the others, refused by the device, or done before it.
    await vi.waitFor(async () =>
      expect(["done", "rejected"]).toContain((await commandAt(0, first.body.id))?.status),
    );
    const order = acks.filter(
      ({ id, state }) => state === "done" && [first.body.id, later.body.id].includes(id),
    );
    expect(order.at(-1)!.id).toBe(later.body.id);
  }
});

test("two of three suffice; one waits for the second; what an operator closed, no other node lets the owner open", async () => {
  await kill(2);
  // Only these two know of it.
  const closed = await ask(0, "off", operator);
  await done(closed.body.id);
  expect(await ask(1, "on")).toMatchObject({ status: 403 });
  await begin(2);
  await kill(1);
  cookies[2] = await signIn(system.urlOf(2), system.owner);
  const refused = await ask(2, "on");
  await vi.waitFor(async () => {
    const command = await commandAt(2, refused.body.id);
    expect(command).toMatchObject({ status: "queued" });
  });
  expect(answers(refused.body.id)).toEqual([]);
  await begin(1);
  await vi.waitFor(async () =>
    expect(await commandAt(2, refused.body.id)).toMatchObject({
      status: "rejected",
      reason: `the committee does not sign it: ${SERIAL}: an operator has set relay to off, and an operator alone opens it`,
    }),
  );
  await kill(0);
  await kill(1);
  const alone = await ask(2, "on", operator);
  expect(alone).toMatchObject({ status: 202, body: { status: "queued" } });
  await begin(0);
  await done(alone.body.id);
  await begin(1);
});

test("a change of the committee reaches the device, and who left has no say", async () => {
  const newcomer = developmentAccount(3).address;
  const members = [member(0).address, member(1).address, newcomer].sort((a, b) =>
    BigInt(a) < BigInt(b) ? -1 : 1,
  );
  const hash = await system.walletOf(0).writeContract({
    address: system.deployment.contracts.oracleCommittee,
    abi: oracleCommitteeAbi,
    functionName: "setCommittee",
    args: [members, 2],
    gas: 500_000n,
  });
  expect((await system.chain.waitForTransactionReceipt({ hash, pollingInterval: 20 })).status).toBe(
    "success",
  );
  await done(`committee-${SERIAL}-2`);
  await vi.waitFor(() => expect(BigInt(Date.now())).toBeGreaterThan(nonce));
  nonce = BigInt(Date.now());
  await send(off("left"), 0, 2);
  const asked = await ask(1, "off");
  await done(asked.body.id);
  expect(answers("left")).toEqual([]);
});
