import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isOfThisMachine, librariesIn, nativeIn } from "./runtime.ts";

test("libraries are read from what ldd says, the loader with them, and what the kernel brings left out", () => {
  const said = `
	linux-vdso.so.1 (0x00007f7f0554c000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f7f05531000)
	/lib64/ld-linux-x86-64.so.2 (0x00007f7f0554e000)
	libmissing.so => not found
`;
  expect(librariesIn(said)).toEqual(["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
});

test("native modules of other machines are left alone", () => {
  const modules = [
    "better-sqlite3/prebuilds/linux-x64.node",
    "better-sqlite3/prebuilds/linuxmusl-x64.node",
    "better-sqlite3/prebuilds/linux-arm64.node",
    "better-sqlite3/prebuilds/darwin-x64.node",
    "bufferutil/prebuilds/linux-x64/node.napi.node",
    "lightningcss-linux-x64-gnu/lightningcss.linux-x64-gnu.node",
    "lightningcss-linux-x64-musl/lightningcss.linux-x64-musl.node",
  ];
  expect(modules.filter((one) => isOfThisMachine(one, "x64"))).toEqual([modules[0], modules[4], modules[5]]);
});

test("native modules are found where pnpm keeps them", () => {
  const tree = mkdtempSync(join(tmpdir(), "enerlink-native-"));
  const place = join(tree, "node_modules/.pnpm/rollup-linux/node_modules/rollup-linux");
  mkdirSync(place, { recursive: true });
  const file = join(place, `rollup.linux-${process.arch}-gnu.node`);
  for (const one of [file, join(place, "rollup.win32-x64-msvc.node")]) writeFileSync(one, "");
  expect(nativeIn(tree)).toEqual([file]);
  rmSync(tree, { recursive: true });
});
