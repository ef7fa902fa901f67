/** What is remembered of the parts of a device's registers, and what the registers are by it. */
import { UNSENT_SECONDS } from "../rules/validation.ts";
import { wholeWh } from "./decimal.ts";
import type { ObservedRegisters, Part, Readout, Receipt } from "./observation.ts";

/** Silences that are remembered. */
const MOST_SILENCES = 16;

/**
 * Since when a register may have grown that was not sent: for as long as a device leaves out what has not changed, and
 * for the time in which it could not send at all.
 */
function makeSilences() {
  let heardAt: number | undefined;
  let silences: { from: number; until: number }[] = [];
  return {
    heard: (at: number): void => {
      if (heardAt !== undefined && at - heardAt > UNSENT_SECONDS)
        silences = [{ from: heardAt + UNSENT_SECONDS, until: at }, ...silences].slice(0, MOST_SILENCES);
      heardAt = Math.max(at, heardAt ?? at);
    },
    /** Undefined where there were none. `blankAt`: since when it was there, but said nothing of the register. */
    unsentSince: (at: number, blankAt: number): number | undefined => {
      const reach = blankAt - UNSENT_SECONDS;
      const silent = (seconds: number, { from, until }: (typeof silences)[number]) =>
        until >= reach - seconds ? seconds + until - from : seconds;
      return silences.length === 0 ? undefined : at - UNSENT_SECONDS - silences.reduce(silent, 0);
    },
  };
}

/** Parts of a register that have shown more than 0 and show 0 again, as one does that has just started. */
function makeBlanks() {
  /** Of those that have shown more, since when it is 0, unix seconds. */
  const blankSince = new Map<number, number | undefined>();

  /** Since when what `found` brings said nothing of itself before; `at` where it always did. */
  return (found: Part[], { at, retained }: Receipt): number => {
    const ended = found.flatMap((part, place) => {
      if (typeof part !== "bigint" || retained) return [];
      const since = blankSince.get(place);
      if (part > 0n) blankSince.set(place, undefined);
      else if (blankSince.has(place)) blankSince.set(place, since ?? at);
      return part > 0n && since !== undefined ? [since] : [];
    });
    return Math.min(at, ...ended);
  };
}

/** @param gathers whether each message brings a part of the registers only: the others are as they were heard last */
export function makeRegisters({ gathers = false }: { gathers?: boolean }) {
  const parts: { import: Part[]; export: Part[] } = { import: [], export: [] };
  /** When each part was heard last, unix seconds. */
  const times: { import: number[]; export: number[] } = { import: [], export: [] };
  const blanks = { export: makeBlanks(), import: makeBlanks() };
  const silences = makeSilences();
  /** The fewest counters of each register that showed 0 at once, of those that it is the sum of. */
  const fewestZeros: { import?: number; export?: number } = {};

  /** The register that is the sum of `found` and of what was sent earlier; of one part only, as it was sent. */
  function register(name: "import" | "export", found: Part[], { retained }: Receipt): Part {
    const before = parts[name];
    const known = found.map((part, place) => part ?? (before[place] === undefined ? part : before[place]));
    if (!retained) parts[name] = known;
    const [only] = found;
    if (found.length === 1 && !gathers && typeof only !== "bigint")
      return only === undefined && before[0] === null ? null : only;
    if (known.some((part) => part === undefined)) return undefined;
    if (known.length > 0 && known.every((part) => part === null)) return gathers ? undefined : null;
    // A tariff or phase that has never counted is 0 beside one that has, as a register is.
    return wholeWh(known.map((part) => part ?? 0n));
  }

  /** Whether a counter of a register shows 0 that has counted before. `inLists`: those that show 0 within one part. */
  function isBlank(name: "import" | "export", inLists: number): boolean {
    const known = parts[name];
    if (known.includes(undefined)) return false;
    const zeros = inLists + known.filter((part) => !part).length;
    const fewest = Math.min(fewestZeros[name] ?? zeros, zeros);
    fewestZeros[name] = fewest;
    return zeros > fewest;
  }

  /** When the oldest of the parts that `found` brings was heard before; null where it brings none. */
  function heardBefore(name: "import" | "export", found: Part[], { at, retained }: Receipt) {
    const brought = found.flatMap((part, place) => (typeof part === "bigint" ? [place] : []));
    const before = brought.map((place) => times[name][place]);
    if (!retained) for (const place of brought) times[name][place] = at;
    // A register that the device does not have is as it should be with every message.
    if (found.length === 0) return undefined;
    if (brought.length === 0) return null;
    return before.reduce((oldest, one) =>
      oldest === undefined || one === undefined ? undefined : Math.min(oldest, one),
    );
  }

  /** None of a message that only says that it has no registers yet, which is remembered. */
  function observed(readout: Readout, receipt: Receipt): ObservedRegisters[] {
    const { timestamp, watts, zeros } = readout;
    if (!receipt.retained) silences.heard(receipt.at);
    const exportWh = register("export", readout.export, receipt);
    const importWh = register("import", readout.import, receipt);
    const says = [...readout.export, ...readout.import].some((part) => typeof part === "bigint");
    if (!says) return [];
    const out = readout.counters?.export ?? readout.export.length;
    const into = readout.counters?.import ?? readout.import.length;
    const counters = out > 1 || into > 1 ? { exportWh: out, importWh: into } : undefined;
    const blank = counters &&
      !receipt.retained && {
        exportWh: isBlank("export", zeros?.export ?? 0),
        importWh: isBlank("import", zeros?.import ?? 0),
      };
    const blankAt = Math.min(blanks.export(readout.export, receipt), blanks.import(readout.import, receipt));
    const before = {
      exportWh: heardBefore("export", readout.export, receipt),
      importWh: heardBefore("import", readout.import, receipt),
    };
    const isWhole = !gathers && readout.export.length <= 1 && readout.import.length <= 1;
    const together = isWhole ? {} : { heardBefore: before };
    const unsentSince = silences.unsentSince(receipt.at, blankAt);
    const more = {
      ...together,
      ...(unsentSince === undefined ? {} : { unsentSince }),
      ...(gathers ? { gathers } : {}),
      ...(blank && (blank.exportWh || blank.importWh) ? { blank } : {}),
    };
    return [{ kind: "registers", exportWh, importWh, timestamp, watts, counters, ...more }];
  }

  return { observed };
}
