import {
  type CommandName,
  gridModes,
  LONGEST_INTERVAL_SECONDS,
  relayStates,
} from "@enerlink/protocol/wire/command";
import { useState } from "react";
import { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { useOracle } from "../oracle/index.ts";
import {
  AmountField,
  Button,
  Notice,
  SelectField,
  Sheet,
  unread,
  useAmounts,
  useFields,
} from "../ui/index.ts";
import type { Meter } from "./data.ts";

/** What is chosen among, of the commands that take one of some words. */
const choices = { grid: gridModes, relay: relayStates };
/** A register's epoch begins on the chain first: the oracle tells the device by itself. */
type Name = Exclude<CommandName, "epoch">;

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
  const { t } = useI18n();
  const amounts = useAmounts();
  const { post, busy, outcome } = useOracle();
  const names: Name[] = [
    "interval",
    "grid",
    "relay",
    ...(meter.kind === "BATTERY" ? (["discharge"] as const) : []),
    "display-reset",
  ];
  const [name, setName] = useState<Name>("interval");
  const { field, amountField, handleSubmit, reset } = useFields(
    z.object({
      choice: z.string(),
      amount:
        name === "discharge"
          ? amounts.energy({ most: meter.storedWh })
          : name === "interval"
            ? amounts.seconds({ most: LONGEST_INTERVAL_SECONDS })
            : unread,
    }),
    { choice: "", amount: "" },
  );

  const submit = handleSubmit(async ({ choice, amount }) => {
    const commands: Record<Name, Record<string, string | number>> = {
      grid: { mode: choice },
      relay: { state: choice },
      discharge: { wattHours: Number(amount) },
      interval: { seconds: Number(amount) },
      "display-reset": {},
    };
    const answer = await post(
      (oracle) =>
        oracle.POST("/api/v1/device/command/{meterId}", {
          params: { path: { meterId: meter.serial } },
          body: { name, arguments: commands[name] },
        }),
      t("device.sent"),
    );
    if (answer !== undefined) onDone();
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <SelectField
        label={t("command.what")}
        value={name}
        onChange={({ target }) => {
          const next = target.value as Name;
          setName(next);
          reset({ choice: next === "grid" || next === "relay" ? choices[next][0] : "", amount: "" });
        }}
        options={names.map((value) => ({ value, label: t(`command.${value}`) }))}
      />
      {(name === "grid" || name === "relay") && (
        <SelectField
          {...field("choice")}
          label={t("command.state")}
          options={choices[name].map((value) => ({ value, label: t(`command.choice.${value}`) }))}
        />
      )}
      {(name === "discharge" || name === "interval") && (
        <AmountField
          {...amountField("amount")}
          kind={name === "discharge" ? "energy" : "seconds"}
          label={t(`command.value.${name}`)}
        />
      )}
      <p className="text-sm text-muted">{t(`command.hint.${name}`)}</p>
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
      <Button type="submit" look="primary" disabled={busy}>
        {t("command.send")}
      </Button>
    </form>
  );
}
