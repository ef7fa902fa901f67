import {
  type CommandName,
  gridModes,
  LONGEST_INTERVAL_SECONDS,
  needsQuorum,
  relayStates,
} from "@enerlink/protocol/wire/command";
import { useState } from "react";
import { z } from "zod/mini";
import { useAccount } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useOracle } from "../oracle/index.ts";
import { useSystem } from "../system/index.ts";
import {
  AmountField,
  Button,
  loadNow,
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
/** A register's epoch and a committee begin on the chain first: the oracle tells the device by itself. */
type Name = Exclude<CommandName, "epoch" | "committee">;

type Props = {
  meter: Meter;
  /** The nonce of the meter's last command; undefined where none is known. */
  after: string | undefined;
  open: boolean;
  onClose: () => void;
};

/** Telling a meter's device something; whether it obeyed stands in the list of commands. */
export function CommandSheet({ meter, after, open, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Sheet open={open} onOpenChange={(next) => !next && onClose()} title={t("device.command")}>
      <Form meter={meter} after={after} onDone={onClose} />
    </Sheet>
  );
}

function Form({ meter, after, onDone }: Pick<Props, "meter" | "after"> & { onDone: () => void }) {
  const { t } = useI18n();
  const amounts = useAmounts();
  const { post, busy, outcome } = useOracle();
  const system = useSystem();
  const account = useAccount();
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
    // What switches the house's power the committee carries out for the owner's own signature alone.
    async function sign() {
      const { signWish } = await loadNow(() => import("../oracle/wish.ts"));
      const values = commands[name] as Record<string, string>;
      return signWish(system, meter.serial, { name, arguments: values }, after);
    }
    const asking = t(`transaction.asked.${account?.byFingerprint ? "fingerprint" : "transaction"}`);
    const answer = await post(
      async (oracle) =>
        oracle.POST("/api/v1/device/command/{meterId}", {
          params: { path: { meterId: meter.serial } },
          body: { name, arguments: commands[name], ...(needsQuorum(name) ? await sign() : {}) },
        }),
      t("device.sent"),
      needsQuorum(name) ? asking : undefined,
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
