/**
 * Oracles that are wrong on purpose: the harness must fail each of them, or its verdict is worth nothing. Each is a process
 * of `control.ts`, which reads the oracle's source with the mistake in it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { edit, type Mistake } from "../simulation/mistakes.ts";
import { type Fault, faults } from "./faults.ts";

/** `faults`: what brings it to light. */
export type Control = { edits: Mistake; faults: readonly Fault[] };

const kill = faults.filter(({ id }) => id === "F1");
/** All nodes die a moment after the readings came in. */
const killAll: Fault = {
  id: "F1",
  name: "every oracle killed as the readings come in",
  play: async ({ replay, nodes, begin, kill: end, random }) => {
    await replay.hour();
    // Time enough to acknowledge, too little for the control to store.
    await sleep(30 + random.below(70));
    await Promise.all(nodes.map(end));
    await Promise.all(nodes.map((node) => begin(node)));
  },
};

export const controls: Record<string, Control> = {
  "acknowledges before it has stored": {
    edits: [
      edit(
        "mqtt/client.ts",
        "      await handle(taken);",
        "      stream.uncork();\n      await new Promise((later) => setTimeout(later, 150));\n      await handle(taken);",
      ),
    ],
    faults: [killAll],
  },
  "signs without writing it down": {
    edits: [
      edit(
        "committee/signed.ts",
        "insert.run(serial, epoch, item.windowEnd, timestamp, digest, time.now());",
        "void insert;",
      ),
    ],
    faults: kill,
  },
  "reports what was added, not the registers": {
    edits: [
      edit(
        "ledger/report.ts",
        "return { meterId: meterId(serial), exportWh, importWh, storedWh, timestamp, epoch };",
        "return { meterId: meterId(serial), exportWh: exportWh % 1_000n, importWh: importWh % 1_000n, storedWh, timestamp, epoch };",
      ),
    ],
    faults: kill,
  },
};

/** The setting by which `control.ts` is told which one it is. */
export const CONTROL = "CHAOS_CONTROL";
