/**
 * A battery at its own grid connection: charges from the midday surplus, gives some back in the evening, and discharges
 * on command. Energy inside is whole watt-seconds, so that nothing is lost between two readings.
 */

export type BatteryOptions = {
  serial: string;
  capacityWh: number;
  /** Most it charges or discharges with, W. */
  powerW: number;
  /** What is in it at hour 0, Wh. */
  storedWh: number;
};

export type BatteryRegisters = { exportWh: bigint; importWh: bigint; storedWh: bigint };

const CHARGING_HOURS = { from: 9, to: 15 };
const EVENING_HOURS = { from: 18, to: 22 };
/** The evening takes a battery down to this part of its capacity; the rest is for sale. */
const RESERVE = { part: 3n, of: 5n };
/** What charging keeps: 24 of 25 Ws. */
export const EFFICIENCY = { part: 24n, of: 25n };
const STEP_SECONDS = 15;

const HOUR = 3_600n;

export type Battery = ReturnType<typeof makeBattery>;

export function makeBattery({ serial, capacityWh, powerW, storedWh }: BatteryOptions) {
  const capacityWs = BigInt(capacityWh) * HOUR;
  const reserveWs = (capacityWs * RESERVE.part) / RESERVE.of;
  let storedWs = BigInt(storedWh) * HOUR;
  let exportWs = 0n;
  let importWs = 0n;
  let second = 0;
  let power = 0;
  let open = { export: true, import: true };
  /** Commanded discharges, first come first served; each ends when the export register reaches `untilWs`. */
  const discharges: { id: string; wattHours: bigint; untilWs: bigint | undefined }[] = [];

  function least(first: bigint, ...others: bigint[]): bigint {
    let result = first;
    for (const value of others) if (value < result) result = value;
    return result;
  }

  function charge(seconds: bigint): void {
    const roomWs = ((capacityWs - storedWs) * EFFICIENCY.of) / EFFICIENCY.part;
    const takenWs = least(BigInt(powerW) * seconds, roomWs);
    importWs += takenWs;
    storedWs += (takenWs * EFFICIENCY.part) / EFFICIENCY.of;
    power = -Number(takenWs / seconds);
  }

  function release(seconds: bigint, mostWs: bigint, watts: bigint): void {
    const givenWs = least(watts * seconds, storedWs, mostWs);
    exportWs += givenWs;
    storedWs -= givenWs;
    power = Number(givenWs / seconds);
  }

  function step(seconds: number): string | undefined {
    const hour = Math.floor(second / 3_600) % 24;
    const span = BigInt(seconds);
    second += seconds;
    const discharge = discharges[0];
    power = 0;
    if (discharge) {
      if (!open.export) return undefined;
      discharge.untilWs ??= (exportWs / HOUR + discharge.wattHours) * HOUR;
      release(span, discharge.untilWs - exportWs, BigInt(powerW));
      if (exportWs >= discharge.untilWs) return discharges.shift()!.id;
    } else if (hour >= CHARGING_HOURS.from && hour < CHARGING_HOURS.to) {
      if (open.import) charge(span);
    } else if (hour >= EVENING_HOURS.from && hour < EVENING_HOURS.to && storedWs > reserveWs) {
      if (open.export) release(span, storedWs - reserveWs, BigInt(powerW) / 3n);
    }
    return undefined;
  }

  /** Goes on to `seconds` after hour `index` (hour 0 is a midnight). @returns ids of discharges completed on the way. */
  function advance(index: number, seconds: number): string[] {
    const target = index * 3_600 + seconds;
    const completed: string[] = [];
    while (second < target) {
      const toHour = 3_600 - (second % 3_600);
      const id = step(Math.min(STEP_SECONDS, toHour, target - second));
      if (id !== undefined) completed.push(id);
    }
    return completed;
  }

  function registers(): BatteryRegisters {
    return { exportWh: exportWs / HOUR, importWh: importWs / HOUR, storedWh: storedWs / HOUR };
  }

  /** What is stored and not already owed to a running discharge, Wh. */
  function availableWh(): bigint {
    const owedWs = discharges.reduce(
      (sum, { wattHours, untilWs }) => sum + (untilWs === undefined ? wattHours * HOUR : untilWs - exportWs),
      0n,
    );
    return (storedWs - owedWs) / HOUR;
  }

  /** Queues a discharge; `availableWh` must cover it. */
  function discharge(id: string, wattHours: bigint): void {
    discharges.push({ id, wattHours, untilWs: undefined });
  }

  /** Gives a discharge up, where it stands. */
  function cancel(id: string): void {
    const index = discharges.findIndex((candidate) => candidate.id === id);
    if (index >= 0) discharges.splice(index, 1);
  }

  return {
    serial,
    advance,
    registers,
    availableWh,
    discharge,
    cancel,
    /** Which directions the connection lets through from now on; a discharge waits while it cannot flow. */
    allow: (directions: { export: boolean; import: boolean }) => {
      open = directions;
    },
    /** W, positive while discharging. */
    powerW: () => power,
    chargePercent: () => Number((storedWs * 1_000n) / capacityWs) / 10,
  };
}
