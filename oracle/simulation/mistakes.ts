/** Mistakes put into the oracle on purpose, each of which a simulated life must find: what is tried, is tried in earnest. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** A text below `oracle/src`, found exactly once, and what takes its place. */
export type Edit = { file: string; search: string; replace: string };

export type Mistake = readonly Edit[];

export const edit = (file: string, search: string, replace: string): Edit => ({ file, search, replace });

export const mistakes: Record<string, Mistake> = {
  "acknowledged before it is stored": [
    edit(
      "mqtt/client.ts",
      "      await handle(taken);",
      "      stream.uncork();\n      await handle(taken);",
    ),
  ],
  "a session that ends with its connection": [edit("mqtt/client.ts", "clean: false", "clean: true")],
  "subscribed at quality of service 0": [
    edit("mqtt/client.ts", "subscribeAsync(topics, { qos: 1 })", "subscribeAsync(topics, { qos: 0 })"),
    edit("mqtt/client.ts", "({ qos }) => qos !== 1", "({ qos }) => qos > 1"),
  ],
  "the signatures of meters are not checked": [
    edit(
      "intake/intake.ts",
      "authentic: key !== undefined && (await signatures.verifyReading(domain, parsed, key))",
      "authentic: true",
    ),
  ],
  "what a clock that is behind refuses is not kept": [
    edit(
      "intake/rejects.ts",
      "    insert.run(now(), topic,",
      '    if (reason !== "future") insert.run(now(), topic,',
    ),
  ],
  "a reading that comes late is not kept": [
    edit("intake/carry-out.ts", "      readings.insert(judged.reading, now());\n", ""),
  ],
  "signed before it is noted": [
    edit("committee/committee.ts", "doubts.push(...signed.claim(items).map(ownDoubt))", "doubts.push()"),
  ],
  "signed after a restore": [
    edit("committee/signed.ts", "windowEnd - interval < signsFrom", "windowEnd < 0"),
  ],
  "a window that is open is signed": [
    edit(
      "committee/confirm.ts",
      'return isOver(item) ? undefined : doubt(item, "window-open");',
      "return undefined;",
    ),
  ],
  "sent before it is stored": [
    edit(
      "transactions/numbering.ts",
      "    const { hash } = attempt;\n",
      "    const { hash } = attempt;\n    void sender.send(-1n, attempt.raw);\n",
    ),
  ],
  "sent again with bytes that are not stored": [
    edit(
      "transactions/sender.ts",
      "await send(row.id, latest.raw);",
      "await send(row.id, (await sign({ ...contentOf(row.id), nonce: row.nonce }, fees.fair())).raw);",
    ),
  ],
  "a nonce is used twice": [
    edit("store/schema.ts", "CREATE UNIQUE INDEX transactions_nonce", "CREATE INDEX transactions_nonce"),
    edit(
      "transactions/numbering.ts",
      "const nonce = Math.max(chainNonce, highest === null ? 0 : Number(highest) + 1);",
      "const nonce = Math.max(chainNonce, Number(highest) * 0);",
    ),
  ],
  "a quorum of one": [
    edit("committee/ask.ts", "signatures.size >= quorum - 1", "signatures.size >= quorum - 2"),
  ],
  "nobody takes over from a leader": [
    edit("committee/members.ts", "return inTurn.find(isThere);", "return members[first];"),
  ],
  "a block is final at once": [
    edit("chain/finality.ts", "return head.number - BigInt(finality);", "return head.number;"),
  ],
  "a reorganisation is forgotten": [
    edit("chain/follow.ts", "if (from < next) next = from > startBlock ? from : startBlock;", ""),
  ],
  "blocks that came while it was away are not read": [
    edit(
      "chain/follow.ts",
      "let next = needs.final ? needs.final.number + 1n : startBlock;",
      "let next = needs.final ? needs.final.number + 12n : startBlock;",
    ),
  ],
};

/** `text` of `file` with a mistake in it. @throws when the source no longer says what the mistake changes */
export function plant(text: string, file: string, edits: Mistake): string {
  let planted = text;
  for (const one of edits) {
    if (one.file !== file) continue;
    if (planted.split(one.search).length !== 2)
      throw new Error(`${file}: not found exactly once: ${one.search}`);
    planted = planted.replace(one.search, () => one.replace);
  }
  return planted;
}

const source = new URL("../src/", import.meta.url);

export const filesOf = (edits: Mistake): string[] => [...new Set(edits.map(({ file }) => file))];

export const sourceOf = (file: string): string => readFileSync(new URL(file, source), "utf8");

/** @throws when there is none of that name */
export function mistakeOf(name: string): Mistake {
  const mistake = mistakes[name];
  if (!mistake) throw new Error(`--mistake: ${name} is none; there are: ${Object.keys(mistakes).join("; ")}`);
  return mistake;
}

/** Has the oracle read with a mistake in it by whoever imports it from now on. */
export function plantMistake(mistake: Mistake): void {
  const planted = new Map(
    filesOf(mistake).map((file) => [new URL(file, source).href, plant(sourceOf(file), file, mistake)]),
  );
  registerHooks({
    load: (asked, context, next) => {
      const text = planted.get(asked);
      return text === undefined
        ? next(asked, context)
        : { format: "module-typescript", shortCircuit: true, source: text };
    },
  });
}
