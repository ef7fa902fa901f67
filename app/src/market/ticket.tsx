/** The order ticket: what is bought or sold, at which limit, and exactly what that moves. */
import { Side as BookSide, MINIMUM_WH, namesOf, TimeInForce } from "@enerlink/protocol";
import { type ReactNode, useEffect, useState } from "react";
import { z } from "zod/mini";
import { ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { isAway, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  AmountField,
  Button,
  Card,
  classes,
  Segmented,
  SelectField,
  unread,
  useAmounts,
  useFields,
} from "../ui/index.ts";
import {
  type Book,
  MAX_STEPS,
  MOST_TICK,
  MOST_WH,
  marketTick,
  mostWh,
  type Quote,
  quote,
  type Side,
} from "./quote.ts";

/** What another part of the page, or a link, wants to be traded. */
export type Suggestion = {
  side?: Side | undefined;
  tick?: number | undefined;
  wattHours?: bigint | undefined;
};

/** A market order is one that takes at once what it can up to a limit: the market's is computed, not typed. */
const MARKET = "market";
const timesInForce = namesOf(TimeInForce);

type Typed = { energy: bigint; tick: bigint | undefined; timeInForce: (typeof timesInForce)[number] };

type Props = {
  book: Book | undefined;
  suggestion: Suggestion | undefined;
  /** What stands above the ticket, such as that a link filled it in. */
  notice?: ReactNode;
};

export function Ticket({ book, suggestion, notice }: Props) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const amounts = useAmounts();
  const account = useAccount();
  const asked = useBalances(account?.address);
  const balances = asked.data;
  const { transact, busy } = useTransact();
  const [side, setSide] = useState<Side>("buy");
  const [type, setType] = useState<"limit" | typeof MARKET>("limit");
  const buys = side === "buy";
  const others = book && (buys ? book.asks : book.bids);
  const funds = balances && {
    trading: buys ? balances.trading.idrs : balances.trading.energyWh,
    wallet: buys ? balances.wallet.idrs : balances.wallet.energyWh,
  };

  /** What is bought or sold cannot be told without the book and the balances. */
  const unknown = !book || !funds;
  const away = unknown && isAway(asked);

  const limit = amounts.tick({ most: BigInt(MOST_TICK) });
  const { field, amountField, values, texts, handleSubmit, setValue, reset } = useFields(
    z.object({
      energy: amounts.energy({ least: MINIMUM_WH, most: MOST_WH }),
      tick: type === MARKET ? unread : limit,
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
      setValue("tick", String(suggestion.tick));
      setType("limit");
    }
    if (suggestion.wattHours) setValue("energy", amountText(suggestion.wattHours, "energy", format.language));
  }, [suggestion]);

  /** The order that the texts mean, on the book as it is now; none where a market order meets nobody. */
  function orderOf({ energy, tick, timeInForce }: Typed) {
    const limit = tick === undefined ? book && marketTick(side, energy, book) : Number(tick);
    if (limit === undefined) return undefined;
    const time = TimeInForce[type === MARKET ? "IOC" : timeInForce];
    return { side, wattHours: energy, tick: limit, timeInForce: time };
  }

  function problemsOf(typed: Typed): { energy?: string; tick?: string } {
    if (away) return { energy: t("common.networkAway") };
    const order = orderOf(typed);
    if (!order) return others ? { energy: t("ticket.marketEmpty") } : {};
    const problem = book && funds && quote(order, book, funds).problem;
    switch (problem?.kind) {
      case "funds":
        return {
          energy: buys
            ? t("ticket.missingMoney", { amount: format.exactMoney(problem.missing) })
            : t("ticket.missingEnergy", { amount: format.exactEnergy(problem.missing) }),
        };
      case "unfillable":
        return { energy: t("ticket.unfillable", { energy: format.exactEnergy(problem.fillableWh) }) };
      case "crosses":
        return { tick: t("ticket.crosses", { price: format.tickPrice(problem.tick) }) };
      default:
        return {};
    }
  }

  const order = values && orderOf(values);
  const quoted = order && book && funds ? quote(order, book, funds) : undefined;

  const submit = handleSubmit(async (typed) => {
    const placed = orderOf(typed);
    if (!placed || !book || !funds) return;
    const { fromWallet } = quote(placed, book, funds);
    const sent = await transact({
      action: {
        kind: buys ? "placeBid" : "placeAsk",
        values: {
          wattHours: String(placed.wattHours),
          tick: String(placed.tick),
          timeInForce: String(placed.timeInForce),
        },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "placeOrder",
        args: [
          buys ? BookSide.Bid : BookSide.Ask,
          placed.tick,
          Number(placed.wattHours),
          placed.timeInForce,
          MAX_STEPS,
        ],
      },
      pulls: fromWallet > 0n ? [{ token: buys ? "rupiah" : "energy", amount: fromWallet }] : [],
    });
    if (sent) reset({ ...texts, energy: "" });
  });

  if (!account)
    return (
      <Card title={t("ticket.title")}>
        <ConnectFirst why={t("ticket.connect")} />
      </Card>
    );

  const best = others?.[0]?.tick;
  const typed = limit.safeParse(texts.tick).data;
  const tick = type === MARKET ? (order?.tick ?? best) : typed === undefined ? undefined : Number(typed);
  const most = funds && tick ? mostWh(side, tick, funds) : undefined;

  return (
    <Card title={t("ticket.title")} className="h-full overflow-y-auto">
      <form className="grid grid-cols-1 gap-2.5" onSubmit={(event) => void submit(event)}>
        <Segmented
          label={t("ticket.side")}
          value={side}
          onValue={setSide}
          options={[
            { value: "buy", label: t("ticket.buy"), className: "data-[state=on]:text-buy" },
            { value: "sell", label: t("ticket.sell"), className: "data-[state=on]:text-sell" },
          ]}
        />
        {notice}
        <AmountField
          {...amountField("energy")}
          kind="energy"
          label={t("ticket.energy")}
          suggested={
            most === undefined
              ? undefined
              : { value: most, words: t("ticket.most", { energy: format.exactEnergy(most) }) }
          }
        />
        <Segmented
          small
          label={t("ticket.type")}
          value={type}
          onValue={setType}
          options={[
            { value: "limit", label: t("ticket.limit") },
            { value: MARKET, label: t("ticket.market") },
          ]}
        />
        {type === MARKET ? (
          <p className="text-sm text-muted">
            {order
              ? t(buys ? "ticket.marketMost" : "ticket.marketLeast", { price: format.tickPrice(order.tick) })
              : t("ticket.marketHint")}
          </p>
        ) : (
          <>
            <AmountField
              {...amountField("tick")}
              kind="tick"
              label={t("ticket.limit")}
              suggested={
                best === undefined
                  ? undefined
                  : { value: BigInt(best), words: t("ticket.best", { price: format.tick(best) }) }
              }
            />
            <SelectField
              {...field("timeInForce")}
              label={t("ticket.timeInForce")}
              options={timesInForce.map((value) => ({ value, label: t(`ticket.${value}`) }))}
            />
          </>
        )}
        <Totals side={side} quoted={quoted} />
        <Button type="submit" look={side} disabled={busy || (unknown && !away)}>
          {order
            ? t(buys ? "ticket.submitBuy" : "ticket.submitSell", {
                energy: format.exactEnergy(order.wattHours),
              })
            : t(buys ? "ticket.buy" : "ticket.sell")}
        </Button>
      </form>
    </Card>
  );
}

/** What is paid, what is received, and from which balance, to the last decimal. */
function Totals({ side, quoted }: { side: Side; quoted: Quote | undefined }) {
  const { t, format } = useI18n();
  const buys = side === "buy";
  const dash = "–";
  const spends = (amount: bigint) => (buys ? format.exactMoney(amount) : format.exactEnergy(amount));
  const now = quoted && quoted.filledWh > 0n;
  const rows: [label: string, value: string, strong?: boolean][] = [
    [
      t("ticket.payNow"),
      now ? (buys ? format.exactMoney(quoted.filledIdrs) : format.exactEnergy(quoted.filledWh)) : dash,
      true,
    ],
    [
      t("ticket.receiveNow"),
      now ? (buys ? format.exactEnergy(quoted.filledWh) : format.exactMoney(quoted.filledIdrs)) : dash,
      true,
    ],
    [t("ticket.averagePrice"), now ? format.price(quoted.filledIdrs / quoted.filledWh) : dash],
    [
      t("ticket.rests"),
      quoted && quoted.restingWh > 0n
        ? format.exactEnergy(quoted.restingWh) + (buys ? ` · ${format.exactMoney(quoted.restingIdrs)}` : "")
        : dash,
    ],
    [t("ticket.fromTrading"), quoted ? spends(quoted.fromTrading) : dash],
    [t("ticket.fromWallet"), quoted ? spends(quoted.fromWallet) : dash],
  ];
  return (
    <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm" aria-live="polite">
      {rows.map(([label, value, strong]) => (
        <div key={label} className="flex items-baseline justify-between gap-3">
          <dt className="text-muted">{label}</dt>
          <dd className={classes("number text-right", strong && "font-semibold")}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
