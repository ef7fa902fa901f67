import { useEffect, useState } from "react";

/** Where a browser does not say when it is idle. */
const SOON_MILLISECONDS = 200;
/** A browser that never rests is not waited for longer. */
const LATEST_MILLISECONDS = 1_000;

/** True as soon as the browser has nothing more urgent to do, and soon in any case, from the moment at which `begin` holds. */
export function useIdle(begin: boolean): boolean {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    if (!begin) return;
    if (!("requestIdleCallback" in window)) {
      const timer = setTimeout(() => setIdle(true), SOON_MILLISECONDS);
      return () => clearTimeout(timer);
    }
    const handle = requestIdleCallback(() => setIdle(true), { timeout: LATEST_MILLISECONDS });
    return () => cancelIdleCallback(handle);
  }, [begin]);
  return idle;
}
