/**
 * The leader's part of an agreement: proposes a batch, gathers the members' signatures or what they refuse, and decides.
 * Nobody waits for a member that is away. Messages are lost with the connection: the same batch is proposed again, and
 * answers that were late count.
 */
import { type Report, settlementBatchTypedData } from "@enerlink/contracts";
import { type Hex, hashTypedData, type LocalAccount } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import type { Log } from "../log.ts";
import type { Disputes } from "./disputes.ts";
import type { Members } from "./members.ts";
import type { CommitteeDomain, Item, Proposal, Refused } from "./messages.ts";
import { reportOf, type SignedReports, type Unsigned } from "./signed.ts";

/** Seconds for which the members' signatures hold. */
export const SIGNATURE_LIFE = 3_600n;
/** Milliseconds that a leader waits for answers. */
const ANSWER_WITHIN = 3_000;

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

export const about = ({ windowEnd, reading: { serial } }: Item) => ({ serial, windowEnd });
const keyOf = ({ serial, windowEnd }: { serial: string; windowEnd: number }) => `${serial} ${windowEnd}`;

/** A refusal of what this node cannot sign any more. */
export const ownRefusal = ({ item, reason }: Unsigned): Refused => ({
  ...about(item),
  reason,
  evidence: null,
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

  /** A round for `items`: the last one again with what it has gathered, when it was about the same and holds for long. */
  async function roundOf(items: readonly Item[]): Promise<Round> {
    const { configuration } = mirror.committee();
    const refusals = new Map<string, Refused[]>();
    const changed = () => {};
    if (round && round.deadline > chainNow() + SIGNATURE_LIFE / 2n) {
      const { hash, deadline, signatures } = round;
      if (batchOf(domain, configuration, items, deadline).hash === hash)
        return { hash, deadline, items, signatures, refusals, changed };
    }
    const deadline = chainNow() + SIGNATURE_LIFE;
    const { typedData, hash } = batchOf(domain, configuration, items, deadline);
    const own = await signer.signTypedData(typedData);
    return { hash, deadline, items, signatures: new Map([[self, own]]), refusals, changed };
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

  /**
   * Signs `items` and asks the other members to sign as well.
   * Resolves as soon as the quorum has signed, or cannot, or has not in time. One call at a time.
   */
  async function agree(items: readonly Item[]): Promise<Agreement> {
    if (halted()) return { outcome: "silent" };
    const unsigned = signed.claim(items);
    if (unsigned.length > 0) {
      for (const one of unsigned) disputes.keep(self, self, one.item, ownRefusal(one));
      return { outcome: "refused", items: unsigned.map(({ item }) => item) };
    }
    const { quorum, members: all, configuration } = mirror.committee();
    const current = await roundOf(items);
    round = current;
    const { deadline, signatures, refusals } = current;
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
      await propose({ deadline, configuration, items: [...items] });
      await answers(current, decided);
    }
    if (enough()) {
      const { reports } = batchOf(domain, configuration, items, deadline);
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

  return {
    agree,
    /** Whether a signature of `member` over `batch` is still of use here. */
    wants: (member: string, batch: Hex) => batch === round?.hash && !round.signatures.has(member),
    /** `member` has signed `batch`; the signature was checked. */
    signedBy: (member: string, batch: Hex, signature: Hex): void => {
      if (batch !== round?.hash) return;
      round.signatures.set(member, signature);
      round.changed();
    },
    /** `member` refuses some of `batch`. @returns what of that was proposed, with the item that each is about. */
    refusedBy: (member: string, batch: Hex, refusals: readonly Refused[]) => {
      if (batch !== round?.hash) return [];
      const items = new Map(round.items.map((item) => [keyOf(about(item)), item]));
      const meant = refusals.flatMap((refused) => {
        const item = items.get(keyOf(refused));
        return item ? [{ item, refused }] : [];
      });
      if (meant.length === 0) return [];
      round.refusals.set(
        member,
        meant.map(({ refused }) => refused),
      );
      round.changed();
      return meant;
    },
  };
}
