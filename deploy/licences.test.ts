/** What is installed: from the registry, each with its hash, and under licences that this project may be handed on with. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Each lets the code be used, changed and sold by anybody who keeps its notice; MPL-2.0 keeps its own files open. */
const ALLOWED = new Set([
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT"],
  ...["MPL-2.0", "Python-2.0", "Unlicense", "Zlib"],
  // Of typefaces.
  "OFL-1.1",
]);

/** Whether an SPDX expression leaves a choice that is allowed. */
function isAllowed(expression: string): boolean {
  const text = expression.replaceAll(/[()]/g, " ").replaceAll(/ WITH [\w.-]+/g, "");
  return text.split(" OR ").some((choice) => choice.split(" AND ").every((one) => ALLOWED.has(one.trim())));
}

type Manifest = {
  name?: string;
  version?: string;
  license?: string | { type: string };
  licenses?: { type: string }[];
};
const licenceOf = ({ license, licenses }: Manifest): string =>
  typeof license === "string"
    ? license
    : (license?.type ?? licenses?.map(({ type }) => type).join(" OR ") ?? "");

/** Where a package names no licence that is a name: what its own LICENSE file says, which was read. */
const READ: Record<string, string> = { "@nomicfoundation/ignition-ui@3.2.0": "MIT" };

/** pnpm's own store of what is installed: each package once, below its name and version. */
const installed = globSync("node_modules/.pnpm/*/node_modules/{*,@*/*}/package.json", { cwd: root })
  // The package itself, not the links to what it needs.
  .filter((path) => {
    const [, , store, , ...rest] = path.split("/");
    return store!.replace("+", "/").startsWith(`${rest.slice(0, -1).join("/")}@`);
  })
  .map((path) => JSON.parse(readFileSync(`${root}${path}`, "utf8")) as Manifest);

type Lock = {
  packages: Record<string, { resolution: { integrity?: string; tarball?: string; type?: string } }>;
};
const lock = parse(readFileSync(`${root}pnpm-lock.yaml`, "utf8")) as Lock;

test("expressions are read as they are meant", () => {
  expect(
    ["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 WITH LLVM-exception", "MIT AND ISC"].filter(isAllowed),
  ).toHaveLength(4);
  expect(["GPL-3.0", "MIT AND GPL-3.0", "", "UNLICENSED", "SEE LICENSE IN x"].filter(isAllowed)).toEqual([]);
});

test("every installed package has an allowed licence", () => {
  expect(installed.length).toBeGreaterThan(800);
  const others = installed.flatMap((manifest) => {
    const licence = READ[`${manifest.name}@${manifest.version}`] ?? licenceOf(manifest);
    return isAllowed(licence) ? [] : [`${manifest.name}@${manifest.version}: ${licence || "none named"}`];
  });
  expect([...new Set(others)].sort()).toEqual([]);
});

test("every package of the lockfile comes from the registry, as it was when it was chosen", () => {
  const packages = Object.entries(lock.packages);
  expect(packages.length).toBeGreaterThan(800);
  const strange = packages.filter(
    ([, { resolution }]) =>
      !/^sha512-/.test(resolution.integrity ?? "") || resolution.tarball || resolution.type,
  );
  expect(strange.map(([name]) => name)).toEqual([]);
});

test("every dependency that the workspace names is one exact version", () => {
  const manifests = globSync("{,*/,packages/*/,docs/reference/}package.json", { cwd: root }).filter(
    (path) => !path.includes("node_modules") && existsSync(`${root}${path}`),
  );
  expect(manifests.length).toBeGreaterThanOrEqual(10);
  const loose = manifests.flatMap((path) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(`${root}${path}`, "utf8"),
    ) as Record<string, Record<string, string>>;
    return Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => !/^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*|catalog:)$/.test(version))
      .map(([name, version]) => `${path}: ${name} ${version}`);
  });
  expect(loose).toEqual([]);
});
