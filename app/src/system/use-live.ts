/** Questions that are asked again every two seconds while a page shows the answer. */
import { useQuery } from "@tanstack/react-query";

export const POLL_MILLISECONDS = 2_000;

/**
 * @param key names the answer; amounts in it as text
 * @param ask `undefined` while something that it needs is missing
 */
export function useLive<T>(
  key: readonly (string | number | undefined)[],
  ask: (() => Promise<T>) | undefined,
) {
  return useQuery({
    queryKey: key,
    queryFn: ask ?? (() => Promise.reject(new Error("asked while disabled"))),
    enabled: ask !== undefined,
    refetchInterval: POLL_MILLISECONDS,
    retry: false,
  });
}
