/**
 * Agreement between members: whoever leads proposes a batch, the others check every report against their own readings
 * and answer with their signature or with what they refuse and why. Nobody waits for a member that is away, and a
 * disputed meter is left to itself. Messages are lost with the connection: the leader asks again.
 */
import { type Report, settlementBatchTypedData } from "@enerlink/contracts";
import Sqlite from "better-sqlite3";
import { type Hex, hashTypedData, type LocalAccount, recoverAddress } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import { type Log, messageOf } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Message } from "../mqtt/client.ts";
import type { Confirm } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import type { Members } from "./members.ts";
import {
  approvalText,
  type CommitteeDomain,
  committeeTopic,
  type Item,
  type Kind,
  type Refused,
  readApproval,
  readCommitteeTopic,
  type Sealed,
  seal,
  unseal,
} from "./messages.ts";
import { reportOf, type SignedReports } from "./signed.ts";

/** Seconds for which the members' signatures hold, and for which another member's may. */
const SIGNATURE_LIFE = 3_600n;
const LONGEST_LIFE = 2n * SIGNATURE_LIFE;
/** Milliseconds that a leader waits for answers. */
const ANSWER_WITHIN = 3_000;
/** Messages that wait to be read; more are dropped, and asked for again by whoever sent them. */
const LONGEST_QUEUE = 1_000;

/** A batch as `OracleCommittee.submit` takes it. */
export type Agreed = { outcome: "agreed"; reports: Report[]; deadline: bigint; signatures: Hex[] };
/** `refused`: some items will not be signed by enough members; `silent`: too few members answered. */
export type Agreement = Agreed | { outcome: "refused"; items: Item[] } | { outcome: "silent" };

type Round = {
  hash: Hex;
  deadline: bigint;
  items: readonly Item[];
  signatures: Map<string, Hex>;
  refusals: Map<string, Refused[]>;
  changed: () => void;
};

export type Committee = ReturnType<typeof makeCommittee>;

export function makeCommittee({
  domain,
  signer,
  mirror,
  members,
  signed,
  confirm,
  disputes,
  blockTime,
  halted,
  publish,
  approved,
  failed,
  metrics,
  log,
}: {
  domain: CommitteeDomain;
  /** Signs reports; nothing else than the committee's word. */
  signer: LocalAccount;
  mirror: Pick<Mirror, "committee" | "meter">;
  members: Members;
  signed: SignedReports;
  confirm: Confirm;
  disputes: Disputes;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  /** Whether the chain cannot be trusted now, so that nothing is signed. */
  halted: () => boolean;
  /** Rejects when the broker is away. */
  publish: (topic: string, text: string) => Promise<unknown>;
  /** This node signed items that another member leads. */
  approved: (items: readonly Item[]) => void;
  /** The store failed: the process must not go on. */
  failed: (error: unknown) => void;
  metrics: Metrics;
  log: Log;
}) {
  const self = signer.address.toLowerCase();
  /** The latest; kept when it has ended, since answers may be late, and the same reports are proposed again. */
  let round: Round | undefined;
  let queue: Promise<void> = Promise.resolve();
  let queued = 0;

  async function say(kind: Kind, text: string): Promise<void> {
    try {
      await publish(committeeTopic(signer.address, kind), text);
    } catch (error) {
      log.debug(`${kind} could not be sent: ${messageOf(error)}`);
    }
  }
  const saySealed = async <Name extends keyof Sealed>(kind: Name, content: Sealed[Name]) =>
    say(kind, await seal(domain, signer, kind, content));

  const chainNow = () => {
    const wall = BigInt(Math.floor(Date.now() / 1_000));
    return wall > blockTime() ? wall : blockTime();
  };

  function batchOf(items: readonly Item[], deadline: bigint) {
    const { configuration } = mirror.committee();
    const reports = items.map(reportOf);
    const typedData = settlementBatchTypedData(domain.chainId, domain.committee, {
      reports,
      deadline,
      configuration,
    });
    return { reports, configuration, typedData, hash: hashTypedData(typedData) };
  }

  /** A round for `items`: the last one again with what it has gathered, when it was about the same and holds for long. */
  async function roundOf(items: readonly Item[]): Promise<Round> {
    const refusals = new Map<string, Refused[]>();
    const changed = () => {};
    if (round && round.deadline > chainNow() + SIGNATURE_LIFE / 2n) {
      const { hash, deadline, signatures } = round;
      if (batchOf(items, deadline).hash === hash)
        return { hash, deadline, items, signatures, refusals, changed };
    }
    const deadline = chainNow() + SIGNATURE_LIFE;
    const { typedData, hash } = batchOf(items, deadline);
    const own = await signer.signTypedData(typedData);
    return { hash, deadline, items, signatures: new Map([[self, own]]), refusals, changed };
  }

  /**
   * Signs `items` and asks the other members to sign as well.
   * Resolves as soon as the quorum has signed, or cannot, or has not in time. One call at a time.
   */
  async function agree(items: readonly Item[]): Promise<Agreement> {
    if (halted()) return { outcome: "silent" };
    const contradictions = signed.claim(items);
    if (contradictions.length > 0) {
      for (const item of contradictions) disputes.keep(self, self, item, ownRefusal(item));
      return { outcome: "refused", items: contradictions };
    }
    const { quorum, members: all } = mirror.committee();
    let wake = () => {};
    const current = await roundOf(items);
    current.changed = () => wake();
    round = current;
    const { deadline } = current;
    const { reports, configuration } = batchOf(items, deadline);
    const { signatures, refusals } = current;
    const enough = () => signatures.size >= quorum;
    const decided = () =>
      enough() ||
      refusals.size > all.length - quorum ||
      // Everybody who is there has answered.
      members.there().every((member) => {
        const name = member.toLowerCase();
        return signatures.has(name) || refusals.has(name);
      });
    if (!enough()) {
      log.debug(`proposing ${items.length} reports`);
      await saySealed("proposal", { deadline, configuration, items: [...items] });
      const until = Date.now() + ANSWER_WITHIN;
      while (!decided() && Date.now() < until) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, until - Date.now());
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
    if (enough()) {
      const ascending = [...signatures].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
      return {
        outcome: "agreed",
        reports,
        deadline,
        signatures: ascending.slice(0, quorum).map(([, signature]) => signature),
      };
    }
    const named = new Set([...refusals.values()].flat().map(keyOf));
    const disputed = items.filter((item) => named.has(keyOf(about(item))));
    return disputed.length > 0 ? { outcome: "refused", items: disputed } : { outcome: "silent" };
  }

  const about = ({ windowEnd, reading: { serial } }: Item) => ({ serial, windowEnd });
  const keyOf = ({ serial, windowEnd }: { serial: string; windowEnd: number }) => `${serial} ${windowEnd}`;
  const ownRefusal = (item: Item): Refused => ({
    ...about(item),
    reason: "already-signed",
    evidence: null,
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
    const refusals: Refused[] = [];
    const keep = (item: Item, refusal: Refused) => {
      refusals.push(refusal);
      disputes.keep(sender, self, item, refusal);
    };
    for (const item of items) {
      const refusal = await confirm.confirm(item);
      if (refusal) keep(item, refusal);
    }
    if (refusals.length === 0) for (const item of signed.claim(items)) keep(item, ownRefusal(item));
    const { typedData, hash } = batchOf(items, deadline);
    if (refusals.length > 0) return saySealed("refusal", { batch: hash, items: refusals });
    const text = approvalText({ batch: hash, signature: await signer.signTypedData(typedData) });
    log.debug(`signed ${items.length} reports that ${sender} proposed`);
    await say("approval", text);
    approved(items);
  }

  async function approval(sender: string, payload: Uint8Array): Promise<void> {
    const { batch, signature } = readApproval(payload);
    // To another leader, or too late.
    if (batch !== round?.hash || round.signatures.has(sender)) return;
    const current = round;
    const by = await recoverAddress({ hash: batch, signature });
    if (by.toLowerCase() !== sender) throw new Forged();
    current.signatures.set(sender, signature);
    current.changed();
  }

  async function refusal(sender: string, payload: Uint8Array): Promise<void> {
    const { content } = await opened("refusal", sender, payload);
    if (content.batch !== round?.hash) return;
    const current = round;
    const items = content.items.filter((refused) =>
      current.items.some((item) => keyOf(about(item)) === keyOf(refused)),
    );
    if (items.length === 0) return;
    current.refusals.set(sender, items);
    current.changed();
    for (const refused of items) {
      const item = current.items.find((one) => keyOf(about(one)) === keyOf(refused))!;
      disputes.keep(self, sender, item, refused);
      const meter = mirror.meter(refused.serial);
      const shown = refused.evidence;
      if (meter && shown?.signature && shown.serial === refused.serial)
        await confirm.take(meter, { ...shown, signature: shown.signature });
    }
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

  const handlers: { [Name in Kind]: (sender: string, payload: Uint8Array) => Promise<void> } = {
    proposal: proposed,
    approval,
    refusal,
    hello,
  };

  async function read(sender: string, kind: Kind, payload: Uint8Array): Promise<void> {
    try {
      await handlers[kind](sender, payload);
      metrics.committeeMessages.inc({ outcome: kind });
    } catch (error) {
      if (error instanceof Sqlite.SqliteError) failed(error);
      const outcome = error instanceof Forged ? "forged" : "malformed";
      metrics.committeeMessages.inc({ outcome });
      log.debug(`a ${kind} on the topic of ${sender} is ${outcome}: ${messageOf(error)}`);
    }
  }

  /** Takes a message of the committee's topics; what it asks is done afterwards. */
  function receive({ topic, payload, retained }: Message): void {
    const from = readCommitteeTopic(topic);
    if (!from) {
      metrics.committeeMessages.inc({ outcome: "malformed" });
      return;
    }
    const { sender, kind } = from;
    if (sender === self) return;
    if (retained || !members.isMember(sender) || queued >= LONGEST_QUEUE) {
      const outcome = retained ? "outdated" : queued >= LONGEST_QUEUE ? "dropped" : "stranger";
      metrics.committeeMessages.inc({ outcome });
      return;
    }
    queued++;
    queue = queue
      .then(() => read(sender, kind, payload))
      .finally(() => {
        queued--;
      });
  }

  return {
    agree,
    receive,
    /** Tells the others that this node is there. */
    hello: () => saySealed("hello", { time: Date.now() }),
    /** Resolves when everything that was received has been read. */
    stop: () => queue,
  };
}

/** Signed by another key than that of the member on whose topic it came. */
class Forged extends Error {
  constructor() {
    super("the signature is not the sender's");
  }
}
