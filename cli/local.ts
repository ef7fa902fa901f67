/** `enerlink start`, `verify`, `workflow`: the whole market on this machine. */
import type { Argv } from "yargs";
import { sayToPrograms } from "../local/output.ts";
import { type Answer, answering } from "./answer.ts";
import { readWhole } from "./options.ts";

const MOST_DAYS = 28;

/** Of a command that tells what it does while it does it. */
const telling = <Given>(act: (given: Given) => Promise<Answer>) =>
  answering<Given>((given) => {
    if ((given as { json?: boolean }).json) sayToPrograms();
    return act(given);
  });

export function local(cli: Argv) {
  cli
    .command(
      "start",
      "run the whole market on this machine: replay recorded days, then go live, until Ctrl-C",
      {
        days: {
          type: "string",
          requiresArg: true,
          default: "7",
          describe: `recorded days to replay, 1 to ${MOST_DAYS}`,
          coerce: (text: string) => readWhole("days", text, 1, MOST_DAYS),
        },
      },
      telling(async ({ days }) => (await import("../local/start.ts")).start(days)),
    )
    .command(
      "verify",
      "compare registers, tokens, debt and index of the running market, to the Wh",
      {},
      answering(async () => (await import("../local/verify.ts")).verify()),
    )
    .command(
      "workflow",
      "take an offer from its creation to its last delivery on the running market",
      {},
      telling(async () => (await import("../local/workflow.ts")).workflow()),
    );
}
