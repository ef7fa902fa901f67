import type { ComponentProps } from "react";
import { useI18n } from "../i18n/index.ts";
import { Chart } from "./chart.tsx";

type ChartProps<Name extends string> = ComponentProps<typeof Chart<Name>>;

/** A chart of Wh: axis, words and table in one unit, that of the largest amount. */
export function EnergyChart<Name extends string>(props: Omit<ChartProps<Name>, "unit" | "axis" | "text">) {
  const { format } = useI18n();
  const all = props.spans.flatMap(({ values }) => Object.values<bigint>(values ?? {}));
  const largest = all.reduce((most, value) => (value > most ? value : most), 0n);
  return <Chart {...props} {...format.energyIn(largest)} />;
}
