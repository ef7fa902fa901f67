/**
 * The leader's part of an agreement: proposes a batch, gathers the members' signatures or what they refuse, and decides.
 * Nobody waits for a member that is away. Messages are lost with the connection: the same batch is proposed again, and
 * answers that were late count.
 */

import {
  type CommitteeDomain,
  fitting,
  type Item,
  type Proposal,
  type Refused,
  type RootProposal,
} from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import type { Hex, LocalAccount } from "viem";
import type { Mirror } from "../chain/mirror.ts";
import { decided } from "../decided.ts";
import { makeAsk } from "./ask.ts";
import type { Doubt } from "./confirm.ts";
import type { Disputes } from "./disputes.ts";
import type { Members } from "./members.ts";
import {
  type Agreed,
  type AgreedRoot,
  type Agreement,
  ANSWER_WITHIN,
  ascending,
  batchOf,
  meantBy,
  ownDoubt,
  type Polled,
  partsOf,
  type Round,
  rootOf,
} from "./round.ts";
import type { SignedReports, Unsigned } from "./signed.ts";

/** Seconds for which the members' signatures hold. */
export const SIGNATURE_LIFE = 3_600n;

type Needs = {
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
  proposeRoot: (proposal: RootProposal) => Promise<void>;
  log: Log;
};

/** This node's own signature, last of the quorum's. */
function makeOwnSignature({ domain, signer, mirror, signed, disputes }: Needs) {
  const self = signer.address.toLowerCase();
  return {
    /** What becomes of `items` when this node cannot sign some of them any more. */
    refuse: (items: readonly Item[], unsigned: readonly Unsigned[]): Agreement => {
      disputes.keep(self, self, unsigned.map(ownDoubt));
      const mine = new Set(unsigned.map(({ item }) => item));
      const rest = items.filter((item) => !mine.has(item));
      const early = unsigned.filter(({ reason }) => reason === "not-yet").map(({ item }) => item);
      const hopeless = [...mine].filter((item) => !early.includes(item));
      return { outcome: "refused", parts: rest.length > 0 ? [rest] : [], early, hopeless };
    },
    /** Signs what enough others have signed. Resolves to what this node cannot sign any more, if so. */
    sign: async ({ deadline, items, signatures }: Round): Promise<Agreed | Unsigned[]> => {
      const { quorum, configuration } = mirror.committee();
      const unsigned = signed.claim(items);
      if (unsigned.length > 0) return unsigned;
      const { reports, typedData } = batchOf(domain, configuration, items, deadline);
      const own = await signer.signTypedData(typedData);
      return { outcome: "agreed", reports, deadline, signatures: ascending(signatures, quorum, [self, own]) };
    },
  };
}

export type Rounds = ReturnType<typeof makeRounds>;

/** A root of batches that were approved. */
export type Asked = Pick<RootProposal, "windowEnd" | "root" | "batches">;

/** One after the other: there is one round at a time. */
function makeAlone() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/** A round about a root: one message, and the members' signatures. */
function makeRootRound({ domain, signer, mirror, chainNow, halted, proposeRoot }: Needs) {
  /** `begin` is told of the round, whose signatures it gathers. */
  return async function agreeRoot(
    { batches, ...root }: Asked,
    claim: () => boolean,
    begin: (round: Round) => void,
  ): Promise<AgreedRoot | undefined> {
    const { quorum, configuration } = mirror.committee();
    const deadline = chainNow() + SIGNATURE_LIFE;
    const message = { ...root, deadline, configuration };
    const { typedData, hash } = rootOf(domain, message);
    const gathered = { signatures: new Map<string, Hex>(), refusals: new Map() };
    const round: Round = { hash, deadline, items: [], ...gathered, changed: () => {} };
    begin(round);
    const enough = () => round.signatures.size >= quorum - 1;
    if (!enough() && !halted()) {
      await proposeRoot({ ...message, batches });
      await decided(round, enough, ANSWER_WITHIN);
    }
    if (!enough() || halted() || !claim()) return undefined;
    const mine = [signer.address.toLowerCase(), await signer.signTypedData(typedData)] as const;
    return { ...root, deadline, signatures: ascending(round.signatures, quorum, mine) };
  };
}

export function makeRounds(needs: Needs) {
  const { domain, signer, mirror, signed, chainNow, halted } = needs;
  const alone = makeAlone();
  const { ask, answering, heard, most } = makeAsk({ ...needs, self: signer.address.toLowerCase() });
  const own = makeOwnSignature(needs);
  const agreeRoot = makeRootRound(needs);
  /** The latest; kept when it has ended, since answers may be late, and the same reports are proposed again. */
  let round: Round | undefined;

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

  async function agree(items: readonly Item[]): Promise<Agreement> {
    if (halted()) return { outcome: "silent" };
    const unsigned = signed.refused(items);
    if (unsigned.length > 0) return own.refuse(items, unsigned);
    round = roundOf(items);
    const current = round;
    if (!(await ask(current))) return partsOf(current, mirror.committee().quorum, answering());
    if (halted()) return { outcome: "silent" };
    const agreed = await own.sign(current);
    return Array.isArray(agreed) ? own.refuse(items, agreed) : agreed;
  }

  async function poll(items: readonly Item[]): Promise<Polled> {
    round = roundOf(items);
    const { hash, signatures, refusals } = round;
    if (!halted()) await ask(round, true);
    return { batch: hash, items, signers: new Set(signatures.keys()), refusals };
  }

  return {
    /**
     * Asks the other members to sign `items`, and signs them as well once enough have.
     * Resolves as soon as the quorum has signed, or cannot, or has not in time.
     */
    agree: (items: readonly Item[]) => alone(() => agree(items)),
    /** Asks every member that answers whether it stands for `items`, for their window's root. */
    poll: (items: readonly Item[]) => alone(() => poll(items)),
    /**
     * Asks the members to sign a root, and signs it as well once enough have and `claim` has noted it.
     * Resolves to undefined when they have not in time.
     */
    agreeRoot: (asked: Asked, claim: () => boolean) =>
      alone(() =>
        agreeRoot(asked, claim, (begun) => {
          round = begun;
        }),
      ),
    /** How many of `items`, from the first one on, are proposed at once. */
    portion: (items: readonly Item[]): number => Math.min(most(), fitting(items)),
    /** Whether a signature of `member` over `batch` is still of use here. */
    wants: (member: string, batch: Hex) => batch === round?.hash && !round.signatures.has(member),
    /** `member` has signed `batch`; the signature was checked. */
    signedBy: (member: string, batch: Hex, signature: Hex): void => {
      if (batch !== round?.hash) return;
      heard(member);
      round.signatures.set(member, signature);
      round.changed();
    },
    /** `member` refuses some of `batch`. @returns what of that was proposed, with the item that each is about. */
    refusedBy: (member: string, batch: Hex, refusals: readonly Refused[]): Doubt[] => {
      if (batch !== round?.hash) return [];
      const meant = meantBy(refusals, round);
      if (meant.length === 0) return [];
      heard(member);
      const refused = meant.map((one) => one.refused);
      round.refusals.set(member, refused);
      round.changed();
      return meant;
    },
  };
}
