import { type FormEvent, useState } from "react";
import { z } from "zod/mini";
import { parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useOracle } from "../oracle/index.ts";
import { Button, Notice, SelectField, Sheet, TextField } from "../ui/index.ts";
import type { Meter } from "./data.ts";

/** Commands as the oracle names them, with the argument that each takes. */
const choices = { grid: ["import", "export", "off"], relay: ["on", "off"] } as const;
const MOST_SECONDS = 3_600n;
type Name = "grid" | "relay" | "discharge" | "interval" | "display-reset";

type Props = { meter: Meter; open: boolean; onClose: () => void };

/** Telling a meter's device something; whether it obeyed stands in the list of commands. */
export function CommandSheet({ meter, open, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Sheet open={open} onOpenChange={(next) => !next && onClose()} title={t("device.command")}>
      <Form meter={meter} onDone={onClose} />
    </Sheet>
  );
}

function Form({ meter, onDone }: { meter: Meter; onDone: () => void }) {
  const { t, format } = useI18n();
  const { post, busy, outcome } = useOracle();
  const names: Name[] = [
    "interval",
    "grid",
    "relay",
    ...(meter.kind === "BATTERY" ? (["discharge"] as const) : []),
    "display-reset",
  ];
  const [name, setName] = useState<Name>("interval");
  const [choice, setChoice] = useState("import");
  const [text, setText] = useState("");
  const { values, problem } = read();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!values) return;
    const answer = await post(
      `device/command/${meter.serial}`,
      z.unknown(),
      { name, arguments: values },
      t("device.sent"),
    );
    if (answer !== undefined) onDone();
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <SelectField
        label={t("command.what")}
        value={name}
        onValue={(value) => {
          setName(value as Name);
          setText("");
          if (value === "grid" || value === "relay") setChoice(choices[value][0]);
        }}
        options={names.map((value) => ({ value, label: t(`command.${value}`) }))}
      />
      {(name === "grid" || name === "relay") && (
        <SelectField
          label={t("command.state")}
          value={choice}
          onValue={setChoice}
          options={choices[name].map((value) => ({ value, label: t(`command.choice.${value}`) }))}
        />
      )}
      {(name === "discharge" || name === "interval") && (
        <TextField
          label={t(`command.value.${name}`)}
          unit={name === "discharge" ? "kWh" : t("command.seconds")}
          inputMode="decimal"
          value={text}
          onText={setText}
          problem={problem}
        />
      )}
      <p className="text-sm text-muted">{t(`command.hint.${name}`)}</p>
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      <Button type="submit" look="primary" disabled={!values || busy}>
        {t("command.send")}
      </Button>
    </form>
  );

  function read(): { values?: Record<string, string | number>; problem?: string } {
    if (name === "grid") return { values: { mode: choice } };
    if (name === "relay") return { values: { state: choice } };
    if (name === "display-reset") return { values: {} };
    const most = name === "discharge" ? meter.storedWh : MOST_SECONDS;
    try {
      const value = parseAmount(text, name === "discharge" ? 3 : 0, format.language);
      if (value === undefined) return {};
      if (value < 1n || value > most)
        return {
          problem:
            name === "discharge"
              ? t("command.stored", { energy: format.energy(most) })
              : t("command.secondsRange", { most: String(most) }),
        };
      return { values: name === "discharge" ? { wattHours: Number(value) } : { seconds: Number(value) } };
    } catch {
      return { problem: t("ticket.notNumber", { decimals: name === "discharge" ? 3 : 0 }) };
    }
  }
}
