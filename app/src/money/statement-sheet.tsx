/** A statement on one sheet of paper, and the figures that head it. */
import type { Account } from "../account/index.ts";
import { energyOf, paidOf, receivedOf, type StatementPeriod } from "../energy-index/index.ts";
import { useI18n } from "../i18n/index.ts";
import { classes, MoneyFigure, Notice, Stat } from "../ui/index.ts";
import type { Span } from "./range.ts";
import { usePeriodText } from "./texts.ts";

const sumOf = (periods: readonly StatementPeriod[], of: (period: StatementPeriod) => bigint) =>
  periods.reduce((sum, period) => sum + of(period), 0n);

/** Undefined where no tariff applied in any of them. */
const betterOf = (periods: readonly StatementPeriod[]): bigint | undefined => {
  const known = periods.flatMap(({ betterByIdrs }) => (betterByIdrs === null ? [] : [betterByIdrs]));
  return known.length === 0 ? undefined : known.reduce((sum, idrs) => sum + idrs, 0n);
};

export function Figures({ periods }: { periods: readonly StatementPeriod[] }) {
  const { t, format } = useI18n();
  const [received, paid] = [sumOf(periods, receivedOf), sumOf(periods, paidOf)];
  const better = betterOf(periods);
  const arrearsWh = sumOf(periods, ({ arrearsWh }) => arrearsWh);
  const leftWh = sumOf(periods, ({ leftWh }) => leftWh);
  const energy = (side: "Sold" | "Bought") =>
    format.energy(sumOf(periods, (period) => energyOf(period, side)));
  return (
    <div className="grid gap-3">
      <dl className="grid grid-cols-2 @max-[16rem]/page:grid-cols-1 gap-3 sm:grid-cols-4 print:grid-cols-4">
        <Stat label={t("statement.received")} hint={t("home.forSold", { energy: energy("Sold") })}>
          <MoneyFigure size="large" idrs={received} />
        </Stat>
        <Stat label={t("statement.paid")} hint={t("home.forBought", { energy: energy("Bought") })}>
          <MoneyFigure size="large" idrs={paid} />
        </Stat>
        <Stat
          label={t("statement.net")}
          hint={t("statement.ofItFee", { fee: format.money(sumOf(periods, ({ feeIdrs }) => feeIdrs)) })}
        >
          <MoneyFigure size="large" idrs={received - paid} />
        </Stat>
        <Stat label={t("statement.better")}>
          {better === undefined ? (
            "–"
          ) : (
            <MoneyFigure size="large" className={better > 0n ? "text-buy" : ""} idrs={better} />
          )}
        </Stat>
      </dl>
      {arrearsWh > 0n && (
        <Notice tone="warning">{t("statement.arrears", { energy: format.exactEnergy(arrearsWh) })}</Notice>
      )}
      {leftWh > 0n && <Notice>{t("statement.left", { energy: format.exactEnergy(leftWh) })}</Notice>}
    </div>
  );
}

type Props = { account: Account; title: string; span: Span; periods: readonly StatementPeriod[] };

/** On paper only: everything else of the page stays away. */
export function StatementSheet({ account, title, span, periods }: Props) {
  const { t, format } = useI18n();
  return (
    <section className="hidden print:block" data-sheet>
      <header className="mb-4 flex items-start justify-between gap-6">
        <div>
          <h2 className="text-xl font-semibold">
            {t("statement.title")}, {title}
          </h2>
          <p>{account.label}</p>
          <p className="text-xs">{account.address}</p>
        </div>
        <p className="text-right text-xs">
          EnerLink
          <br />
          {format.exactTime(Math.floor(Date.now() / 1_000))}
        </p>
      </header>
      <Figures periods={periods} />
      <Rows span={span} periods={periods} />
      <p className="mt-3 text-xs">{t("statement.foot")}</p>
    </section>
  );
}

const MARKET = ["offers", "book"] as const;

function Rows({ span, periods }: Pick<Props, "span" | "periods">) {
  const { t, format } = useI18n();
  const periodText = usePeriodText();
  const kwh = (of: (period: StatementPeriod) => bigint) => (period: StatementPeriod) =>
    format.energyColumn(of(period));
  const rp = (of: (period: StatementPeriod) => bigint) => (period: StatementPeriod) =>
    format.money(of(period));
  const traded = periods.some(
    (period) => energyOf(period, "Sold", MARKET) + energyOf(period, "Bought", MARKET) > 0n,
  );
  const columns = [
    {
      head: t("statement.neighboursSold"),
      cell: kwh(({ neighboursSoldWh }) => neighboursSoldWh),
      unit: "kWh",
    },
    { head: t("statement.utilitySold"), cell: kwh(({ utilitySoldWh }) => utilitySoldWh), unit: "kWh" },
    ...(traded
      ? [{ head: t("statement.marketSold"), cell: kwh((one) => energyOf(one, "Sold", MARKET)), unit: "kWh" }]
      : []),
    {
      head: t("statement.neighboursBought"),
      cell: kwh(({ neighboursBoughtWh }) => neighboursBoughtWh),
      unit: "kWh",
    },
    { head: t("statement.utilityBought"), cell: kwh(({ utilityBoughtWh }) => utilityBoughtWh), unit: "kWh" },
    ...(traded
      ? [
          {
            head: t("statement.marketBought"),
            cell: kwh((one) => energyOf(one, "Bought", MARKET)),
            unit: "kWh",
          },
        ]
      : []),
    { head: t("statement.received"), cell: rp(receivedOf), unit: "Rp" },
    { head: t("statement.paid"), cell: rp(paidOf), unit: "Rp" },
    {
      head: t("statement.better"),
      cell: ({ betterByIdrs }: StatementPeriod) => (betterByIdrs === null ? "–" : format.money(betterByIdrs)),
      unit: "Rp",
    },
  ];
  return (
    <table className="mt-4 w-full text-[0.6875rem]">
      <thead>
        <tr className="border-b text-left align-bottom">
          <th scope="col" className="py-1 pr-2">
            {t(`statement.${span}`)}
          </th>
          {columns.map(({ head, unit }) => (
            <th key={head} scope="col" className="py-1 pl-2 text-right">
              {head}
              <span className="block font-normal">{unit}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {periods.map((period, index) => (
          <tr key={period.start} className={classes(index % 5 === 4 && "border-b")}>
            <th scope="row" className="py-0.5 pr-2 text-left font-medium">
              {periodText(span, period)}
            </th>
            {columns.map(({ head, cell }) => (
              <td key={head} className="number py-0.5 pl-2 text-right">
                {cell(period)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
