/**
 * Writes `generated/` from the compiled contracts, so that nothing of theirs is typed by hand: `abis.ts` (one `as const`
 * ABI a contract, named as in `deployment.ts`, with every error that a call may end in), `enums.ts` (every enum by its
 * members' names and numbers), `constants.ts` (every integer constant of a contract) and `errors.ts` (what each argument
 * of each error counts). Run by `pnpm compile`; the files are never edited or committed.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { Abi } from "viem";
import { type ContractName, contractSources } from "./deployment.ts";
import { measures } from "./errors/units.ts";
import { type Node, readTrees } from "./trees.ts";

const artifacts = new URL("../../artifacts/", import.meta.url);
const target = new URL("./generated/", import.meta.url);

/** Whom a contract calls, and whose errors it therefore passes on. */
const calls: Partial<Record<ContractName, ContractName[]>> = {
  rupiahToken: ["accessManager"],
  rupiahDesk: ["accessManager", "rupiahToken"],
  faucet: ["rupiahToken"],
  meterRegistry: ["accessManager"],
  energyConverter: ["accessManager"],
  oracleCommittee: ["accessManager", "energyConverter"],
  deviceReporter: ["energyConverter"],
  functionsReporter: ["accessManager"],
  equivocationProof: ["meterRegistry"],
  energyCertificates: ["meterRegistry"],
  energyMarket: ["accessManager", "energyToken", "rupiahToken"],
  slotPool: ["accessManager", "meterRegistry", "energyConverter", "energyMarket"],
  homeAccount: ["energyToken", "rupiahToken", "meterRegistry", "energyConverter", "energyMarket", "slotPool"],
  homeAccountFactory: ["homeAccount"],
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

const trees = (await readTrees()).map(({ tree }) => tree);
const contracts = trees.flatMap(({ nodes = [] }) => nodes.filter((n) => n.nodeType === "ContractDefinition"));

const enumNodes = [...trees, ...contracts].flatMap(({ nodes = [] }) =>
  nodes.filter((node) => node.nodeType === "EnumDefinition"),
);
const enums = enumNodes.map(({ name, members = [] }) => {
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

/** Its type says all of it. */
const PLAIN = /^(address|bool|string|bytes|bytes1|bytes4)$/;

/** Every error's arguments that count something, and what; those of one name together, whoever reverts with them. */
function errorUnits(): Record<string, Record<string, string>> {
  const units: Record<string, Record<string, string>> = {};
  const unused = new Set(Object.entries(measures).flatMap(([error, named]) => keysOf(error, named)));
  for (const item of Object.values(abis).flat()) {
    if (item.type !== "error") continue;
    for (const { name = "", type, internalType = "" } of item.inputs) {
      unused.delete(`${item.name}.${name}`);
      const member = /^enum (?:\w+\.)?(\w+)$/.exec(internalType)?.[1];
      const measure = member ? { enum: member } : measures[item.name]?.[name];
      if (measure === undefined && !PLAIN.test(type))
        throw new Error(`packages/protocol/errors/units.ts does not say what ${item.name}.${name} counts`);
      if (measure === undefined || measure === "plain") continue;
      units[item.name] = {
        ...units[item.name],
        [name]: typeof measure === "string" ? measure : measure.enum,
      };
    }
  }
  if (unused.size > 0)
    throw new Error(`packages/protocol/errors/units.ts: no error has ${[...unused].join(", ")}`);
  return units;
}

function keysOf(error: string, named: object): string[] {
  return Object.keys(named).map((name) => `${error}.${name}`);
}

async function write(file: string, lines: string[]): Promise<void> {
  const head = "// Generated by packages/protocol/generate.ts from the compiled contracts.";
  const text = [head, ...lines, ""].join("\n");
  // Another command may be reading it at this moment: what has not changed is left alone.
  const before = await readFile(new URL(file, target), "utf8").catch(() => undefined);
  if (text !== before) await writeFile(new URL(file, target), text);
}

/** How the compiler calls a type is of no use to a caller, and a third of an ABI. */
const called = (abi: Abi): string[] =>
  abi.map((item) => JSON.stringify(item, (key, value) => (key === "internalType" ? undefined : value)));

/**
 * A file for each contract, so that a browser loads those that it calls; what several of them say alike, most of all the
 * errors that one passes on of another, stands once in `shared.ts`.
 */
async function writeAbis(): Promise<void> {
  await mkdir(new URL("abis/", target), { recursive: true });
  const items = names.map((name) => [name, called(withPassedErrors(name))] as const);
  const times = new Map<string, number>();
  for (const item of items.flatMap(([, abi]) => abi)) times.set(item, (times.get(item) ?? 0) + 1);
  const shared = [...times].filter(([, count]) => count > 1).map(([item]) => item);
  const placeOf = new Map(shared.map((item, place) => [item, `s${place}`]));
  await write(
    "abis/shared.ts",
    shared.map((item, place) => `export const s${place} = ${item} as const;`),
  );
  for (const [name, abi] of items) {
    const used = abi.flatMap((item) => placeOf.get(item) ?? []);
    await write(`abis/${name}.ts`, [
      ...(used.length > 0 ? [`import { ${used.join(", ")} } from "./shared.ts";`] : []),
      `export const ${name}Abi = [${abi.map((item) => placeOf.get(item) ?? item).join(",")}] as const;`,
    ]);
  }
  await write(
    "abis.ts",
    names.map((name) => `export * from "./abis/${name}.ts";`),
  );
}

await mkdir(target, { recursive: true });
await writeAbis();
await write("enums.ts", [
  ...enums,
  `/** All of them by name. */\nexport const enums = { ${enumNodes.map(({ name }) => name).join(", ")} } as const;`,
]);
await write("constants.ts", ["export const constants = {", ...constants, "} as const;"]);
await write("errors.ts", [`export const errorUnits = ${JSON.stringify(errorUnits())} as const;`]);
