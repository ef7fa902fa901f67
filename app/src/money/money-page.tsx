import { useState } from "react";
import { z } from "zod/mini";
import { type Account, ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  AmountField,
  Button,
  Card,
  Energy,
  EnergyFigure,
  Money,
  MoneyFigure,
  Segmented,
  Skeleton,
  Stat,
  useAmounts,
  useFields,
} from "../ui/index.ts";
import { BankCard, PayOuts } from "./bank-card.tsx";
import { useFunds } from "./data.ts";
import { FeeNotice } from "./fee-notice.tsx";
import { HistoryCard } from "./history-card.tsx";
import { MonthCard } from "./month-card.tsx";
import { StatementCard } from "./statement-card.tsx";

export function MoneyPage() {
  const { t } = useI18n();
  const account = useAccount();
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <ConnectFirst why={t("wallet.connect")} />
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-6xl grid-cols-1 gap-3 lg:grid-cols-3 print:block print:max-w-none">
      <FeeNotice account={account} />
      <div className="print:hidden">
        <MonthCard account={account} />
      </div>
      <div className="max-lg:order-1 print:hidden">
        <BankCard account={account} />
      </div>
      <div className="max-lg:order-1 print:hidden">
        <MoveCard account={account} />
      </div>
      <div className="min-w-0 lg:col-span-3">
        <StatementCard account={account} />
      </div>
      <div className="grid min-w-0 grid-cols-1 content-start gap-3 max-lg:order-1 lg:col-span-2 print:hidden">
        <HistoryCard account={account} />
        <PayOuts account={account} />
      </div>
      <div className="max-lg:order-1 print:hidden">
        <BalancesCard account={account} />
      </div>
    </div>
  );
}

function BalancesCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const { balances: data, aside } = useFunds(account.address);
  if (!data)
    return (
      <Card title={t("wallet.balances")}>
        <Skeleton className="h-44" />
      </Card>
    );
  const { wallet, trading } = data;
  // In all there is what the index says is set aside as well: without it, a sum would be too small.
  const total = aside && {
    energyWh: wallet.energyWh + trading.energyWh + aside.ordersWh,
    idrs: wallet.idrs + trading.idrs + aside.ordersIdrs + aside.escrowIdrs,
  };
  const row = (label: string, hint: string, wattHours: bigint | undefined, idrs: bigint | undefined) => (
    <tr key={label} className="align-top @max-[16rem]/page:grid">
      <th scope="row" className="py-2 pr-2 text-left font-medium">
        {label}
        <span className="block text-xs font-normal text-muted">{hint}</span>
      </th>
      <td className="number py-2 text-right">
        {wattHours === undefined ? "–" : <Energy wattHours={wattHours} />}
      </td>
      <td className="number py-2 pl-3 text-right">{idrs === undefined ? "–" : <Money idrs={idrs} />}</td>
    </tr>
  );
  return (
    <Card title={t("wallet.balances")}>
      <dl className="mb-3 grid grid-cols-2 @max-[16rem]/page:grid-cols-1 gap-3">
        <Stat label={t("wallet.energy")}>
          {total ? <EnergyFigure size="large" wattHours={total.energyWh} /> : <Skeleton className="h-8" />}
        </Stat>
        <Stat label={t("wallet.money")}>
          {total ? <MoneyFigure size="large" idrs={total.idrs} /> : <Skeleton className="h-8" />}
        </Stat>
      </dl>
      <table className="w-full text-sm" aria-label={t("wallet.balances")}>
        <tbody className="divide-y border-t">
          {row(t("wallet.inWallet"), t("wallet.inWalletHint"), wallet.energyWh, wallet.idrs)}
          {row(t("wallet.inTrading"), t("wallet.inTradingHint"), trading.energyWh, trading.idrs)}
          {row(
            t("wallet.setAside"),
            t("wallet.setAsideHint"),
            aside?.ordersWh,
            aside && aside.ordersIdrs + aside.escrowIdrs,
          )}
        </tbody>
      </table>
    </Card>
  );
}

function MoveCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const [way, setWay] = useState<"deposit" | "withdraw">("deposit");
  const [token, setToken] = useState<TokenChoice>("rupiah");
  return (
    <Card title={t("wallet.move")}>
      <div className="grid gap-3">
        <Segmented
          label={t("wallet.move")}
          value={way}
          onValue={setWay}
          options={[
            { value: "deposit", label: t("wallet.deposit") },
            { value: "withdraw", label: t("wallet.withdraw") },
          ]}
        />
        <Segmented
          small
          label={t("wallet.what")}
          value={token}
          onValue={setToken}
          options={[
            { value: "rupiah", label: t("wallet.money") },
            { value: "energy", label: t("wallet.energy") },
          ]}
        />
        <MoveForm key={`${way}${token}`} {...{ account, way, token }} />
      </div>
    </Card>
  );
}

/** As the wallet and the trading balance hold them. */
type TokenChoice = "energy" | "rupiah";
type MoveProps = { account: Account; way: "deposit" | "withdraw"; token: TokenChoice };

function MoveForm({ account, way, token }: MoveProps) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const amounts = useAmounts();
  const { data } = useBalances(account.address);
  const { transact, busy } = useTransact();
  const isEnergy = token === "energy";
  const from = way === "deposit" ? data?.wallet : data?.trading;
  const most = isEnergy ? from?.energyWh : from?.idrs;
  const { amountField, handleSubmit, reset } = useFields(
    z.object({ amount: isEnergy ? amounts.energy({ most }) : amounts.money({ most }) }),
    { amount: "" },
  );
  const submit = handleSubmit(async ({ amount }) => {
    const sent = await transact({
      action: {
        kind: `${way}${isEnergy ? "Energy" : "Money"}` as const,
        values: { [isEnergy ? "wattHours" : "idrs"]: String(amount) },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: way,
        args: isEnergy ? [amount, 0n] : [0n, amount],
      },
      pulls: way === "deposit" ? [{ token, amount }] : [],
    });
    if (sent) reset();
  });
  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <AmountField
        {...amountField("amount")}
        kind={isEnergy ? "energy" : "money"}
        label={t("wallet.amount")}
        suggested={
          most !== undefined
            ? {
                value: most,
                words: t("wallet.all", {
                  amount: isEnergy ? format.exactEnergy(most) : format.money(most),
                }),
              }
            : undefined
        }
      />
      <Button type="submit" look="primary" disabled={busy}>
        {t(way === "deposit" ? "wallet.depositSubmit" : "wallet.withdrawSubmit")}
      </Button>
    </form>
  );
}
