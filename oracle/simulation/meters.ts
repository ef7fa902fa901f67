/** Meters that count, say so every twenty seconds, and say it again once they can be heard. */
import type { Registers, UnsignedReading } from "@enerlink/protocol/wire/reading";
import type { Registered } from "./contracts.ts";
import type { Dice } from "./dice.ts";
import { WINDOW } from "./member.ts";
import type { Scheduler } from "./scheduler.ts";

/** Seconds between two readings; the first meter takes them as windows end, the others some seconds later. */
const EVERY = 20;
const PHASES = [0, 7, 3, 8];
/** The last window ends so many seconds after the last fault, or up to a window later. */
const ROUND = 16;
/** Seconds for what has been closed to be settled. */
const REST = 45;

export type Meters = ReturnType<typeof makeMeters>;

type Needs = {
  scheduler: Scheduler;
  dice: Dice;
  meters: readonly Registered[];
  /** The message of a reading. */
  publish: (reading: UnsignedReading) => Buffer;
  /** @returns whether the broker has taken it. */
  send: (serial: string, message: Buffer) => boolean;
};

export function makeMeters({ scheduler, dice, meters, publish, send }: Needs) {
  const now = () => Math.floor(scheduler.now() / 1_000);
  const begin = now() - (now() % WINDOW);
  const away = new Set<string>();
  const backlog = new Map<string, Buffer[]>();
  let stopAt = Number.POSITIVE_INFINITY;

  /** What a meter shows after so many seconds: it grows by steps that follow from its own dice. */
  const shown = new Map<string, Registers[]>();
  function registersAt(serial: string, timestamp: number): Registers {
    const steps = shown.get(serial) ?? [
      { epoch: 1, sequence: 0n, timestamp: begin, exportWh: 1_000_000n, importWh: 2_000_000n, storedWh: 0n },
    ];
    shown.set(serial, steps);
    const wanted = Math.floor((timestamp - begin) / EVERY);
    while (steps.length <= wanted) {
      const last = steps.at(-1)!;
      const grown = BigInt(dice.between(0, 50));
      const exports = dice.chance(0.5);
      steps.push({
        ...last,
        exportWh: last.exportWh + (exports ? grown : 0n),
        importWh: last.importWh + (exports ? 0n : grown),
      });
    }
    return steps[wanted]!;
  }

  function flush(serial: string): void {
    const waiting = backlog.get(serial) ?? [];
    while (!away.has(serial) && waiting.length > 0) {
      if (!send(serial, waiting[0]!)) {
        scheduler.after(2_000, () => flush(serial), "world");
        return;
      }
      waiting.shift();
    }
  }

  function take(serial: string): void {
    const timestamp = now();
    if (timestamp > stopAt) return;
    const { exportWh, importWh } = registersAt(serial, timestamp);
    const sequence = BigInt(timestamp - begin + 1);
    const message = publish({ serial, epoch: 1, sequence, timestamp, exportWh, importWh, storedWh: 0n });
    backlog.set(serial, [...(backlog.get(serial) ?? []), message]);
    flush(serial);
    scheduler.after(EVERY * 1_000, () => take(serial), "world");
  }

  return {
    registersAt,
    start: (): void =>
      meters.forEach(({ serial }, index) => {
        scheduler.after(
          1_000 * (PHASES[index]! || EVERY) - (scheduler.now() % 1_000),
          () => take(serial),
          "world",
        );
      }),
    /** Nothing of it is heard until it is back. */
    leave: (serial: string) => void away.add(serial),
    /** What it has not said yet it says now; `newestFirst`: in the wrong order. */
    comeBack: (serial: string, newestFirst: boolean): void => {
      away.delete(serial);
      if (newestFirst) backlog.get(serial)?.reverse();
      flush(serial);
    },
    /** When everything has ended that begins after a calm, which begins so many seconds from now; unix seconds. */
    endAfter: (calm: number): number => {
      stopAt = Math.ceil((now() + calm + ROUND) / WINDOW) * WINDOW + EVERY;
      return stopAt + REST;
    },
  };
}
