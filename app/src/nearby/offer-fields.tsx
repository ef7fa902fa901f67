/** The fields that a new offer and a change of one share. */
import { MINIMUM_WH } from "@enerlink/contracts";
import type { ComponentProps } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { TextField, useAmounts } from "../ui/index.ts";
import { useBoard } from "./data.ts";

export const HOURS = [1, 3, 6, 12, 24, 72] as const;

/** A chosen number of hours. */
export const hours = z.pipe(
  z.string(),
  z.transform((text) => Number(text)),
);

/** @param mostWh what the battery can still promise */
export function useOfferSchemas(mostWh?: bigint) {
  const amounts = useAmounts();
  const board = useBoard().data;
  return {
    energy: amounts.energy({ least: MINIMUM_WH, most: mostWh }),
    price: amounts.price({ least: board?.minimumPrice ?? 1n }),
  };
}

type Field = Pick<ComponentProps<typeof TextField>, "name" | "ref" | "onChange" | "onBlur" | "problem">;

export function OfferFields({ energy, price, hint }: { energy: Field; price: Field; hint: string }) {
  const { t } = useI18n();
  return (
    <>
      <TextField
        {...energy}
        label={t("offer.energy")}
        unit="kWh"
        inputMode="decimal"
        placeholder="0"
        hint={hint}
      />
      <TextField {...price} label={t("offer.price")} unit="Rp/kWh" inputMode="decimal" placeholder="0" />
    </>
  );
}
