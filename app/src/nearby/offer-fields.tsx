/** The fields that a new offer and a change of one share. */
import { MINIMUM_WH } from "@enerlink/protocol";
import type { ComponentProps } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { AmountField, useAmounts } from "../ui/index.ts";
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

type Field = Omit<ComponentProps<typeof AmountField>, "kind" | "label" | "hint">;

export function OfferFields({ energy, price, hint }: { energy: Field; price: Field; hint: string }) {
  const { t } = useI18n();
  return (
    <>
      <AmountField {...energy} kind="energy" label={t("offer.energy")} hint={hint} />
      <AmountField {...price} kind="price" label={t("offer.price")} />
    </>
  );
}
