/** What happened to an account's energy and money, and what it sent from this browser. */
import { History } from "lucide-react";
import type { ReactNode } from "react";
import { isAddressEqual, zeroAddress } from "viem";
import type { Account } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { actionText, type Transaction, useTransactions } from "../transactions/index.ts";
import {
  Badge,
  Card,
  type Column,
  Empty,
  Energy,
  Money,
  Records,
  Segmented,
  Skeleton,
  Time,
  type Tone,
  useChoice,
  useNow,
} from "../ui/index.ts";
import { LATEST_MOVEMENTS, LATEST_TRANSFERS, type Transfer, useMovements, useTransfers } from "./data.ts";
import { type Happening, happenings, isAside } from "./happenings.ts";

const lists = ["history", "transfers", "transactions"] as const;

export function HistoryCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const [list, setList] = useChoice("list", lists, "history");
  return (
    <Card title={t(`wallet.${list}`)}>
      <div className="mb-3">
        <Segmented
          small
          label={t("wallet.list")}
          value={list}
          onValue={setList}
          options={lists.map((value) => ({
            value,
            label: t(value === "history" ? "wallet.inTrading" : `wallet.${value}`),
          }))}
        />
      </div>
      {list === "history" && <Movements account={account} />}
      {list === "transfers" && <Transfers account={account} />}
      {list === "transactions" && <Transactions account={account} />}
    </Card>
  );
}

const whenColumn = (head: string): Column<{ timestamp: number }> => ({
  head,
  numeric: true,
  cell: ({ timestamp }) => <Time at={timestamp} />,
  sortBy: ({ timestamp }) => timestamp,
});

/** What is set aside or given back is neither paid nor received: it has no sign, and steps back. */
const moved = (
  what: Happening["what"],
  amount: bigint,
  shown: (amount: bigint, sign: boolean) => ReactNode,
) =>
  amount === 0n ? (
    "–"
  ) : isAside(what) ? (
    <span className="text-muted">{shown(amount < 0n ? -amount : amount, false)}</span>
  ) : (
    shown(amount, true)
  );

function Movements({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const movements = useMovements(account.address).data;
  const now = useNow(60);
  const columns: Column<Happening>[] = [
    {
      head: t("wallet.what"),
      title: true,
      cell: ({ what, times, since }) => (
        <>
          {t(`movement.${what}`)} {times > 1 && <Badge>{t("movement.times", { count: times })}</Badge>}
          {since !== undefined && (
            <span className="block text-xs font-normal text-muted">
              {t("movement.since", { time: format.clock(since, now) })}
            </span>
          )}
        </>
      ),
      sortBy: ({ what }) => t(`movement.${what}`),
    },
    {
      head: t("wallet.energy"),
      numeric: true,
      cell: ({ what, energyWh }) =>
        moved(what, energyWh, (wattHours, sign) => <Energy {...{ wattHours, sign }} />),
      sortBy: ({ energyWh }) => energyWh,
    },
    {
      head: t("wallet.money"),
      numeric: true,
      cell: ({ what, idrs }) => moved(what, idrs, (amount, sign) => <Money idrs={amount} sign={sign} />),
      sortBy: ({ idrs }) => idrs,
    },
    whenColumn(t("orders.when")),
  ];
  if (!movements) return <Skeleton className="h-40" />;
  const cut = movements.length >= LATEST_MOVEMENTS;
  const rows = happenings(movements, cut);
  return (
    <Records
      label={t("wallet.history")}
      latest={cut ? rows.length : undefined}
      rows={rows}
      columns={columns}
      keyOf={({ id }) => id}
      empty={
        <Empty icon={<History />} title={t("wallet.historyNone")}>
          {t("wallet.historyNoneHint")}
        </Empty>
      }
    />
  );
}

function Transfers({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const transfers = useTransfers(account.address).data;
  if (!transfers) return <Skeleton className="h-40" />;
  const isIn = ({ to }: Transfer) => isAddressEqual(to, account.address);
  const what = (transfer: Transfer) => {
    const other = isIn(transfer) ? transfer.from : transfer.to;
    if (isAddressEqual(other, zeroAddress)) return t(isIn(transfer) ? "wallet.minted" : "wallet.burned");
    return t(isIn(transfer) ? "wallet.received" : "wallet.sent", { address: format.address(other) });
  };
  const columns: Column<Transfer>[] = [
    { head: t("wallet.what"), title: true, cell: what, sortBy: what },
    {
      head: t("wallet.amount"),
      numeric: true,
      cell: (transfer) => {
        const amount = isIn(transfer) ? transfer.amount : -transfer.amount;
        return transfer.token === "ETK" ? <Energy wattHours={amount} sign /> : <Money idrs={amount} sign />;
      },
    },
    whenColumn(t("orders.when")),
  ];
  return (
    <Records
      label={t("wallet.transfers")}
      latest={LATEST_TRANSFERS}
      rows={transfers}
      columns={columns}
      keyOf={({ id }) => id}
      empty={<Empty icon={<History />} title={t("wallet.transfersNone")} />}
    />
  );
}

const tones: Partial<Record<Transaction["stage"], Tone>> = { final: "good", mined: "good", failed: "bad" };

function Transactions({ account }: { account: Account }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { chainKey } = useSystem();
  const mine = useTransactions(({ transactions }) => transactions).filter(
    (one) => one.chainKey === chainKey && one.account === account.address,
  );
  const columns: Column<Transaction>[] = [
    {
      head: t("wallet.what"),
      title: true,
      cell: ({ action }) => actionText(action, i18n),
      sortBy: ({ action }) => actionText(action, i18n),
    },
    {
      head: t("wallet.status"),
      cell: ({ stage }) => <Badge tone={tones[stage] ?? "neutral"}>{t(`stage.${stage}`)}</Badge>,
    },
    {
      head: t("wallet.hash"),
      cell: ({ attempt }) =>
        attempt?.hash ? <span title={attempt.hash}>{`${attempt.hash.slice(0, 10)}…`}</span> : "–",
    },
    {
      head: t("orders.when"),
      numeric: true,
      cell: ({ startedAt }) => <Time at={Math.floor(startedAt / 1_000)} />,
      sortBy: ({ startedAt }) => startedAt,
    },
  ];
  return (
    <Records
      label={t("wallet.transactions")}
      rows={mine}
      columns={columns}
      keyOf={({ id }) => id}
      empty={<Empty icon={<History />} title={t("wallet.transactionsNone")} />}
    />
  );
}
