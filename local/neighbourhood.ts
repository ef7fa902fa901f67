/**
 * The neighbourhood of the local market: seven of its homes share each slot's energy, by limits that each has set once,
 * and PLN takes and gives the rest at its tariff. Two of them have a battery behind their own meter. The other homes keep
 * to tokens, book and offers.
 */
import { type Home, loadHomes, type OwnBatteryOptions, withOwnBattery } from "@enerlink/oracle/simulator";
import { energyMarketAbi, meterId, parseIdr, slotPoolAbi } from "@enerlink/protocol";
import { encodeFunctionData } from "viem";
import { gridOperator, homes, type LocalAccount, operator, utility } from "./accounts.ts";
import { FEED_IN_TICK, RETAIL_TICK } from "./traders/policy.ts";
import { type Market, makeSending, makeWallet } from "./wallet.ts";

/** The first of the chain, so its number. */
export const COMMUNITY = 1;
/** What the grid operator gets of each shared kWh, IDR. */
export const FEE_TICK = 100;

const HOME_CASH = parseIdr("1500000");
const UTILITY_CASH = parseIdr("500000000");

/** Limits in IDR/kWh. */
export type Neighbour = {
  home: LocalAccount;
  sellFrom: number;
  buyUpTo: number;
  battery?: OwnBatteryOptions;
};

/** Any price better than PLN's: what the dApp proposes. */
const anyBetter = { sellFrom: FEED_IN_TICK, buyUpTo: RETAIL_TICK };
const wallBattery = { capacityWh: 5_000, powerW: 2_500 };

export const neighbours: readonly Neighbour[] = [
  { home: homes[0]!, ...anyBetter },
  { home: homes[2]!, ...anyBetter },
  { home: homes[3]!, ...anyBetter },
  { home: homes[4]!, ...anyBetter, battery: wallBattery },
  // Two who would rather have PLN than a neighbour's worst price.
  { home: homes[6]!, ...anyBetter, sellFrom: 1_000 },
  { home: homes[7]!, ...anyBetter, battery: wallBattery },
  { home: homes[8]!, ...anyBetter, buyUpTo: 1_300 },
];

export const isNeighbour = (account: LocalAccount): boolean =>
  neighbours.some(({ home }) => home === account);

/** The recorded homes, as their meters count them. */
export async function recordedHomes(): Promise<Home[]> {
  return (await loadHomes()).map((home) => {
    const battery = neighbours.find(({ home: { name } }) => name === home.serial)?.battery;
    return battery ? withOwnBattery(home, battery) : home;
  });
}

export type Neighbourhood = ReturnType<typeof makeNeighbourhood>;

export function makeNeighbourhood({ rpcUrl, client, deployment }: Market) {
  const { slotPool, energyMarket } = deployment.contracts;
  const pool = { address: slotPool, abi: slotPoolAbi } as const;
  const { call, mined } = makeSending(rpcUrl, client);

  /** Lets the pool take from `account`'s trading balance, into which `idrs` are paid from its wallet. */
  function open(account: LocalAccount, idrs: bigint): void {
    const market = { to: energyMarket, abi: energyMarketAbi } as const;
    if (idrs > 0n) call(account, { ...market, functionName: "deposit", args: [0n, idrs] });
    call(account, { ...market, functionName: "authorizeModule", args: [slotPool, true] });
  }

  /** Creates the community at PLN's tariff and admits the homes. Their accounts have their opening IDRS. */
  async function create(): Promise<void> {
    open(utility, UTILITY_CASH);
    open(gridOperator, 0n);
    for (const { home } of neighbours) open(home, HOME_CASH);
    await mined();

    const parties = [utility.account.address, gridOperator.account.address] as const;
    const terms = [...parties, RETAIL_TICK, FEED_IN_TICK, FEE_TICK] as const;
    call(operator, { to: slotPool, abi: slotPoolAbi, functionName: "createCommunity", args: terms });
    await mined();
    call(utility, { to: slotPool, abi: slotPoolAbi, functionName: "acceptCommunity", args: [COMMUNITY] });
    for (const { home } of neighbours) {
      const admission = [meterId(home.name), COMMUNITY] as const;
      call(operator, { to: slotPool, abi: slotPoolAbi, functionName: "admit", args: admission });
    }
    await mined();
  }

  /** Has every home join. Their meters have their baseline. Resolves when the transactions are sent. */
  async function join(): Promise<void> {
    for (const { home, sellFrom, buyUpTo } of neighbours) {
      const data = encodeFunctionData({
        abi: slotPoolAbi,
        functionName: "join",
        args: [meterId(home.name), COMMUNITY, sellFrom, buyUpTo],
      });
      await makeWallet(rpcUrl, home).send(slotPool, data);
    }
  }

  /** Slots of `seconds` from the next one on. */
  async function changeSlots(seconds: number): Promise<void> {
    const args = [COMMUNITY, seconds] as const;
    call(operator, { to: slotPool, abi: slotPoolAbi, functionName: "setSlotLength", args });
    await mined();
  }

  /** End of the latest cleared slot, unix seconds; 0 before the first. */
  async function clearedTo(): Promise<number> {
    const { clearedTo } = await client.readContract({
      ...pool,
      functionName: "community",
      args: [COMMUNITY],
    });
    return clearedTo;
  }

  const members = () => client.readContract({ ...pool, functionName: "members", args: [COMMUNITY] });

  return { create, join, changeSlots, clearedTo, members };
}
