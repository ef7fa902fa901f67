import { formatDecimal } from "@enerlink/contracts";
import { type FormEvent, useState } from "react";
import { amountText, parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Button, TextField } from "../ui/index.ts";

export type TokenChoice = "energy" | "rupiah";
const decimals = { energy: 3, rupiah: 6 } as const;
const units = { energy: "kWh", rupiah: "Rp" } as const;

type Props = {
  token: TokenChoice;
  label: string;
  submit: string;
  /** The most that may be given, in base units; no limit shown without it. */
  most?: bigint | undefined;
  busy: boolean;
  onSubmit: (amount: bigint) => Promise<boolean>;
};

/** One amount and one button. */
export function AmountForm({ token, label, submit, most, busy, onSubmit }: Props) {
  const { t, format } = useI18n();
  const [text, setText] = useState("");
  const { amount, problem } = read();

  async function send(event: FormEvent) {
    event.preventDefault();
    if (amount && !problem && (await onSubmit(amount))) setText("");
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void send(event)}>
      <TextField
        label={label}
        unit={units[token]}
        inputMode="decimal"
        placeholder="0"
        value={text}
        onText={setText}
        problem={problem}
        aside={
          most !== undefined && (
            <button
              type="button"
              className="font-medium text-accent underline-offset-2 hover:underline"
              onClick={() => setText(amountText(formatDecimal(most, decimals[token]), format.language))}
            >
              {t("wallet.all", { amount: token === "energy" ? format.energy(most) : format.money(most) })}
            </button>
          )
        }
      />
      <Button type="submit" look="primary" disabled={!amount || problem !== undefined || busy}>
        {submit}
      </Button>
    </form>
  );

  function read(): { amount?: bigint; problem?: string } {
    try {
      const value = parseAmount(text, decimals[token], format.language);
      if (value === undefined) return {};
      if (value <= 0n) return { problem: t("wallet.zero") };
      if (most !== undefined && value > most) return { problem: t("wallet.tooMuch") };
      return { amount: value };
    } catch {
      return { problem: t("ticket.notNumber", { decimals: decimals[token] }) };
    }
  }
}
