/** The compiler's syntax trees of `contracts/src`, from what `hardhat build` keeps. */
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";

/** What is read of a tree. */
export type Node = {
  nodeType: string;
  name: string;
  /** `<offset>:<length>:<file>` in bytes. */
  src: string;
  nodes?: Node[];
  members?: Node[];
  constant?: boolean;
  value?: Node | string;
  subdenomination?: string | null;
  operator?: string;
  leftExpression?: Node;
  rightExpression?: Node;
  contractKind?: string;
  documentation?: { text: string };
  visibility?: string;
  kind?: string;
  /** Of what it overrides. */
  baseFunctions?: number[];
};

const project = new URL("../../", import.meta.url);
const builds = new URL("artifacts/build-info/", project);
const PROJECT = "project/";

/** Each file's tree from the latest compilation that it was part of, by path below the project. */
export async function readTrees(): Promise<{ file: string; tree: Node }[]> {
  const files = (await readdir(builds)).filter((name) => name.endsWith(".output.json"));
  const written = await Promise.all(
    files.map(async (file) => ({ file, at: (await stat(new URL(file, builds))).mtimeMs })),
  );
  const trees = new Map<string, Node>();
  for (const { file } of written.sort((a, b) => a.at - b.at)) {
    const { output } = JSON.parse(await readFile(new URL(file, builds), "utf8"));
    for (const [source, { ast }] of Object.entries<{ ast: Node }>(output.sources))
      if (source.startsWith(`${PROJECT}contracts/src/`)) trees.set(source.slice(PROJECT.length), ast);
  }
  // A build of some files keeps what earlier ones left of files that are gone.
  const present = [...trees].filter(([file]) => existsSync(new URL(file, project)));
  return present.sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, tree]) => ({ file, tree }));
}
