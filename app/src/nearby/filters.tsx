import { SlidersHorizontal } from "lucide-react";
import { useEffect, useState } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { AmountField, Button, SelectField, useAmounts, useFields, useText } from "../ui/index.ts";
import type { OfferFilter } from "./data.ts";

/** Kilometres; empty: as far as the index looks. */
const DISTANCES = ["", "2", "5", "10", "25"] as const;

/** What is shown on map and list: at most so far, at most so dear, at least so much. */
export function useFilters() {
  const amounts = useAmounts();
  const [within, setWithin] = useText("within");
  const [most, setMost] = useText("most");
  const [least, setLeast] = useText("least");
  const fields = useFields(
    z.object({
      distance: z.enum(DISTANCES),
      price: orNothing(amounts.price()),
      energy: orNothing(amounts.energy()),
    }),
    // As the address has it, which somebody may have been sent.
    { distance: DISTANCES.find((one) => one === within) ?? "", price: most, energy: least },
  );
  const { texts } = fields;
  useEffect(() => {
    if (texts.distance !== within) setWithin(texts.distance);
    if (texts.price !== most) setMost(texts.price);
    if (texts.energy !== least) setLeast(texts.energy);
  }, [texts.distance, texts.price, texts.energy, within, most, least, setWithin, setMost, setLeast]);
  // While an amount is being typed wrong only the distance counts.
  const { distance, price, energy } = {
    ...fields.texts,
    price: undefined,
    energy: undefined,
    ...fields.values,
  };
  const filter: OfferFilter = {
    ...(distance ? { maxDistanceKm: Number(distance) } : {}),
    ...(price === undefined ? {} : { maxPrice: String(price) }),
    ...(energy === undefined ? {} : { minWh: String(energy) }),
  };
  // Also what is still to be asked about: nobody should look for a filter that is there.
  const typed = Object.values(texts).some((text) => text !== "");
  return { field: fields.field, amountField: fields.amountField, filter, typed };
}

/** A field that may stay empty. */
const orNothing = <Value,>(schema: z.ZodMiniType<Value, string>) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((text) => text.trim() || undefined),
    ),
    z.optional(schema),
  );

export function Filters({ field, amountField, filter, typed }: ReturnType<typeof useFilters>) {
  const { t } = useI18n();
  const active = Object.keys(filter).length;
  const [open, setOpen] = useState(typed);
  return (
    <div className="grid gap-3">
      <Button size="small" className="justify-self-start" aria-expanded={open} onClick={() => setOpen(!open)}>
        <SlidersHorizontal className="size-4" />
        {active > 0 ? t("filter.active", { count: active }) : t("filter.title")}
      </Button>
      {open && (
        <div className="grid gap-3 sm:grid-cols-3">
          <SelectField
            {...field("distance")}
            label={t("filter.distance")}
            options={DISTANCES.map((value) => ({
              value,
              label: value ? t("filter.within", { km: value }) : t("filter.any"),
            }))}
          />
          <AmountField {...amountField("price")} kind="price" label={t("filter.price")} />
          <AmountField {...amountField("energy")} kind="energy" label={t("filter.energy")} />
        </div>
      )}
    </div>
  );
}
