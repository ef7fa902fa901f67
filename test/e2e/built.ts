/** What the dApp weighs as it is shipped. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

type Chunk = { file: string; src?: string; imports?: string[]; isEntry?: boolean };
type Manifest = Record<string, Chunk>;

/** Compressed bytes of a script. */
const gzipped = async (folder: string, file: string) =>
  gzipSync(await readFile(join(folder, file)), { level: 9 }).length;

/**
 * The scripts that every first visit loads before its page's own chunk: the entry, what it imports, and the larger
 * language.
 * @returns compressed bytes of each file
 */
export const firstLoad = (folder: string): Promise<Map<string, number>> => loaded(folder, []);

/**
 * All scripts that a first visit of a page loads before it is drawn.
 * @param page module of the page, such as `src/home/index.ts`
 * @returns compressed bytes of each file
 */
export const pageLoad = (folder: string, page: string): Promise<Map<string, number>> =>
  loaded(folder, [page]);

async function loaded(folder: string, modules: readonly string[]): Promise<Map<string, number>> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, ".vite/manifest.json"), "utf8"));
  const files = new Set(["theme.js", "formatters.js"]);
  const follow = (key: string) => {
    const chunk = manifest[key];
    if (!chunk) throw new Error(`The build has no ${key}.`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) follow(next);
  };
  for (const [key, { isEntry }] of Object.entries(manifest)) if (isEntry) follow(key);
  for (const key of modules) follow(key);
  const sizes = new Map<string, number>();
  for (const file of files) sizes.set(file, await gzipped(folder, file));
  const languages = ["src/i18n/id.ts", "src/i18n/en.ts"].map((key) => manifest[key]!.file);
  const weighed = await Promise.all(
    languages.map(async (file) => [file, await gzipped(folder, file)] as const),
  );
  const [file, bytes] = weighed.sort(([, a], [, b]) => b - a)[0]!;
  return sizes.set(file, bytes);
}
