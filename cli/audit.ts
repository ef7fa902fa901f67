/** `enerlink audit`: what people with a say did at an oracle node, and whether the record is whole. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Argv } from "yargs";
import { type Answer, answering, columns } from "./answer.ts";
import { option, readWhole, UsageError } from "./options.ts";

const MOST_SHOWN = 100_000;
const SHOWN = 20;

function readHash(name: string, text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new UsageError(`--${name} "${text}": 64 hexadecimal digits in lower case`);
  return text;
}

export function audit(cli: Argv) {
  cli.command(
    "audit <folder>",
    "what people with a say did at an oracle node, whose DATA_DIR this is; ends with 1 where the record was tampered with",
    (yargs) =>
      yargs
        .positional("folder", {
          type: "string",
          demandOption: true,
          describe: "the node's DATA_DIR; it may run",
        })
        .option("holds", {
          ...option(
            "holds",
            (name, text) => readHash(name, text),
            "a hash that the log, or an earlier look, showed",
          ),
        })
        .option(
          "last",
          option("last", (name, text) => readWhole(name, text, 1, MOST_SHOWN), `rows to show (${SHOWN})`),
        ),
    answering(show),
  );
}

type Given = { folder: string; holds: string | undefined; last: number | undefined };

export async function show({ folder, holds, last = SHOWN }: Given): Promise<Answer> {
  if (!existsSync(join(folder, "oracle.sqlite")))
    throw new UsageError(`folder "${folder}": has no oracle.sqlite; name a node's DATA_DIR`);
  const { openReader } = await import("../oracle/src/store/database.ts");
  const { auditRows, verifyAudit } = await import("../oracle/src/keeping/audit.ts");
  const database = openReader(folder);
  try {
    const {
      rows,
      hash,
      broken,
      holds: [isHeld],
    } = verifyAudit(database, holds === undefined ? [] : [holds]);
    const shown = auditRows(database, last).map((row) => ({
      ...row,
      at: new Date(Number(row.at)).toISOString(),
    }));
    const lines = shown.map(({ at, actor, act, subject, detail }): [string, string] => [
      at,
      [actor, act, subject, detail].filter((text) => text !== "").join("  "),
    ]);
    const verdicts = [
      broken === undefined
        ? `${rows} rows, each follows from the one before; the newest hash is ${hash}`
        : `Row ${broken} does not follow from the one before: it was changed, or one was taken out or put in.`,
      ...(isHeld === false ? [`No row has the hash ${holds}: the record was cut off, or written anew.`] : []),
    ];
    return {
      text: [columns(26, lines), ...verdicts].join("\n"),
      data: { rows, hash, broken: broken ?? null, holds: isHeld ?? null, items: shown },
      ok: broken === undefined && isHeld !== false,
    };
  } finally {
    database.close();
  }
}
