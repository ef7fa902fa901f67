import { formatDecimal, IDRS_DECIMALS } from "@enerlink/contracts";
import type { ComponentProps } from "react";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Suggested, TextField } from "../ui/index.ts";

export type TokenChoice = "energy" | "rupiah";
const decimals = { energy: 3, rupiah: IDRS_DECIMALS } as const;
const units = { energy: "kWh", rupiah: "Rp" } as const;

type Props = Omit<ComponentProps<typeof TextField>, "label"> & {
  token: TokenChoice;
  /** The most that can be given, in base units, which a tap fills in. */
  most?: bigint | undefined;
  onTake?: (text: string) => void;
};

/** How much of a token. */
export function AmountField({ token, most, onTake, ...field }: Props) {
  const { t, format } = useI18n();
  return (
    <TextField
      label={t("wallet.amount")}
      unit={units[token]}
      inputMode="decimal"
      placeholder="0"
      aside={
        most !== undefined &&
        onTake && (
          <Suggested onTake={() => onTake(amountText(formatDecimal(most, decimals[token]), format.language))}>
            {t("wallet.all", { amount: token === "energy" ? format.energy(most) : format.money(most) })}
          </Suggested>
        )
      }
      {...field}
    />
  );
}
