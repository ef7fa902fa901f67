/** What the traders know of accounts, and how they act for them: with transactions of the accounts' own. */
import { energyConverterAbi, energyMarketAbi, energyTokenAbi, meterId } from "@enerlink/protocol";
import { type Address, encodeFunctionData, type Hex } from "viem";
import { say } from "../output.ts";
import type { People } from "../people.ts";
import { type Market, shortMessage, type Wallet } from "../wallet.ts";
import type { Ledger } from "./ledger.ts";

/** A home or the utility with the serials of its meters; the battery, where it has one, is offered to neighbours. */
export type Trader = { wallet: Wallet; serials: string[]; battery: string | undefined };

export type Hand = ReturnType<typeof makeHand>;

/** @param people who is asked before anything is done for an account */
export function makeHand({ client, deployment }: Market, ledger: Ledger, people: People) {
  const { energyMarket, energyToken, energyConverter } = deployment.contracts;

  /** Those whose program acts for them; the others are a person's. */
  async function residents<Any extends { wallet: Wallet }>(all: Any[]): Promise<Any[]> {
    const used = await Promise.all(all.map(({ wallet }) => people.use(wallet)));
    return all.filter((_, index) => !used[index]);
  }

  const walletEnergy = (address: Address) =>
    client.readContract({
      address: energyToken,
      abi: energyTokenAbi,
      functionName: "balanceOf",
      args: [address],
    });

  async function freeEnergy(address: Address): Promise<bigint> {
    const [wallet, [balance]] = await Promise.all([
      walletEnergy(address),
      client.readContract({
        address: energyMarket,
        abi: energyMarketAbi,
        functionName: "tradingBalance",
        args: [address],
      }),
    ]);
    return wallet + balance;
  }

  /** What `account` accepted to deliver from its batteries, less what it is to receive, Wh. */
  function undeliveredWh(account: Address): bigint {
    let sum = 0n;
    for (const trade of ledger.trades.values()) {
      if (trade.accepted && ledger.offers.get(trade.offerId)?.seller === account) sum += trade.wattHours;
      if (trade.buyer === account) sum -= trade.wattHours;
    }
    return sum;
  }

  const settled = (serial: string) =>
    client.readContract({
      address: energyConverter,
      abi: energyConverterAbi,
      functionName: "settled",
      args: [meterId(serial)],
    });

  /** What it has free, and what it owes to the converter and to buyers, Wh. */
  async function standing({ wallet, serials }: Trader): Promise<{ freeWh: bigint; owedWh: bigint }> {
    const [freeWh, debts] = await Promise.all([
      freeEnergy(wallet.address),
      Promise.all(serials.map(settled)),
    ]);
    const owedWh = debts.reduce((sum, [, , debt]) => sum + debt, 0n) + undeliveredWh(wallet.address);
    return { freeWh, owedWh };
  }

  /** Sends `calls` as one transaction. One trader's trouble is told and does not keep the others from trading. */
  async function sendAll({ wallet }: Trader, what: string, calls: Hex[]): Promise<void> {
    // Asked again: somebody may have come since this was planned.
    if (calls.length === 0 || (await people.use(wallet))) return;
    const data =
      calls.length === 1
        ? calls[0]!
        : encodeFunctionData({ abi: energyMarketAbi, functionName: "multicall", args: [calls] });
    try {
      await wallet.send(energyMarket, data);
    } catch (error) {
      say("traders", `${wallet.name} could not ${what}: ${shortMessage(error)}`);
    }
  }

  return { residents, walletEnergy, freeEnergy, settled, standing, sendAll };
}
