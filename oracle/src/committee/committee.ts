/**
 * Agreement between members: whoever leads proposes a batch (`rounds.ts`), the others check every report against their
 * own readings and answer with their signature or with what they refuse and why. A disputed meter is left to itself.
 */

import {
  approvalText,
  type CommitteeDomain,
  type Hello,
  type Item,
  type Kind,
  LARGEST_ROOT,
  readApproval,
  readCommitteeTopic,
  type Sealed,
  seal,
} from "@enerlink/protocol/wire/committee";
import { traceOf } from "@enerlink/protocol/wire/reading";
import { type Shard, shardText, WHOLE } from "@enerlink/protocol/wire/shard";
import type { Log } from "@enerlink/service/log";
import Sqlite from "better-sqlite3";
import type { Hex, LocalAccount } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import { canonicalSignature } from "../keys/signature.ts";
import { inOrder, type Roots, treeOf } from "../ledger/roots.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { signatures } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import { type Approved, makeApproved } from "./approved.ts";
import type { Confirm, Doubt } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import { chosenOf, makeLeaves, type Part } from "./leaves.ts";
import { makeMailbox } from "./mailbox.ts";
import type { Members } from "./members.ts";
import type { Probe } from "./probe.ts";
import { type AgreedRoot, batchOf, ownDoubt, rootOf } from "./round.ts";
import { makeRounds, type Rounds, SIGNATURE_LIFE } from "./rounds.ts";
import type { Siblings } from "./siblings.ts";
import type { SignedReports } from "./signed.ts";
import { Forged, makeVoice, type Voice } from "./voice.ts";

/** Seconds for which another member's signatures may hold. */
const LONGEST_LIFE = 2n * SIGNATURE_LIFE;

type Needs = {
  domain: CommitteeDomain;
  /** Signs reports; nothing else than the committee's word. */
  signer: LocalAccount;
  /** Of whose meters this process speaks with the others'. */
  shard: Shard;
  mirror: Pick<Mirror, "committee">;
  members: Members;
  siblings: Pick<Siblings, "said" | "isOwn" | "heard">;
  /** Of communities the ends of the earliest slots of which reports are under way here. */
  openSlots: () => NonNullable<Hello["slots"]>;
  signed: SignedReports;
  roots: Pick<Roots, "sign" | "signed">;
  confirm: Confirm;
  disputes: Disputes;
  probe: Pick<Probe, "heard">;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  /** Whether nothing may be signed: the chain cannot be trusted now, or another process signs for the same meters. */
  halted: () => boolean;
  /** Rejects when the broker is away. */
  publish: (topic: string, text: string) => Promise<unknown>;
  /** The store failed: the process must not go on. */
  failed: (error: unknown) => void;
  metrics: Metrics;
  log: Log;
};

/** Does what a message of `sender` asks. */
type Handler = (sender: string, payload: Uint8Array) => Promise<void>;
/** As a line of the log says it: what only shows that one node has heard less than another is no dispute, and told nowhere else. */
const refusedOf = ({ item, refused: { reason } }: Doubt) => `${traceOf(item.reading)} ${reason}`;

/** What members ask of each other beside batches. */
type Others = {
  [Name in "wish" | "consent"]: (content: Sealed[Name], sender: string) => Promise<void>;
};

type ApprovalListener = (items: readonly Item[], proposer: string) => void;

/** Whether a proposal is for another committee or time than this. */
const makeOutdated =
  ({ mirror, halted, metrics, log }: Needs, chainNow: () => bigint) =>
  (proposer: string, { configuration, deadline }: { configuration: number; deadline: bigint }): boolean => {
    const stale = configuration !== mirror.committee().configuration;
    if (!halted() && !stale && deadline >= chainNow() && deadline <= chainNow() + LONGEST_LIFE) return false;
    log.debug({ proposer, configuration, deadline }, "a proposal is outdated");
    metrics.committeeMessages.inc({ outcome: "outdated" });
    return true;
  };
type Outdated = ReturnType<typeof makeOutdated>;

/** Another member wants a batch signed: it gets this node's signature, or what this node refuses. */
function makeAnswer(
  { domain, signer, signed, confirm, disputes, log }: Needs,
  { say, saySealed, hear }: Voice,
  isOutdated: Outdated,
  approved: Approved,
) {
  const self = signer.address.toLowerCase();
  const listeners: ApprovalListener[] = [];
  const proposal: Handler = async (sender, payload) => {
    const { deadline, configuration, items, leaves } = await hear("proposal", sender, payload);
    if (isOutdated(sender, { configuration, deadline })) return;
    const doubts = await confirm.confirm(items, sender);
    if (doubts.length === 0) doubts.push(...signed.claim(items).map(ownDoubt));
    const { typedData, hash } = batchOf(domain, configuration, items, deadline);
    if (doubts.length > 0) {
      disputes.keep(sender, self, doubts);
      log.debug({ refused: doubts.map(refusedOf), proposer: sender }, "not signed");
      return saySealed("refusal", { batch: hash, items: doubts.map(({ refused }) => refused) });
    }
    const text = approvalText({ batch: hash, signature: await signer.signTypedData(typedData) });
    log.debug({ readings: items.map(({ reading }) => traceOf(reading)), proposer: sender }, "signed");
    if (leaves) approved.keep(hash, items);
    await say("approval", text);
    if (!leaves) for (const listener of listeners) listener(items, sender);
  };
  return { proposal, onApproved: (listener: ApprovalListener) => void listeners.push(listener) };
}

/** Why this node does not sign a root of `items`, which it has approved, if so. */
function rootProblem(
  { signed, roots }: Needs,
  { windowEnd, root }: { windowEnd: number; root: Hex },
  items: readonly Item[],
): string | undefined {
  const before = roots.signed(windowEnd);
  if (before !== undefined && before !== root) return "another root of this window is signed";
  if (before === undefined && signed.isForgotten(windowEnd))
    return "the store may not know what was signed of this window";
  if (items.some((item) => item.windowEnd !== windowEnd)) return "a report is of another window";
  if (new Set(items.map(({ reading }) => reading.serial)).size < items.length)
    return "a meter has more than one report";
  return treeOf(inOrder(items)).root === root ? undefined : "it is not of the reports that were approved";
}

/** Another member wants a root signed: it gets this node's signature, when every report in it was approved here. */
function makeRootAnswer(needs: Needs, { say, hear }: Voice, isOutdated: Outdated, approved: Approved) {
  const { domain, signer, roots, metrics, log } = needs;
  const handle: Handler = async (sender, payload) => {
    const { batches, ...message } = await hear("root", sender, payload);
    if (isOutdated(sender, message)) return;
    const { windowEnd, root } = message;
    const items = approved.itemsOf(batches);
    const problem = items ? rootProblem(needs, message, items) : "not all of its reports were approved here";
    if (!items || problem || !roots.sign(windowEnd, root, inOrder(items))) {
      log.info({ windowEnd, root, proposer: sender }, `a root is not signed: ${problem}`);
      metrics.roots.inc({ outcome: "refused" });
      return;
    }
    const { typedData, hash } = rootOf(domain, message);
    const text = approvalText({ batch: hash, signature: await signer.signTypedData(typedData) });
    log.debug({ windowEnd, root, reports: items.length, proposer: sender }, "root signed");
    await say("approval", text);
  };
  return handle;
}

/** What this node has others stand for of a window, and sign of it. */
function makeRootRounds(
  { signer, mirror, signed, disputes, roots }: Needs,
  rounds: Rounds,
  approved: Approved,
) {
  const { poll, portion } = rounds;
  const gather = makeLeaves({ self: signer.address.toLowerCase(), poll, portion, signed, disputes });
  /** Roots in a row that too few have signed. */
  let failures = 0;
  return {
    /** Resolves to what of `items` can stand in one root, and what not. */
    gather: async (items: readonly Item[]): Promise<{ chosen: Part[]; left: Part[] }> => {
      const parts = await gather(items);
      const chosen = chosenOf(parts, mirror.committee().quorum - 1, failures).slice(0, LARGEST_ROOT);
      return { chosen, left: parts.filter((part) => !chosen.includes(part)) };
    },
    /** Has the root of what was chosen signed by the quorum. Resolves to undefined when it is not. */
    agreeRoot: async (windowEnd: number, chosen: readonly Part[]): Promise<AgreedRoot | undefined> => {
      const items = inOrder(chosen.flatMap((part) => part.items));
      const { root } = treeOf(items);
      const batches = chosen.map(({ batch }) => batch);
      for (const part of chosen) approved.keep(part.batch, part.items);
      const agreed = await rounds.agreeRoot(
        { windowEnd, root, batches },
        () =>
          (roots.signed(windowEnd) !== undefined || !signed.isForgotten(windowEnd)) &&
          signed.claim(items).length === 0 &&
          roots.sign(windowEnd, root, items),
      );
      failures = agreed ? 0 : failures + 1;
      return agreed;
    },
  };
}

/** What other members answer to what this node has proposed. */
function makeGathering({ signer, confirm, disputes, log }: Needs, { hear }: Voice, rounds: Rounds) {
  const self = signer.address.toLowerCase();
  const approval: Handler = async (sender, payload) => {
    const { batch, signature } = readApproval(payload);
    // To another leader, or too late.
    if (!rounds.wants(sender, batch)) return;
    const by = await signatures.signerOf(batch, signature);
    if (by.toLowerCase() !== sender) throw new Forged();
    rounds.signedBy(sender, batch, canonicalSignature(signature));
  };
  const refusal: Handler = async (sender, payload) => {
    const { batch, items } = await hear("refusal", sender, payload);
    const doubts = rounds.refusedBy(sender, batch, items);
    log.debug({ refused: doubts.map(refusedOf), member: sender }, "refused by a member");
    disputes.keep(self, sender, doubts);
    await confirm.take(
      doubts.flatMap(({ refused: { serial, evidence } }) =>
        evidence?.signature && evidence.serial === serial
          ? [{ ...evidence, signature: evidence.signature }]
          : [],
      ),
      sender,
    );
  };
  return { approval, refusal };
}

/** What this member says that it is there, and hears of it again: from the broker, or said by another of its processes. */
function makeOwn({ domain, signer, shard, siblings, openSlots, probe, log }: Needs, { say, hear }: Voice) {
  const name = shardText(shard);
  async function hearHello(payload: Uint8Array): Promise<void> {
    try {
      siblings.heard(await hear("hello", signer.address.toLowerCase(), payload));
    } catch (error) {
      log.debug({ err: error }, "a hello in this node's name is not its own");
    }
  }
  return {
    hello: async (): Promise<void> => {
      const of = name === shardText(WHOLE) ? {} : { shard: name, slots: openSlots() };
      const text = await seal(domain, signer, "hello", { time: time.now(), ...of });
      siblings.said(text);
      await say("hello", text);
    },
    receive: (kind: Kind, of: string, payload: Uint8Array): void => {
      if (kind === "probe" && of === name) probe.heard();
      if (kind === "hello" && !siblings.isOwn(payload)) void hearHello(payload);
    },
  };
}

/** Hears of other members that they are there for the same shard. */
function makeHello({ shard: own, members, metrics }: Needs, { hear }: Voice): Handler {
  return async (sender, payload) => {
    const { time, shard = shardText(WHOLE) } = await hear("hello", sender, payload);
    if (shard !== shardText(own) || !members.heard(sender, time))
      metrics.committeeMessages.inc({ outcome: "outdated" });
  };
}

export type Committee = ReturnType<typeof makeCommittee>;

export function makeCommittee(needs: Needs) {
  const { signer, members, blockTime, failed, metrics, log } = needs;
  const self = signer.address.toLowerCase();
  const voice = makeVoice(needs);
  const chainNow = () => {
    const wall = BigInt(Math.floor(time.now() / 1_000));
    return wall > blockTime() ? wall : blockTime();
  };
  const rounds = makeRounds({
    ...needs,
    chainNow,
    propose: (proposal) => voice.saySealed("proposal", proposal),
    proposeRoot: (root) => voice.saySealed("root", root),
  });
  const approved = makeApproved();
  const isOutdated = makeOutdated(needs, chainNow);
  const { proposal, onApproved } = makeAnswer(needs, voice, isOutdated, approved);
  const own = makeOwn(needs, voice);
  const name = shardText(needs.shard);
  const hello = makeHello(needs, voice);
  let others: Others | undefined;
  const handlers: Record<Exclude<Kind, "probe">, Handler> = {
    wish: async (sender, payload) => others?.wish(await voice.hear("wish", sender, payload), sender),
    consent: async (sender, payload) => others?.consent(await voice.hear("consent", sender, payload), sender),
    proposal,
    root: makeRootAnswer(needs, voice, isOutdated, approved),
    ...makeGathering(needs, voice, rounds),
    hello,
  };

  async function read(sender: string, kind: keyof typeof handlers, payload: Uint8Array): Promise<void> {
    try {
      await handlers[kind](sender, payload);
      metrics.committeeMessages.inc({ outcome: kind });
    } catch (error) {
      if (error instanceof Sqlite.SqliteError) failed(error);
      const outcome = error instanceof Forged ? "forged" : "malformed";
      metrics.committeeMessages.inc({ outcome });
      log.debug({ err: error, sender }, `a ${kind} is ${outcome}`);
    }
  }
  const mailbox = makeMailbox({ read });

  return {
    agree: rounds.agree,
    portion: rounds.portion,
    ...makeRootRounds(needs, rounds, approved),
    /** Takes a message of the committee's topics; what it asks is done afterwards. */
    receive: ({ topic, payload, retained }: Message): void => {
      const from = readCommitteeTopic(topic);
      if (!from) {
        metrics.committeeMessages.inc({ outcome: "malformed" });
        return;
      }
      const { sender, kind } = from;
      const of = shardText(from.shard);
      if (sender === self && !retained) own.receive(kind, of, payload);
      if (sender === self || kind === "probe") return;
      // The broker hands on what an earlier run of this user has asked for, of another shard too.
      const isOutdated = retained || of !== name;
      if (isOutdated || !members.isMember(sender))
        metrics.committeeMessages.inc({ outcome: isOutdated ? "outdated" : "stranger" });
      else if (mailbox.post(sender, kind, payload)) metrics.committeeMessages.inc({ outcome: "dropped" });
    },
    /** Tells the others; it may be lost. */
    say: voice.saySealed,
    /** Who answers what members ask of each other beside batches. */
    hears: (handlers: Others): void => {
      others = handlers;
    },
    /** Told when this node has signed what another member proposed. */
    onApproved,
    /** Tells the others that this node is there. */
    hello: own.hello,
    /** Reads nothing more; resolves when what is being read has been. */
    stop: mailbox.stop,
  };
}
