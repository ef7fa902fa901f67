/** `enerlink device try`: what each message of a case file would do, and why. */
import { readFileSync } from "node:fs";
import type { Argv } from "yargs";
import { parseCase } from "../oracle/src/play/case.ts";
import type { Played } from "../oracle/src/play/play.ts";

export function device(cli: Argv) {
  cli.command("device", "a device, before it is bound", (commands) =>
    commands.demandCommand(1, "device: try").command(
      "try <file>",
      "play a case file as a node would take its messages, without a chain",
      (yargs) =>
        yargs
          .positional("file", {
            type: "string",
            demandOption: true,
            describe:
              "bindings, as METER_BINDINGS takes them, and messages with their times: oracle/testdata/device-cases/README.md",
          })
          .option("json", {
            type: "boolean",
            default: false,
            describe: "print an array with one entry a message",
          }),
      ({ file, json }) => tryOut(file, json),
    ),
  );
}

function line({ outcome, reason, detail, importWh, exportWh, timestamp, flags, hold, presence }: Played) {
  const registers =
    importWh === undefined ? "" : ` import ${importWh} Wh, export ${exportWh} Wh at ${timestamp}`;
  const why = reason === undefined ? "" : ` ${reason}: ${detail}`;
  const noted = flags?.length ? `; noted: ${flags.join(", ")}` : "";
  return `${outcome ?? "nothing listens"}${registers}${why}${noted}; ${presence}${hold ? `, held: ${hold}` : ""}`;
}

/** @throws when the file or a binding is wrong, naming the field. */
async function tryOut(file: string, json: boolean): Promise<void> {
  const { play } = await import("../oracle/src/play/play.ts");
  const parsed = parseCase(readFileSync(file, "utf8"));
  const results = await play(parsed);
  if (json) return console.info(JSON.stringify(results, null, 2));
  for (const [index, result] of results.entries()) {
    const { at, topic } = parsed.messages[index]!;
    console.info(`${new Date(at * 1_000).toISOString()} ${topic}\n    ${line(result)}`);
    for (const other of result.others ?? []) console.info(`    ${other.serial}: ${line(other)}`);
  }
}
