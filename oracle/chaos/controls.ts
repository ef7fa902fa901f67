/**
 * Oracles that are wrong on purpose, made in a scratch copy of the source: the harness must fail each of them, or its
 * verdict is worth nothing.
 */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Fault, faults } from "./faults.ts";

export type Control = {
  name: string;
  file: string;
  /** What is changed: this text, which must be there, becomes that. */
  from: string;
  to: string;
  /** What brings it to light. */
  faults: readonly Fault[];
};

const kill = faults.filter(({ id }) => id === "F1");
/** All nodes die a moment after the readings came in. */
const killAll: Fault = {
  id: "F1",
  name: "every oracle killed as the readings come in",
  play: async ({ replay, nodes, begin, kill: end, random }) => {
    await replay.hour();
    // Time enough to acknowledge, too little for the control to store.
    await sleepFor(30 + random.below(70));
    await Promise.all(nodes.map(end));
    await Promise.all(nodes.map((node) => begin(node)));
  },
};
const sleepFor = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const controls: readonly Control[] = [
  {
    name: "acknowledges before it has stored",
    file: "mqtt/client.ts",
    from: "await handle(taken);",
    to: "stream.uncork();\n      await new Promise((later) => setTimeout(later, 150));\n      await handle(taken);",
    faults: [killAll],
  },
  {
    name: "signs without writing it down",
    file: "committee/signed.ts",
    from: "insert.run(serial, epoch, item.windowEnd, timestamp, digest, Date.now());",
    to: "",
    faults: kill,
  },
  {
    name: "reports what was added, not the registers",
    file: "committee/signed.ts",
    from: "return { meterId: meterId(serial), exportWh, importWh, storedWh, timestamp, epoch };",
    to: "return { meterId: meterId(serial), exportWh: exportWh % 1_000n, importWh: importWh % 1_000n, storedWh, timestamp, epoch };",
    faults: kill,
  },
];

const scratch = new URL("../.local/chaos/", import.meta.url);

/** Makes the wrong oracle. @returns its program, from the project's folder, and how to remove it. */
export async function buildControl({ name, file, from, to }: Control) {
  await mkdir(scratch, { recursive: true });
  const folder = new URL(`${name.replaceAll(/\W+/g, "-")}/`, scratch);
  await rm(folder, { recursive: true, force: true });
  await cp(fileURLToPath(new URL("../src/", import.meta.url)), fileURLToPath(new URL("src/", folder)), {
    recursive: true,
  });
  const target = new URL(`src/${file}`, folder);
  const text = await readFile(target, "utf8");
  if (!text.includes(from)) throw new Error(`the control "${name}" does not fit: ${file} has changed`);
  await writeFile(target, text.replace(from, to));
  return {
    program: fileURLToPath(new URL("src/index.ts", folder)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
