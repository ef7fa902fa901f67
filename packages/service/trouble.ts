/** Work that is done again when it fails: what it suffers from is said once, and once more when it is over. */
import type { Log } from "./log.ts";

/** Different causes that are told of one trouble; then it is known to be one. */
const MOST_CAUSES = 8;

/** The same whatever numbers are in it, so that blocks, ports and times do not make a cause a new one. */
const kindOf = (error: unknown) =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replaceAll(
    /0x[0-9a-f]+|\d+/gi,
    "#",
  );

export type Trouble = ReturnType<typeof makeTrouble>;

/** @param what The work, as the log names it: "reading the chain". */
export function makeTrouble(what: string, log: Log) {
  let causes: Set<string> | undefined;
  return {
    /** It failed, and is tried again. */
    failed(error: unknown): void {
      const cause = kindOf(error);
      causes ??= new Set();
      if (causes.has(cause) || causes.size >= MOST_CAUSES) return;
      causes.add(cause);
      log.warn({ err: error }, `${what} fails; trying again`);
    },
    /** It was done. */
    done(): void {
      if (causes) log.info(`${what} works again`);
      causes = undefined;
    },
    /** Whether it failed when it was tried last. */
    lasts: (): boolean => causes !== undefined,
  };
}

/** Lets `work` be tried again by whoever calls this; never rejects. */
export const retried = (trouble: Trouble, work: Promise<unknown>): Promise<void> =>
  work.then(trouble.done, trouble.failed);
