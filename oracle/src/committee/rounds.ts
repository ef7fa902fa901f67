/**
 * The leader's part of an agreement: proposes a batch, gathers the members' signatures or what they refuse, and decides.
 * Nobody waits for a member that is away. Messages are lost with the connection: the same batch is proposed again, and
 * answers that were late count.
 */
import { type Report, settlementBatchTypedData } from "@enerlink/protocol";
import type { Log } from "@enerlink/service/log";
import { type Hex, hashTypedData, type LocalAccount } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import {
  type CommitteeDomain,
  fitting,
  type Item,
  LARGEST_BATCH,
  type Proposal,
  type Refused,
} from "../wire/committee.ts";
import { traceOf } from "../wire/reading.ts";
import type { Doubt } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import type { Members } from "./members.ts";
import { reportOf, type SignedReports, type Unsigned } from "./signed.ts";

/** Seconds for which the members' signatures hold. */
export const SIGNATURE_LIFE = 3_600n;
/** Milliseconds that a leader waits for answers. */
const ANSWER_WITHIN = 3_000;

/** A batch as `OracleCommittee.submit` takes it. */
export type Agreed = { outcome: "agreed"; reports: Report[]; deadline: bigint; signatures: Hex[] };
/**
 * `refused`: too few members sign the batch as it is. `parts` are what may still be signed, each without those who refuse
 * any of it; the others, `hopeless`, too many members refuse. `silent`: too few members answered.
 */
export type Agreement =
  | Agreed
  | { outcome: "refused"; parts: Item[][]; hopeless: Item[] }
  | { outcome: "silent" };

type Round = {
  hash: Hex;
  deadline: bigint;
  items: readonly Item[];
  /** Of the other members. */
  signatures: Map<string, Hex>;
  refusals: Map<string, Refused[]>;
  changed: () => void;
};

/** What a member signs: `items` as reports, with a deadline, by the committee's present configuration. */
export function batchOf(
  { chainId, committee }: CommitteeDomain,
  configuration: number,
  items: readonly Item[],
  deadline: bigint,
) {
  const reports = items.map(reportOf);
  const typedData = settlementBatchTypedData(chainId, committee, { reports, deadline, configuration });
  return { reports, typedData, hash: hashTypedData(typedData) };
}

const about = ({ windowEnd, reading: { serial } }: Item) => ({ serial, windowEnd });
const keyOf = ({ serial, windowEnd }: { serial: string; windowEnd: number }) => `${serial} ${windowEnd}`;

/** Why this node cannot sign an item any more, as it tells others. */
export const ownDoubt = ({ item, reason }: Unsigned): Doubt => ({
  item,
  refused: { ...about(item), reason, evidence: null },
});

export type Rounds = ReturnType<typeof makeRounds>;

export function makeRounds({
  domain,
  signer,
  mirror,
  members,
  signed,
  disputes,
  chainNow,
  halted,
  propose,
  log,
}: {
  domain: CommitteeDomain;
  signer: LocalAccount;
  mirror: Pick<Mirror, "committee">;
  members: Pick<Members, "there">;
  signed: SignedReports;
  disputes: Pick<Disputes, "keep">;
  /** Unix seconds. */
  chainNow: () => bigint;
  halted: () => boolean;
  /** Tells the other members; it may be lost. */
  propose: (proposal: Proposal) => Promise<void>;
  log: Log;
}) {
  const self = signer.address.toLowerCase();
  /** The latest; kept when it has ended, since answers may be late, and the same reports are proposed again. */
  let round: Round | undefined;

  /** Who did not answer in time when asked last: nobody is waited for twice. */
  const silent = new Set<string>();
  /** Reports in the next proposal at most: half as many after one that nobody answered, twice as many after any other. */
  let most = LARGEST_BATCH;

  /** A round for `items`: the last one again with what it has gathered, when it was about the same and holds for long. */
  function roundOf(items: readonly Item[]): Round {
    const { configuration } = mirror.committee();
    const fresh = { items, refusals: new Map(), changed: () => {} };
    if (round && round.deadline > chainNow() + SIGNATURE_LIFE / 2n) {
      const { hash, deadline, signatures } = round;
      if (batchOf(domain, configuration, items, deadline).hash === hash)
        return { ...fresh, hash, deadline, signatures };
    }
    const deadline = chainNow() + SIGNATURE_LIFE;
    const { hash } = batchOf(domain, configuration, items, deadline);
    return { ...fresh, hash, deadline, signatures: new Map() };
  }

  /** Resolves once `decided`, or after `ANSWER_WITHIN`. */
  async function answers(current: Round, decided: () => boolean): Promise<void> {
    const until = Date.now() + ANSWER_WITHIN;
    while (!decided() && Date.now() < until) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - Date.now());
        current.changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Proposes the round's batch and waits until it is decided. @returns whether the quorum's others have signed it. */
  async function ask(current: Round): Promise<boolean> {
    const { quorum, members: all, configuration } = mirror.committee();
    const { deadline, items, signatures, refusals } = current;
    const enough = () => signatures.size >= quorum - 1;
    if (enough()) return true;
    const others = members.there().map((member) => member.toLowerCase());
    const unanswered = () =>
      others.filter((name) => name !== self && !signatures.has(name) && !refusals.has(name));
    const decided = () =>
      enough() ||
      refusals.size > all.length - quorum ||
      unanswered().length === 0 ||
      (signatures.size + refusals.size > 0 && unanswered().every((name) => silent.has(name)));
    log.debug({ readings: items.map(({ reading }) => traceOf(reading)) }, "proposing");
    await propose({ deadline, configuration, items: [...items] });
    await answers(current, decided);
    if (!decided()) for (const name of unanswered()) silent.add(name);
    if (signatures.size + refusals.size > 0) most = Math.min(LARGEST_BATCH, 2 * most);
    else if (unanswered().length > 0) most = Math.max(1, Math.floor(items.length / 2));
    return enough();
  }

  /** Signs what enough others have signed. @returns what this node cannot sign any more, if so. */
  async function sign({ deadline, items, signatures }: Round): Promise<Agreed | Unsigned[]> {
    const { quorum, configuration } = mirror.committee();
    const unsigned = signed.claim(items);
    if (unsigned.length > 0) return unsigned;
    const { reports, typedData } = batchOf(domain, configuration, items, deadline);
    const own = await signer.signTypedData(typedData);
    const chosen = [...[...signatures].slice(0, quorum - 1), [self, own] as const];
    const ascending = chosen.sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
    return { outcome: "agreed", reports, deadline, signatures: ascending.map(([, signature]) => signature) };
  }

  /** What a quorum may still sign of a batch that it did not sign: those items together that the same ones refuse. */
  function partsOf({ items, refusals }: Round): Agreement {
    const { quorum } = mirror.committee();
    const refusers = new Map(items.map((item) => [keyOf(about(item)), [] as string[]]));
    for (const [member, refused] of refusals)
      for (const one of refused) refusers.get(keyOf(one))?.push(member);
    const by = (item: Item) => refusers.get(keyOf(about(item)))!;
    const groups = [...Map.groupBy(items, (item) => by(item).sort().join(" ")).values()];
    const answering = members.there().map((member) => member.toLowerCase());
    const isHopeless = ([first]: Item[]) => {
      const against = by(first!);
      const left = answering.filter((member) => !silent.has(member) && !against.includes(member));
      return against.length > 0 && left.length < quorum;
    };
    const hopeless = groups.filter(isHopeless);
    const parts = groups.filter((group) => !isHopeless(group));
    // It was proposed as it is.
    if (parts.length === 1 && hopeless.length === 0) return { outcome: "silent" };
    parts.sort(([a], [b]) => by(a!).length - by(b!).length);
    return { outcome: "refused", parts, hopeless: hopeless.flat() };
  }

  function refuseOwn(items: readonly Item[], unsigned: readonly Unsigned[]): Agreement {
    disputes.keep(self, self, unsigned.map(ownDoubt));
    const mine = new Set(unsigned.map(({ item }) => item));
    const rest = items.filter((item) => !mine.has(item));
    return { outcome: "refused", parts: rest.length > 0 ? [rest] : [], hopeless: [...mine] };
  }

  /**
   * Asks the other members to sign `items`, and signs them as well once enough have.
   * Resolves as soon as the quorum has signed, or cannot, or has not in time. One call at a time.
   */
  async function agree(items: readonly Item[]): Promise<Agreement> {
    if (halted()) return { outcome: "silent" };
    const unsigned = signed.refused(items);
    if (unsigned.length > 0) return refuseOwn(items, unsigned);
    round = roundOf(items);
    const current = round;
    if (!(await ask(current))) return partsOf(current);
    if (halted()) return { outcome: "silent" };
    const agreed = await sign(current);
    return Array.isArray(agreed) ? refuseOwn(items, agreed) : agreed;
  }

  return {
    agree,
    /** How many of `items`, from the first one on, are proposed at once. */
    portion: (items: readonly Item[]): number => Math.min(most, fitting(items)),
    /** Whether a signature of `member` over `batch` is still of use here. */
    wants: (member: string, batch: Hex) => batch === round?.hash && !round.signatures.has(member),
    /** `member` has signed `batch`; the signature was checked. */
    signedBy: (member: string, batch: Hex, signature: Hex): void => {
      if (batch !== round?.hash) return;
      silent.delete(member);
      round.signatures.set(member, signature);
      round.changed();
    },
    /** `member` refuses some of `batch`. @returns what of that was proposed, with the item that each is about. */
    refusedBy: (member: string, batch: Hex, refusals: readonly Refused[]): Doubt[] => {
      if (batch !== round?.hash) return [];
      const items = new Map(round.items.map((item) => [keyOf(about(item)), item]));
      const refused = new Map(refusals.map((one) => [keyOf(one), one]));
      const meant = [...refused].flatMap(([key, one]) => {
        const item = items.get(key);
        return item ? [{ item, refused: one }] : [];
      });
      if (meant.length === 0) return [];
      silent.delete(member);
      round.refusals.set(
        member,
        meant.map((one) => one.refused),
      );
      round.changed();
      return meant;
    },
  };
}
