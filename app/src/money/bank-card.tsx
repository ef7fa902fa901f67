import { faucetAbi } from "@enerlink/protocol";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import type { Address } from "viem";
import { z } from "zod/mini";
import { type Account, useBalances } from "../account/index.ts";
import { useIsUnpaid } from "../meters/index.ts";
import { isAway, readContract, useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  AmountField,
  Badge,
  Button,
  buttonClass,
  Card,
  type Column,
  CopyButton,
  Money,
  Records,
  Segmented,
  Skeleton,
  Stat,
  TextField,
  Time,
  tidy,
  useAmounts,
  useChoice,
  useFields,
  useNow,
} from "../ui/index.ts";
import { type BankWithdrawal, useBankWithdrawals } from "./data.ts";
import { payoutCodeOf, payoutReference } from "./payout.ts";
import { useBankWords } from "./words.ts";

const ways = ["in", "out"] as const;

/** Rupiah in and out of the bank. */
export function BankCard({ account }: { account: Account }) {
  const { t } = useBankWords();
  const { config } = useSystem();
  const { faucet } = config.deployment.contracts;
  const [way, setWay] = useChoice("bank", ways, faucet ? "in" : "out");
  // Nothing is offered that would be refused.
  if (useIsUnpaid(account))
    return (
      <Card title={t("wallet.bank")}>
        <p className="mb-3">{t("home.showCode")}</p>
        <Link to="/" className={buttonClass("primary")}>
          {t("home.showCodeGo")}
        </Link>
      </Card>
    );
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
        {way === "out" ? (
          <PayOut account={account} />
        ) : faucet ? (
          <TopUp faucet={faucet} />
        ) : (
          <p className="text-sm text-muted">{t("wallet.transferHint", { address: account.address })}</p>
        )}
      </div>
    </Card>
  );
}

/** Play money of a development chain. */
function TopUp({ faucet }: { faucet: Address }) {
  const { t, format } = useBankWords();
  const { client } = useSystem();
  const amounts = useAmounts();
  const { transact, busy } = useTransact();
  const most = useChain(["faucet"], () =>
    readContract(client, { address: faucet, abi: faucetAbi, functionName: "MOST" }),
  ).data;
  const { amountField, handleSubmit, reset } = useFields(z.object({ amount: amounts.money({ most }) }), {
    amount: "",
  });
  const submit = handleSubmit(async ({ amount }) => {
    const sent = await transact({
      action: { kind: "draw", values: { idrs: String(amount) } },
      call: { address: faucet, abi: faucetAbi, functionName: "draw", args: [amount] },
    });
    if (sent) reset();
  });
  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <AmountField
        {...amountField("amount")}
        kind="money"
        label={t("wallet.amount")}
        hint={most !== undefined && t("wallet.faucetHint", { most: format.money(most) })}
      />
      <Button type="submit" look="primary" disabled={busy}>
        {t("wallet.topUpSubmit")}
      </Button>
    </form>
  );
}

/** Of a bank account's number only the digits count, however they are grouped. */
const ACCOUNT_DIGITS = /^\d{6,20}$/;
/** How much a bank and a person may be called. */
const MOST_NAME = 60;
/** What most accounts are with, to choose from; any other is typed. */
const BANKS = [
  "BCA",
  "BRI",
  "BNI",
  "BSI",
  "BTN",
  "CIMB Niaga",
  "Danamon",
  "Jago",
  "Mandiri",
  "Permata",
  "SeaBank",
];

const words = (problem: string) =>
  z.pipe(tidy, z.string().check(z.minLength(2, problem), z.maxLength(MOST_NAME, problem)));

/** Where it goes, as it was typed, and how much. */
function usePayOutFields(most: bigint | undefined) {
  const { t } = useBankWords();
  const amounts = useAmounts();
  const name = words(t("wallet.nameLength", { most: MOST_NAME }));
  return useFields(
    z.object({
      bank: name,
      bankAccount: z.pipe(
        z.pipe(
          z.string(),
          z.transform((text) => text.replaceAll(/[\s-]/g, "")),
        ),
        z.string().check(z.regex(ACCOUNT_DIGITS, t("wallet.bankAccountDigits"))),
      ),
      holder: name,
      amount: amounts.money({ most }),
    }),
    { bank: "", bankAccount: "", holder: "", amount: "" },
  );
}

function PayOut({ account }: { account: Account }) {
  const { t, format } = useBankWords();
  const { rupiahToken } = useSystem();
  const balances = useBalances(account.address).data;
  const most = balances?.wallet.idrs;
  const elsewhere = balances?.trading.idrs;
  const { transact, busy } = useTransact();
  const { field, amountField, handleSubmit, reset } = usePayOutFields(most);
  const banks = useId();
  const [reviewed, setReviewed] = useState<Reviewed>();
  const ask = async ({ bankAccount, amount, code }: Reviewed) => {
    const reference = payoutReference(code, bankAccount);
    const sent = await transact({
      // As much to another bank account is another wish.
      action: { kind: "requestWithdrawal", values: { idrs: String(amount), reference } },
      call: {
        address: rupiahToken.address,
        abi: rupiahToken.abi,
        functionName: "requestWithdrawal",
        args: [amount, reference],
      },
    });
    if (!sent) return;
    setReviewed(undefined);
    reset();
  };
  if (reviewed)
    return (
      <Review
        wish={reviewed}
        leftIdrs={most === undefined ? undefined : most - reviewed.amount}
        busy={busy}
        onBack={() => setReviewed(undefined)}
        onSend={() => void ask(reviewed)}
      />
    );
  const review = handleSubmit((wish) => setReviewed({ ...wish, code: payoutCodeOf(account.address) }));
  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void review(event)}>
      <TextField {...field("bank")} label={t("wallet.whichBank")} list={banks} />
      <datalist id={banks}>
        {BANKS.map((bank) => (
          <option key={bank} value={bank} />
        ))}
      </datalist>
      <TextField {...field("bankAccount")} label={t("wallet.bankAccount")} inputMode="numeric" />
      <TextField {...field("holder")} label={t("wallet.holder")} autoCapitalize="words" spellCheck={false} />
      <AmountField
        {...amountField("amount")}
        kind="money"
        label={t("wallet.amount")}
        hint={!!elsewhere && t("wallet.payOutElsewhere", { amount: format.money(elsewhere) })}
        suggested={most ? { value: most, words: t("wallet.all", { amount: format.money(most) }) } : undefined}
      />
      <p className="text-sm text-muted">{t("wallet.payOutSeen")}</p>
      <Button type="submit" look="primary">
        {t("wallet.payOutReview")}
      </Button>
    </form>
  );
}

/** `code`: what the bank recognises the account by. */
type Reviewed = { bank: string; bankAccount: string; holder: string; amount: bigint; code: string };
type ReviewProps = {
  wish: Reviewed;
  leftIdrs: bigint | undefined;
  busy: boolean;
  onBack: () => void;
  onSend: () => void;
};

/** An account number in fours, as a bank's card shows it: a slip of the finger is seen. */
const inFours = (digits: string) => digits.replaceAll(/(\d{4})(?=\d)/g, "$1 ");

/** What leaves for the bank cannot be called back while it is being paid: it is looked at once more. */
function Review({ wish, leftIdrs, busy, onBack, onSend }: ReviewProps) {
  const { t, format } = useBankWords();
  const { bank, bankAccount, holder, amount, code } = wish;
  return (
    <div className="grid gap-3">
      <dl className="grid gap-2 rounded-control bg-sunken p-3 wrap-anywhere">
        <Stat label={t("wallet.payOutTo")}>
          <span className="block font-semibold">{bank}</span>
          <span className="number text-lg font-semibold">{inFours(bankAccount)}</span>
          <span className="block">{t("wallet.holderIs", { name: holder })}</span>
        </Stat>
        <Stat label={t("wallet.amount")}>
          <span className="number text-lg font-semibold">{format.words.money(amount)}</span>
        </Stat>
        {leftIdrs !== undefined && (
          <Stat label={t("wallet.staysInWallet")}>
            <span className="number">{format.money(leftIdrs)}</span>
          </Stat>
        )}
      </dl>
      <div className="flex items-center justify-between gap-2">
        <p className="text-sm">
          <span className="text-muted">{t("wallet.payOutCode")}</span>
          <br />
          <span className="number font-mono">{code}</span>
        </p>
        <CopyButton text={code} />
      </div>
      <p className="text-sm text-muted">{t("wallet.payOutCodeWhy")}</p>
      <p className="text-sm text-muted">{t("wallet.payOutCodeSigns")}</p>
      <div className="grid grid-cols-2 gap-2">
        <Button onClick={onBack}>{t("common.back")}</Button>
        <Button look="primary" disabled={busy} onClick={onSend}>
          {t("wallet.payOutSubmit")}
        </Button>
      </div>
    </div>
  );
}

/** What was asked back from the bank; what it leaves unpaid too long can be taken back. */
export function PayOuts({ account }: { account: Account }) {
  const { t, format } = useBankWords();
  const { rupiahToken } = useSystem();
  const { transact, busy } = useTransact();
  const asked = useBankWithdrawals(account.address);
  const withdrawals = asked.data;
  const patience = useChain(["patience"], () => rupiahToken.read.WITHDRAWAL_PATIENCE()).data;
  const now = useNow();
  if (!withdrawals)
    return (
      isAway(asked) && (
        <Card title={t("wallet.payOuts")}>
          <Skeleton className="h-16" />
        </Card>
      )
    );
  if (withdrawals.length === 0) return null;

  /** Announces that the tokens are wanted back, or takes them back. */
  const call = (functionName: "cancelWithdrawal" | "reclaimWithdrawal", { id, amount }: BankWithdrawal) =>
    transact({
      action: { kind: functionName, values: { withdrawalId: id, idrs: String(amount) } },
      call: { address: rupiahToken.address, abi: rupiahToken.abi, functionName, args: [BigInt(id)] },
    });
  const columns: Column<BankWithdrawal>[] = [
    {
      head: t("wallet.amount"),
      title: true,
      cell: ({ amount }) => <Money idrs={amount} />,
      sortBy: ({ amount }) => amount,
    },
    {
      head: t("wallet.status"),
      cell: ({ status }) => (
        <Badge tone={status === "PAID" ? "good" : status === "CANCELLED" ? "neutral" : "warning"}>
          {t(`withdrawal.${status}`)}
        </Badge>
      ),
    },
    {
      head: t("orders.when"),
      numeric: true,
      cell: ({ requestedAt }) => <Time at={requestedAt} />,
      sortBy: ({ requestedAt }) => requestedAt,
    },
    {
      head: t("orders.action"),
      selfExplaining: true,
      numeric: true,
      cell: (withdrawal) => {
        const { status, requestedAt, reclaimableAt } = withdrawal;
        const announced = status === "CANCELLING";
        if ((status !== "REQUESTED" && !announced) || patience === undefined) return null;
        const from = announced ? reclaimableAt : requestedAt + Number(patience);
        if (from === null) return null;
        return now < from ? (
          <span className="text-xs whitespace-normal text-muted">
            {t(announced ? "wallet.takeBackFrom" : "wallet.cancelFrom", { time: format.clock(from, now) })}
          </span>
        ) : (
          <Button
            size="small"
            disabled={busy}
            onClick={() => void call(announced ? "reclaimWithdrawal" : "cancelWithdrawal", withdrawal)}
          >
            {t(announced ? "wallet.takeBackPayOut" : "wallet.cancelPayOut")}
          </Button>
        );
      },
    },
  ];
  return (
    <Card title={t("wallet.payOuts")}>
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
