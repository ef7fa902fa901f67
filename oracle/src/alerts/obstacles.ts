/** Why the node cannot do its work now: what `/ready` says, and what raises an alert when it lasts. */

import { time } from "../seams/time.ts";
import type { AlertKind, Alerts } from "./alerts.ts";

/** Chain and broker may be away for a moment, and clocks are being set; milliseconds. */
const ALERT_AFTER = 10_000;
const mayBlink: readonly AlertKind[] = ["chain", "broker", "clock"];

type Reason = string | undefined;

export function makeObstacles(
  reasons: Record<"halted" | "chain" | "broker" | "committee" | "clock" | "transactions", () => Reason>,
  { alerts, now = time.now }: { alerts: Pick<Alerts, "raise" | "end">; now?: () => number },
) {
  const since = new Map<AlertKind, number>();
  const present = () =>
    Object.entries(reasons).map(([kind, reason]) => [kind as AlertKind, reason()] as const);
  return {
    reasons: (): string[] => present().flatMap(([, reason]) => reason ?? []),
    /** Raises and ends alerts. Call it every second or so. */
    check: (): void => {
      for (const [kind, reason] of present()) {
        if (reason === undefined) {
          since.delete(kind);
          alerts.end(kind, undefined);
          continue;
        }
        const began = since.get(kind) ?? now();
        since.set(kind, began);
        if (!mayBlink.includes(kind) || now() - began >= ALERT_AFTER) alerts.raise(kind, undefined, reason);
      }
    },
  };
}
