/** What is known of a meter before a message of it is judged. */

import type { Registers } from "@enerlink/protocol/wire/reading";
import type { Mirror } from "../chain/mirror.ts";
import type { Readings } from "../ledger/readings.ts";
import { countsUnsigned, type Settlements } from "../ledger/settlements.ts";

export function makeBefore({
  mirror,
  readings,
  settlements,
}: {
  mirror: Pick<Mirror, "meter" | "settled">;
  readings: Pick<Readings, "last">;
  settlements: Pick<Settlements, "isReported">;
}) {
  /** What the chain has settled in `epoch`, if anything. */
  function settledIn(serial: string, epoch: number) {
    const settled = mirror.settled(serial);
    return settled?.epoch === epoch && settled.timestamp > 0 ? settled : undefined;
  }

  return {
    /**
     * What the meter's registers are compared with: its last reading that counted, or what the chain has settled where
     * this node has none of the epoch, having come later or lost its store.
     */
    base: (serial: string, epoch: number, signed: boolean, timestamp: number) => {
      const last = readings.last(serial, epoch, signed);
      const meter = mirror.meter(serial);
      // Of a meter that signs, another device's registers are only shown.
      const settled = meter && (signed || countsUnsigned(meter)) ? settledIn(serial, epoch) : undefined;
      const isLater = settled !== undefined && settled.timestamp < timestamp;
      const compared: Registers | undefined = last ?? (isLater ? { ...settled, sequence: 0n } : undefined);
      return { last, compared };
    },
    /** Whether the chain may know registers of this epoch. */
    isReported: (serial: string, epoch: number): boolean =>
      settledIn(serial, epoch) !== undefined || settlements.isReported(serial, epoch),
  };
}
