/** `enerlink device try FILE [--json]`: what each message of a case file would do, and why. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseCase } from "./case.ts";
import { type Played, play } from "./play.ts";

export const deviceHelp = `enerlink device: try a device before it is bound

  enerlink device try FILE [--json]

FILE has bindings, as METER_BINDINGS takes them, and messages with the time at which each is heard:
oracle/testdata/device-cases/README.md has the fields. Each message is played as a node would take it, without a chain.
--json prints an array with one entry a message.`;

function line({ outcome, reason, detail, importWh, exportWh, timestamp, flags, hold, presence }: Played) {
  const registers =
    importWh === undefined ? "" : ` import ${importWh} Wh, export ${exportWh} Wh at ${timestamp}`;
  const why = reason === undefined ? "" : ` ${reason}: ${detail}`;
  const noted = flags?.length ? `; noted: ${flags.join(", ")}` : "";
  return `${outcome ?? "nothing listens"}${registers}${why}${noted}; ${presence}${hold ? `, held: ${hold}` : ""}`;
}

/** @throws when the file or a binding is wrong, naming the field. */
export async function device(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [action, file, ...more] = positionals;
  if (action !== "try" || file === undefined || more.length > 0) throw new Error(deviceHelp);
  const parsed = parseCase(readFileSync(file, "utf8"));
  const results = await play(parsed);
  if (values.json) console.info(JSON.stringify(results, null, 2));
  else
    for (const [index, result] of results.entries()) {
      const { at, topic } = parsed.messages[index]!;
      console.info(`${new Date(at * 1_000).toISOString()} ${topic}\n    ${line(result)}`);
      for (const other of result.others ?? []) console.info(`    ${other.serial}: ${line(other)}`);
    }
}
