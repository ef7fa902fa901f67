import { useI18n } from "../i18n/index.ts";
import { classes } from "../ui/index.ts";
import type { Quote, Side } from "./quote.ts";

/** What is paid, what is received, and from which balance, to the last decimal. */
export function Totals({ side, quoted }: { side: Side; quoted: Quote | undefined }) {
  const { t, format } = useI18n();
  const buys = side === "buy";
  const dash = "–";
  const spends = (amount: bigint) => (buys ? format.money(amount) : format.exactEnergy(amount));
  const now = quoted && quoted.filledWh > 0n;
  const rows: [label: string, value: string, strong?: boolean][] = [
    [
      t("ticket.payNow"),
      now ? (buys ? format.money(quoted.filledIdrs) : format.exactEnergy(quoted.filledWh)) : dash,
      true,
    ],
    [
      t("ticket.receiveNow"),
      now ? (buys ? format.exactEnergy(quoted.filledWh) : format.money(quoted.filledIdrs)) : dash,
      true,
    ],
    [t("ticket.averagePrice"), now ? format.price(quoted.filledIdrs / quoted.filledWh) : dash],
    [
      t("ticket.rests"),
      quoted && quoted.restingWh > 0n
        ? format.exactEnergy(quoted.restingWh) + (buys ? ` · ${format.money(quoted.restingIdrs)}` : "")
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
