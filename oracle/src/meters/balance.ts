/**
 * A feeder's balance (rule V15): what its meters give and take between two windows' ends must add up to what its head
 * meter counts. It needs one head meter (of the kind grid), and says nothing where a meter's window is missing.
 */
import type { Alerts } from "../alerts/alerts.ts";
import type { Mirror } from "../chain/mirror.ts";
import type { Metrics } from "../metrics.ts";
import { FEEDER_TOLERANCE } from "../rules/validation.ts";
import { time } from "../seams/time.ts";
import type { Database } from "../store/database.ts";

/** The others have this long to close the window that the head meter has closed, milliseconds. */
const PATIENCE = 60_000;

type Registers = { export_wh: bigint; import_wh: bigint };
type Flow = { exportWh: bigint; importWh: bigint };

const sizeOf = (wattHours: bigint) => (wattHours < 0n ? -wattHours : wattHours);

/**
 * How far `meters` are from what their `head` counted, Wh, and whether that is too far. Each register may hide a Wh.
 */
export function imbalance(head: Flow, meters: readonly Flow[]): { wattHours: bigint; tooFar: boolean } {
  const given = meters.reduce((sum, { exportWh, importWh }) => sum + exportWh - importWh, 0n);
  const flows = meters.reduce((sum, { exportWh, importWh }) => sum + exportWh + importWh, 0n);
  // What the meters give beyond what they take, the head meter takes.
  const wattHours = given - (head.importWh - head.exportWh);
  const tolerance = Number(flows) * FEEDER_TOLERANCE + 2 * (meters.length + 1);
  return { wattHours, tooFar: Number(sizeOf(wattHours)) > tolerance };
}

export function makeBalance({
  database,
  mirror,
  interval,
  alerts,
  metrics,
  now = time.now,
}: {
  database: Database;
  mirror: Pick<Mirror, "meters">;
  /** Seconds of a settlement window. */
  interval: number;
  alerts: Pick<Alerts, "raise" | "end">;
  metrics: Metrics;
  now?: () => number;
}) {
  const newest = database.prepare<unknown[], { window_end: bigint | null }>(
    "SELECT max(window_end) AS window_end FROM settlements WHERE serial = ? AND epoch = ?",
  );
  const closing = database.prepare<unknown[], Registers>(
    `SELECT r.export_wh, r.import_wh FROM settlements s JOIN readings r ON r.id = s.reading_id
     WHERE s.serial = ? AND s.epoch = ? AND s.window_end = ?`,
  );
  let watched = { windowEnd: 0, since: 0, done: true };

  function flow({ serial, epoch }: { serial: string; epoch: number }, windowEnd: number): Flow | undefined {
    const [from, to] = [windowEnd - interval, windowEnd].map((end) => closing.get(serial, epoch, end));
    if (!from || !to) return undefined;
    return { exportWh: to.export_wh - from.export_wh, importWh: to.import_wh - from.import_wh };
  }

  /** Looks at the newest window that the head meter has closed, once. Call it every second or so. */
  return function check(): void {
    const settling = mirror.meters().filter(({ settles, suspended }) => settles && !suspended);
    const [head, another] = settling.filter(({ kind }) => kind === "grid");
    if (!head || another) return;
    const windowEnd = Number(newest.get(head.serial, head.epoch)?.window_end ?? 0);
    if (windowEnd > watched.windowEnd) watched = { windowEnd, since: now(), done: false };
    if (watched.done || now() - watched.since < PATIENCE) return;
    watched.done = true;
    const counted = flow(head, windowEnd);
    const flows = settling.filter((meter) => meter !== head).map((meter) => flow(meter, windowEnd));
    if (!counted || flows.some((one) => one === undefined)) return;
    const { wattHours, tooFar } = imbalance(counted, flows as Flow[]);
    if (!tooFar) {
      alerts.end("imbalance", head.serial);
      return;
    }
    metrics.flags.inc({ flag: "imbalance" });
    const until = new Date(windowEnd * 1_000).toISOString();
    alerts.raise(
      "imbalance",
      head.serial,
      `${wattHours} Wh are not accounted for in the window until ${until}`,
    );
  };
}
