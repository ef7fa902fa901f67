/** Sun, house, battery and grid, with the power that moves between them now. */
import { BatteryMedium, House, SunMedium, UtilityPole } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import type { HouseholdPower } from "../oracle/index.ts";
import { classes } from "../ui/index.ts";

/** Less than this is standby and not drawn as a flow, W. */
const STILL_WATTS = 10;
const RADIUS = 27;

type Point = { x: number; y: number };
const house: Point = { x: 170, y: 96 };
const grid: Point = { x: 284, y: 96 };
const upperLeft: Point = { x: 56, y: 38 };
const lowerLeft: Point = { x: 56, y: 146 };
const left: Point = { x: 56, y: 96 };

export function LiveFlow({ power, hasBattery }: { power: HouseholdPower; hasBattery: boolean }) {
  const { t, format } = useI18n();
  const sun = hasBattery ? upperLeft : left;
  const watts = (value: number) => format.watts(Math.round(Math.abs(value)));
  const words = [
    t("flow.solarNow", { power: watts(power.solarW) }),
    t("flow.homeNow", { power: watts(power.homeW) }),
    ...(hasBattery
      ? [
          t(power.batteryW < 0 ? "flow.chargingNow" : "flow.dischargingNow", {
            power: watts(power.batteryW),
          }),
          ...(power.chargePercent === undefined
            ? []
            : [t("flow.chargeNow", { percent: Math.round(power.chargePercent) })]),
        ]
      : []),
    t(power.gridW < 0 ? "flow.sendingNow" : "flow.drawingNow", { power: watts(power.gridW) }),
  ];
  return (
    <svg
      viewBox="0 0 340 200"
      role="img"
      aria-label={words.join(", ")}
      className="mx-auto block w-full max-w-md"
    >
      <Wire from={sun} to={house} watts={power.solarW} className="stroke-sun-fill" />
      {hasBattery && <Wire from={lowerLeft} to={house} watts={power.batteryW} className="stroke-battery" />}
      <Wire
        from={grid}
        to={house}
        watts={power.gridW}
        className={power.gridW < 0 ? "stroke-sun-fill" : "stroke-house"}
      />
      <Node
        at={sun}
        icon={SunMedium}
        className="fill-sun-soft text-sun"
        value={watts(power.solarW)}
        label={t("flow.sun")}
      />
      {hasBattery && (
        <Node
          at={lowerLeft}
          icon={BatteryMedium}
          className="fill-battery-soft text-battery"
          value={watts(power.batteryW)}
          label={
            power.chargePercent === undefined
              ? t("flow.battery")
              : t("flow.charge", { percent: Math.round(power.chargePercent) })
          }
        />
      )}
      <Node
        at={house}
        icon={House}
        className="fill-house-soft text-house"
        value={watts(power.homeW)}
        label={t("flow.house")}
      />
      <Node
        at={grid}
        icon={UtilityPole}
        className="fill-sunken text-muted"
        value={watts(power.gridW)}
        label={t(power.gridW < 0 ? "flow.toGrid" : "flow.fromGrid")}
      />
    </svg>
  );
}

type NodeProps = { at: Point; icon: typeof House; className: string; value: string; label: string };

function Node({ at: { x, y }, icon: Icon, className, value, label }: NodeProps) {
  return (
    <g textAnchor="middle">
      <g className={className}>
        <circle cx={x} cy={y} r={RADIUS} />
        <Icon x={x - 13} y={y - 13} width={26} height={26} fill="none" />
      </g>
      <text x={x} y={y + RADIUS + 14} className="fill-text text-[13px] font-semibold">
        {value}
      </text>
      <text x={x} y={y + RADIUS + 26} className="fill-muted text-[10px]">
        {label}
      </text>
    </g>
  );
}

/** Dashes that run from `from` to `to`, or back where `watts` is negative. */
function Wire({ from, to, watts, className }: { from: Point; to: Point; watts: number; className: string }) {
  const still = Math.abs(watts) < STILL_WATTS;
  const [a, b] = watts < 0 ? [to, from] : [from, to];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const gap = (RADIUS + 5) / length;
  const along = (share: number): Point => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
  const [start, end] = [along(gap), along(1 - gap)];
  return (
    <line
      x1={start.x}
      y1={start.y}
      x2={end.x}
      y2={end.y}
      strokeWidth="3"
      strokeLinecap="round"
      strokeDasharray="6 10"
      className={classes(still ? "stroke-line" : className, !still && "animate-[flow_1s_linear_infinite]")}
    />
  );
}
