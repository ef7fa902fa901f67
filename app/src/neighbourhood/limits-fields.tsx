/** Two prices: how little a neighbour may pay, how much one may ask. */
import { MOST_TICK } from "@enerlink/protocol";
import { z } from "zod/mini";
import { AmountField, useAmounts, useFields } from "../ui/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import { Meaning } from "./meaning.tsx";
import { neverWords } from "./never.ts";
import { type Limits, widest } from "./slot.ts";
import { useHood } from "./words.ts";

/** @param begin the limits to begin with */
export function useLimits(begin: Limits) {
  const { tick } = useAmounts();
  const limit = tick({ most: BigInt(MOST_TICK) });
  const form = useFields(z.object({ sellFrom: limit, buyUpTo: limit }), {
    sellFrom: String(begin.sellFrom),
    buyUpTo: String(begin.buyUpTo),
  });
  const { values, texts } = form;
  const typed = (name: "sellFrom" | "buyUpTo") => {
    const { data } = limit.safeParse(texts[name]);
    return data === undefined ? {} : { [name]: Number(data) };
  };
  return {
    ...form,
    /** Each as far as it is typed: one may be wrong and the other not. */
    typed: { ...typed("sellFrom"), ...typed("buyUpTo") } as Partial<Limits>,
    limits: values && { sellFrom: Number(values.sellFrom), buyUpTo: Number(values.buyUpTo) },
  };
}

type Props = { form: ReturnType<typeof useLimits>; home: Home; neighbourhood: Neighbourhood };

export function LimitsFields({ form, home, neighbourhood }: Props) {
  const i18n = useHood();
  const { t, format } = i18n;
  const { amountField, limits, typed } = form;
  const never = neverWords(typed, neighbourhood, i18n);
  const any = widest(neighbourhood);
  // Where the utility pays nothing, what is left over stays the home's.
  const keeps = neighbourhood.feedIn === 0;
  const isWidest = limits !== undefined && limits.sellFrom <= any.sellFrom && limits.buyUpTo >= any.buyUpTo;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="text-sm text-muted">
        {t(keeps ? "hood.termsKept" : "hood.terms", {
          feedIn: format.tickPrice(neighbourhood.feedIn),
          retail: format.tickPrice(neighbourhood.retail),
          fee: format.tickPrice(neighbourhood.fee),
        })}
      </p>
      <div className="grid grid-cols-1 gap-3">
        <AmountField
          {...amountField("sellFrom")}
          kind="tick"
          label={t("hood.sellFrom")}
          hint={never.sellFrom && <Never>{never.sellFrom}</Never>}
          suggested={{ value: BigInt(any.sellFrom), words: t("hood.any") }}
        />
        <AmountField
          {...amountField("buyUpTo")}
          kind="tick"
          label={t("hood.buyUpTo")}
          hint={never.buyUpTo && <Never>{never.buyUpTo}</Never>}
          suggested={{ value: BigInt(any.buyUpTo), words: t("hood.any") }}
        />
      </div>
      <p className="text-sm font-medium">
        {t(isWidest ? "hood.isWidest" : keeps ? "hood.isNarrowKept" : "hood.isNarrow")}
      </p>
      <Meaning home={home} neighbourhood={neighbourhood} limits={limits} />
    </div>
  );
}

const Never = ({ children }: { children: string }) => (
  <span className="font-medium text-warning">{children}</span>
);
