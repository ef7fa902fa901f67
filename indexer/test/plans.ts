/** How PostgreSQL finds what the index asks: the plans that it logs with `auto_explain`. */

/** Settings with which PostgreSQL logs every plan, and scans a table only where no index leads to the rows. */
export const explaining = [
  "shared_preload_libraries=auto_explain",
  "auto_explain.log_min_duration=0",
  "enable_seqscan=off",
  "log_line_prefix=%a|",
];

/** Tables that hold a handful of rows, or a row for each price: read as a whole. */
const SMALL = new Set(["market", "community", "price_level", "_ponder_checkpoint", "_ponder_meta"]);

/** The plans of what readers asked, with their query. */
export function plansIn(log: string): string[] {
  return log
    .split(/^(?=[\w-]*\|LOG:)/m)
    .filter((entry) => /^\w+_readonly\|LOG: +duration: .*plan:/.test(entry));
}

/** What a plan does without an index, but for tables that are `small`. */
export function scansOf(plan: string, small: ReadonlySet<string> = SMALL): string[] {
  const found = [...plan.matchAll(/Seq Scan on (?:\w+\.)?"?(\w+)"?/g)].map(([, table]) => table!);
  return found.filter((table) => !small.has(table)).map((table) => `reads all of ${table}`);
}

/** What a plan reads through an index from its one end to the other, only to throw rows away. */
export function wastesOf(plan: string): string[] {
  return plan
    .split(/^(?=\s*(?:->|Sort|Limit|Aggregate))/m)
    .filter((node) => /Index (?:Only )?Scan/.test(node) && /Filter:/.test(node) && !/Index Cond:/.test(node))
    .map((node) => /Scan.* on (?:\w+\.)?"?(\w+)/.exec(node)![1]!)
    .filter((table) => !SMALL.has(table))
    .map((table) => `reads through ${table} and filters`);
}
