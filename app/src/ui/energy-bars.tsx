import { useI18n } from "../i18n/index.ts";

type Exchanged = { exportedWh: bigint; importedWh: bigint };
/** `energy` is undefined where nothing was settled: how much it was is not known, and not zero. */
export type EnergyBar = { start: number; label: string; energy: Exchanged | undefined };

/** Export and import side by side over time, in kWh; the numbers in a table for who does not see the bars. */
export function EnergyBars({ bars }: { bars: readonly EnergyBar[] }) {
  const { t, format } = useI18n();
  const most = bars
    .flatMap(({ energy }) => (energy ? [energy.exportedWh, energy.importedWh] : []))
    .reduce((high, wattHours) => (wattHours > high ? wattHours : high), 0n);
  const [first, last] = [bars[0], bars.at(-1)];
  const words = (energy: Exchanged | undefined) =>
    energy
      ? `${t("meters.export")} ${format.energy(energy.exportedWh)}, ${t("meters.import")} ${format.energy(energy.importedWh)}`
      : t("chart.notSettled");
  return (
    <figure>
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="flex flex-wrap gap-x-4">
          <Key className="bg-sun-fill">{t("meters.export")}</Key>
          <Key className="bg-house">{t("meters.import")}</Key>
          {bars.some(({ energy }) => !energy) && (
            <Key className="border border-dashed">{t("chart.notSettled")}</Key>
          )}
        </span>
        <span className="text-muted">{t("chart.upTo", { energy: format.energy(most) })}</span>
      </figcaption>
      <div aria-hidden className="mt-3 flex h-36 items-end gap-px border-y sm:gap-1">
        {bars.map(({ start, label, energy }) => (
          <div
            key={start}
            title={`${label}: ${words(energy)}`}
            className="flex h-full flex-1 items-end justify-center gap-px hover:bg-sunken"
          >
            {energy ? (
              <>
                <Bar part={energy.exportedWh} most={most} className="bg-sun-fill" />
                <Bar part={energy.importedWh} most={most} className="bg-house" />
              </>
            ) : (
              <div className="h-2 w-full max-w-8 border border-b-0 border-dashed" />
            )}
          </div>
        ))}
      </div>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
        <span>{first?.label}</span>
        <span>{last?.label}</span>
      </div>
      <NumbersOf bars={bars} />
    </figure>
  );
}

function Key({ className, children }: { className: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span className={`size-3 rounded-xs ${className}`} />
      {children}
    </span>
  );
}

function Bar({ part, most, className }: { part: bigint; most: bigint; className: string }) {
  const height = part === 0n ? "0" : `${Math.max(Number((part * 100n) / most), 1)}%`;
  return <div className={`w-full max-w-4 rounded-t-xs ${className}`} style={{ height }} />;
}

function NumbersOf({ bars }: { bars: readonly EnergyBar[] }) {
  const { t, format } = useI18n();
  const cell = (wattHours: bigint | undefined) =>
    wattHours === undefined ? t("chart.notSettled") : format.energy(wattHours);
  return (
    // A table would not shrink to nothing by itself.
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
          {bars.map(({ start, label, energy }) => (
            <tr key={start}>
              <th scope="row">{label}</th>
              <td>{cell(energy?.exportedWh)}</td>
              <td>{cell(energy?.importedWh)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
