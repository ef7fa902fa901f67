import { faucetAbi } from "@enerlink/contracts";
import { History } from "lucide-react";
import { useState } from "react";
import { keccak256, toBytes } from "viem";
import { type Account, ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  Badge,
  Card,
  type Column,
  Empty,
  Figure,
  Records,
  Segmented,
  Skeleton,
  Stat,
  TextField,
  Time,
} from "../ui/index.ts";
import { AmountForm, type TokenChoice } from "./amount-form.tsx";
import { type BankWithdrawal, type Movement, useBankWithdrawals, useMovements, useSetAside } from "./data.ts";

export function WalletPage() {
  const { t } = useI18n();
  const account = useAccount();
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <ConnectFirst why={t("wallet.connect")} />
      </Card>
    );
  return (
    <div className="grid gap-3 lg:grid-cols-2">
      <BalancesCard account={account} />
      <div className="grid content-start gap-3 sm:grid-cols-2">
        <MoveCard account={account} />
        <BankCard account={account} />
      </div>
      <HistoryCard account={account} />
    </div>
  );
}

function BalancesCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const { data } = useBalances(account.address);
  const aside = useSetAside(account.address).data;
  if (!data)
    return (
      <Card title={t("wallet.balances")}>
        <Skeleton className="h-44" />
      </Card>
    );
  const { wallet, trading } = data;
  const energy = wallet.energyWh + trading.energyWh + (aside?.ordersWh ?? 0n);
  const money = wallet.idrs + trading.idrs + (aside?.ordersIdrs ?? 0n) + (aside?.escrowIdrs ?? 0n);
  const row = (label: string, hint: string, wattHours: bigint, idrs: bigint) => (
    <tr key={label} className="align-top">
      <th scope="row" className="py-2 pr-2 text-left font-medium">
        {label}
        <span className="block text-xs font-normal text-muted">{hint}</span>
      </th>
      <td className="number py-2 text-right">{format.energy(wattHours)}</td>
      <td className="number py-2 pl-3 text-right">{format.money(idrs)}</td>
    </tr>
  );
  return (
    <Card title={t("wallet.balances")}>
      <dl className="mb-3 grid grid-cols-2 gap-3">
        <Stat label={t("wallet.energy")} hint="ETK">
          <Figure size="large" parts={format.parts.energy(energy)} />
        </Stat>
        <Stat label={t("wallet.money")} hint="IDRS">
          <Figure size="large" parts={format.parts.wholeMoney(money)} exact={format.exactMoney(money)} />
        </Stat>
      </dl>
      <table className="w-full text-sm" aria-label={t("wallet.balances")}>
        <tbody className="divide-y border-t">
          {row(t("wallet.inWallet"), t("wallet.inWalletHint"), wallet.energyWh, wallet.idrs)}
          {row(t("wallet.inTrading"), t("wallet.inTradingHint"), trading.energyWh, trading.idrs)}
          {aside &&
            row(
              t("wallet.setAside"),
              t("wallet.setAsideHint"),
              aside.ordersWh,
              aside.ordersIdrs + aside.escrowIdrs,
            )}
        </tbody>
      </table>
      <p className="mt-3 truncate text-xs text-muted" title={account.address}>
        {account.address}
      </p>
    </Card>
  );
}

function MoveCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const { market } = useSystem();
  const { data } = useBalances(account.address);
  const { transact, busy } = useTransact();
  const [way, setWay] = useState<"deposit" | "withdraw">("deposit");
  const [token, setToken] = useState<TokenChoice>("rupiah");
  const from = way === "deposit" ? data?.wallet : data?.trading;
  const most = token === "energy" ? from?.energyWh : from?.idrs;

  const move = (amount: bigint) =>
    transact({
      action: {
        kind: `${way}${token === "energy" ? "Energy" : "Money"}` as const,
        values: { [token === "energy" ? "wattHours" : "idrs"]: String(amount) },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: way,
        args: token === "energy" ? [amount, 0n] : [0n, amount],
      },
      pulls: way === "deposit" ? [{ token, amount }] : [],
    });

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
        <AmountForm
          key={`${way}${token}`}
          token={token}
          label={t("wallet.amount")}
          submit={t(way === "deposit" ? "wallet.depositSubmit" : "wallet.withdrawSubmit")}
          {...{ most, busy }}
          onSubmit={move}
        />
      </div>
    </Card>
  );
}

/** Rupiah in and out of the bank. */
function BankCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const { config, rupiahToken } = useSystem();
  const { data } = useBalances(account.address);
  const { transact, busy } = useTransact();
  const { faucet } = config.deployment.contracts;
  const [way, setWay] = useState<"in" | "out">(faucet ? "in" : "out");
  const [bankAccount, setBankAccount] = useState("");

  const draw = (amount: bigint) =>
    transact({
      action: { kind: "draw", values: { idrs: String(amount) } },
      call: { address: faucet!, abi: faucetAbi, functionName: "draw", args: [amount] },
    });
  const payOut = (amount: bigint) =>
    transact({
      action: { kind: "requestWithdrawal", values: { idrs: String(amount) } },
      call: {
        address: rupiahToken.address,
        abi: rupiahToken.abi,
        functionName: "requestWithdrawal",
        // The chain is public: it gets the account's fingerprint, the bank knows the account.
        args: [amount, keccak256(toBytes(bankAccount.trim()))],
      },
    });

  return (
    <Card title={t("wallet.bank")}>
      <div className="grid gap-3">
        <Segmented
          label={t("wallet.bank")}
          value={way}
          onValue={setWay}
          options={[
            { value: "in", label: t("wallet.topUp") },
            { value: "out", label: t("wallet.payOut") },
          ]}
        />
        {way === "in" &&
          (faucet ? (
            <>
              <p className="text-sm text-muted">{t("wallet.faucetHint")}</p>
              <AmountForm
                token="rupiah"
                label={t("wallet.amount")}
                submit={t("wallet.topUpSubmit")}
                busy={busy}
                onSubmit={draw}
              />
            </>
          ) : (
            <p className="text-sm text-muted">{t("wallet.transferHint", { address: account.address })}</p>
          ))}
        {way === "out" && (
          <>
            <TextField
              label={t("wallet.bankAccount")}
              value={bankAccount}
              onText={setBankAccount}
              inputMode="numeric"
            />
            <AmountForm
              token="rupiah"
              label={t("wallet.amount")}
              submit={t("wallet.payOutSubmit")}
              most={data?.wallet.idrs}
              busy={busy || bankAccount.trim() === ""}
              onSubmit={payOut}
            />
          </>
        )}
      </div>
    </Card>
  );
}

function HistoryCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const movements = useMovements(account.address).data;
  const withdrawals = useBankWithdrawals(account.address).data ?? [];
  const signed = (amount: bigint, text: string) => (amount === 0n ? "–" : amount > 0n ? `+${text}` : text);
  const columns: Column<Movement>[] = [
    { head: t("wallet.what"), title: true, cell: ({ kind }) => t(`movement.${kind}`) },
    {
      head: t("wallet.energy"),
      numeric: true,
      cell: ({ energyWh }) => signed(energyWh, format.energy(energyWh)),
    },
    { head: t("wallet.money"), numeric: true, cell: ({ idrs }) => signed(idrs, format.money(idrs)) },
    { head: t("orders.when"), numeric: true, cell: ({ timestamp }) => <Time at={timestamp} /> },
  ];
  const bankColumns: Column<BankWithdrawal>[] = [
    { head: t("wallet.amount"), title: true, cell: ({ amount }) => format.money(amount) },
    {
      head: t("wallet.status"),
      cell: ({ status }) => (
        <Badge tone={status === "PAID" ? "good" : status === "REQUESTED" ? "warning" : "neutral"}>
          {t(`withdrawal.${status}`)}
        </Badge>
      ),
    },
    { head: t("orders.when"), numeric: true, cell: ({ requestedAt }) => <Time at={requestedAt} /> },
  ];
  return (
    <>
      <Card title={t("wallet.history")} className="lg:col-span-2">
        {movements ? (
          <Records
            label={t("wallet.history")}
            rows={movements}
            columns={columns}
            keyOf={({ id }) => id}
            empty={
              <Empty icon={<History />} title={t("wallet.historyNone")}>
                {t("wallet.historyNoneHint")}
              </Empty>
            }
          />
        ) : (
          <Skeleton className="h-40" />
        )}
      </Card>
      {withdrawals.length > 0 && (
        <Card title={t("wallet.payOuts")} className="lg:col-span-2">
          <Records
            label={t("wallet.payOuts")}
            rows={withdrawals}
            columns={bankColumns}
            keyOf={({ id }) => id}
            empty={null}
          />
        </Card>
      )}
    </>
  );
}
