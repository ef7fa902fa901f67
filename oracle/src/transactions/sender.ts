/**
 * How a transaction's bytes get to the chain's nodes: signed, sent, sent again, and with a higher fee when they wait.
 * What each kind of refusal means for the transaction is decided here.
 */
import { classifySendError, revertReason } from "@enerlink/protocol";
import { type Log, messageOf } from "@enerlink/service/log";
import { makeTrouble, type Trouble } from "@enerlink/service/trouble";
import { type Hex, keccak256, type LocalAccount, type PublicClient } from "viem";
import type { Head } from "../chain/follow.ts";
import type { Metrics } from "../metrics.ts";
import { time } from "../seams/time.ts";
import { type Fees, makeFees } from "./fees.ts";
import type { AttemptRow, Content, TransactionRow } from "./ledger.ts";

/** Blocks that may pass, beside `patience`, without a transaction before its fee is raised. */
const BUMP_AFTER_BLOCKS = 3n;
/** Milliseconds after which a fee that nodes call too low is raised. */
const RAISE_AFTER = 1_000;
/** So many times in a row every node says that it will never take a transaction, until that is believed. */
const REFUSALS = 2;
const NEVER = Number.NEGATIVE_INFINITY;

/** How a transaction fares with the nodes. Times by the clock that nobody sets, milliseconds. */
type Way = {
  sentAt: number;
  /** When its present fee was chosen; those of an earlier run count from this one's start. */
  pricedAt: number;
  /** The nodes want a higher fee. */
  underpriced: boolean;
  /** It waits at the highest fee that it may pay. */
  capped: boolean;
  refusals: number;
  obstacle: string | undefined;
  trouble: Trouble;
};

/** New bytes for a transaction, which are to be stored before they are sent. */
export type Attempt = { raw: Hex; hash: Hex; price: Fees };

/** What is to be done about a transaction that waits: nothing more, new bytes, or another transaction in its place. */
export type Advice = { do: "wait" } | { do: "raise"; attempt: Attempt } | { do: "give up"; why: string };

type Needs = {
  client: PublicClient;
  account: LocalAccount;
  chainId: number;
  head: () => Head;
  /** Sends signed bytes to every node that is known; rejects when none takes them. */
  broadcast: (raw: Hex) => Promise<unknown>;
  /** Wei for each gas that are never exceeded; undefined: five times what is fair. */
  maxFee: bigint | undefined;
  /** The same bytes are sent again after so many milliseconds without a sign of the transaction. */
  patience: number;
  metrics: Metrics;
  log: Log;
};

type Call = Content & { nonce: bigint };

const priceOf = ({ max_fee, priority_fee }: AttemptRow): Fees => ({
  maxFee: max_fee,
  priorityFee: priority_fee,
});

const makeSign = ({ account, chainId }: Needs) =>
  async function sign({ target, data, gas, nonce }: Call, price: Fees): Promise<Attempt> {
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId,
      nonce: Number(nonce),
      to: target,
      data,
      gas,
      maxFeePerGas: price.maxFee,
      maxPriorityFeePerGas: price.priorityFee,
    });
    return { raw, hash: keccak256(raw), price };
  };

/** How each transaction fares, from the first time that it is asked for until it is forgotten. */
function makeWays(log: Log) {
  const startedAt = time.elapsed();
  const ways = new Map<bigint, Way>();
  return {
    of: (id: bigint): Way => {
      const way = ways.get(id) ?? {
        sentAt: NEVER,
        pricedAt: startedAt,
        underpriced: false,
        capped: false,
        refusals: 0,
        obstacle: undefined,
        trouble: makeTrouble("sending a transaction", log.child({ transactionId: id })),
      };
      ways.set(id, way);
      return way;
    },
    all: () => [...ways.values()],
    forget: (id: bigint) => void ways.delete(id),
  };
}
type Ways = ReturnType<typeof makeWays>;

/** Sends stored bytes. Whatever the nodes answer, the transaction waits until the chain has decided. */
function makeSend({ account, broadcast, patience }: Needs, ways: Ways) {
  return async function send(id: bigint, raw: Hex): Promise<void> {
    const way = ways.of(id);
    way.sentAt = time.elapsed();
    way.underpriced = false;
    const fault = await broadcast(raw).then(
      () => undefined,
      (error: unknown) => ({ kind: classifySendError(error), message: messageOf(error), error }),
    );
    way.refusals = fault?.kind === "refused" ? way.refusals + 1 : 0;
    if (fault === undefined || fault.kind === "known" || fault.kind === "nonce-used") {
      if (!way.capped) way.obstacle = undefined;
      way.trouble.done();
      return;
    }
    if (fault.kind === "underpriced") way.underpriced = true;
    if (fault.kind === "funds") way.obstacle = `${account.address} cannot pay the gas of its transactions`;
    if (fault.kind === "refused") way.obstacle = `a transaction is refused: ${fault.message}`;
    // An unanswered one is sent again as soon as the node may be back.
    if (fault.kind === "transport") way.sentAt += 1_000 - patience;
    way.trouble.failed(fault.error);
  };
}

export type Sender = ReturnType<typeof makeSender>;

export function makeSender(needs: Needs) {
  const { client, account, head, maxFee, patience, metrics, log } = needs;
  const { address } = account;
  const fees = makeFees({ baseFee: () => head().baseFeePerGas ?? 0n, highest: maxFee });
  const ways = makeWays(log);
  const sign = makeSign(needs);
  const send = makeSend(needs, ways);

  /** Why it could only revert now, if so. */
  async function wouldRevert({ target, data, gas }: Content): Promise<string | undefined> {
    try {
      await client.call({ account: address, to: target, data, gas });
      return undefined;
    } catch (error) {
      return revertReason(error);
    }
  }

  /** It waits at the highest fee that it may pay: said once. */
  function cap(way: Way, row: TransactionRow, latest: AttemptRow): void {
    if (way.capped) return;
    way.capped = true;
    way.obstacle = `a transaction waits at the highest fee that ${address} may pay`;
    metrics.transactions.inc({ outcome: "capped" });
    log.error(
      { transaction: latest.hash, nonce: row.nonce, maxFee: latest.max_fee },
      `${row.kind} waits at the highest fee that it may pay`,
    );
  }

  return {
    address,
    /** Signs `call` for what is fair now. */
    sign: (call: Call) => sign(call, fees.fair()),
    /** Signs what takes the place of the transaction whose `latest` bytes nodes may have: at a higher fee, if it may be. */
    signInstead: (call: Call, latest: AttemptRow) =>
      sign(call, fees.raised(priceOf(latest)) ?? priceOf(latest)),
    send,
    /** Sends bytes that were signed just now, and stored. */
    sendNew: async (id: bigint, raw: Hex): Promise<void> => {
      const way = ways.of(id);
      way.pricedAt = time.elapsed();
      way.capped = false;
      await send(id, raw);
    },
    /** What to do about a transaction that waits, after sending its latest bytes again where it is time for that. */
    advise: async (
      row: TransactionRow,
      latest: AttemptRow,
      contentOf: (id: bigint) => Content,
    ): Promise<Advice> => {
      const way = ways.of(row.id);
      const waited = time.elapsed() - way.pricedAt;
      const blocks = head().number - latest.created_block;
      const stalled = blocks >= BUMP_AFTER_BLOCKS && waited >= patience;
      if (row.kind !== "noop") {
        if (way.refusals >= REFUSALS) return { do: "give up", why: way.obstacle! };
        const revert = stalled ? await wouldRevert(contentOf(row.id)) : undefined;
        if (revert !== undefined) return { do: "give up", why: `it would revert: ${revert}` };
      }
      if (stalled || (way.underpriced && waited >= RAISE_AFTER)) {
        const raised = fees.raised(priceOf(latest));
        if (raised)
          return { do: "raise", attempt: await sign({ ...contentOf(row.id), nonce: row.nonce }, raised) };
        cap(way, row, latest);
      }
      if (time.elapsed() - way.sentAt >= patience) await send(row.id, latest.raw);
      return { do: "wait" };
    },
    /** The nodes may have dropped what they were sent: everything that waits is to be sent again. */
    resendAll: (): void => {
      for (const way of ways.all()) way.sentAt = NEVER;
    },
    /** The chain has decided about it. */
    forget: ways.forget,
    /** Why what waits cannot be sent, if so. */
    obstacle: (): string | undefined => ways.all().find(({ obstacle }) => obstacle !== undefined)?.obstacle,
  };
}
