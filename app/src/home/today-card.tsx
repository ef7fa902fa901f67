import { type Account, useBalances } from "../account/index.ts";
import {
  energyOf,
  paidOf,
  receivedOf,
  type SettledSpan,
  useSettled,
  useStatement,
} from "../energy-index/index.ts";
import { startOfDay } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Card, EnergyFigure, MoneyFigure, Skeleton, Stat, useNow } from "../ui/index.ts";

const DAY = 86_400;
/** One below the other where text is much larger than usual. */
const PAIRS = "grid grid-cols-[repeat(auto-fit,minmax(min(max(8rem,34%),100%),1fr))] gap-x-3 gap-y-4";

/** What was earned and spent today, what the meters counted, and what there is. */
export function TodayCard({ account }: { account: Account }) {
  const { t, format } = useI18n();
  const since = startOfDay(useNow(60));
  const today = useStatement(account.address, since, since + DAY, "ALL").data?.[0];
  const settled = useSettled({ owner: account.address }, since, DAY).data;
  const balances = useBalances(account.address).data;
  return (
    <Card title={t("home.today")}>
      <dl className={PAIRS}>
        <Stat
          label={t("home.earned")}
          {...(today ? { hint: t("home.forSold", { energy: format.energy(energyOf(today, "Sold")) }) } : {})}
        >
          {today ? <MoneyFigure size="large" idrs={receivedOf(today)} /> : <Skeleton className="h-8" />}
        </Stat>
        <Stat
          label={t("home.spent")}
          {...(today
            ? { hint: t("home.forBought", { energy: format.energy(energyOf(today, "Bought")) }) }
            : {})}
        >
          {today ? <MoneyFigure size="large" idrs={paidOf(today)} /> : <Skeleton className="h-8" />}
        </Stat>
      </dl>
      <div className="my-4">
        <Counted settled={settled} />
      </div>
      <dl className={PAIRS}>
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

/** What a meter's registers count depends on what stands behind it. */
const counters = [
  { kinds: ["CONSUMER", "PROSUMER"], exported: "home.sent", imported: "home.drawn" },
  { kinds: ["BATTERY"], exported: "home.fromBattery", imported: "home.intoBattery" },
  { kinds: ["GRID"], exported: "home.fromGrid", imported: "home.intoGrid" },
] as const satisfies readonly { kinds: readonly SettledSpan["kind"][]; exported: string; imported: string }[];

/** The registers' differences of today's settlements, by the kind of meter; nothing where none was settled yet. */
function Counted({ settled }: { settled: readonly SettledSpan[] | undefined }) {
  const { t, format } = useI18n();
  const now = useNow(60);
  if (!settled)
    return (
      <div className={PAIRS}>
        <Skeleton className="h-12" />
        <Skeleton className="h-12" />
      </div>
    );
  if (settled.length === 0) return <p className="text-sm text-muted">{t("home.notSettled")}</p>;
  const counted = counters.flatMap(({ kinds, exported, imported }) => {
    const spans = settled.filter(({ kind }) => kinds.some((one) => one === kind));
    if (spans.length === 0) return [];
    const until = Math.max(...spans.map(({ lastReadAt }) => lastReadAt));
    const hint = t("home.upTo", { time: format.clock(until, now) });
    const sum = (of: "exportedWh" | "importedWh") => spans.reduce((total, span) => total + span[of], 0n);
    return [
      <Stat key={exported} label={t(exported)} hint={hint}>
        <EnergyFigure className="text-sun" wattHours={sum("exportedWh")} />
      </Stat>,
      <Stat key={imported} label={t(imported)} hint={hint}>
        <EnergyFigure className="text-house" wattHours={sum("importedWh")} />
      </Stat>,
    ];
  });
  return <dl className={PAIRS}>{counted}</dl>;
}
