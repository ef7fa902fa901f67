/**
 * `pnpm reference`: writes `contracts.md` (from the compiler's syntax trees: every function, event and error that the
 * outside may rely on, with what its NatSpec says), `settings.md`, `.env.example`, the oracle's OpenAPI document and
 * clients' types of both services' documents. A test fails while a file is not what this writes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Node, readTrees } from "../../packages/protocol/trees.ts";
import { asyncPage } from "./asyncapi.ts";
import { indexTypes, oraclePage, oracleTypes } from "./openapi.ts";
import { exampleFile, settingsPage } from "./settings.ts";

const page = new URL("contracts.md", import.meta.url);
const root = new URL("../../", import.meta.url);

const kinds = [
  ["FunctionDefinition", "Functions"],
  ["EventDefinition", "Events"],
  ["ErrorDefinition", "Errors"],
] as const;

/** A definition as the source has it, on one line, without body. */
function signature(source: Buffer, { src }: Node): string {
  const [from, length] = src.split(":").map(Number) as [number, number];
  const text = source.subarray(from, from + length).toString();
  return text
    .replace(/\{[\s\S]*$|;\s*$/, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\(\s|\s\)/g, (bracket) => bracket.trim())
    .replace(/ ?\b(external|override)\b/g, "")
    .trim();
}

/** NatSpec as sentences: `@notice` first, then what it takes and returns, then `@dev`. */
function explained(text = ""): string {
  const parts = text
    .replaceAll(/\n\s*/g, " ")
    .split(/\s*@(?=notice|dev|param|return|title|inheritdoc)/)
    .filter((part) => part !== "" && !part.startsWith("inheritdoc"));
  return parts
    .map((part) => {
      const [, tag, rest = ""] = /^(\w+)\s*([\s\S]*)$/.exec(part.trim()) ?? [];
      if (tag === "param") return rest.replace(/^(\w+)\s+/, "`$1`: ");
      if (tag === "return") return `Returns ${rest}`;
      return rest;
    })
    .map((sentence) => sentence.trim().replace(/[^.:!?]$/, "$&."))
    .join(" ")
    .replaceAll("|", "\\|");
}

/** What everybody may call or hear: interfaces, and what a contract declares beside its interface. */
function isOutside({ nodeType, visibility, baseFunctions, kind }: Node): boolean {
  if (nodeType !== "FunctionDefinition") return true;
  return (visibility === "external" || visibility === "public") && !baseFunctions && kind === "function";
}

function section(file: string, contract: Node): string[] {
  const source = readFileSync(new URL(file, root));
  const lines = kinds.flatMap(([nodeType, title]) => {
    const own = (contract.nodes ?? []).filter((node) => node.nodeType === nodeType && isOutside(node));
    if (own.length === 0) return [];
    const rows = own.map(
      (node) =>
        `| \`${signature(source, node).replace(/^(function|event|error) /, "")}\` | ${explained(node.documentation?.text)} |`,
    );
    return [`### ${title} of ${contract.name}`, "", "| | |", "|---|---|", ...rows, ""];
  });
  if (lines.length === 0) return [];
  return [
    `## ${contract.name}`,
    "",
    `[${file}](../../${file}). ${explained(contract.documentation?.text)}`,
    "",
    ...lines,
  ];
}

/** The whole page. */
export async function contractsPage(): Promise<string> {
  const trees = await readTrees();
  const sections = trees.flatMap(({ file, tree }) =>
    (tree.nodes ?? [])
      .filter(({ nodeType, contractKind }) => nodeType === "ContractDefinition" && contractKind !== "library")
      .flatMap((contract) => section(file, contract)),
  );
  return [
    "# Contracts: reference",
    "",
    "Generated from the sources by `pnpm reference`. Units everywhere: energy in Wh, money in IDRS base units (10⁻⁶ IDR), a price in milli-IDR per kWh, a tick in whole IDR per kWh, times and durations in seconds.",
    "",
    ...sections,
  ].join("\n");
}

/** Every page and file that is written from the sources. */
export const written: [file: URL, write: () => string | Promise<string>][] = [
  [page, contractsPage],
  [new URL("settings.md", import.meta.url), settingsPage],
  [new URL("../../.env.example", import.meta.url), exampleFile],
  [new URL("oracle.openapi.json", import.meta.url), oraclePage],
  [new URL("asyncapi.json", import.meta.url), asyncPage],
  [new URL("../../packages/client/oracle.generated.ts", import.meta.url), oracleTypes],
  [new URL("../../packages/client/index.generated.ts", import.meta.url), indexTypes],
];

if (import.meta.main) {
  for (const [file, write] of written) {
    writeFileSync(file, await write());
    console.info(`wrote ${fileURLToPath(file)}`);
  }
}
