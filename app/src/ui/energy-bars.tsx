import { useI18n } from "../i18n/index.ts";
import { Chart, type ChartSpan, givenAndNeeded } from "./chart.tsx";

type Exchanged = { exportedWh: bigint; importedWh: bigint };
/** `energy` is undefined where nothing was settled: how much it was is not known, and not zero. */
export type EnergyBar = Pick<ChartSpan, "start" | "label" | "short"> & { energy: Exchanged | undefined };

/** Export and import over time, in kWh. */
export function EnergyBars({ bars }: { bars: readonly EnergyBar[] }) {
  const { t, format } = useI18n();
  return (
    <Chart
      title={t("chart.energy")}
      spans={bars.map(({ energy, ...bar }) => ({ ...bar, values: energy }))}
      series={givenAndNeeded(
        { name: "exportedWh", label: t("meters.export") },
        { name: "importedWh", label: t("meters.import") },
      )}
      unit="kWh"
      axis={format.kwh}
      text={format.energy}
      unknown={t("chart.notSettled")}
    />
  );
}
