/** One line an event: time, level, part, text. Never a secret. */

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

export type Log = ReturnType<typeof makeLog>;

/** Writes lines of at least `level` importance; `part` names who speaks. */
export function makeLog(level: LogLevel, part = "oracle") {
  const write = (at: LogLevel) => (text: string) => {
    if (logLevels.indexOf(at) > logLevels.indexOf(level)) return;
    const line = `${new Date().toISOString()} ${at.padEnd(5)} ${part}: ${text}`;
    if (at === "error") console.error(line);
    else if (at === "warn") console.warn(line);
    else console.info(line);
  };
  return {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    for: (name: string) => makeLog(level, name),
  };
}

/** What an unknown thrown value says, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError)
    return [...new Set(error.errors.map(messageOf))].join("; ").slice(0, 300);
  const text =
    error instanceof Error
      ? ((error as { shortMessage?: string }).shortMessage ?? error.message)
      : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").slice(0, 300);
}
