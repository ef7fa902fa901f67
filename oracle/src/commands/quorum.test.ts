import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Command,
  commandDigest,
  commandHash,
  commandOfWish,
  commandSigners,
  membersText,
  parseCommand,
  signCommand,
  wishTypedData,
} from "@enerlink/protocol/wire/command";
import type { Given } from "@enerlink/protocol/wire/committee";
import type { Address, Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { domain, log, signing } from "../../testing/meter-world.ts";
import { makeMetrics } from "../metrics.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { type Commands, makeCommands } from "./commands.ts";
import { makeCommandLedger } from "./ledger.ts";
import { makeQuorum, type Quorum } from "./quorum.ts";
import { makeWishes } from "./wish.ts";

const account = (digit: string) => privateKeyToAccount(`0x${digit.repeat(64)}`);
const [owner, operator, stranger] = [account("4"), account("5"), account("6")];
const accounts = [account("1"), account("2"), account("3")];
const meter = { ...signing, owner: owner.address };

type Node = {
  folder: string;
  database: Database;
  ledger: ReturnType<typeof makeCommandLedger>;
  quorum: Quorum;
  commands: Commands;
  /** What it has sent to the meter. */
  sent: { text: string }[];
};
let nodes: Node[];
/** Who is there, by number. */
let there: number[];
let members: Address[];
let operators: Address[];
let halted: boolean;

function open(number: number): Node {
  const signer = accounts[number]!;
  const folder = mkdtempSync(join(tmpdir(), "quorum-"));
  const database = openDatabase(folder, { chainId: domain.chainId, genesisHash: "0x01" }, log);
  const ledger = makeCommandLedger(database);
  const wishes = makeWishes({
    ...{ domain, ledger, isOperator: (address) => operators.includes(address) },
    hashSignedBy: async () => false,
  });
  const quorum = makeQuorum({
    ...{ domain, signer, ledger, wishes, log, halted: () => halted },
    mirror: {
      meter: (serial) => (serial === meter.serial ? meter : undefined),
      committee: () => ({ members, quorum: 2, configuration: 5 }),
    },
    members: {
      there: () => members.filter((one) => there.some((each) => accounts[each]!.address === one)),
      isMember: (one) => members.some((each) => each.toLowerCase() === one.toLowerCase()),
    },
    say: async (kind, content) => {
      for (const other of there)
        if (other !== number)
          setImmediate(() => {
            const { handlers } = nodes[other]!.quorum;
            const handler = handlers[kind] as (said: typeof content, sender: string) => Promise<void>;
            void handler(content, signer.address.toLowerCase());
          });
    },
  });
  const sent: Node["sent"] = [];
  const commands = makeCommands({
    ...{ database, domain, signer, quorum, metrics: makeMetrics(), log },
    publish: async (_, text) => sent.push({ text }),
    leads: () => number === 0,
  });
  return { folder, database, ledger, quorum, commands, sent };
}

beforeEach(() => {
  there = [0, 1, 2];
  members = accounts.map(({ address }) => address);
  operators = [operator.address];
  halted = false;
  nodes = accounts.map((_, number) => open(number));
});
afterEach(async () => {
  vi.useRealTimers();
  // What was said last is heard.
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const { folder, database } of nodes) {
    database.close();
    rmSync(folder, { recursive: true });
  }
});

let nonce = BigInt(Date.now());
async function wished(state: string, by = owner) {
  nonce += 1n;
  const wish = { name: "relay" as const, arguments: { state }, nonce };
  const deadline = Math.floor(Number(nonce) / 1_000) + 300;
  const data = wishTypedData(domain, meter.serial, { ...wish, deadline });
  const given: Given = { by: by.address, signature: await by.signTypedData(data) };
  const command = commandOfWish(domain, meter.serial, { ...wish, deadline });
  return { command, given };
}
/** Asks a node for it. */
async function ask(number: number, { command, given }: Awaited<ReturnType<typeof wished>>) {
  const { id } = await nodes[number]!.commands.queue({
    ...{ serial: meter.serial, name: command.name, values: command.arguments, deadline: command.deadline },
    ...{ requestedBy: given.by, wished: { nonce: command.nonce, given } },
  });
  return nodes[number]!.commands.tried(id);
}
const sentBy = (number: number) => nodes[number]!.sent.map(({ text }) => parseCommand(Buffer.from(text)));
const stateAt = (number: number, id: string) => nodes[number]!.ledger.find(id)?.state;

test("a wish is sent once with a quorum's signatures over one digest, and every member that signed knows of it", async () => {
  const wish = await wished("off");
  expect(await ask(1, wish)).toMatchObject({ id: wish.command.id, state: "sent", nonce: wish.command.nonce });
  const [sent] = sentBy(1);
  expect(sent!.signatures).toHaveLength(1);
  const signers = [...(await commandSigners(domain, meter.serial, sent!))];
  expect(signers).toContain(accounts[1]!.address.toLowerCase());
  expect(signers.every((one) => members.some((each) => each.toLowerCase() === one))).toBe(true);
  await vi.waitFor(() =>
    expect([0, 2].map((other) => nodes[other]!.ledger.find(wish.command.id))).toMatchObject([
      { state: "queued", requestedBy: owner.address },
      { state: "queued", requestedBy: owner.address },
    ]),
  );
  // They send nothing themselves, and hear how it ended.
  for (const { commands } of nodes) await commands.check();
  expect([sentBy(0), sentBy(2)]).toEqual([[], []]);
  const ack = {
    id: wish.command.id,
    state: "done",
    reason: "",
    timestamp: 1,
    of: commandDigest(sent!),
  } as const;
  for (const { commands } of nodes) commands.acknowledged(meter.serial, ack);
  expect([0, 1, 2].map((one) => stateAt(one, wish.command.id))).toEqual(["done", "done", "done"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // What is done is not signed again for whoever asks.
  const { quorum } = nodes[0]!;
  const again = await signCommand(domain, meter.serial, wish.command, accounts[0]!);
  expect(await quorum.gather(meter.serial, again, wish.given)).toEqual({
    refused: "nonce was used: the command is done",
  });
});

test("one of three may be away; alone, a node waits, and goes on when a second one comes", async () => {
  there = [0, 2];
  expect(await ask(0, await wished("off"))).toMatchObject({ state: "sent" });
  there = [0];
  const wish = await wished("on");
  expect(await ask(0, wish)).toMatchObject({ state: "queued" });
  expect(sentBy(0)).toHaveLength(1);
  there = [2];
  const late = await wished("off");
  await ask(2, late);
  there = [0, 1];
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(Date.now() + 6_000);
  await nodes[0]!.commands.check();
  await nodes[0]!.commands.tried(wish.command.id);
  expect(stateAt(0, wish.command.id)).toBe("sent");
  // Nobody could: it ends with its time.
  vi.setSystemTime(Date.now() + 400_000);
  await nodes[2]!.commands.check();
  expect(nodes[2]!.ledger.find(late.command.id)).toMatchObject({
    state: "expired",
    reason: "not signed by a quorum, or not answered, before the deadline",
  });
});

test("what an operator has closed no two members let the owner open, whoever of them was told", async () => {
  there = [0, 1];
  await ask(0, await wished("off", operator));
  there = [0, 1, 2];
  // The third knows nothing of it; both others do.
  const why = `the committee does not sign it: ${meter.serial}: an operator has set relay to off, and an operator alone opens it`;
  expect(await ask(2, await wished("on"))).toMatchObject({ state: "rejected", reason: why });
  expect(sentBy(2)).toEqual([]);
  expect(await ask(2, await wished("on", operator))).toMatchObject({ state: "sent" });
});

test("an operator counts where a member's own setting says so", async () => {
  const wish = await wished("off", stranger);
  const { quorum } = nodes[0]!;
  const signed = await signCommand(domain, meter.serial, wish.command, accounts[0]!);
  expect(await quorum.gather(meter.serial, signed, wish.given)).toMatchObject({
    refused: expect.stringContaining(`not to ${stranger.address}`),
  });
  operators = [operator.address, stranger.address];
  expect(await quorum.gather(meter.serial, signed, wish.given)).toHaveProperty("signed");
});

test("the later of two wishes stands: the earlier is not signed after it", async () => {
  const [earlier, later] = [await wished("on"), await wished("off")];
  expect(await ask(0, later)).toMatchObject({ state: "sent" });
  expect(await ask(1, earlier)).toMatchObject({
    state: "rejected",
    reason: expect.stringMatching(/does not sign it: nonce must be above \d+, that of a later command/),
  });
});

test("what the chain asks is signed by who has queued the very same, the latest, within the clocks' difference", async () => {
  const id = `credit-${meter.serial}-a1a1a1a1a1a1a1a1`;
  const deadline = Math.floor(Date.now() / 1_000) + 900;
  const cut = { serial: meter.serial, name: "grid" as const, deadline, requestedBy: "chain" };
  const queue = (node: number, mode: string, as = id) =>
    nodes[node]!.commands.queue({ ...cut, values: { mode }, id: as });
  await queue(0, "export");
  await nodes[0]!.commands.tried(id);
  // Nobody else has seen it yet: it stays.
  expect(stateAt(0, id)).toBe("queued");
  await queue(1, "export");
  await queue(2, "both");
  const shown = async (change: Partial<Command>) => {
    const command = { ...parseCommand(Buffer.from(nodes[0]!.ledger.one.get(id)!.message)), ...change };
    const signed = await signCommand(domain, meter.serial, command, accounts[0]!);
    return nodes[0]!.quorum.gather(meter.serial, signed, null);
  };
  const clock = BigInt(Date.now());
  for (const change of [
    { arguments: { mode: "off" } },
    { nonce: clock + 120_000n },
    { deadline: deadline + 120 },
    { deadline: 1_000 },
    { id: `credit-${meter.serial}-b2b2b2b2b2b2b2b2` },
  ])
    expect([change, await shown(change)]).toEqual([change, { refused: expect.any(String) }]);
  expect(await shown({})).toHaveProperty("signed");
  halted = true;
  expect(await shown({ nonce: clock })).toEqual({ refused: "the chain cannot be trusted now" });
  halted = false;
  // Another has come after it.
  await queue(1, "both", `credit-${meter.serial}-c3c3c3c3c3c3c3c3`);
  expect(await shown({ nonce: clock + 1n })).toEqual({ refused: expect.any(String) });
});

test("what the chain asks is not signed under a nonce that another switch has used", async () => {
  there = [0, 1];
  const id = `credit-${meter.serial}-d4d4d4d4d4d4d4d4`;
  for (const { commands } of nodes.slice(0, 2))
    await commands.queue({
      ...{ serial: meter.serial, name: "grid", values: { mode: "export" }, id, requestedBy: "chain" },
      deadline: Math.floor(Date.now() / 1_000) + 900,
    });
  await nodes[0]!.commands.tried(id);
  nonce = BigInt(Date.now() + 1_000);
  const wish = await wished("off");
  expect(await ask(0, wish)).toMatchObject({ state: "sent" });
  const shown = async (used: bigint) => {
    const command = { ...parseCommand(Buffer.from(nodes[0]!.ledger.one.get(id)!.message)), nonce: used };
    const signed = await signCommand(domain, meter.serial, command, accounts[0]!);
    return nodes[0]!.quorum.gather(meter.serial, signed, null);
  };
  expect(await shown(wish.command.nonce)).toEqual({ missing: expect.stringContaining("is not above") });
  expect(await shown(wish.command.nonce + 1n)).toHaveProperty("signed");
});

test("a committee is told as the chain has it, with the signatures of all that answer", async () => {
  const told = { members: membersText(members), quorum: 2n, configuration: 5n };
  const queue = (node: number, values: Record<string, string | bigint>) =>
    nodes[node]!.commands.queue({
      ...{ serial: meter.serial, name: "committee", values, id: `committee-${meter.serial}-5` },
      ...{ deadline: Math.floor(Date.now() / 1_000) + 900, requestedBy: "chain" },
    });
  for (const node of [1, 2, 0]) await queue(node, told);
  await nodes[0]!.commands.tried(`committee-${meter.serial}-5`);
  expect(sentBy(0)[0]!.signatures).toHaveLength(2);
  const other: Command = {
    ...{ id: "x", name: "committee", tradeId: undefined, nonce: BigInt(Date.now()) },
    ...{ arguments: { ...told, quorum: 1n }, deadline: Math.floor(Date.now() / 1_000) + 60 },
  };
  const signed = await signCommand(domain, meter.serial, other, accounts[0]!);
  expect(await nodes[0]!.quorum.gather(meter.serial, signed, null)).toEqual({
    refused: "the chain has another committee",
  });
});

test("signatures of who has left count no more, and who is no member asks for nothing", async () => {
  there = [0, 2];
  const wish = await wished("off");
  await ask(0, wish);
  const [sent] = sentBy(0);
  members = [accounts[0]!.address, accounts[1]!.address];
  there = [0, 1];
  expect(await nodes[0]!.quorum.isEnough(meter.serial, sent!)).toBe(false);
  nodes[0]!.database.exec("UPDATE commands SET next_at = 0");
  await nodes[0]!.commands.check();
  await nodes[0]!.commands.tried(wish.command.id);
  expect([...(await commandSigners(domain, meter.serial, sentBy(0)[1]!))].sort()).toEqual(
    members.map((one) => one.toLowerCase()).sort(),
  );
  expect(await ask(2, await wished("on"))).toMatchObject({ state: "queued" });
});

test("a signature on the topic of another than who made it is none", async () => {
  there = [0];
  const wish = await wished("off");
  await ask(0, wish);
  const command = commandHash(domain, meter.serial, wish.command);
  const { consent } = nodes[0]!.quorum.handlers;
  const [from, by] = [accounts[1]!, stranger];
  const signedBy = async (signer: typeof from) => {
    const { signature } = await signCommand(domain, meter.serial, wish.command, signer);
    return { command, signature: signature as Hex, reason: "" };
  };
  const sender = from.address.toLowerCase();
  await expect(consent(await signedBy(by), sender)).rejects.toThrow("the signature is not the sender's");
  // What is about another command than the one that this node asks for is passed over.
  await consent({ command: "0x12", signature: null, reason: "no" }, sender);
  const again = await signCommand(domain, meter.serial, wish.command, accounts[0]!);
  const asking = nodes[0]!.quorum.gather(meter.serial, again, wish.given);
  expect(await asking).toHaveProperty("missing");
  await consent(await signedBy(from), sender);
  const asked = await nodes[0]!.quorum.gather(meter.serial, again, wish.given);
  expect("signed" in asked && asked.signed.signatures).toHaveLength(1);
});
