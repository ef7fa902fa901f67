/**
 * Writes `generated/` from the compiled contracts, so that nothing of theirs is typed by hand: `abis.ts` (one `as const`
 * ABI a contract, named as in `deployment.ts`, with every error that a call may end in), `enums.ts` (every enum by its
 * members' names and numbers) and `constants.ts` (every integer constant of a contract). Run by `pnpm compile`; the
 * files are never edited or committed.
 */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import type { Abi } from "viem";
import { type ContractName, contractSources } from "./deployment.ts";

const artifacts = new URL("../../artifacts/", import.meta.url);
const target = new URL("./generated/", import.meta.url);

/** Whom a contract calls, and whose errors it therefore passes on. */
const calls: Partial<Record<ContractName, ContractName[]>> = {
  rupiahToken: ["accessManager"],
  faucet: ["rupiahToken"],
  meterRegistry: ["accessManager"],
  energyConverter: ["accessManager"],
  oracleCommittee: ["accessManager", "energyConverter"],
  deviceReporter: ["energyConverter"],
  functionsReporter: ["accessManager"],
  energyMarket: ["accessManager", "energyToken", "rupiahToken"],
};

const names = Object.keys(contractSources) as ContractName[];

async function readAbi(name: ContractName): Promise<Abi> {
  const source = contractSources[name];
  const contract = source.split("/").at(-1);
  const file = new URL(`contracts/src/${source}.sol/${contract}.json`, artifacts);
  return JSON.parse(await readFile(file, "utf8")).abi;
}

const abis = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await readAbi(name)] as const)),
) as Record<ContractName, Abi>;

function withPassedErrors(name: ContractName): Abi {
  const own = abis[name];
  const known = new Set(own.map((item) => JSON.stringify(item)));
  const passed = (calls[name] ?? [])
    .flatMap((callee) => abis[callee].filter((item) => item.type === "error"))
    .filter((item) => {
      const text = JSON.stringify(item);
      return !known.has(text) && known.add(text);
    });
  return [...own, ...passed];
}

/** What is read of the compiler's syntax tree. */
type Node = {
  nodeType: string;
  name: string;
  nodes?: Node[];
  members?: Node[];
  constant?: boolean;
  value?: Node | string;
  subdenomination?: string | null;
  operator?: string;
  leftExpression?: Node;
  rightExpression?: Node;
};

/** The syntax trees of `contracts/src`: each file's from the latest compilation that it was part of. */
async function readTrees(): Promise<Node[]> {
  const folder = new URL("build-info/", artifacts);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".output.json"));
  const written = await Promise.all(
    files.map(async (file) => ({ file, at: (await stat(new URL(file, folder))).mtimeMs })),
  );
  const trees = new Map<string, Node>();
  for (const { file } of written.sort((a, b) => a.at - b.at)) {
    const { output } = JSON.parse(await readFile(new URL(file, folder), "utf8"));
    for (const [source, { ast }] of Object.entries<{ ast: Node }>(output.sources))
      if (source.startsWith("project/contracts/src/")) trees.set(source, ast);
  }
  return [...trees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tree]) => tree);
}

const secondsIn: Record<string, bigint> = {
  seconds: 1n,
  minutes: 60n,
  hours: 3_600n,
  days: 86_400n,
  weeks: 604_800n,
};

const operations: Record<string, (a: bigint, b: bigint) => bigint> = {
  "*": (a, b) => a * b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "<<": (a, b) => a << b,
  "**": (a, b) => a ** b,
};

/** A constant's value; undefined for what is no integer arithmetic of literals (hashes, type limits). */
function evaluate(node: Node): bigint | undefined {
  if (node.nodeType === "BinaryOperation") {
    const [a, b] = [evaluate(node.leftExpression!), evaluate(node.rightExpression!)];
    return a === undefined || b === undefined ? undefined : operations[node.operator!]?.(a, b);
  }
  if (node.nodeType !== "Literal" || typeof node.value !== "string") return undefined;
  const [, digits, exponent = "0"] = /^([\d_]+|0x[\da-f]+)(?:e(\d+))?$/i.exec(node.value) ?? [];
  if (digits === undefined) return undefined;
  const unit = node.subdenomination ? secondsIn[node.subdenomination] : 1n;
  return unit && BigInt(digits.replaceAll("_", "")) * 10n ** BigInt(exponent) * unit;
}

const trees = await readTrees();
const contracts = trees.flatMap(({ nodes = [] }) => nodes.filter((n) => n.nodeType === "ContractDefinition"));

const enums = [...trees, ...contracts]
  .flatMap(({ nodes = [] }) => nodes.filter((node) => node.nodeType === "EnumDefinition"))
  .map(({ name, members = [] }) => {
    const pairs = members.map((member, value) => `${member.name}: ${value}`);
    return [
      `export const ${name} = { ${pairs.join(", ")} } as const;`,
      `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    ].join("\n");
  });

const constants = contracts.flatMap(({ name, nodes = [] }) => {
  const values = nodes.flatMap((node) => {
    const value = node.constant && typeof node.value === "object" ? evaluate(node.value) : undefined;
    return value === undefined ? [] : [`${node.name}: ${value}n`];
  });
  return values.length === 0 ? [] : [`  ${name}: { ${values.join(", ")} },`];
});

async function write(file: string, lines: string[]): Promise<void> {
  const head = "// Generated by packages/protocol/generate.ts from the compiled contracts.";
  await writeFile(new URL(file, target), [head, ...lines, ""].join("\n"));
}

await mkdir(target, { recursive: true });
await write(
  "abis.ts",
  names.map((name) => `export const ${name}Abi = ${JSON.stringify(withPassedErrors(name))} as const;`),
);
await write("enums.ts", enums);
await write("constants.ts", ["export const constants = {", ...constants, "} as const;"]);
