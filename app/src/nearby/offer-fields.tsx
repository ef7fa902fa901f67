/** The fields that a new offer and a change of one share. */
import { MINIMUM_WH } from "@enerlink/contracts";
import { parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { TextField } from "../ui/index.ts";

export const HOURS = [1, 3, 6, 12, 24, 72] as const;

export type OfferDraft = { energyText: string; priceText: string };

/** Reads the draft: amounts where they are in range, words where they are not. */
export function useOfferDraft(
  { energyText, priceText }: OfferDraft,
  minimumPrice: bigint,
  mostWh: bigint | undefined,
) {
  const { t, format } = useI18n();
  const energy = read(energyText, 3, (value) => {
    if (value < MINIMUM_WH) return t("ticket.tooSmall");
    if (mostWh !== undefined && value > mostWh) return t("offer.tooMuch", { energy: format.energy(mostWh) });
    return undefined;
  });
  const price = read(priceText, 3, (value) =>
    value < minimumPrice ? t("offer.tooCheap", { price: format.price(minimumPrice) }) : undefined,
  );
  return { energy, price };

  function read(
    text: string,
    decimals: number,
    check: (value: bigint) => string | undefined,
  ): { value?: bigint; problem?: string } {
    try {
      const value = parseAmount(text, decimals, format.language);
      if (value === undefined) return {};
      const problem = check(value);
      return problem === undefined ? { value } : { problem };
    } catch {
      return { problem: t("ticket.notNumber", { decimals }) };
    }
  }
}

type Props = {
  draft: OfferDraft;
  onDraft: (draft: OfferDraft) => void;
  problems: { energy?: string | undefined; price?: string | undefined };
  energyHint: string;
};

export function OfferFields({ draft, onDraft, problems, energyHint }: Props) {
  const { t } = useI18n();
  return (
    <>
      <TextField
        label={t("offer.energy")}
        unit="kWh"
        inputMode="decimal"
        placeholder="0"
        value={draft.energyText}
        onText={(energyText) => onDraft({ ...draft, energyText })}
        problem={problems.energy}
        hint={energyHint}
      />
      <TextField
        label={t("offer.price")}
        unit="Rp/kWh"
        inputMode="decimal"
        placeholder="0"
        value={draft.priceText}
        onText={(priceText) => onDraft({ ...draft, priceText })}
        problem={problems.price}
      />
    </>
  );
}
