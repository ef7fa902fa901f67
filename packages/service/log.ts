/**
 * The log of a service: one JSON object a line, with time, level, part (who speaks) and text; on a terminal the same for
 * people. Errors keep type, stack and cause. Whatever is written goes through the mask first.
 */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { type Mask, makeMask } from "./mask.ts";

export { type Mask, makeMask, secretsInUrl } from "./mask.ts";

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** `log.warn({ err, reading }, "what happened")`; a part speaks with `log.child({ part })`. */
export type Log = Logger;

/** Of an error's causes, and of what is nested in a field. */
const DEEPEST = 6;
const LONGEST_TEXT = 10_000;

type Plain = Record<string, unknown>;

/** An error as fields. Other properties are left out: libraries hang whole ABIs and requests on theirs. */
function errorFields(error: Error, mask: Mask, depth: number): Plain {
  const { name, message, stack, cause, code, errors } = error as Error & { code?: unknown; errors?: unknown };
  return {
    type: name,
    message: mask.text(message),
    stack: mask.text(stack ?? "").slice(0, LONGEST_TEXT),
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause: plain(cause, mask, depth + 1) }),
    ...(Array.isArray(errors) ? { errors: plain(errors, mask, depth + 1) } : {}),
  };
}

/** `value` without secrets, as JSON can have it. */
function plain(value: unknown, mask: Mask, depth = 0): unknown {
  if (typeof value === "string") return mask.text(value).slice(0, LONGEST_TEXT);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) return "…";
  if (value instanceof Error) return errorFields(value, mask, depth);
  if (value instanceof URL) return mask.text(value.href);
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Map || value instanceof Headers) return plain(Object.fromEntries(value), mask, depth);
  if (Array.isArray(value) || value instanceof Set)
    return [...value].map((one) => plain(one, mask, depth + 1));
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    plain(mask.named(name, field), mask, depth + 1),
  ]);
  return Object.fromEntries(fields);
}

/** What people at a terminal see; undefined where a program reads. */
async function terminal(): Promise<DestinationStream | undefined> {
  if (!process.stdout.isTTY) return undefined;
  const { default: pretty } = await import("pino-pretty");
  return pretty({ colorize: true, ignore: "part", messageFormat: "{part}: {msg}", sync: true });
}
const forPeople = await terminal();

/**
 * @param options.level Less important lines are not written
 * @param options.mask Knows what must not be seen; another log may have the same
 * @param options.to Where lines go; by default to standard output, written before the call returns
 */
export function makeLog({
  level,
  mask = makeMask(),
  to = forPeople ?? pino.destination({ dest: 1, sync: true }),
}: {
  level: LogLevel | "silent";
  mask?: Mask;
  to?: DestinationStream;
}): Log {
  const log = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => error },
      formatters: {
        level: (label) => ({ level: label }),
      },
      hooks: {
        logMethod([first, ...rest], method) {
          const fields = (first as unknown) instanceof Error ? { err: first } : first;
          method.apply(this, [fields, ...rest].map((one) => plain(one, mask)) as never);
        },
      },
    },
    to,
  );
  const { child } = log;
  // Children have it from their parent.
  log.child = function (this: Log, bindings: Plain, ...rest: []) {
    return child.call(this, plain(bindings, mask) as Plain, ...rest);
  } as typeof child;
  return log;
}

/** What an unknown thrown value says, on one line, for people; a log keeps the error itself. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError)
    return [...new Set(error.errors.map(messageOf))].join("; ").slice(0, 300);
  const text =
    error instanceof Error
      ? ((error as { shortMessage?: string }).shortMessage ?? error.message)
      : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").slice(0, 300);
}
