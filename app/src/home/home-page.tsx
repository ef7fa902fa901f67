import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { type Account, ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { startOfDay } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { costOf, useBook } from "../market/index.ts";
import { useMeters, useSettlementsSince } from "../meters/index.ts";
import {
  buttonClass,
  Card,
  classes,
  EnergyFigure,
  MoneyFigure,
  Skeleton,
  Stat,
  useNow,
} from "../ui/index.ts";
import { useTradedSince } from "./data.ts";
import { EnergyFlow } from "./energy-flow.tsx";
import { FirstMinute } from "./first-minute.tsx";
import { nextStep } from "./next-step.ts";
import { WelcomeWords } from "./welcome.tsx";

export function HomePage() {
  const { t } = useI18n();
  const account = useAccount();
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <WelcomeWords />
        <ConnectFirst why={t("home.connect")} />
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-5xl gap-3 lg:grid-cols-2">
      <FirstMinute account={account} />
      <NextStepCard account={account} />
      <TodayCard account={account} />
      <EnergyFlow address={account.address} className="lg:col-span-2" />
    </div>
  );
}

function NextStepCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const balances = useBalances(account.address).data;
  const meters = useMeters(account.address).data;
  const book = useBook().data;
  if (!balances || !book)
    return (
      <Card title={t("home.next")}>
        <Skeleton className="h-28" />
      </Card>
    );

  const step = nextStep({
    energyWh: balances.wallet.energyWh + balances.trading.energyWh,
    debtWh: (meters ?? []).reduce((sum, { debtWh }) => sum + debtWh, 0n),
    idrs: balances.wallet.idrs + balances.trading.idrs,
    bestBid: book.bids[0]?.tick ?? 0,
    bestAsk: book.asks[0]?.tick ?? 0,
  });
  const go = (label: string) => (
    <>
      {label}
      <ArrowRight className="size-4" />
    </>
  );
  const action = classes(buttonClass("primary"), "mt-4 w-full");
  const toMarket = (side: "buy" | "sell", wattHours: bigint, tick: number, label: string): ReactNode => (
    <Link
      to="/market"
      search={{ side, wh: String(wattHours), ...(tick > 0 ? { tick } : {}) }}
      className={action}
    >
      {go(label)}
    </Link>
  );

  return (
    <Card title={t("home.next")}>
      {step.kind === "sell" && (
        <>
          <p className="text-lg">
            {step.tick > 0
              ? t("home.sellAt", {
                  energy: format.energy(step.wattHours),
                  price: format.tickPrice(step.tick),
                  total: format.money(costOf(step.wattHours, step.tick)),
                })
              : t("home.sell", { energy: format.energy(step.wattHours) })}
          </p>
          {toMarket(
            "sell",
            step.wattHours,
            step.tick,
            t("ticket.submitSell", { energy: format.exactEnergy(step.wattHours) }),
          )}
        </>
      )}
      {step.kind === "buyForDebt" && (
        <>
          <p className="text-lg">{t("home.debt", { energy: format.energy(step.debtWh) })}</p>
          {toMarket(
            "buy",
            step.wattHours,
            step.tick,
            t("ticket.submitBuy", { energy: format.exactEnergy(step.wattHours) }),
          )}
        </>
      )}
      {step.kind === "repay" && (
        <>
          <p className="text-lg">{t("home.repay", { energy: format.energy(step.wattHours) })}</p>
          <Link to="/meters" className={action}>
            {go(t("home.repayGo"))}
          </Link>
        </>
      )}
      {step.kind === "topUp" && (
        <>
          <p className="text-lg">{t("home.topUp")}</p>
          <Link to="/wallet" className={action}>
            {go(t("home.topUpGo"))}
          </Link>
        </>
      )}
      {step.kind === "nothing" && (
        <p className="flex items-start gap-2 text-lg">
          <CircleCheck className="mt-1 size-5 shrink-0 text-buy" />
          {t("home.nothing")}
        </p>
      )}
    </Card>
  );
}

function TodayCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const since = startOfDay(useNow(60));
  const traded = useTradedSince(account.address, since).data;
  const settled = useSettlementsSince(account.address, since).data;
  const balances = useBalances(account.address).data;
  const minted = settled?.reduce((sum, { tokensWh }) => (tokensWh > 0n ? sum + tokensWh : sum), 0n);
  const burned = settled?.reduce((sum, { tokensWh }) => (tokensWh < 0n ? sum - tokensWh : sum), 0n);
  return (
    <Card title={t("home.today")}>
      <dl className="grid grid-cols-2 gap-x-3 gap-y-4">
        <Stat
          label={t("home.earned")}
          {...(traded ? { hint: t("home.forSold", { energy: format.energy(traded.soldWh) }) } : {})}
        >
          {traded ? <MoneyFigure size="large" idrs={traded.earnedIdrs} /> : <Skeleton className="h-8" />}
        </Stat>
        <Stat
          label={t("home.spent")}
          {...(traded ? { hint: t("home.forBought", { energy: format.energy(traded.boughtWh) }) } : {})}
        >
          {traded ? <MoneyFigure size="large" idrs={traded.spentIdrs} /> : <Skeleton className="h-8" />}
        </Stat>
        <Stat label={t("home.surplus")}>
          {minted === undefined ? (
            <Skeleton className="h-6" />
          ) : (
            <EnergyFigure className="text-sun" wattHours={minted} />
          )}
        </Stat>
        <Stat label={t("home.used")}>
          {burned === undefined ? (
            <Skeleton className="h-6" />
          ) : (
            <EnergyFigure className="text-house" wattHours={burned} />
          )}
        </Stat>
        <Stat label={t("home.haveEnergy")}>
          {balances ? (
            <EnergyFigure wattHours={balances.wallet.energyWh + balances.trading.energyWh} />
          ) : (
            <Skeleton className="h-6" />
          )}
        </Stat>
        <Stat label={t("home.haveMoney")}>
          {balances ? (
            <MoneyFigure idrs={balances.wallet.idrs + balances.trading.idrs} />
          ) : (
            <Skeleton className="h-6" />
          )}
        </Stat>
      </dl>
    </Card>
  );
}
