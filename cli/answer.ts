/** What a command answers: words for people or, with `--json`, the same as data for programs. */

/**
 * @param data what a program reads: amounts in base units (Wh, IDRS base units, milli-IDR per kWh), times as ISO 8601
 * @param ok false where the answer is that something is not as it should be: the command ends with code 1
 */
export type Answer = { text: string; data: object; ok?: boolean };

export const json = {
  type: "boolean",
  default: false,
  describe: "answer with JSON, a line each, for programs",
} as const;

/** A command's handler that prints what `act` answers. */
export function answering<Given>(act: (given: Given) => Answer | Promise<Answer>) {
  return async (given: Given): Promise<void> => {
    const { text, data, ok = true } = await act(given);
    console.info((given as { json?: boolean }).json ? asJson(data) : text);
    if (!ok) process.exitCode = 1;
  };
}

/** One line. What JSON's numbers would round is decimal text. */
export function asJson(data: object): string {
  return JSON.stringify(data, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

/** Names and what they stand for, a line each. */
export function columns(width: number, lines: readonly (readonly [string, string])[]): string {
  return lines.map(([name, text]) => name.padEnd(width) + text).join("\n");
}

/** @param seconds unix time */
export function time(seconds: number | bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString();
}

/** Of a moment that the chain has as 0 where there is none. */
export function timeOrNull(seconds: number): string | null {
  return seconds === 0 ? null : time(seconds);
}
