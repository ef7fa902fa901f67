/**
 * Agreement between members: whoever leads proposes a batch (`rounds.ts`), the others check every report against their
 * own readings and answer with their signature or with what they refuse and why. A disputed meter is left to itself.
 */

import {
  approvalText,
  type CommitteeDomain,
  type Item,
  type Kind,
  readApproval,
  readCommitteeTopic,
} from "@enerlink/protocol/wire/committee";
import { traceOf } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import Sqlite from "better-sqlite3";
import type { LocalAccount } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import { canonicalSignature } from "../keys/signature.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import { signatures } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import type { Confirm, Doubt } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import { makeMailbox } from "./mailbox.ts";
import type { Members } from "./members.ts";
import type { Probe } from "./probe.ts";
import { batchOf, ownDoubt } from "./round.ts";
import { makeRounds, type Rounds, SIGNATURE_LIFE } from "./rounds.ts";
import type { SignedReports } from "./signed.ts";
import { Forged, makeVoice, type Voice } from "./voice.ts";

/** Seconds for which another member's signatures may hold. */
const LONGEST_LIFE = 2n * SIGNATURE_LIFE;

type Needs = {
  domain: CommitteeDomain;
  /** Signs reports; nothing else than the committee's word. */
  signer: LocalAccount;
  mirror: Pick<Mirror, "committee">;
  members: Members;
  signed: SignedReports;
  confirm: Confirm;
  disputes: Disputes;
  probe: Pick<Probe, "heard">;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  /** Whether the chain cannot be trusted now, so that nothing is signed. */
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

type ApprovalListener = (items: readonly Item[], proposer: string) => void;

/** Another member wants a batch signed: it gets this node's signature, or what this node refuses. */
function makeAnswer(
  { domain, signer, mirror, signed, confirm, disputes, halted, metrics, log }: Needs,
  { say, saySealed, hear }: Voice,
  chainNow: () => bigint,
) {
  const self = signer.address.toLowerCase();
  const listeners: ApprovalListener[] = [];
  const proposal: Handler = async (sender, payload) => {
    const { deadline, configuration, items } = await hear("proposal", sender, payload);
    const stale = configuration !== mirror.committee().configuration;
    if (halted() || stale || deadline < chainNow() || deadline > chainNow() + LONGEST_LIFE) {
      log.debug({ proposer: sender, configuration, deadline }, "a proposal is outdated");
      metrics.committeeMessages.inc({ outcome: "outdated" });
      return;
    }
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
    await say("approval", text);
    for (const listener of listeners) listener(items, sender);
  };
  return { proposal, onApproved: (listener: ApprovalListener) => void listeners.push(listener) };
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

export type Committee = ReturnType<typeof makeCommittee>;

export function makeCommittee(needs: Needs) {
  const { signer, members, probe, blockTime, failed, metrics, log } = needs;
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
  });
  const { proposal, onApproved } = makeAnswer(needs, voice, chainNow);
  const hello: Handler = async (sender, payload) => {
    const { time } = await voice.hear("hello", sender, payload);
    if (!members.heard(sender, time)) metrics.committeeMessages.inc({ outcome: "outdated" });
  };
  const handlers: Record<Exclude<Kind, "probe">, Handler> = {
    proposal,
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
    /** Takes a message of the committee's topics; what it asks is done afterwards. */
    receive: ({ topic, payload, retained }: Message): void => {
      const from = readCommitteeTopic(topic);
      if (!from) {
        metrics.committeeMessages.inc({ outcome: "malformed" });
        return;
      }
      const { sender, kind } = from;
      if (sender === self && kind === "probe") probe.heard();
      if (sender === self || kind === "probe") return;
      if (retained || !members.isMember(sender))
        metrics.committeeMessages.inc({ outcome: retained ? "outdated" : "stranger" });
      else if (mailbox.post(sender, kind, payload)) metrics.committeeMessages.inc({ outcome: "dropped" });
    },
    /** Told when this node has signed what another member proposed. */
    onApproved,
    /** Tells the others that this node is there. */
    hello: () => voice.saySealed("hello", { time: time.now() }),
    /** Reads nothing more; resolves when what is being read has been. */
    stop: mailbox.stop,
  };
}
