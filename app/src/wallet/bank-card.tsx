import { faucetAbi } from "@enerlink/contracts";
import { useState } from "react";
import { keccak256, toBytes } from "viem";
import { type Account, useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  Badge,
  Button,
  Card,
  type Column,
  Records,
  Segmented,
  TextField,
  Time,
  useNow,
} from "../ui/index.ts";
import { AmountForm } from "./amount-form.tsx";
import { type BankWithdrawal, useBankWithdrawals } from "./data.ts";

/** Rupiah in and out of the bank. */
export function BankCard({ account }: { account: Account }) {
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

/** What was asked back from the bank; what it leaves unpaid too long can be taken back. */
export function PayOuts({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const { rupiahToken } = useSystem();
  const { transact, busy } = useTransact();
  const withdrawals = useBankWithdrawals(account.address).data ?? [];
  const patience = useChain(["patience"], () => rupiahToken.read.WITHDRAWAL_PATIENCE()).data;
  const now = useNow();
  if (withdrawals.length === 0) return null;

  const cancel = ({ id, amount }: BankWithdrawal) =>
    transact({
      action: { kind: "cancelWithdrawal", values: { idrs: String(amount) } },
      call: {
        address: rupiahToken.address,
        abi: rupiahToken.abi,
        functionName: "cancelWithdrawal",
        args: [BigInt(id)],
      },
    });
  const columns: Column<BankWithdrawal>[] = [
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
    {
      head: t("orders.action"),
      selfExplaining: true,
      numeric: true,
      cell: (withdrawal) => {
        const { status, requestedAt } = withdrawal;
        if (status !== "REQUESTED" || patience === undefined) return null;
        const cancellableAt = requestedAt + Number(patience);
        return now < cancellableAt ? (
          <span className="text-xs whitespace-normal text-muted">
            {t("wallet.cancelFrom", { time: format.clock(cancellableAt, now) })}
          </span>
        ) : (
          <Button size="small" disabled={busy} onClick={() => void cancel(withdrawal)}>
            {t("wallet.cancelPayOut")}
          </Button>
        );
      },
    },
  ];
  return (
    <Card title={t("wallet.payOuts")} className="lg:col-span-2">
      <Records
        label={t("wallet.payOuts")}
        rows={withdrawals}
        columns={columns}
        keyOf={({ id }) => id}
        empty={null}
      />
    </Card>
  );
}
