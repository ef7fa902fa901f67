import { formatKwh } from "@enerlink/protocol";
import { Trophy } from "lucide-react";
import { useAccount, useNameOf } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Badge, Card, type Column, CsvButton, Empty, Energy, Records, Skeleton } from "../ui/index.ts";
import { type Leader, useLeaders } from "./data.ts";

/** Who delivered most to neighbours. */
export function Leaders() {
  const { t, format } = useI18n();
  const account = useAccount();
  const leaders = useLeaders().data;
  const nameOf = useNameOf();
  const columns: Column<Leader>[] = [
    {
      head: t("leaders.who"),
      title: true,
      sortBy: ({ id }) => nameOf(id),
      cell: ({ id }) => (
        <span className="flex items-center gap-2">
          {nameOf(id)}
          {account?.address.toLowerCase() === id && <Badge tone="accent">{t("market.own")}</Badge>}
        </span>
      ),
    },
    {
      head: t("leaders.delivered"),
      numeric: true,
      cell: ({ deliveredWh }) => <Energy wattHours={deliveredWh} />,
      sortBy: ({ deliveredWh }) => deliveredWh,
    },
    {
      head: t("leaders.kept"),
      numeric: true,
      cell: ({ deliveredWh, promisedWh }) => format.percent(deliveredWh, promisedWh),
      sortBy: ({ deliveredWh, promisedWh }) => (deliveredWh * 1_000_000n) / (promisedWh || 1n),
    },
    {
      head: t("leaders.stars"),
      numeric: true,
      cell: ({ ratings, stars }) =>
        ratings === 0 ? "–" : `★ ${format.decimal(stars / ratings)} (${ratings})`,
      sortBy: ({ ratings, stars }) => (ratings === 0 ? 0 : stars / ratings),
    },
  ];
  return (
    <Card
      title={t("leaders.title")}
      aside={
        leaders &&
        leaders.length > 0 && (
          <CsvButton
            name="leaders"
            head={["account", "delivered_kwh", "promised_kwh", "ratings", "stars"]}
            rows={leaders.map(({ id, deliveredWh, promisedWh, ratings, stars }) => [
              id,
              formatKwh(deliveredWh),
              formatKwh(promisedWh),
              String(ratings),
              String(stars),
            ])}
          />
        )
      }
    >
      {leaders ? (
        <Records
          label={t("leaders.title")}
          rows={leaders}
          columns={columns}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={<Trophy />} title={t("leaders.none")}>
              {t("leaders.noneHint")}
            </Empty>
          }
        />
      ) : (
        <Skeleton className="h-40" />
      )}
    </Card>
  );
}
