/** What a household's next step depends on, put together: all of it, as it is now, or nothing. */
import { type Account, useBalances, useSetAside } from "../account/index.ts";
import { useSettled } from "../energy-index/index.ts";
import { useBook, useOpenOrders } from "../market/index.ts";
import { useMeters, usePendingMeters } from "../meters/index.ts";
import { isAway, known, lagOf, useHealth } from "../system/index.ts";
import { useNow } from "../ui/index.ts";
import { comingUse, DAYS_BACK, HOUR } from "./coming-use.ts";
import type { Situation } from "./next-step.ts";

type Known = { situation: Situation } | { situation: undefined; away: boolean };

/** `away`: it is not on its way either, since something that it needs does not answer or lags behind. */
export function useSituation({ address, byFingerprint }: Account): Known {
  const now = useNow(60);
  const thisHour = Math.floor(now / HOUR) * HOUR;
  const health = useHealth().data;
  const asked = {
    balances: useBalances(address),
    setAside: useSetAside(address),
    orders: useOpenOrders(address),
    book: useBook(),
    meters: useMeters(address),
    pending: usePendingMeters(address),
    settled: useSettled({ owner: address }, thisHour - DAYS_BACK * 24 * HOUR, HOUR),
  };
  const balances = known(asked.balances);
  const setAside = known(asked.setAside);
  const orders = known(asked.orders);
  const book = known(asked.book);
  const meters = known(asked.meters);
  const pending = known(asked.pending);
  const settled = known(asked.settled);
  const behind = lagOf(health) !== undefined;
  if (!balances || !setAside || !orders || !book || !meters || !pending || !settled || behind)
    return { situation: undefined, away: behind || Object.values(asked).some(isAway) };
  const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
  return {
    situation: {
      energyWh: balances.wallet.energyWh + balances.trading.energyWh,
      debtWh: sum(meters.map(({ debtWh }) => debtWh)),
      promisedWh: sum(meters.map(({ promisedWh }) => promisedWh)),
      comingWh: comingUse(
        // What a neighbour draws is paid slot by slot, and takes nothing of the energy that it owns.
        meters.filter(({ communityId }) => communityId === null).map(({ id }) => id),
        settled,
        now,
      ),
      wantedWh: sum(orders.filter(({ side }) => side === "BID").map(({ openWh }) => openWh)),
      idrs: balances.wallet.idrs + balances.trading.idrs,
      setAsideIdrs: setAside.ordersIdrs + setAside.escrowIdrs,
      bestBid: book.bids[0]?.tick,
      bestAsk: book.asks[0]?.tick,
      shares: meters.some(({ communityId }) => communityId !== null),
      mayJoin: meters.find(({ communityId, admittedTo }) => communityId === null && admittedTo !== null)
        ?.serial,
      meterless: byFingerprint && meters.length === 0 ? (pending.length > 0 ? "waiting" : "none") : undefined,
    },
  };
}
