import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Button, SelectField, TextField } from "../ui/index.ts";
import type { OfferFilter } from "./data.ts";

/** Kilometres; empty: as far as the index looks. */
const DISTANCES = ["", "2", "5", "10", "25"] as const;

type Draft = { distance: string; price: string; energy: string };

/** What is shown on map and list: at most so far, at most so dear, at least so much. */
export function useFilters() {
  const { t, format } = useI18n();
  const [draft, setDraft] = useState<Draft>({ distance: "", price: "", energy: "" });
  const price = read(draft.price);
  const energy = read(draft.energy);
  const filter: OfferFilter = {
    ...(draft.distance ? { maxDistanceKm: Number(draft.distance) } : {}),
    ...(price.value === undefined ? {} : { maxPrice: String(price.value) }),
    ...(energy.value === undefined ? {} : { minWh: String(energy.value) }),
  };
  return { draft, setDraft, filter, problems: { price: price.problem, energy: energy.problem } };

  /** kWh and Rp/kWh both have three decimals in whole units. */
  function read(text: string): { value?: bigint; problem?: string } {
    try {
      const value = parseAmount(text, 3, format.language);
      return value === undefined ? {} : { value };
    } catch {
      return { problem: t("ticket.notNumber", { decimals: 3 }) };
    }
  }
}

export function Filters({ draft, setDraft, filter, problems }: ReturnType<typeof useFilters>) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const active = Object.keys(filter).length;
  return (
    <div className="grid gap-3">
      <Button size="small" className="justify-self-start" aria-expanded={open} onClick={() => setOpen(!open)}>
        <SlidersHorizontal className="size-4" />
        {active > 0 ? t("filter.active", { count: active }) : t("filter.title")}
      </Button>
      {open && (
        <div className="grid gap-3 sm:grid-cols-3">
          <SelectField
            label={t("filter.distance")}
            value={draft.distance}
            onValue={(distance) => setDraft({ ...draft, distance })}
            options={DISTANCES.map((value) => ({
              value,
              label: value ? t("filter.within", { km: value }) : t("filter.any"),
            }))}
          />
          <TextField
            label={t("filter.price")}
            unit="Rp/kWh"
            inputMode="decimal"
            value={draft.price}
            onText={(price) => setDraft({ ...draft, price })}
            problem={problems.price}
          />
          <TextField
            label={t("filter.energy")}
            unit="kWh"
            inputMode="decimal"
            value={draft.energy}
            onText={(energy) => setDraft({ ...draft, energy })}
            problem={problems.energy}
          />
        </div>
      )}
    </div>
  );
}
