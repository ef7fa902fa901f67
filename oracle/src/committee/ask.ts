/** Asks the other members, and remembers who answers and how much at once: nobody that is silent is waited for twice. */

import { LARGEST_BATCH, type Proposal } from "@enerlink/protocol/wire/committee";
import { traceOf } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import type { Mirror } from "../chain/mirror.ts";
import { decided } from "../decided.ts";
import type { Members } from "./members.ts";
import { ANSWER_WITHIN, type Round } from "./round.ts";

export function makeAsk({
  self,
  mirror,
  members,
  propose,
  log,
}: {
  /** In lower case, as all members here. */
  self: string;
  mirror: Pick<Mirror, "committee">;
  members: Pick<Members, "there">;
  /** Tells the other members; it may be lost. */
  propose: (proposal: Proposal) => Promise<void>;
  log: Log;
}) {
  /** Who did not answer in time when asked last. */
  const silent = new Set<string>();
  /** Reports in the next proposal at most: half as many after one that nobody answered, twice as many after any other. */
  let most = LARGEST_BATCH;
  const there = () => members.there().map((member) => member.toLowerCase());

  return {
    most: () => most,
    /** `member` has answered. */
    heard: (member: string): void => void silent.delete(member),
    /** The members that are there and answer, this node among them. */
    answering: (): string[] => there().filter((member) => !silent.has(member)),
    /**
     * Proposes the round's batch and waits until it is decided; `leaves`: until everybody has answered that answers.
     * Resolves to whether the quorum's others have signed it.
     */
    ask: async (round: Round, leaves = false): Promise<boolean> => {
      const { quorum, members: all, configuration } = mirror.committee();
      const { deadline, items, signatures, refusals } = round;
      const enough = () => signatures.size >= quorum - 1;
      const others = there().filter((name) => name !== self);
      if (leaves ? others.length === 0 || quorum === 1 : enough()) return enough();
      const unanswered = () => others.filter((name) => !signatures.has(name) && !refusals.has(name));
      const isDecided = () =>
        (!leaves && (enough() || refusals.size > all.length - quorum)) ||
        unanswered().length === 0 ||
        (signatures.size + refusals.size > 0 && unanswered().every((name) => silent.has(name)));
      log.debug({ readings: items.map(({ reading }) => traceOf(reading)) }, "proposing");
      await propose({ deadline, configuration, items: [...items], ...(leaves ? { leaves } : {}) });
      await decided(round, isDecided, ANSWER_WITHIN);
      if (!isDecided()) {
        log.debug({ silent: unanswered() }, "no answer in time");
        for (const name of unanswered()) silent.add(name);
      }
      if (signatures.size + refusals.size > 0) most = Math.min(LARGEST_BATCH, 2 * most);
      else if (unanswered().length > 0) most = Math.max(1, Math.floor(items.length / 2));
      return enough();
    },
  };
}
