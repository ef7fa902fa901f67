import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Item, Proposal, RefusalReason, RootProposal } from "@enerlink/protocol/wire/committee";
import { makeLog } from "@enerlink/service/log";
import { type Address, recoverTypedDataAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../store/database.ts";
import { type Agreement, batchOf, rootOf } from "./round.ts";
import { makeRounds } from "./rounds.ts";
import { makeSignedReports } from "./signed.ts";

const keys = [1, 2, 3].map((digit) => privateKeyToAccount(`0x${String(digit).repeat(64)}`));
const [self, second, third] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
const domain = { chainId: 1, committee: `0x${"ab".repeat(20)}` } as const;
const committee = { members: keys.map(({ address }) => address), quorum: 2, configuration: 1 };

let folder: string;
let database: Database;
let there: Address[];
let proposals: Proposal[];
/** Whether the chain cannot be trusted. */
let halted: boolean;
let rounds: ReturnType<typeof makeRounds>;
/** What a member does about a proposal, after so many milliseconds. */
type Answer = { after: number; refuses?: (item: Item) => RefusalReason | undefined };
let answers: Map<(typeof keys)[0], Answer>;
let roots: RootProposal[];
/** Who signs a root that is proposed. */
let signingRoots: (typeof keys)[0][];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  folder = mkdtempSync(join(tmpdir(), "rounds-"));
  database = openDatabase(folder, { chainId: 1, genesisHash: "0x1" }, makeLog({ level: "error" }));
  there = [...committee.members];
  proposals = [];
  [roots, signingRoots] = [[], []];
  halted = false;
  answers = new Map();
  rounds = makeRounds({
    domain,
    signer: self,
    mirror: { committee: () => committee },
    members: { there: () => there },
    signed: makeSignedReports(database, 900),
    disputes: { keep: () => {} },
    chainNow: () => BigInt(Math.floor(Date.now() / 1_000)),
    halted: () => halted,
    propose: async (proposal) => {
      proposals.push(proposal);
      for (const [member, answer] of answers) setTimeout(() => reply(member, answer, proposal), answer.after);
    },
    proposeRoot: async (proposal) => {
      roots.push(proposal);
      const { batches: _, ...message } = proposal;
      const { hash, typedData } = rootOf(domain, message);
      for (const member of signingRoots)
        rounds.signedBy(member.address.toLowerCase(), hash, await member.signTypedData(typedData));
    },
    log: makeLog({ level: "error" }),
  });
});
afterEach(() => {
  vi.useRealTimers();
  database.close();
  rmSync(folder, { recursive: true });
});

async function reply(member: (typeof keys)[0], { refuses }: Answer, { items, deadline }: Proposal) {
  const { hash, typedData } = batchOf(domain, 1, items, deadline);
  const refused = items.flatMap((item) => {
    const reason = refuses?.(item);
    const { serial } = item.reading;
    return reason ? [{ serial, windowEnd: item.windowEnd, reason, evidence: null }] : [];
  });
  const name = member.address.toLowerCase();
  if (refused.length > 0) rounds.refusedBy(name, hash, refused);
  else rounds.signedBy(name, hash, await member.signTypedData(typedData));
}

const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, index) => ({
    windowEnd: 900,
    reading: {
      serial: `home-${index}`,
      epoch: 1,
      sequence: 890n,
      timestamp: 890,
      exportWh: 5n,
      importWh: 2n,
      storedWh: 0n,
      signature: Buffer.alloc(64),
    },
  }));
/** Agrees, and says how long that took, milliseconds. */
async function agree(batch: Item[]): Promise<[Agreement, number]> {
  const began = Date.now();
  let agreement: Agreement | undefined;
  void rounds.agree(batch).then((result) => {
    agreement = result;
  });
  while (!agreement) await vi.advanceTimersByTimeAsync(10);
  return [agreement, Date.now() - began];
}
const serials = (part: readonly Item[]) => part.map(({ reading }) => reading.serial);

test("a member that refuses everything changes nothing for the others", async () => {
  answers.set(second, { after: 50 });
  answers.set(third, { after: 1, refuses: () => "frozen" });
  const [agreement, took] = await agree(items(3));
  expect(agreement).toMatchObject({ outcome: "agreed" });
  expect(took).toBeLessThan(200);
});

test("signatures are those of a quorum, in the order of their members' addresses, as the contract wants them", async () => {
  for (const [index, other] of [second, third].entries()) {
    const batch = items(1 + index);
    answers = new Map([[other, { after: 10 }]]);
    const [agreement] = await agree(batch);
    if (agreement.outcome !== "agreed") throw new Error(agreement.outcome);
    const { typedData } = batchOf(domain, committee.configuration, batch, agreement.deadline);
    const signers = await Promise.all(
      agreement.signatures.map((signature) => recoverTypedDataAddress({ ...typedData, signature })),
    );
    const ascending = [self.address, other.address].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    expect(signers).toEqual(ascending);
  }
});

test("a node that does not trust the chain proposes nothing, and signs nothing that others have signed", async () => {
  answers.set(second, { after: 50 });
  halted = true;
  expect((await agree(items(1)))[0]).toEqual({ outcome: "silent" });
  expect(proposals).toEqual([]);
  halted = false;
  setTimeout(() => {
    halted = true;
  }, 20);
  expect((await agree(items(1)))[0]).toEqual({ outcome: "silent" });
  expect(proposals).toHaveLength(1);
  expect(database.prepare("SELECT * FROM signed_reports").all()).toEqual([]);
  halted = false;
  expect((await agree(items(1)))[0]).toMatchObject({ outcome: "agreed" });
});

test("what the same members refuse is proposed together to the others; what too many refuse waits", async () => {
  answers.set(second, {
    after: 20,
    refuses: ({ reading }) => (reading.serial === "home-1" ? "settled" : undefined),
  });
  answers.set(third, {
    after: 1,
    refuses: ({ reading }) => (reading.serial > "home-0" ? "frozen" : undefined),
  });
  const [agreement] = await agree(items(4));
  if (agreement.outcome !== "refused") throw new Error(agreement.outcome);
  expect(serials(agreement.hopeless)).toEqual(["home-1"]);
  expect(agreement.parts.map(serials)).toEqual([["home-0"], ["home-2", "home-3"]]);
});

test("what too many call too early is early; hopeless what one of them refuses for another reason", async () => {
  answers.set(second, { after: 20, refuses: () => "not-yet" });
  answers.set(third, {
    after: 1,
    refuses: ({ reading }) => (reading.serial === "home-1" ? "frozen" : "not-yet"),
  });
  const [agreement] = await agree(items(3));
  if (agreement.outcome !== "refused") throw new Error(agreement.outcome);
  expect(agreement.parts).toEqual([]);
  expect([serials(agreement.early), serials(agreement.hopeless)]).toEqual([["home-0", "home-2"], ["home-1"]]);
});

test("who does not answer is waited for once; what only it could sign waits for later", async () => {
  answers.set(second, {
    after: 20,
    refuses: ({ reading }) => (reading.serial === "home-1" ? "settled" : undefined),
  });
  const [first, waited] = await agree(items(2));
  expect(waited).toBeGreaterThanOrEqual(3_000);
  if (first.outcome !== "refused") throw new Error(first.outcome);
  expect(first.early).toEqual([]);
  expect([first.parts.map(serials), serials(first.hopeless)]).toEqual([[["home-0"]], ["home-1"]]);
  const [, later] = await agree(items(2));
  expect(later).toBeLessThan(200);
  // It answers again, and is waited for again.
  answers.set(third, { after: 500 });
  await agree(items(3));
  await vi.advanceTimersByTimeAsync(600);
  const [agreement] = await agree(items(3));
  expect(agreement).toMatchObject({ outcome: "agreed" });
});

test("silence halves what is proposed next, an answer doubles it", async () => {
  expect(rounds.portion(items(150))).toBe(100);
  const portions: number[] = [];
  for (let round = 0; round < 8; round++) {
    portions.push(rounds.portion(items(100)));
    await agree(items(portions.at(-1)!));
  }
  expect(portions).toEqual([100, 50, 25, 12, 6, 3, 1, 1]);
  answers.set(second, { after: 1 });
  await agree(items(1));
  expect(rounds.portion(items(100))).toBe(2);
  // Nobody is there to be silent.
  there = [self.address];
  await agree(items(2));
  expect(rounds.portion(items(100))).toBe(2);
});

test("a leader puts its name to nothing that the others do not sign", async () => {
  answers.set(second, { after: 1, refuses: () => "later-reading" });
  answers.set(third, { after: 1, refuses: () => "later-reading" });
  await agree(items(1));
  const [{ windowEnd, reading }] = items(1) as [Item];
  const corrected = { windowEnd, reading: { ...reading, timestamp: 895, sequence: 895n } };
  answers.set(second, { after: 1 });
  expect((await agree([corrected]))[0]).toMatchObject({ outcome: "agreed" });
  expect((await agree(items(1)))[0]).toMatchObject({ outcome: "refused", parts: [] });
  expect(proposals).toHaveLength(2);
});

test("for a root everybody is waited for that answers, and whoever refuses is told apart", async () => {
  answers.set(second, { after: 10 });
  answers.set(third, {
    after: 500,
    refuses: ({ reading }) => (reading.serial === "home-1" ? "frozen" : undefined),
  });
  const asking = rounds.poll(items(2));
  await vi.advanceTimersByTimeAsync(600);
  const { signers, refusals } = await asking;
  expect([...signers]).toEqual([second.address.toLowerCase()]);
  expect([...refusals.keys()]).toEqual([third.address.toLowerCase()]);
  expect(proposals).toMatchObject([{ leaves: true }]);
});

test("a root is agreed on when the quorum has signed it, and this node has noted it", async () => {
  const asked = { windowEnd: 900, root: `0x${"12".repeat(32)}`, batches: [`0x${"34".repeat(32)}`] } as const;
  signingRoots = [second];
  const agreed = await rounds.agreeRoot({ ...asked, batches: [...asked.batches] }, () => true);
  const { deadline, signatures } = agreed!;
  const { typedData } = rootOf(domain, { ...asked, deadline, configuration: 1 });
  const signers = await Promise.all(
    signatures.map((signature) => recoverTypedDataAddress({ ...typedData, signature })),
  );
  expect(signers).toEqual(
    [self.address, second.address].toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
  );
  expect(roots).toMatchObject([{ windowEnd: 900, batches: asked.batches }]);
  // What it has not noted it does not sign.
  expect(await rounds.agreeRoot({ ...asked, batches: [...asked.batches] }, () => false)).toBeUndefined();
  signingRoots = [];
  const waiting = rounds.agreeRoot({ ...asked, batches: [...asked.batches] }, () => true);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(await waiting).toBeUndefined();
});
