/** What there is, what this month came to, and what is owed. */
import { Link } from "@tanstack/react-router";
import type { Account } from "../account/index.ts";
import { paidOf, receivedOf, type StatementPeriod, useStatement } from "../energy-index/index.ts";
import { startOfDay, startOfMonth } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useCalled, useMeters } from "../meters/index.ts";
import { Card, MoneyFigure, Skeleton, Stat, useNow } from "../ui/index.ts";
import { useFunds } from "./data.ts";

const DAY = 86_400;

export function MonthCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const now = useNow(60);
  const { balances, aside } = useFunds(account.address);
  const month = useStatement(account.address, startOfMonth(now), startOfDay(now) + DAY, "ALL").data?.[0];
  // What lies in orders and requests is the account's as well: without it a sum would be too small.
  const total =
    balances && aside && balances.wallet.idrs + balances.trading.idrs + aside.ordersIdrs + aside.escrowIdrs;
  return (
    <Card title={t("money.balance")}>
      {total === undefined ? (
        <Skeleton className="h-[3.375rem]" />
      ) : (
        <p>
          <MoneyFigure size="huge" idrs={total} />
        </p>
      )}
      <h3 className="mt-4 text-sm text-muted first-letter:uppercase">{format.month(now)}</h3>
      {month ? <Month month={month} /> : <Skeleton className="mt-1 h-[4.125rem] sm:h-14" />}
      <Owed address={account.address} />
    </Card>
  );
}

function Month({ month }: { month: StatementPeriod }) {
  const { t } = useI18n();
  return (
    <dl className="mt-1 grid grid-cols-3 gap-3 @max-[16rem]/page:grid-cols-1">
      <Stat label={t("statement.received")}>
        <MoneyFigure className="text-sun" idrs={receivedOf(month)} />
      </Stat>
      <Stat label={t("statement.paid")}>
        <MoneyFigure className="text-house" idrs={paidOf(month)} />
      </Stat>
      <Stat label={t("statement.better")}>
        {month.betterByIdrs === null ? (
          "–"
        ) : (
          <MoneyFigure className={month.betterByIdrs > 0n ? "text-buy" : ""} idrs={month.betterByIdrs} />
        )}
      </Stat>
    </dl>
  );
}

/** Energy that was drawn and not paid for: one row, as high whatever it says, so that nothing below it moves. */
function Owed({ address }: { address: string }) {
  const { t, format } = useI18n();
  const meters = useMeters(address).data;
  const called = useCalled();
  if (!meters) return <Skeleton className="mt-3 h-12" />;
  const owing = meters.filter(({ debtWh }) => debtWh > 0n);
  const row = "mt-3 flex min-h-12 items-center justify-between gap-3 text-sm";
  const [first] = owing;
  if (!first) return <p className={`${row} text-muted`}>{t("money.owesNothing")}</p>;
  const energy = format.energy(owing.reduce((sum, { debtWh }) => sum + debtWh, 0n));
  return (
    <p className={`${row} rounded-control bg-warning-soft px-3 text-warning`}>
      {owing.length > 1
        ? t("money.severalOwe", { energy })
        : t("money.owes", { home: called(first.serial), energy })}
      <Link to="/meters" className="flex h-12 shrink-0 items-center font-medium underline">
        {t("home.repayGo")}
      </Link>
    </p>
  );
}
