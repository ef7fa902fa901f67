/** Settling a meter's last reading now, without waiting for its window's end. */
import type { Meter } from "../chain/mirror.ts";
import type { Readings } from "../ledger/readings.ts";
import { countsUnsigned, isReportable, type Settlements, SHORTEST_INTERVAL } from "../ledger/settlements.ts";
import type { Holds } from "../meters/holds.ts";
import { releaseOf } from "../rules/validation.ts";
import type { History, PastSettlement } from "./history.ts";
import type { Settler } from "./settler.ts";

/** The settlement that was asked for, or why there is none now. */
export type ByHand =
  | { settlement: PastSettlement; refusal?: never }
  | { refusal: { title: string; detail: string }; settlement?: never };

const isoOf = (seconds: number) => new Date(seconds * 1_000).toISOString();

export function makeByHand({
  meterOf,
  readings,
  holds,
  settlements,
  history,
  settler,
}: {
  meterOf: (serial: string) => Meter | undefined;
  readings: Pick<Readings, "newest">;
  holds: Pick<Holds, "of">;
  settlements: Pick<Settlements, "byHand">;
  history: History;
  settler: Pick<Settler, "flush">;
}) {
  return (serial: string): ByHand => {
    const refuse = (title: string, detail: string) => ({ refusal: { title, detail: `${serial} ${detail}` } });
    const meter = meterOf(serial);
    if (!meter) return refuse("Unknown meter", "is not in the registry");
    const hold = holds.of(serial, meter.epoch);
    if (hold)
      return refuse(
        "Held",
        `is held: ${hold.reason} (${hold.detail}); released by ${releaseOf(hold.reason)}`,
      );
    const reading = readings.newest(serial, countsUnsigned(meter) ? "all" : "signed");
    if (!reading) return refuse("No reading", "has sent no reading yet");
    const at = isoOf(reading.timestamp);
    if (!isReportable(meter, reading))
      return refuse(
        "Not settling",
        `does not settle now: its registration does not let the reading of ${at} count`,
      );
    const asked = settlements.byHand(meter, reading);
    if ("earliest" in asked) {
      const next = isoOf(asked.earliest);
      return refuse(
        "Too soon",
        `settles at most every ${SHORTEST_INTERVAL} s: next with a reading at or after ${next}`,
      );
    }
    settler.flush();
    const { timestamp } = asked.reading;
    const [settlement] = history.page(serial, { from: timestamp, to: timestamp + 1 }, undefined, 1, true);
    return { settlement: settlement! };
  };
}
