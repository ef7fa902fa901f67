/** Repaying in one action: what is missing is bought first, with the same touch where the account can. */
import { useState } from "react";
import type { Abi } from "viem";
import type { Account } from "../account/index.ts";
import { type Book, type Funds, placement } from "../market/index.ts";
import { type System, useSystem } from "../system/index.ts";
import { type Call, isDone, useTransact } from "../transactions/index.ts";
import type { Meter } from "./data.ts";
import type { Repayment } from "./repayment.ts";

type Able = Extract<Repayment, { kind: "repay" | "buy" }>;
type Wish = { account: Account; meter: Meter; repayment: Able; money: Funds; book: Book };

export function useRepay() {
  const system = useSystem();
  const { transact } = useTransact();
  const [busy, setBusy] = useState(false);

  const repaid = (meter: Meter, wattHours: bigint) => ({
    action: {
      kind: "repay" as const,
      values: { wattHours: String(wattHours), meterId: meter.id },
    },
    call: repaying(system, meter, wattHours),
  });

  async function work({ account, meter, repayment, money, book }: Wish): Promise<void> {
    const { wattHours } = repayment;
    if (repayment.kind === "repay") return void (await transact(repaid(meter, wattHours)));
    const buying = placement(repayment.order, book, money, system.market);
    if (account.byFingerprint) {
      const { pulls, call } = buying;
      await transact({
        ...repaid(meter, wattHours),
        first: [{ ...call, abi: call.abi as Abi } as Call],
        pulls,
      });
      return;
    }
    if (!(await transact(buying)) || !(await isDone(system, account.address, "placeBid"))) return;
    // A settlement may have taken of what was bought meanwhile, and with it of the debt.
    // With the network away, what is sent next finds that out, and tells it.
    const open = await openOf(system, account, meter).catch(() => wattHours);
    if (open > 0n) await transact(repaid(meter, open < wattHours ? open : wattHours));
  }

  return {
    busy,
    async repay(wish: Wish): Promise<void> {
      setBusy(true);
      try {
        await work(wish);
      } finally {
        setBusy(false);
      }
    },
  };
}

const repaying = ({ converter }: System, { id }: Meter, wattHours: bigint): Call => ({
  address: converter.address,
  abi: converter.abi as Abi,
  functionName: "repay",
  args: [id, wattHours],
});

/** What is owed and can be repaid with what the account owns, Wh. */
async function openOf({ converter, energyToken, market }: System, { address }: Account, { id }: Meter) {
  const [[, , debtWh], wallet, [trading]] = await Promise.all([
    converter.read.settled([id as `0x${string}`]),
    energyToken.read.balanceOf([address]),
    market.read.tradingBalance([address]),
  ]);
  const ownWh = wallet + trading;
  return debtWh < ownWh ? debtWh : ownWh;
}
