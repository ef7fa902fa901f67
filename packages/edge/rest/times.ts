/** Moments as both services take them. */
import { z } from "@hono/zod-openapi";

/** A date alone begins at another moment in each time zone, so it is none. */
export const TIME_FORMS =
  "A time with its zone, as in ISO 8601: 2026-11-28T08:00:00Z or 2026-11-28T15:00:00+07:00; a date alone is none";
const error = `must be ${TIME_FORMS.replace("A time", "a time")}`;

/**
 * A time as it was meant: a plus that was not written as `%2B` in an address arrives as a blank, and a time has none
 * before its zone.
 */
const plusKept = (text: string): string => text.replace(/ (?=\d\d:\d\d$)/, "+");

/** Unix seconds, with what is below a second; none before 1970, which neither the chain nor a meter can name. */
export const instant = z
  .string({ error })
  .transform(plusKept)
  .pipe(z.iso.datetime({ offset: true, error }))
  .transform((text) => Date.parse(text) / 1_000)
  .refine((seconds) => seconds >= 0, "must be a time from 1970 on");
