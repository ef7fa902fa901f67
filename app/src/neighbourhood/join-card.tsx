/** Becoming a neighbour: what it means, two limits, and one yes. */
import { parseIdr } from "@enerlink/protocol";
import { Check } from "lucide-react";
import { z } from "zod/mini";
import { type Account, useBalances } from "../account/index.ts";
import { amountText } from "../format/index.ts";
import { useCalledWithin } from "../meters/index.ts";
import {
  AmountField,
  Button,
  Card,
  Notice,
  Sheet,
  SheetFoot,
  Skeleton,
  useAmounts,
  useFields,
  useOpenSheet,
} from "../ui/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import { LimitsFields, useLimits } from "./limits-fields.tsx";
import { widest } from "./slot.ts";
import { useJoin } from "./use-join.ts";
import { useHood } from "./words.ts";

type Props = { account: Account; home: Home; neighbourhood: Neighbourhood };

const points = ["hood.pointShare", "hood.pointRest", "hood.pointAlone"] as const;

export function JoinCard({ account, home, neighbourhood }: Props) {
  const { t, format } = useHood();
  const called = useCalledWithin();
  const [open, setOpen] = useOpenSheet("join");
  // What is shared is what a meter counts from one reading to the next: the first has to be there.
  const waits = home.settledTimestamp === 0;
  return (
    <Card title={t("hood.joinTitle")}>
      <ul className="grid gap-2">
        {points.map((point) => (
          <li key={point} className="flex gap-2">
            <Check className="mt-0.5 size-5 shrink-0 text-buy" />
            {t(point)}
          </li>
        ))}
      </ul>
      {waits && <Notice>{t("hood.firstReading")}</Notice>}
      <p className="mt-3 text-sm text-muted">
        {home.debtWh > 0n
          ? t("hood.joinOwes", { debt: format.exactEnergy(home.debtWh) })
          : t("hood.joinSoon")}
      </p>
      <Button look="primary" className="mt-4 w-full" disabled={waits} onClick={() => setOpen(true)}>
        {t("hood.joinWith", { home: called(home.serial) })}
      </Button>
      <Sheet open={open} onOpenChange={setOpen} title={t("hood.joinWith", { home: called(home.serial) })}>
        <JoinForm {...{ account, home, neighbourhood }} onDone={() => setOpen(false)} />
      </Sheet>
    </Card>
  );
}

/** What is laid aside for the first days where nothing is yet, IDRS base units: some 140 kWh of PLN's. */
const FIRST_IDRS = parseIdr("200000");

function JoinForm({ account, home, neighbourhood, onDone }: Props & { onDone: () => void }) {
  const balances = useBalances(account.address).data;
  if (!balances) return <Skeleton className="h-96" />;
  const free = balances.wallet.idrs;
  const deposit = balances.trading.idrs > 0n ? 0n : free < FIRST_IDRS ? free : FIRST_IDRS;
  return <Form {...{ account, home, neighbourhood, onDone, deposit, most: free }} />;
}

type FormProps = Props & { onDone: () => void; deposit: bigint; most: bigint };

function Form({ account, home, neighbourhood, onDone, deposit, most }: FormProps) {
  const { t, format } = useHood();
  const { join, busy } = useJoin();
  const limits = useLimits(widest(neighbourhood));
  const { money } = useAmounts();
  const paying = useFields(z.object({ idrs: money({ least: 0n, most }) }), {
    idrs: amountText(deposit, "money", format.language),
  });
  // What was typed is not laid aside a second time, where the first of the two steps was done before.
  const idrs = deposit > 0n ? paying.values?.idrs : 0n;
  const aside = paying.amountField("idrs");
  const submit = limits.handleSubmit(async () => {
    if (!limits.limits || idrs === undefined) return;
    const joined = await join({ account, home, neighbourhood, limits: limits.limits, idrs });
    if (joined) onDone();
  });
  return (
    <form className="grid grid-cols-1 gap-4" onSubmit={(event) => void submit(event)}>
      <LimitsFields form={limits} {...{ home, neighbourhood }} />
      {deposit > 0n && (
        <AmountField {...aside} kind="money" label={t("hood.layAside")} hint={t("hood.layAsideHint")} />
      )}
      {deposit === 0n && most === 0n && <Notice tone="warning">{t("hood.noMoney")}</Notice>}
      <SheetFoot>
        <LaidAside idrs={idrs} problem={aside.problem} />
        <Button type="submit" look="primary" className="w-full" disabled={busy || idrs === undefined}>
          {t("hood.accept")}
        </Button>
      </SheetFoot>
    </form>
  );
}

/** The field may lie below the edge of a phone: what leaves the wallet is told where it is agreed to. */
function LaidAside({ idrs, problem }: { idrs: bigint | undefined; problem: string | undefined }) {
  const { t, format } = useHood();
  if (problem)
    return (
      <p className="mb-2 text-sm text-sell">
        {t("hood.layAside")}: {problem}
      </p>
    );
  if (!idrs) return null;
  return <p className="mb-2 text-sm">{t("hood.layingAside", { idrs: format.money(idrs) })}</p>;
}
