/** What is known now, and not only what was once. */

type Asked<T> = { data: T | undefined; isError: boolean; fetchStatus: string };

/**
 * The answer, as long as the last time it was asked for brought it. While a service is away, or this device has no
 * network, what it said before stands in `data` still: good enough to look at, not to say what to do or that all is well.
 */
export const known = <T>({ data, isError, fetchStatus }: Asked<T>): T | undefined =>
  isError || fetchStatus === "paused" ? undefined : data;

/** Whether the answer is not known and not on its way either, however often it is asked for again. */
export const isAway = (query: Asked<unknown> & { errorUpdateCount: number }): boolean =>
  query.isError || query.fetchStatus === "paused" || (query.data === undefined && query.errorUpdateCount > 0);
