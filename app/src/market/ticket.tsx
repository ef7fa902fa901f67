/** The order ticket: what is bought or sold, at which limit, and exactly what that moves. */
import type { ReactNode } from "react";
import { ConnectFirst } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { AmountField, Button, Card, Segmented, SelectField } from "../ui/index.ts";
import type { Book } from "./quote.ts";
import { pennilessWords, resultWords } from "./result.ts";
import { Totals } from "./totals.tsx";
import { type Suggestion, timesInForce, useTicket } from "./use-ticket.ts";

type Props = {
  book: Book | undefined;
  suggestion: Suggestion | undefined;
  /** What stands above the ticket, such as that a link filled it in. */
  notice?: ReactNode;
};

export function Ticket({ book, suggestion, notice }: Props) {
  const { t, format } = useI18n();
  const ticket = useTicket(book, suggestion);
  const { form, side, type, most } = ticket;

  if (!ticket.account)
    return (
      <Card title={t("ticket.title")}>
        <ConnectFirst why={t("ticket.connect")} />
      </Card>
    );

  return (
    <Card title={t("ticket.title")} className="lg:h-full lg:overflow-y-auto">
      <form className="grid grid-cols-1 gap-2.5" onSubmit={(event) => void ticket.submit(event)}>
        <Segmented
          label={t("ticket.side")}
          value={side}
          onValue={ticket.setSide}
          options={[
            { value: "buy", label: t("ticket.buy"), chosenLook: "has-checked:text-buy" },
            { value: "sell", label: t("ticket.sell"), chosenLook: "has-checked:text-sell" },
          ]}
        />
        {notice}
        <AmountField
          {...form.amountField("energy")}
          kind="energy"
          label={t("ticket.energy")}
          suggested={
            // Of nothing there is nothing to fill in.
            !most ? undefined : { value: most, words: t("ticket.most", { energy: format.exactEnergy(most) }) }
          }
        />
        <Segmented
          small
          label={t("ticket.type")}
          value={type}
          onValue={ticket.setType}
          options={[
            { value: "limit", label: t("ticket.limit") },
            { value: "market", label: t("ticket.market") },
          ]}
        />
        {type === "market" ? <MarketLimit {...ticket} /> : <TypedLimit {...ticket} />}
        <Totals side={side} quoted={ticket.quoted} />
        <Foot {...ticket} />
      </form>
    </Card>
  );
}

type Part = ReturnType<typeof useTicket>;

/** What it comes to, and the button: in sight and in reach of the thumb, however long the ticket is. */
function Foot({
  side,
  order,
  quoted,
  penniless,
  submittable,
}: Pick<Part, "side" | "order" | "quoted" | "penniless" | "submittable">) {
  const i18n = useI18n();
  const { t, format } = i18n;
  return (
    <div className="sticky bottom-(--foot) -mx-4 -mb-4 grid gap-1.5 rounded-b-card border-t bg-surface px-4 pt-2 pb-3 lg:-bottom-4 lg:pb-4">
      {/* A place that is always kept, so that nothing moves while it is typed. */}
      <p aria-live="polite" className="min-h-5 text-sm font-medium">
        {penniless ? pennilessWords(side, i18n) : resultWords(side, quoted, i18n)}
      </p>
      <Button type="submit" look={side} disabled={!submittable}>
        {order
          ? t(side === "buy" ? "ticket.submitBuy" : "ticket.submitSell", {
              energy: format.exactEnergy(order.wattHours),
            })
          : t(side === "buy" ? "ticket.buy" : "ticket.sell")}
      </Button>
    </div>
  );
}

function MarketLimit({ order, side }: Pick<Part, "order" | "side">) {
  const { t, format } = useI18n();
  return (
    <p className="text-sm text-muted">
      {order
        ? t(side === "buy" ? "ticket.marketMost" : "ticket.marketLeast", {
            price: format.tickPrice(order.tick),
          })
        : t("ticket.marketHint")}
    </p>
  );
}

function TypedLimit({ form, best }: Pick<Part, "form" | "best">) {
  const { t, format } = useI18n();
  return (
    <>
      <AmountField
        {...form.amountField("tick")}
        kind="tick"
        label={t("ticket.limit")}
        suggested={
          best === undefined
            ? undefined
            : { value: BigInt(best), words: t("ticket.best", { price: format.tick(best) }) }
        }
      />
      <SelectField
        {...form.field("timeInForce")}
        label={t("ticket.timeInForce")}
        options={timesInForce.map((value) => ({ value, label: t(`ticket.${value}`) }))}
      />
    </>
  );
}
