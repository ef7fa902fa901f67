/** A neighbour's limits, and the way out. */
import { DoorOpen } from "lucide-react";
import { useCalled } from "../meters/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Confirm, Notice, Sheet, SheetFoot, Stat, useOpenSheet } from "../ui/index.ts";
import { type Home, limitsOf, type Neighbourhood } from "./data.ts";
import { LimitsFields, useLimits } from "./limits-fields.tsx";
import { neverWords } from "./never.ts";
import { type Limits, widest } from "./slot.ts";
import { useHood } from "./words.ts";

type Props = { home: Home; neighbourhood: Neighbourhood };

export function LimitsCard({ home, neighbourhood }: Props) {
  const i18n = useHood();
  const { t, format } = i18n;
  const [open, setOpen] = useOpenSheet("limits");
  const limits = limitsOf(home) ?? widest(neighbourhood);
  const any = widest(neighbourhood);
  const said = (isWidest: boolean, tick: number) => (isWidest ? t("hood.any") : format.tickPrice(tick));
  return (
    <Card title={t("hood.limits")}>
      <dl className="grid grid-cols-2 @max-[16rem]/page:grid-cols-1 gap-3">
        <Stat label={t("hood.sellFrom")}>
          <span className="font-semibold">{said(limits.sellFrom <= any.sellFrom, limits.sellFrom)}</span>
        </Stat>
        <Stat label={t("hood.buyUpTo")}>
          <span className="font-semibold">{said(limits.buyUpTo >= any.buyUpTo, limits.buyUpTo)}</span>
        </Stat>
      </dl>
      {Object.values(neverWords(limits, neighbourhood, i18n)).map((words) => (
        <div key={words} className="mt-3">
          <Notice tone="warning">{words}</Notice>
        </div>
      ))}
      <Button className="mt-4 w-full" onClick={() => setOpen(true)}>
        {t("hood.changeLimits")}
      </Button>
      <Sheet open={open} onOpenChange={setOpen} title={t("hood.limits")}>
        <Change {...{ home, neighbourhood, limits }} onDone={() => setOpen(false)} />
      </Sheet>
    </Card>
  );
}

function Change({ home, neighbourhood, limits, onDone }: Props & { limits: Limits; onDone: () => void }) {
  const { t } = useHood();
  const { pool } = useSystem();
  const { transact, busy } = useTransact();
  const form = useLimits(limits);
  const submit = form.handleSubmit(async () => {
    if (!form.limits) return;
    const { sellFrom, buyUpTo } = form.limits;
    const sent = await transact({
      action: {
        kind: "setLimits",
        values: { meterId: home.id, sellFrom: String(sellFrom), buyUpTo: String(buyUpTo) },
      },
      call: {
        address: pool.address,
        abi: pool.abi,
        functionName: "setLimits",
        args: [home.id, sellFrom, buyUpTo],
      },
    });
    if (sent) onDone();
  });
  return (
    <form className="grid grid-cols-1 gap-4" onSubmit={(event) => void submit(event)}>
      <LimitsFields {...{ form, home, neighbourhood }} />
      <SheetFoot>
        <Button type="submit" look="primary" className="w-full" disabled={busy}>
          {t("hood.saveLimits")}
        </Button>
      </SheetFoot>
    </form>
  );
}

export function QuitCard({ home }: { home: Home }) {
  const { t } = useHood();
  const { pool } = useSystem();
  const { transact, busy } = useTransact();
  const called = useCalled();
  const [open, setOpen] = useOpenSheet("quit");
  const quit = async () => {
    const sent = await transact({
      action: { kind: "quitNeighbourhood", values: { meterId: home.id } },
      call: { address: pool.address, abi: pool.abi, functionName: "quit", args: [home.id] },
    });
    if (sent) setOpen(false);
  };
  return (
    <>
      <Button look="quiet" className="justify-self-start" onClick={() => setOpen(true)}>
        <DoorOpen className="size-4" />
        {t("hood.quit")}
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={t("hood.quitTitle", { home: called(home.serial) })}
        stay={t("hood.stay")}
        act={t("hood.quitSubmit")}
        busy={busy}
        onAct={() => void quit()}
      >
        <p>{t("hood.quitMeans")}</p>
        <Notice tone="warning">{t("hood.quitBack")}</Notice>
      </Confirm>
    </>
  );
}
