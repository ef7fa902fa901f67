/** Unix seconds in ISO 8601. */
export const isoOf = (seconds: bigint) => new Date(Number(seconds) * 1_000).toISOString();
