import type { ClipboardEvent, ComponentProps } from "react";
import { type AmountKind, amountText, readAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Suggested, TextField } from "./field.tsx";

type Props = Omit<ComponentProps<typeof TextField>, "unit" | "inputMode" | "aside"> & {
  kind: AmountKind;
  /** What is typed, and how something else is put in its place. */
  text: string;
  onText: (text: string) => void;
  /** Base units that a tap fills in, and what it says. */
  suggested?: { value: bigint; words: string } | undefined;
};

/** The one field for amounts. Below it stands in words what was understood; what can be read in two ways is asked. */
export function AmountField({ kind, text, onText, suggested, hint, problem, ...field }: Props) {
  const { t, format } = useI18n();
  const units = {
    energy: "kWh",
    money: "Rp",
    price: "Rp/kWh",
    tick: "Rp/kWh",
    seconds: t("command.seconds"),
  };
  const read = readAmount(text, kind);
  const fill = (value: bigint) => onText(amountText(value, kind, format.language));
  const understood = read.is === "amount" && <>= {format.words[kind](read.value)}</>;

  /** An input would join the lines that are pasted into it: two numbers would become a third. */
  function onPaste(event: ClipboardEvent) {
    const pasted = event.clipboardData.getData("text").trim();
    if (!/[\r\n]/.test(pasted)) return;
    event.preventDefault();
    onText(pasted.replaceAll(/\s*[\r\n]\s*/g, " ⏎ "));
  }
  return (
    <TextField
      {...field}
      unit={units[kind]}
      inputMode={kind === "tick" || kind === "seconds" ? "numeric" : "decimal"}
      placeholder="0"
      onPaste={onPaste}
      problem={problem}
      aside={suggested && <Suggested onTake={() => fill(suggested.value)}>{suggested.words}</Suggested>}
      hint={
        read.is === "ambiguous" ? (
          <span className="flex flex-wrap gap-2">
            {read.meanings.map((meaning) => (
              <button
                key={String(meaning)}
                type="button"
                className="min-h-10 rounded-control border px-3 font-medium text-accent hover:bg-accent-soft"
                onClick={() => fill(meaning)}
              >
                {format.words[kind](meaning)}
              </button>
            ))}
          </span>
        ) : (
          // A place that is always kept, so that nothing moves while it is typed.
          <span className="block min-h-5">
            {understood}
            {understood && hint && " · "}
            {hint}
          </span>
        )
      }
    />
  );
}
