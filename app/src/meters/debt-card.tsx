import { Link } from "@tanstack/react-router";
import { type Account, useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useBook } from "../market/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import { Button, buttonClass, Card, Notice, Skeleton } from "../ui/index.ts";
import { type Meter, useMeters } from "./data.ts";
import { dearerOf, type Repayment, repaymentOf } from "./repayment.ts";
import { useRepay } from "./use-repay.ts";
import { useMeterWords } from "./words.ts";

type Props = { meter: Meter; account: Account };

/** What is owed, why it came to be, and the one action that repays it: with energy that is owned, or bought for it. */
export function DebtCard({ meter, account }: Props) {
  const { t, format } = useI18n();
  const shares = meter.communityId !== null;
  return (
    <Card title={t("meters.debtTitle")}>
      <Notice tone={meter.debtWh > meter.creditWh ? "bad" : "warning"}>
        {t(shares ? "meters.debtOfNeighbour" : "meters.debtWhy", { debt: format.energy(meter.debtWh) })}
      </Notice>
      <div className="mt-3 grid gap-3">
        <Repaying {...{ meter, account }} />
      </div>
    </Card>
  );
}

function Repaying({ meter, account }: Props) {
  const { t, format } = useI18n();
  const balances = useBalances(account.address).data;
  const book = useBook().data;
  const meters = useMeters(account.address).data;
  const retail = useRetail(meter);
  const { repay, busy } = useRepay();
  if (!balances || !book || !meters || retail === undefined) return <Skeleton className="h-28" />;
  const { wallet, trading } = balances;
  const money = { wallet: wallet.idrs, trading: trading.idrs };
  // What offers have promised to neighbours is theirs to be delivered, or the promise breaks.
  const promisedWh = meters.reduce((sum, one) => sum + one.promisedWh, 0n);
  const ownedWh = wallet.energyWh + trading.energyWh;
  const freeWh = ownedWh > promisedWh ? ownedWh - promisedWh : 0n;
  const repayment = repaymentOf(meter.debtWh, freeWh, money, book);
  switch (repayment.kind) {
    case "repay":
    case "buy": {
      const energy = format.energy(repayment.wattHours);
      const bought = repayment.kind === "buy" && format.energy(repayment.order.wattHours);
      return (
        <>
          {repayment.kind === "buy" && bought && (
            <p className="text-sm text-muted">
              {t("meters.buyAndRepayWhy", { bought, energy, idrs: format.money(repayment.mostIdrs) })}
            </p>
          )}
          {retail !== null && <Dearer {...{ retail, repayment }} />}
          <Button
            look="primary"
            className="h-auto! min-h-11 w-full py-2 whitespace-normal!"
            disabled={busy}
            onClick={() => void repay({ account, meter, repayment, money, book })}
          >
            {bought ? t("meters.buyAndRepay", { bought, energy }) : t("meters.repay", { energy })}
          </Button>
        </>
      );
    }
    case "money":
      return (
        <>
          <p className="text-sm text-muted">
            {t("meters.repayMoney", { missing: format.money(repayment.missing) })}
          </p>
          <Link to="/money" className={buttonClass("primary")}>
            {t("home.topUpGo")}
          </Link>
        </>
      );
    case "nobody":
      return (
        <p className="text-sm text-muted">
          {t("meters.repayNobody", { energy: format.energy(repayment.wattHours) })}
        </p>
      );
  }
}

/** Of a home that belongs to no neighbourhood PLN is the utility of the first that there is. */
const FIRST = 1;

/** What PLN asks, IDR/kWh; undefined until known, null where there is no neighbourhood. */
function useRetail({ communityId, admittedTo }: Meter): number | null | undefined {
  const { pool } = useSystem();
  const id = communityId ?? admittedTo ?? FIRST;
  const terms = useChain(["terms", id], () => pool.read.community([id])).data;
  return terms && (terms.slot > 0 ? terms.retail : null);
}

/** That the market asks more now than PLN does, before it is paid. */
function Dearer({ retail, repayment }: { retail: number; repayment: Repayment }) {
  const { t, format } = useMeterWords();
  const dearer = dearerOf(repayment, retail);
  if (!dearer) return null;
  return (
    <Notice tone="warning">
      {t("meters.dearer", {
        price: format.price(dearer.price),
        more: format.price(dearer.more),
        retail: format.tickPrice(retail),
      })}
    </Notice>
  );
}
