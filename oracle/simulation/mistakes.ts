/** Mistakes put into the oracle on purpose, each of which a simulated life must find: what is tried, is tried in earnest. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

export type Mistake = {
  /** Below `oracle/src`. */
  file: string;
  /** Each text is found exactly once and replaced. */
  edits: [search: string, replace: string][];
  /** The first seed whose life shows it, when that was looked for last. */
  seed: number;
};

export const mistakes: Record<string, Mistake> = {
  "acknowledged before it is stored": {
    file: "mqtt/client.ts",
    edits: [["      await handle(taken);", "      stream.uncork();\n      await handle(taken);"]],
    seed: 1,
  },
  "a session that ends with its connection": {
    file: "mqtt/client.ts",
    edits: [["clean: false", "clean: true"]],
    seed: 6,
  },
  "subscribed at quality of service 0": {
    file: "mqtt/client.ts",
    edits: [
      ["subscribeAsync(topics, { qos: 1 })", "subscribeAsync(topics, { qos: 0 })"],
      ["({ qos }) => qos !== 1", "({ qos }) => qos > 1"],
    ],
    seed: 6,
  },
  "the signatures of meters are not checked": {
    file: "intake/intake.ts",
    edits: [
      [
        "authentic: key !== undefined && (await signatures.verifyReading(domain, parsed, key))",
        "authentic: true",
      ],
    ],
    seed: 9,
  },
  "signed before it is noted": {
    file: "committee/committee.ts",
    edits: [["doubts.push(...signed.claim(items).map(ownDoubt))", "doubts.push()"]],
    seed: 1,
  },
  "signed after a restore": {
    file: "committee/signed.ts",
    edits: [['windowEnd - interval < signsFrom ? "restored"', 'windowEnd < 0 ? "restored"']],
    seed: 2,
  },
  "sent before it is stored": {
    file: "transactions/numbering.ts",
    edits: [
      [
        "    const { hash } = attempt;\n",
        "    const { hash } = attempt;\n    void sender.send(-1n, attempt.raw);\n",
      ],
    ],
    seed: 1,
  },
  "a quorum of one": {
    file: "committee/ask.ts",
    edits: [["signatures.size >= quorum - 1", "signatures.size >= quorum - 2"]],
    seed: 1,
  },
  "a block is final at once": {
    file: "chain/finality.ts",
    edits: [["return head.number - BigInt(finality);", "return head.number;"]],
    seed: 3,
  },
};

/** `text` with the mistake in it. @throws when the source no longer says what the mistake changes */
export function plant(text: string, { edits }: Pick<Mistake, "edits">): string {
  let planted = text;
  for (const [search, replace] of edits) {
    if (planted.split(search).length !== 2) throw new Error(`not found exactly once: ${search}`);
    planted = planted.replace(search, () => replace);
  }
  return planted;
}

const source = new URL("../src/", import.meta.url);

export const sourceOf = ({ file }: Pick<Mistake, "file">): string =>
  readFileSync(new URL(file, source), "utf8");

/**
 * Has the oracle read with a mistake in it by whoever imports it from now on.
 * @param from what there is to choose from
 */
export function plantMistake(name: string, from: Record<string, Pick<Mistake, "file" | "edits">>): void {
  const mistake = from[name];
  if (!mistake) throw new Error(`--mistake: ${name} is none; there are: ${Object.keys(from).join("; ")}`);
  const url = new URL(mistake.file, source).href;
  const planted = plant(sourceOf(mistake), mistake);
  registerHooks({
    load: (asked, context, next) =>
      asked === url
        ? { format: "module-typescript", shortCircuit: true, source: planted }
        : next(asked, context),
  });
}
