import { useI18n } from "../i18n/index.ts";
import { type ChartSpan, givenAndNeeded } from "./chart.tsx";
import { EnergyChart } from "./energy-chart.tsx";

type Exchanged = { exportedWh: bigint; importedWh: bigint };
/** `energy` is undefined where nothing was settled: how much it was is not known, and not zero. */
export type EnergyBar = Pick<ChartSpan, "start" | "label" | "short"> & { energy: Exchanged | undefined };

/** Export and import over time. */
export function EnergyBars({ bars }: { bars: readonly EnergyBar[] }) {
  const { t } = useI18n();
  return (
    <EnergyChart
      title={t("chart.energy")}
      spans={bars.map(({ energy, ...bar }) => ({ ...bar, values: energy }))}
      series={givenAndNeeded(
        { name: "exportedWh", label: t("meters.export") },
        { name: "importedWh", label: t("meters.import") },
      )}
      unknown={t("chart.notSettled")}
    />
  );
}
