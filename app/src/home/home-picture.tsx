/** Sun, house, battery, neighbours and grid: what the devices say of this moment, and the last slot. */
import { BatteryMedium, House, SunMedium, UsersRound, UtilityPole } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import type { HouseholdPower } from "../oracle/index.ts";
import { FlowNode, FlowWire, type Point } from "../ui/index.ts";

/** Less than this is standby and not drawn as a flow, W. */
const STILL_WATTS = 10;

const house: Point = { x: 170, y: 92 };
const sun: Point = { x: 50, y: 34 };
const battery: Point = { x: 50, y: 150 };
const neighbours: Point = { x: 290, y: 34 };
const grid: Point = { x: 290, y: 150 };

/** What moved, Wh; positive away from the home. Undefined where it is not known. */
export type Moved = { neighboursWh: bigint | undefined; gridWh: bigint | undefined };

type Props = {
  power: HouseholdPower | undefined;
  hasBattery: boolean;
  /** Of the last slot; undefined of a home that shares with nobody. */
  shared: Moved | undefined;
};

const UNKNOWN = "–";

export function HomePicture({ power, hasBattery, shared }: Props) {
  const { t, format } = useI18n();
  // All power in one unit and all energy in one: what is beside each other is compared.
  const inWatts = format.wattsIn(most([power?.solarW, power?.batteryW, power?.homeW, power?.gridW]));
  const { text: inWattHours } = format.energyIn(BigInt(most([shared?.neighboursWh, shared?.gridWh])));
  const watts = (value: number | undefined) =>
    value === undefined ? UNKNOWN : inWatts(Math.round(Math.abs(value)));
  const wattHours = (value: bigint | undefined) =>
    value === undefined ? UNKNOWN : inWattHours(value < 0n ? -value : value);
  const away = (value: bigint | undefined) => (value === undefined ? undefined : Math.sign(Number(value)));
  const flowing = (value: number | undefined) =>
    value === undefined ? undefined : Math.abs(value) < STILL_WATTS ? 0 : value;
  const gridAway = shared ? away(shared.gridWh) : negative(flowing(power?.gridW));
  const nodes = [
    {
      at: sun,
      icon: SunMedium,
      className: "fill-sun-soft text-sun",
      value: watts(power?.solarW),
      label: t("flow.sun"),
      wire: { flow: negative(flowing(power?.solarW)), className: "stroke-sun-fill" },
    },
    ...(hasBattery
      ? [
          {
            at: battery,
            icon: BatteryMedium,
            className: "fill-battery-soft text-battery",
            value: watts(power?.batteryW),
            label:
              power?.chargePercent === undefined
                ? t("flow.battery")
                : t("flow.charge", { percent: Math.round(power.chargePercent) }),
            wire: { flow: negative(flowing(power?.batteryW)), className: "stroke-battery" },
          },
        ]
      : []),
    {
      at: neighbours,
      icon: UsersRound,
      className: shared ? "fill-accent-soft text-accent" : "fill-sunken text-muted",
      value: wattHours(shared?.neighboursWh),
      label: t(neighboursLabel(shared)),
      wire: way(shared && away(shared.neighboursWh)),
    },
    {
      at: grid,
      icon: UtilityPole,
      className: "fill-sunken text-muted",
      value: shared ? wattHours(shared.gridWh) : watts(power?.gridW),
      label: t(
        gridAway === undefined || gridAway === 0
          ? "flow.grid"
          : gridAway > 0
            ? "flow.toGrid"
            : "flow.fromGrid",
      ),
      wire: way(gridAway),
    },
  ];
  const home = { value: watts(power?.homeW), label: t("flow.house") };
  return (
    <svg
      viewBox="0 0 340 206"
      role="img"
      aria-label={[home, ...nodes].map(({ value, label }) => `${label}: ${value}`).join(", ")}
      className="mx-auto block w-full max-w-md"
    >
      {nodes.map(({ at, label, wire }) => (
        <FlowWire key={label} from={house} to={at} {...wire} />
      ))}
      <FlowNode at={house} icon={House} className="fill-house-soft text-house" {...home} />
      {nodes.map(({ wire: _, ...node }) => (
        <FlowNode key={node.label} {...node} />
      ))}
    </svg>
  );
}

const most = (values: readonly (number | bigint | undefined)[]) =>
  Math.max(0, ...values.filter((value) => value !== undefined).map((value) => Math.abs(Number(value))));

const negative = (value: number | undefined) => (value === undefined ? undefined : -value);

/** What leaves the home is the sun's, what comes is the house's. */
const way = (flow: number | undefined) => ({
  flow,
  className: flow !== undefined && flow > 0 ? "stroke-sun-fill" : "stroke-house",
});

function neighboursLabel(shared: Moved | undefined) {
  if (!shared) return "flow.noNeighbours" as const;
  const { neighboursWh } = shared;
  if (neighboursWh === undefined || neighboursWh === 0n) return "flow.neighbours" as const;
  return neighboursWh > 0n ? ("flow.toNeighbours" as const) : ("flow.fromNeighbours" as const);
}
