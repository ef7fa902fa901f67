/**
 * From closed windows to the chain: waits a moment for windows that close together, leaves out what the chain is already
 * ahead of, has the committee sign when it is this node's turn, and hands to the outbox what would not revert.
 */
import type { Deployment } from "@enerlink/protocol/deployment";
import type { Item } from "@enerlink/protocol/wire/committee";
import type { Log } from "@enerlink/service/log";
import type { PublicClient } from "viem";
import type { LogListener } from "../chain/follow.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Committee } from "../committee/committee.ts";
import type { Members } from "../committee/members.ts";
import type { Order } from "../committee/order.ts";
import type { Cleared } from "../ledger/cleared.ts";
import type { Settlement, Settlements } from "../ledger/settlements.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";
import type { Outbox } from "../transactions/outbox.ts";
import type { Clearing } from "./clearing.ts";
import type { Outcomes } from "./outcomes.ts";
import { makePace, RETRY_AFTER } from "./pace.ts";
import { makeBatchSize, makeSubmission } from "./submission.ts";
import { itemOf, MOMENT, makeTurns, traces } from "./turns.ts";

export type Settler = ReturnType<typeof makeSettler>;

type Needs = {
  database: Database;
  client: PublicClient;
  deployment: Deployment;
  mirror: Mirror;
  settlements: Settlements;
  outcomes: Outcomes;
  cleared: Pick<Cleared, "onLogs">;
  outbox: Outbox;
  clearing: Pick<Clearing, "completedBy" | "bind">;
  order: Order;
  committee: Pick<Committee, "agree" | "portion">;
  members: Pick<Members, "leader" | "leads">;
  /** Milliseconds that a leader has, before the next member takes over. */
  takeover: number;
  /** Milliseconds for which windows that close together are waited for. */
  linger: number;
  /** Whether a meter is alive, so that its window's end is worth a wait. */
  isExpected: (serial: string) => boolean;
  /** Told of what the committee has signed and this node brings to the chain. */
  started: (items: readonly Item[]) => void;
  log: Log;
};

type Submit = ReturnType<typeof makeSubmission>["submit"];

/** Has the committee sign batches, and submits what it signs: all of a batch, or the parts that it agrees on. */
function makeProposal({ committee, settlements, log }: Needs, submit: Submit) {
  let complained = false;

  /** @returns false when nothing can be signed now. */
  return async function propose(batch: Settlement[]): Promise<boolean> {
    const settlementOf = new Map(batch.map((settlement) => [itemOf(settlement), settlement]));
    const agreement = await committee.agree([...settlementOf.keys()]);
    if (agreement.outcome === "agreed") {
      complained = false;
      await submit(batch, agreement);
      return true;
    }
    if (agreement.outcome === "silent") {
      if (!complained) log.warn("settlements wait: too few members of the committee answer");
      complained = true;
      return false;
    }
    const idOf = (item: Item) => settlementOf.get(item)!.id;
    for (const item of agreement.early) settlements.leave(idOf(item), time.now() + MOMENT);
    for (const item of agreement.hopeless) settlements.postpone(idOf(item), time.now());
    for (const part of agreement.parts)
      if (!(await propose(part.map((item) => settlementOf.get(item)!)))) return false;
    return true;
  };
}

export function makeSettler(needs: Needs) {
  const { database, client, deployment, mirror, settlements, outcomes, outbox, committee, log } = needs;
  const { oracleCommittee } = deployment.contracts;
  const size = makeBatchSize();
  const turns = makeTurns(needs);
  const submission = makeSubmission({ ...needs, client, oracleCommittee, size });
  const propose = makeProposal(needs, submission.submit);
  const pace = makePace({ ...needs, settle });

  /** Settles everything that waits, in as many batches as it takes. @returns the milliseconds until more may be tried. */
  async function settle(): Promise<number | undefined> {
    while (!outbox.full()) {
      const batch = settlements.pending(size.most(), time.now());
      if (batch.length === 0) break;
      const due = database.transaction(() => batch.filter(turns.isDue))();
      if (due.length === 0) continue;
      log.debug({ readings: traces(due) }, "to be reported");
      const own = turns.own(due);
      const portion = own.slice(0, committee.portion(own.map(itemOf)));
      if (portion.length === 0 || !(await propose(portion))) break;
    }
    const { next } = settlements.waiting();
    return next === undefined ? undefined : Math.max(RETRY_AFTER, next - time.now());
  }

  outbox.handle("settle", {
    mined: (transaction, receipt) => {
      if (receipt.status === "success") {
        size.grow();
        outcomes.mined(transaction, receipt);
      } else {
        size.shrink(settlements.of(transaction.id).length);
        settlements.again(transaction.id, time.now());
      }
    },
    unmined: ({ id }) => settlements.unmined(id),
    replaced: ({ id }, hopeless) => {
      if (hopeless) size.shrink(settlements.of(id).length);
      settlements.again(id, time.now());
    },
    final: () => {},
    after: pace.flush,
  });

  const onLogs: LogListener = (logs) => {
    if (outcomes.onLogs(logs)) submission.settled();
    // What waited for the clearing goes on.
    for (const id of needs.cleared.onLogs(logs)) settlements.recall(mirror.community(id)?.members ?? []);
    // The turn may have come to this node.
    if (settlements.waiting().count > 0) pace.schedule(0);
  };

  return {
    windowClosed: pace.windowClosed,
    flush: pace.flush,
    onLogs,
    obstacle: submission.obstacle,
    leave: database.transaction(turns.leave),
    stop: pace.stop,
  };
}
