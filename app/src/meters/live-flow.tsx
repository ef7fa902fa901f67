/** Sun, house, battery and grid, with the power that moves between them now. */
import { BatteryMedium, House, SunMedium, UtilityPole } from "lucide-react";
import { useI18n } from "../i18n/index.ts";
import type { HouseholdPower } from "../oracle/index.ts";
import { FlowNode, FlowWire, type Point } from "../ui/index.ts";

/** Less than this is standby and not drawn as a flow, W. */
const STILL_WATTS = 10;
const flowing = (watts: number) => (Math.abs(watts) < STILL_WATTS ? 0 : watts);

const house: Point = { x: 170, y: 96 };
const grid: Point = { x: 284, y: 96 };
const upperLeft: Point = { x: 56, y: 38 };
const lowerLeft: Point = { x: 56, y: 146 };
const left: Point = { x: 56, y: 96 };

export function LiveFlow({ power, hasBattery }: { power: HouseholdPower; hasBattery: boolean }) {
  const { t, format } = useI18n();
  const sun = hasBattery ? upperLeft : left;
  const inWatts = format.wattsIn(
    Math.max(...[power.solarW, power.homeW, power.batteryW, power.gridW].map(Math.abs)),
  );
  const watts = (value: number) => inWatts(Math.round(Math.abs(value)));
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
      <FlowWire from={sun} to={house} flow={flowing(power.solarW)} className="stroke-sun-fill" />
      {hasBattery && (
        <FlowWire from={lowerLeft} to={house} flow={flowing(power.batteryW)} className="stroke-battery" />
      )}
      <FlowWire
        from={grid}
        to={house}
        flow={flowing(power.gridW)}
        className={power.gridW < 0 ? "stroke-sun-fill" : "stroke-house"}
      />
      <FlowNode
        at={sun}
        icon={SunMedium}
        className="fill-sun-soft text-sun"
        value={watts(power.solarW)}
        label={t("flow.sun")}
      />
      {hasBattery && (
        <FlowNode
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
      <FlowNode
        at={house}
        icon={House}
        className="fill-house-soft text-house"
        value={watts(power.homeW)}
        label={t("flow.house")}
      />
      <FlowNode
        at={grid}
        icon={UtilityPole}
        className="fill-sunken text-muted"
        value={watts(power.gridW)}
        label={t(power.gridW < 0 ? "flow.toGrid" : "flow.fromGrid")}
      />
    </svg>
  );
}
