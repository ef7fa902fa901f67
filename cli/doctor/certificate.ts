/** How long a certificate still stands. */
import { RENEWED_BEFORE_DAYS } from "../installation/renewal.ts";
import { behind, good, missing, spanOf, type Verdict } from "./finding.ts";

const DAY = 86_400;

/** @param end and `now`, unix seconds */
export function lasts(end: number, now: number): Verdict {
  const until = new Date(end * 1_000).toISOString().slice(0, 10);
  if (end <= now)
    return missing(`ended on ${until}`, "give enerlink installation once more, restart what serves it");
  const found = `until ${until}, ${spanOf(end - now)}`;
  return end - now < RENEWED_BEFORE_DAYS * DAY
    ? behind(found, "renew it: enerlink installation once more, or whoever issued it; restart what serves it")
    : good(found);
}
