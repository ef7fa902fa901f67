/** Periods of a statement as a household names them. */
import { useI18n } from "../i18n/index.ts";
import type { Range, Span } from "./range.ts";

export function usePeriodText() {
  const { format } = useI18n();
  return (span: Span, { start, end }: { start: number; end: number }): string => {
    if (span === "DAY") return format.weekdayDay(start);
    return span === "MONTH" ? format.month(start) : `${format.day(start)} – ${format.day(end - 1)}`;
  };
}

export function useRangeText() {
  const { format } = useI18n();
  return (span: Span, { from, to }: Range): string =>
    span === "DAY" ? format.month(from) : `${format.month(from)} – ${format.month(to - 1)}`;
}
