/**
 * Joining takes two steps of two contracts: the second is sent when the first is in a block, or both with one touch where
 * the account can.
 */
import { useState } from "react";
import { type Abi, encodeFunctionData } from "viem";
import type { Account } from "../account/index.ts";
import { type System, useSystem } from "../system/index.ts";
import { type Call, isDone, useTransact } from "../transactions/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import type { Limits } from "./slot.ts";

const OPEN = "openNeighbourhood";

type Wish = {
  account: Account;
  home: Home;
  neighbourhood: Neighbourhood;
  limits: Limits;
  /** Into the trading balance, IDRS base units. */
  idrs: bigint;
};

export function useJoin() {
  const system = useSystem();
  const { transact } = useTransact();
  const [busy, setBusy] = useState(false);

  /** The pool pays with, and into, the account's trading balance: it is let, and something is laid there. */
  async function opening({ account, idrs }: Wish) {
    const { market, pool } = system;
    const [, authorized] = await market.read.accountOf([account.address, pool.address]);
    const calls = [
      ...(idrs > 0n
        ? [encodeFunctionData({ abi: market.abi, functionName: "deposit", args: [0n, idrs] })]
        : []),
      ...(authorized
        ? []
        : [
            encodeFunctionData({
              abi: market.abi,
              functionName: "authorizeModule",
              args: [pool.address, true],
            }),
          ]),
    ];
    if (calls.length === 0) return undefined;
    const { address, abi } = market;
    const call: Call = { address, abi: abi as Abi, functionName: "multicall", args: [calls] };
    return { call, pulls: idrs > 0n ? [{ token: "rupiah" as const, amount: idrs }] : [] };
  }

  async function join(wish: Wish): Promise<boolean> {
    const { account, idrs } = wish;
    const joining = joiningOf(system, wish);
    let needed: Awaited<ReturnType<typeof opening>>;
    try {
      needed = await opening(wish);
    } catch (error) {
      // That the network is away is told where everything else is told.
      return transact({ ...joining, call: (): Promise<Call> => Promise.reject(error) });
    }
    if (!needed) return transact(joining);
    if (account.byFingerprint) return transact({ ...joining, first: [needed.call], pulls: needed.pulls });
    const sent = await transact({ action: { kind: OPEN, values: { idrs: String(idrs) } }, ...needed });
    return sent && (await isDone(system, account.address, OPEN)) && transact(joining);
  }

  /** @returns whether it is under way; what went wrong stands in the transaction's panel */
  async function joinOnce(wish: Wish): Promise<boolean> {
    setBusy(true);
    try {
      return await join(wish);
    } finally {
      setBusy(false);
    }
  }
  return { join: joinOnce, busy };
}

function joiningOf({ pool }: System, { home, neighbourhood, limits: { sellFrom, buyUpTo } }: Wish) {
  const values = { meterId: home.id, sellFrom: String(sellFrom), buyUpTo: String(buyUpTo) };
  return {
    action: { kind: "joinNeighbourhood", values },
    call: {
      address: pool.address,
      abi: pool.abi,
      functionName: "join",
      args: [home.id, neighbourhood.id, sellFrom, buyUpTo],
    },
  } as const;
}
