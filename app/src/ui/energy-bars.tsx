import { useI18n } from "../i18n/index.ts";

export type EnergyBar = { start: number; label: string; exportedWh: bigint; importedWh: bigint };

/** Export and import side by side over time, in kWh; the numbers in a table for who does not see the bars. */
export function EnergyBars({ bars }: { bars: readonly EnergyBar[] }) {
  const { t, format } = useI18n();
  const most = bars.reduce((high, { exportedWh, importedWh }) => {
    const larger = exportedWh > importedWh ? exportedWh : importedWh;
    return larger > high ? larger : high;
  }, 0n);
  const height = (wattHours: bigint) =>
    most === 0n || wattHours === 0n ? "0" : `${Math.max(Number((wattHours * 100n) / most), 1)}%`;
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <figure>
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="flex gap-4">
          <span className="flex items-center gap-1.5">
            <span className="size-3 rounded-xs bg-sun-fill" />
            {t("meters.export")}
          </span>
          <span className="flex items-center gap-1.5">
            <span className="size-3 rounded-xs bg-house" />
            {t("meters.import")}
          </span>
        </span>
        <span className="text-muted">{t("chart.upTo", { energy: format.energy(most) })}</span>
      </figcaption>
      <div aria-hidden className="mt-3 flex h-36 items-end gap-px border-y sm:gap-1">
        {bars.map(({ start, label, exportedWh, importedWh }) => (
          <div
            key={start}
            title={`${label}: ${t("meters.export")} ${format.energy(exportedWh)}, ${t("meters.import")} ${format.energy(importedWh)}`}
            className="flex h-full flex-1 items-end justify-center gap-px hover:bg-sunken"
          >
            <div className="w-full max-w-4 rounded-t-xs bg-sun-fill" style={{ height: height(exportedWh) }} />
            <div className="w-full max-w-4 rounded-t-xs bg-house" style={{ height: height(importedWh) }} />
          </div>
        ))}
      </div>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
        <span>{first?.label}</span>
        <span>{last?.label}</span>
      </div>
      {/* A table would not shrink to nothing by itself. */}
      <div className="sr-only">
        <table>
          <caption>{t("chart.energy")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("chart.time")}</th>
              <th scope="col">{t("meters.export")}</th>
              <th scope="col">{t("meters.import")}</th>
            </tr>
          </thead>
          <tbody>
            {bars.map(({ start, label, exportedWh, importedWh }) => (
              <tr key={start}>
                <th scope="row">{label}</th>
                <td>{format.energy(exportedWh)}</td>
                <td>{format.energy(importedWh)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
