/** The order ticket: what is bought or sold, at which limit, and exactly what that moves. */
import { formatKwh, TimeInForce } from "@enerlink/contracts";
import { type FormEvent, useEffect, useState } from "react";
import { ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { amountText, parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, Segmented, SelectField, TextField } from "../ui/index.ts";
import {
  type Book,
  MAX_STEPS,
  MOST_TICK,
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
const timesInForce = ["GTC", "IOC", "FOK", "PostOnly"] as const;

type Props = { book: Book | undefined; suggestion: Suggestion | undefined };

export function Ticket({ book, suggestion }: Props) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const account = useAccount();
  const balances = useBalances(account?.address).data;
  const { transact, busy } = useTransact();
  const [side, setSide] = useState<Side>("buy");
  const [tickText, setTickText] = useState("");
  const [energyText, setEnergyText] = useState("");
  const [type, setType] = useState<"limit" | typeof MARKET>("limit");
  const [chosenTime, setTimeInForce] = useState<(typeof timesInForce)[number]>("GTC");
  const timeInForce = type === MARKET ? "IOC" : chosenTime;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a suggestion is taken over once, not again in another language
  useEffect(() => {
    if (!suggestion) return;
    if (suggestion.side) setSide(suggestion.side);
    if (suggestion.tick) {
      setTickText(String(suggestion.tick));
      setType("limit");
    }
    if (suggestion.wattHours) setEnergyText(amountText(formatKwh(suggestion.wattHours), format.language));
  }, [suggestion]);

  const energy = read(energyText, 3);
  const typed = read(tickText, 0);
  const marketLimit = book && energy.value ? marketTick(side, energy.value, book) : undefined;
  const limit =
    type === MARKET ? { value: marketLimit === undefined ? undefined : BigInt(marketLimit) } : typed;
  const funds = balances && {
    trading: side === "buy" ? balances.trading.idrs : balances.trading.energyWh,
    wallet: side === "buy" ? balances.wallet.idrs : balances.wallet.energyWh,
  };
  const order =
    energy.value === undefined || limit.value === undefined
      ? undefined
      : // A limit beyond the book's range is refused below; the number stays exact up to there.
        { side, wattHours: energy.value, tick: Number(limit.value), timeInForce: TimeInForce[timeInForce] };
  const quoted = order && book && funds ? quote(order, book, funds) : undefined;
  const problem = quoted?.problem;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!order || !quoted || problem) return;
    const sent = await transact({
      action: {
        kind: side === "buy" ? "placeBid" : "placeAsk",
        values: { wattHours: String(order.wattHours), tick: String(order.tick) },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "placeOrder",
        args: [side === "buy" ? 0 : 1, order.tick, Number(order.wattHours), order.timeInForce, MAX_STEPS],
      },
      pulls:
        quoted.fromWallet > 0n
          ? [{ token: side === "buy" ? "rupiah" : "energy", amount: quoted.fromWallet }]
          : [],
    });
    if (sent) setEnergyText("");
  }

  if (!account)
    return (
      <Card title={t("ticket.title")}>
        <ConnectFirst why={t("ticket.connect")} />
      </Card>
    );

  const bestTick = (side === "buy" ? book?.asks : book?.bids)?.[0]?.tick;
  const most = funds && limit.value ? mostWh(side, Number(limit.value), funds) : undefined;

  return (
    <Card title={t("ticket.title")} className="h-full overflow-y-auto">
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <Segmented
          label={t("ticket.side")}
          value={side}
          onValue={setSide}
          options={[
            { value: "buy", label: t("ticket.buy"), className: "data-[state=on]:text-buy" },
            { value: "sell", label: t("ticket.sell"), className: "data-[state=on]:text-sell" },
          ]}
        />
        <TextField
          label={t("ticket.energy")}
          unit="kWh"
          inputMode="decimal"
          placeholder="0"
          value={energyText}
          onText={setEnergyText}
          problem={
            energy.problem ??
            (problem?.kind === "tooSmall" || problem?.kind === "tooLarge" ? words(problem) : undefined)
          }
          aside={
            most !== undefined && (
              <button
                type="button"
                className="font-medium text-accent underline-offset-2 hover:underline"
                onClick={() => setEnergyText(amountText(formatKwh(most), format.language))}
              >
                {t("ticket.most", { energy: format.energy(most) })}
              </button>
            )
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
            {limit.value === undefined
              ? t(
                  book && !(side === "buy" ? book.asks : book.bids)[0]
                    ? "ticket.marketEmpty"
                    : "ticket.marketHint",
                )
              : t(side === "buy" ? "ticket.marketMost" : "ticket.marketLeast", {
                  price: format.tickPrice(Number(limit.value)),
                })}
          </p>
        ) : (
          <>
            <TextField
              label={t("ticket.limit")}
              unit="Rp/kWh"
              inputMode="numeric"
              placeholder="0"
              value={tickText}
              onText={setTickText}
              problem={typed.problem ?? (problem?.kind === "tick" ? words(problem) : undefined)}
              aside={
                bestTick !== undefined && (
                  <button
                    type="button"
                    className="font-medium text-accent underline-offset-2 hover:underline"
                    onClick={() => setTickText(String(bestTick))}
                  >
                    {t("ticket.best", { price: format.tick(bestTick) })}
                  </button>
                )
              }
            />
            <SelectField
              label={t("ticket.timeInForce")}
              value={chosenTime}
              onValue={(value) => setTimeInForce(value as typeof chosenTime)}
              options={timesInForce.map((value) => ({ value, label: t(`ticket.${value}`) }))}
            />
          </>
        )}
        <Totals side={side} quoted={quoted} />
        {problem && ["funds", "unfillable", "crosses"].includes(problem.kind) && (
          <Notice tone="bad">{words(problem)}</Notice>
        )}
        <Button type="submit" look={side} disabled={!order || !quoted || problem !== undefined || busy}>
          {order && !problem
            ? t(side === "buy" ? "ticket.submitBuy" : "ticket.submitSell", {
                energy: format.energy(order.wattHours),
              })
            : t(side === "buy" ? "ticket.buy" : "ticket.sell")}
        </Button>
      </form>
    </Card>
  );

  function read(text: string, decimals: number): { value?: bigint; problem?: string } {
    try {
      const value = parseAmount(text, decimals, format.language);
      return value === undefined ? {} : { value };
    } catch {
      return { problem: decimals === 0 ? t("ticket.notWhole") : t("ticket.notNumber", { decimals }) };
    }
  }

  function words(found: NonNullable<Quote["problem"]>): string {
    switch (found.kind) {
      case "tooSmall":
        return t("ticket.tooSmall");
      case "tooLarge":
        return t("ticket.tooLarge");
      case "tick":
        return t("ticket.tickRange", { most: format.tick(MOST_TICK) });
      case "funds":
        return side === "buy"
          ? t("ticket.missingMoney", { amount: format.money(found.missing) })
          : t("ticket.missingEnergy", { amount: format.energy(found.missing) });
      case "unfillable":
        return t("ticket.unfillable", { energy: format.energy(found.fillableWh) });
      case "crosses":
        return t("ticket.crosses", { price: format.tickPrice(found.tick) });
    }
  }
}

/** What is paid, what is received, and from which balance, to the last decimal. */
function Totals({ side, quoted }: { side: Side; quoted: Quote | undefined }) {
  const { t, format } = useI18n();
  const dash = "–";
  const spends = (amount: bigint) => (side === "buy" ? format.exactMoney(amount) : format.energy(amount));
  const now = quoted && quoted.filledWh > 0n;
  const rows: [string, string, strong?: boolean][] = [
    [
      t("ticket.payNow"),
      now ? (side === "buy" ? format.exactMoney(quoted.filledIdrs) : format.energy(quoted.filledWh)) : dash,
      true,
    ],
    [
      t("ticket.receiveNow"),
      now ? (side === "buy" ? format.energy(quoted.filledWh) : format.exactMoney(quoted.filledIdrs)) : dash,
      true,
    ],
    [t("ticket.averagePrice"), now ? format.price(quoted.filledIdrs / quoted.filledWh) : dash],
    [
      t("ticket.rests"),
      quoted && quoted.restingWh > 0n
        ? side === "buy"
          ? `${format.energy(quoted.restingWh)} · ${format.exactMoney(quoted.restingIdrs)}`
          : format.energy(quoted.restingWh)
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
          <dd className={strong ? "number font-semibold" : "number"}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
