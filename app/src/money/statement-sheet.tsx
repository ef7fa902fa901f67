/** A statement on one sheet of paper, and the figures that head it. */
import { IDRS_DECIMALS } from "@enerlink/protocol";
import type { Account } from "../account/index.ts";
import { energyOf, paidOf, receivedOf, type StatementPeriod } from "../energy-index/index.ts";
import { useI18n } from "../i18n/index.ts";
import { classes, MoneyFigure, Notice, Stat } from "../ui/index.ts";
import { addingUp } from "./adding-up.ts";
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
/** IDRS base units. */
const SEN = 10n ** BigInt(IDRS_DECIMALS - 2);

/** One column of the table: its cells, and what they come to. */
type Sheet = { head: string; unit: string; cells: string[]; total: string };

function useSheet(periods: readonly StatementPeriod[]): Sheet[] {
  const { t, format } = useI18n();
  const kwh = (head: string, of: (period: StatementPeriod) => bigint): Sheet => ({
    ...{ head, unit: "kWh" },
    cells: periods.map((period) => format.energyExactColumn(of(period))),
    total: format.energyExactColumn(sumOf(periods, of)),
  });
  const rp = (head: string, of: (period: StatementPeriod) => bigint | null): Sheet => {
    const shown = addingUp(periods.map(of), SEN);
    const known = shown.filter((idrs) => idrs !== null);
    return {
      ...{ head, unit: "Rp" },
      cells: shown.map((idrs) => (idrs === null ? "–" : format.moneyColumn(idrs))),
      total: known.length > 0 ? format.moneyColumn(known.reduce((sum, idrs) => sum + idrs, 0n)) : "–",
    };
  };
  const traded = periods.some(
    (period) => energyOf(period, "Sold", MARKET) + energyOf(period, "Bought", MARKET) > 0n,
  );
  const market = (side: "Sold" | "Bought") =>
    traded ? [kwh(t(`statement.market${side}`), (one) => energyOf(one, side, MARKET))] : [];
  return [
    kwh(t("statement.neighboursSold"), ({ neighboursSoldWh }) => neighboursSoldWh),
    kwh(t("statement.utilitySold"), ({ utilitySoldWh }) => utilitySoldWh),
    ...market("Sold"),
    kwh(t("statement.neighboursBought"), ({ neighboursBoughtWh }) => neighboursBoughtWh),
    kwh(t("statement.utilityBought"), ({ utilityBoughtWh }) => utilityBoughtWh),
    ...market("Bought"),
    rp(t("statement.received"), receivedOf),
    rp(t("statement.paid"), paidOf),
    rp(t("statement.better"), ({ betterByIdrs }) => betterByIdrs),
  ];
}

function Rows({ span, periods }: Pick<Props, "span" | "periods">) {
  const { t } = useI18n();
  const periodText = usePeriodText();
  const columns = useSheet(periods);
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
            {columns.map(({ head, cells }) => (
              <td key={head} className="number py-0.5 pl-2 text-right">
                {cells[index]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr className="border-t font-semibold">
          <th scope="row" className="py-1 pr-2 text-left">
            {t("statement.total")}
          </th>
          {columns.map(({ head, total }) => (
            <td key={head} className="number py-1 pl-2 text-right">
              {total}
            </td>
          ))}
        </tr>
      </tfoot>
    </table>
  );
}
