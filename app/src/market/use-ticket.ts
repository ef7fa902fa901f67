/** What stands in the ticket, and the order that it means. */
import { MINIMUM_WH, MOST_TICK, MOST_WH, namesOf, TimeInForce } from "@enerlink/protocol";
import { useEffect, useState } from "react";
import { z } from "zod/mini";
import { useAccount, useBalances } from "../account/index.ts";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { isAway, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { unread, useAmounts, useFields } from "../ui/index.ts";
import { type OrderType, orderOf, placement, problemWords, type Typed } from "./placement.ts";
import { type Book, isNothing, mostWh, quote, type Side } from "./quote.ts";
import { pennilessWords } from "./result.ts";

/** What another part of the page, or a link, wants to be traded. */
export type Suggestion = {
  side?: Side | undefined;
  tick?: number | undefined;
  wattHours?: bigint | undefined;
};

export const timesInForce = namesOf(TimeInForce);

/** What an order on `side` is paid from, and whether that cannot be told because the network is away. */
function useFunds(side: Side) {
  const account = useAccount();
  const asked = useBalances(account?.address);
  const balances = asked.data;
  const funds = balances && {
    trading: side === "buy" ? balances.trading.idrs : balances.trading.energyWh,
    wallet: side === "buy" ? balances.wallet.idrs : balances.wallet.energyWh,
  };
  return { account, funds, isAway: isAway(asked) };
}

export function useTicket(book: Book | undefined, suggestion: Suggestion | undefined) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const { market } = useSystem();
  const amounts = useAmounts();
  const { transact, busy } = useTransact();
  const [side, setSide] = useState<Side>("buy");
  const [type, setType] = useState<OrderType>("limit");
  const { account, funds, ...network } = useFunds(side);
  const others = book && (side === "buy" ? book.asks : book.bids);
  /** What is bought or sold cannot be told without the book and the balances. */
  const unknown = !book || !funds;
  const away = unknown && network.isAway;
  const penniless = funds !== undefined && isNothing(funds);

  const limit = amounts.tick({ most: BigInt(MOST_TICK) });
  const form = useFields(
    z.object({
      energy: amounts.energy({ least: MINIMUM_WH, most: MOST_WH }),
      tick: type === "market" ? unread : limit,
      timeInForce: z.enum(timesInForce),
    }),
    { energy: "", tick: "", timeInForce: "GTC" },
    problemsOf,
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a suggestion is taken over once, not again in another language
  useEffect(() => {
    if (!suggestion) return;
    if (suggestion.side) setSide(suggestion.side);
    if (suggestion.tick) {
      form.setValue("tick", String(suggestion.tick));
      setType("limit");
    }
    if (suggestion.wattHours)
      form.setValue("energy", amountText(suggestion.wattHours, "energy", format.language));
  }, [suggestion]);

  function problemsOf(typed: Typed): { energy?: string; tick?: string } {
    if (away) return { energy: t("common.networkAway") };
    if (penniless) return { energy: pennilessWords(side, i18n) };
    const order = orderOf(typed, side, type, book);
    if (!order) return others ? { energy: t("ticket.marketEmpty") } : {};
    return book && funds ? problemWords(quote(order, book, funds).problem, side, i18n) : {};
  }

  const submit = form.handleSubmit(async (typed) => {
    const order = orderOf(typed, side, type, book);
    if (!order || !book || !funds) return;
    if (await transact(placement(order, book, funds, market))) form.reset({ ...form.texts, energy: "" });
  });

  const order = form.values && orderOf(form.values, side, type, book);
  const best = others?.[0]?.tick;
  const typed = limit.safeParse(form.texts.tick).data;
  const tick = type === "market" ? (order?.tick ?? best) : typed === undefined ? undefined : Number(typed);
  return {
    ...{ account, form, side, setSide, type, setType, submit, order, best },
    quoted: order && book && funds ? quote(order, book, funds) : undefined,
    /** What the funds suffice for at the limit, Wh. */
    most: funds && tick ? mostWh(side, tick, funds) : undefined,
    /** There is nothing to pay or to sell with. */
    penniless,
    submittable: !busy && (!unknown || away) && !penniless,
  };
}
