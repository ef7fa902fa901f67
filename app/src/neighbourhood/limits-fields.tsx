/** Two prices: how little a neighbour may pay, how much one may ask. */
import { MOST_TICK } from "@enerlink/protocol";
import { z } from "zod/mini";
import { AmountField, useAmounts, useFields } from "../ui/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import { Meaning } from "./meaning.tsx";
import { type Limits, widest } from "./slot.ts";
import { useHood } from "./words.ts";

/** @param begin the limits to begin with */
export function useLimits(begin: Limits) {
  const { tick } = useAmounts();
  const form = useFields(
    z.object({ sellFrom: tick({ most: BigInt(MOST_TICK) }), buyUpTo: tick({ most: BigInt(MOST_TICK) }) }),
    {
      sellFrom: String(begin.sellFrom),
      buyUpTo: String(begin.buyUpTo),
    },
  );
  const { values } = form;
  return {
    ...form,
    limits: values && { sellFrom: Number(values.sellFrom), buyUpTo: Number(values.buyUpTo) },
  };
}

type Props = { form: ReturnType<typeof useLimits>; home: Home; neighbourhood: Neighbourhood };

export function LimitsFields({ form, home, neighbourhood }: Props) {
  const { t, format } = useHood();
  const { amountField, limits } = form;
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
          suggested={{ value: BigInt(any.sellFrom), words: t("hood.any") }}
        />
        <AmountField
          {...amountField("buyUpTo")}
          kind="tick"
          label={t("hood.buyUpTo")}
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
