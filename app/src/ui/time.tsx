import { useEffect, useState } from "react";
import { useI18n } from "../i18n/index.ts";

/** Unix seconds, renewed as often as `seconds` says while somebody sees the page: hidden, it asks nothing about later. */
export function useNow(seconds = 15): number {
  const [now, setNow] = useState(() => Math.floor(Date.now() / 1_000));
  useEffect(() => {
    const look = () => {
      if (!document.hidden) setNow(Math.floor(Date.now() / 1_000));
    };
    const timer = setInterval(look, seconds * 1_000);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [seconds]);
  return now;
}

/** A moment as people say it, exact on hover. What was just now is not told as ahead of a clock that lags. */
export function Time({ at, as = "ago" }: { at: number; as?: "ago" | "clock" }) {
  const { format } = useI18n();
  const now = useNow();
  return (
    <time
      dateTime={new Date(at * 1_000).toISOString()}
      title={format.exactTime(at)}
      className="whitespace-nowrap"
    >
      {as === "ago" ? format.ago(Math.min(at, now), now) : format.clock(at, now)}
    </time>
  );
}
