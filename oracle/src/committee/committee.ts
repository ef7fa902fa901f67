/**
 * Agreement between members: whoever leads proposes a batch (`rounds.ts`), the others check every report against their
 * own readings and answer with their signature or with what they refuse and why. A disputed meter is left to itself.
 */

import type { Log } from "@enerlink/service/log";
import Sqlite from "better-sqlite3";
import { type LocalAccount, recoverAddress } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import { canonicalSignature } from "../keys/signature.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import {
  approvalText,
  type CommitteeDomain,
  committeeTopic,
  type Item,
  type Kind,
  readApproval,
  readCommitteeTopic,
  type Sealed,
  seal,
  unseal,
} from "../wire/committee.ts";
import { traceOf } from "../wire/reading.ts";
import type { Confirm } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import { makeMailbox } from "./mailbox.ts";
import type { Members } from "./members.ts";
import type { Probe } from "./probe.ts";
import { batchOf, makeRounds, ownDoubt, SIGNATURE_LIFE } from "./rounds.ts";
import type { SignedReports } from "./signed.ts";

/** Seconds for which another member's signatures may hold. */
const LONGEST_LIFE = 2n * SIGNATURE_LIFE;

type ApprovalListener = (items: readonly Item[], proposer: string) => void;

export type Committee = ReturnType<typeof makeCommittee>;

export function makeCommittee({
  domain,
  signer,
  mirror,
  members,
  signed,
  confirm,
  disputes,
  probe,
  blockTime,
  halted,
  publish,
  failed,
  metrics,
  log,
}: {
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
}) {
  const self = signer.address.toLowerCase();
  const approvalListeners: ApprovalListener[] = [];

  async function say(kind: Kind, text: string): Promise<void> {
    try {
      await publish(committeeTopic(signer.address, kind), text);
    } catch (error) {
      log.debug({ err: error }, `${kind} could not be sent`);
    }
  }
  const saySealed = async <Name extends keyof Sealed>(kind: Name, content: Sealed[Name]) =>
    say(kind, await seal(domain, signer, kind, content));

  const chainNow = () => {
    const wall = BigInt(Math.floor(Date.now() / 1_000));
    return wall > blockTime() ? wall : blockTime();
  };

  const rounds = makeRounds({
    domain,
    signer,
    mirror,
    members,
    signed,
    disputes,
    chainNow,
    halted,
    propose: (proposal) => saySealed("proposal", proposal),
    log,
  });

  /** Another member wants a batch signed. */
  async function proposed(sender: string, payload: Uint8Array): Promise<void> {
    const { content } = await opened("proposal", sender, payload);
    const { deadline, configuration, items } = content;
    const stale = configuration !== mirror.committee().configuration;
    if (halted() || stale || deadline < chainNow() || deadline > chainNow() + LONGEST_LIFE) {
      metrics.committeeMessages.inc({ outcome: "outdated" });
      return;
    }
    const doubts = await confirm.confirm(items);
    if (doubts.length === 0) doubts.push(...signed.claim(items).map(ownDoubt));
    const { typedData, hash } = batchOf(domain, configuration, items, deadline);
    if (doubts.length > 0) {
      disputes.keep(sender, self, doubts);
      return saySealed("refusal", { batch: hash, items: doubts.map(({ refused }) => refused) });
    }
    const text = approvalText({ batch: hash, signature: await signer.signTypedData(typedData) });
    log.debug({ readings: items.map(({ reading }) => traceOf(reading)), proposer: sender }, "signed");
    await say("approval", text);
    for (const listener of approvalListeners) listener(items, sender);
  }

  async function approval(sender: string, payload: Uint8Array): Promise<void> {
    const { batch, signature } = readApproval(payload);
    // To another leader, or too late.
    if (!rounds.wants(sender, batch)) return;
    const by = await recoverAddress({ hash: batch, signature });
    if (by.toLowerCase() !== sender) throw new Forged();
    rounds.signedBy(sender, batch, canonicalSignature(signature));
  }

  async function refusal(sender: string, payload: Uint8Array): Promise<void> {
    const { content } = await opened("refusal", sender, payload);
    const doubts = rounds.refusedBy(sender, content.batch, content.items);
    disputes.keep(self, sender, doubts);
    await confirm.take(
      doubts.flatMap(({ refused: { serial, evidence } }) =>
        evidence?.signature && evidence.serial === serial
          ? [{ ...evidence, signature: evidence.signature }]
          : [],
      ),
    );
  }

  async function hello(sender: string, payload: Uint8Array): Promise<void> {
    const { content } = await opened("hello", sender, payload);
    if (!members.heard(sender, content.time)) metrics.committeeMessages.inc({ outcome: "outdated" });
  }

  async function opened<Name extends keyof Sealed>(kind: Name, sender: string, payload: Uint8Array) {
    const message = await unseal(domain, kind, payload);
    if (message.signer.toLowerCase() !== sender) throw new Forged();
    return message;
  }

  const handlers: {
    [Name in Exclude<Kind, "probe">]: (sender: string, payload: Uint8Array) => Promise<void>;
  } = {
    proposal: proposed,
    approval,
    refusal,
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

  /** Takes a message of the committee's topics; what it asks is done afterwards. */
  function receive({ topic, payload, retained }: Message): void {
    const from = readCommitteeTopic(topic);
    if (!from) {
      metrics.committeeMessages.inc({ outcome: "malformed" });
      return;
    }
    const { sender, kind } = from;
    if (kind === "probe") {
      if (sender === self) probe.heard();
      return;
    }
    if (sender === self) return;
    if (retained || !members.isMember(sender))
      metrics.committeeMessages.inc({ outcome: retained ? "outdated" : "stranger" });
    else if (mailbox.post(sender, kind, payload)) metrics.committeeMessages.inc({ outcome: "dropped" });
  }

  return {
    agree: rounds.agree,
    portion: rounds.portion,
    receive,
    /** Told when this node has signed what another member proposed. */
    onApproved: (listener: ApprovalListener) => void approvalListeners.push(listener),
    /** Tells the others that this node is there. */
    hello: () => saySealed("hello", { time: Date.now() }),
    /** Reads nothing more; resolves when what is being read has been. */
    stop: mailbox.stop,
  };
}

/** Signed by another key than that of the member on whose topic it came. */
class Forged extends Error {
  constructor() {
    super("the signature is not the sender's");
  }
}
