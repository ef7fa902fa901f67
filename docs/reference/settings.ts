/** `.env.example` and `settings.md`, written from the schemas that the programs read their settings with. */
import { oracleSettings } from "@enerlink/oracle/settings";
import { metaOf, secretNames } from "@enerlink/service/settings";
import { z } from "zod";
import { appSettings } from "../../app/settings.ts";
import { keystoreSettings } from "../../cli/keystore.ts";
import { deploySettings } from "../../contracts/parameters.ts";
import { indexSettings } from "../../indexer/lib/settings.ts";
import { localSettings } from "../../local/settings.ts";
import { workflowSettings } from "../../local/workflow.ts";

export const groups: [title: string, schema: z.ZodObject][] = [
  ["The local market (`enerlink start`, `verify`)", localSettings],
  ["Deployment and commands (`enerlink`)", deploySettings],
  ["Keys (`enerlink keystore`)", keystoreSettings],
  ["An oracle node", oracleSettings],
  ["The index", indexSettings],
  ["The dApp's build and its development server", appSettings],
  ["A trial of everything (`enerlink workflow`)", workflowSettings],
];

const WIDTH = 120;

/** One setting as an operator sees it. @throws when it says nothing of itself */
type Setting = { name: string; initial: string; text: string };

function settingsOf(schema: z.ZodObject): Setting[] {
  const hidden = secretNames(schema);
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, allowed } = metaOf(field as z.ZodType);
    if (description === undefined) throw new Error(`${name} does not say what it is for`);
    const range = allowed === undefined ? "" : ` Must be ${allowed}.`;
    const secret = hidden.includes(name) ? ` Secret; ${name}_FILE names a file that holds it instead.` : "";
    return { name, initial: initialOf(name, field as z.ZodType), text: `${description}${range}${secret}` };
  });
}

/** The default as it would be written in an environment. */
function initialOf(name: string, field: z.ZodType): string {
  const { default: initial } = z.toJSONSchema(field, { io: "input", unrepresentable: "any" });
  if (initial !== undefined) return String(initial);
  const read = field.safeParse(undefined);
  if (!read.success || read.data === undefined) return "";
  if (["string", "number", "boolean"].includes(typeof read.data)) return String(read.data);
  throw new Error(`${name}: its default has to be as it would be written in an environment`);
}

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line.length + word.length + 3 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`);
}

/** `.env.example`: each name once, where it is met first. */
export function exampleFile(): string {
  const seen = new Set<string>();
  const parts = groups.map(([title, schema]) => {
    const own = settingsOf(schema).filter(({ name }) => !seen.has(name) && seen.add(name));
    const lines = own.flatMap(({ name, initial, text }) => [...wrapped(text), `# ${name}=${initial}`]);
    return [`# ── ${title.replaceAll("`", "")} ${"─".repeat(WIDTH)}`.slice(0, WIDTH), ...lines, ""].join(
      "\n",
    );
  });
  const head = [
    "# Written by `pnpm reference`. Copy to .env and take the # from a line to change a setting: `enerlink` and all that it",
    "# starts read that file, services on their own take the same names from the environment. Everything has a default that",
    "# runs the local market; what stands here is the default.",
    "",
  ];
  return [...head, ...parts].join("\n");
}

/** `settings.md`. */
export function settingsPage(): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const sections = groups.map(([title, schema]) => {
    const rows = settingsOf(schema).map(
      ({ name, initial, text }) =>
        `| \`${name}\` | ${initial === "" ? "" : `\`${initial}\``} | ${cell(text)} |`,
    );
    return [`## ${title}`, "", "| setting | default | what |", "|---|---|---|", ...rows, ""].join("\n");
  });
  const head = [
    "# Settings",
    "",
    "Written by `pnpm reference` from the schemas that the programs check their environment with. A name means the same wherever it is read. A wrong value stops the start with its name and what is allowed.",
    "",
    "`CONTRACT_ENERGY_MARKET`, `CONTRACT_METER_REGISTRY`, … name addresses of contracts over those recorded in `contracts/deployments`, or in the folder that `DEPLOYMENTS_DIR` names.",
    "",
  ];
  return [...head, ...sections].join("\n");
}
