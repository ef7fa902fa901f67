/**
 * The root of an image that has Node and nothing else: no shell, no package manager, no user but the one that programs
 * run as. Node and the native modules of the trees bring the libraries that they are linked to from the build's image.
 *
 *   node deploy/runtime.ts <folder, which must not exist> <tree>…
 */
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Whom programs run as, in every image. */
export const USER_ID = 10_001;

const FILES = {
  "etc/passwd": `enerlink:x:${USER_ID}:${USER_ID}::/tmp:/nowhere\n`,
  "etc/group": `enerlink:x:${USER_ID}:\n`,
  "etc/nsswitch.conf": "hosts: files dns\n",
  // An engine brings its own; without one a program that asks for its own machine would ask a name server.
  "etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
};

/** The files that `ldd` names, the loader included: `libm.so.6 => /lib/…/libm.so.6 (0x…)`, `/lib64/ld-linux… (0x…)`. */
export function librariesIn(text: string): string[] {
  return [...text.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, file]) => file!);
}

const librariesOf = (program: string) => librariesIn(execFileSync("ldd", [program], { encoding: "utf8" }));

/** Whether a native module is of this machine's processor and C library, by the names that packages give them. */
export const isOfThisMachine = (file: string, processor = process.arch): boolean =>
  new RegExp(`linux[^/]*[-.]${processor}`).test(file) && !file.includes("musl");

/** This machine's native modules below `folder`: in hidden folders as well, where pnpm keeps them. */
export const nativeIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".node") && isOfThisMachine(file))
    .map((file) => join(folder, file));

function put(root: string, file: string, from = file): void {
  const target = join(root, file);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, target);
}

/** @throws when the folder exists. */
export function makeRuntime(root: string, trees: readonly string[]): void {
  if (existsSync(root)) throw new Error(`${root}: exists; name a folder that does not`);
  put(root, "/usr/local/bin/node", process.execPath);
  for (const file of [process.execPath, ...trees.flatMap(nativeIn)].flatMap(librariesOf)) put(root, file);
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [root, ...trees] = process.argv.slice(2);
  if (root === undefined) throw new Error("node deploy/runtime.ts <folder> <tree>…");
  makeRuntime(root, trees);
}
