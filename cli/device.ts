/** `enerlink device`: what each message of a case file would do, and why; a device's user at the local broker. */
import { existsSync, readFileSync } from "node:fs";
import type { Argv } from "yargs";
import { bindingsOf, parseCase } from "../oracle/src/play/case.ts";
import type { Played } from "../oracle/src/play/play.ts";
import { type Answer, answering, time } from "./answer.ts";
import { hintOf } from "./hints.ts";
import { UsageError } from "./options.ts";

export function device(cli: Argv) {
  cli.command("device", "a device, before it is bound", (commands) =>
    commands
      .demandCommand(1, "device: try or password")
      .command(
        "try <file>",
        "play a case file as a node would take its messages, without a chain",
        (yargs) =>
          yargs.positional("file", {
            type: "string",
            demandOption: true,
            describe:
              "JSON: bindings, as METER_BINDINGS takes them, and messages: { at (unix seconds when it is heard), topic, and json, payload or hex }; docs/devices.md, oracle/testdata/device-cases/README.md",
          }),
        answering(({ file }) => tryOut(file)),
      )
      .command(
        "password <user>",
        "the password of a user at the local market's broker, while it runs",
        (yargs) =>
          yargs.positional("user", {
            type: "string",
            demandOption: true,
            describe: "a meter's serial, or the name that a device's topics begin with",
          }),
        answering(({ user }) => password(user)),
      ),
  );
}

/** @throws UsageError when no local market was started here. */
async function password(user: string): Promise<Answer> {
  const [{ brokerPassword }, { files }] = await Promise.all([
    import("../local/broker.ts"),
    import("../local/files.ts"),
  ]);
  if (!existsSync(files.brokerSecret)) throw new UsageError("no local market runs here: pnpm start");
  const text = brokerPassword(readFileSync(files.brokerSecret, "utf8"), user);
  return { text, data: { user, password: text } };
}

function line(one: Played, topics: readonly string[]) {
  const {
    outcome,
    reason,
    detail,
    settings = [],
    importWh,
    exportWh,
    timestamp,
    flags,
    hold,
    presence,
  } = one;
  if (!one.topicBound && !one.checked) return `nothing listens: the bindings read ${topics.join(", ")}`;
  const registers =
    importWh === undefined
      ? ""
      : ` import ${importWh} Wh, export ${exportWh} Wh at ${time(timestamp!)} (${timestamp})`;
  const why = reason === undefined ? "" : ` ${reason}: ${detail}`;
  const hint = hintOf(settings, reason);
  const { unheard } = one;
  const waits = unheard ? `: nothing was heard yet on ${unheard.join(", ")}` : "";
  const noted = flags?.length ? `; noted: ${flags.join(", ")}` : "";
  return `${outcome ?? "nothing"}${registers}${why}${hint ? ` (${hint})` : ""}${waits}${noted}; ${presence}${hold ? `, held: ${hold}` : ""}`;
}

/** @throws when the file or a binding is wrong, naming the field. */
export async function tryOut(file: string): Promise<Answer> {
  const [{ play }, { makeDevices }] = await Promise.all([
    import("../oracle/src/play/play.ts"),
    import("../oracle/src/adapters/devices.ts"),
  ]);
  const parsed = parseCase(readFileSync(file, "utf8"));
  const results = await play(parsed);
  const { topics } = makeDevices(bindingsOf(parsed));
  const text = results.flatMap((result, index) => {
    const { at, topic } = parsed.messages[index]!;
    const others = (result.others ?? []).map((other) => `    ${other.serial}: ${line(other, topics)}`);
    return [`${new Date(at * 1_000).toISOString()} ${topic}`, `    ${line(result, topics)}`, ...others];
  });
  return { text: text.join("\n"), data: results };
}
