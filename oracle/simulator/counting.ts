/** What every meter has counted by a moment of the record, and what it shows then. */
import type { Battery } from "./battery.ts";
import type { Gate } from "./gate.ts";
import { type Home, type HomePower, type HourlyRegisters, homePower, registersAt } from "./homes.ts";
import type { Meter, Obedience } from "./obedience.ts";

export type Registers = { exportWh: bigint; importWh: bigint; storedWh: bigint };

const nothing: HourlyRegisters = { exportWh: 0n, importWh: 0n };

/** What a home shows while its connection lets only one direction through, or none. */
function switched(power: HomePower, gate: Gate): HomePower {
  const open = gate.open();
  const { solarW, homeW, batteryW } = power;
  if (power.gridW < 0 && !open.export) return { ...power, solarW: homeW - batteryW, gridW: 0 };
  if (power.gridW > 0 && !open.import) return { ...power, homeW: solarW + batteryW, gridW: 0 };
  return power;
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

export function makeCounting({
  homes: first,
  batteries,
  gridSerial,
  deliveredBeforeWh,
  meters,
  obedience: { answer, discharges },
  now,
}: {
  homes: readonly Home[];
  batteries: ReadonlyMap<string, Battery>;
  gridSerial: string;
  /** Wh. */
  deliveredBeforeWh: bigint;
  meters: ReadonlyMap<string, Meter>;
  obedience: Pick<Obedience, "answer" | "discharges">;
  /** Unix seconds. */
  now: () => number;
}) {
  const homes = [...first];
  /** What those who were connected later had counted elsewhere: no flow of this grid. */
  const before = new Map<string, HourlyRegisters>();

  /** Moves every battery to `seconds` after hour `index`, and answers for discharges that ended on the way. */
  function advance(index: number, seconds: number): void {
    for (const battery of batteries.values()) {
      for (const id of battery.advance(index, seconds)) {
        discharges.delete(id);
        answer(meters.get(battery.serial)!, id, "done");
      }
    }
    for (const [id, { battery, deadline }] of discharges) {
      if (deadline >= now()) continue;
      battery.cancel(id);
      discharges.delete(id);
      answer(meters.get(battery.serial)!, id, "rejected", "the deadline has passed");
    }
  }

  /**
   * Every meter's registers at `seconds` after hour `index`; the grid's are the others' from the other side, on top of
   * what it had delivered before.
   */
  function registers(index: number, seconds = 0): Map<string, Registers> {
    advance(index, seconds);
    const all = new Map<string, Registers>();
    for (const home of homes) {
      const { exportWh, importWh } = registersAt(home, index, seconds);
      const least = before.get(home.serial) ?? nothing;
      const wanted = {
        exportWh: larger(exportWh, least.exportWh),
        importWh: larger(importWh, least.importWh),
      };
      all.set(home.serial, { ...meters.get(home.serial)!.gate.pass(wanted), storedWh: 0n });
    }
    for (const battery of batteries.values()) all.set(battery.serial, battery.registers());
    const grid = { exportWh: deliveredBeforeWh, importWh: 0n, storedWh: 0n };
    for (const [serial, { exportWh, importWh }] of all) {
      const elsewhere = before.get(serial) ?? nothing;
      grid.exportWh += importWh - elsewhere.importWh;
      grid.importWh += exportWh - elsewhere.exportWh;
    }
    return all.set(gridSerial, grid);
  }

  /** What every meter shows at `seconds` after hour `index`. */
  function powers(index: number, seconds: number): Map<string, HomePower> {
    advance(index, seconds);
    const all = new Map<string, HomePower>();
    let gridW = 0;
    for (const home of homes) {
      const power = switched(homePower(home, index, seconds), meters.get(home.serial)!.gate);
      gridW += power.gridW;
      all.set(home.serial, power);
    }
    for (const battery of batteries.values()) {
      const batteryW = battery.powerW();
      gridW -= batteryW;
      const chargePercent = battery.chargePercent();
      all.set(battery.serial, { solarW: 0, homeW: 0, batteryW, gridW: -batteryW, chargePercent });
    }
    return all.set(gridSerial, { solarW: 0, homeW: 0, batteryW: 0, gridW: -gridW, chargePercent: 0 });
  }

  /** One more home, connected at that moment of the record; its meter is there. */
  function connect(home: Home, index: number, seconds: number): void {
    before.set(home.serial, registersAt(home, index, seconds));
    homes.push(home);
  }

  return { advance, connect, registers, powers };
}
