/** `enerlink doctor`: reads a running installation, and says what is good, missing, unsafe or behind, and what to do. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { messageOf } from "@enerlink/service/log";
import { CHAIN_ID_IS, chainId, RPC_URL, readSettings, url } from "@enerlink/service/settings";
import type { Argv } from "yargs";
import { z } from "zod";
import { VERSION } from "../../oracle/src/version.ts";
import { type Answer, answering } from "../answer.ts";
import { UsageError } from "../options.ts";
import { type ChainSeen, chainChecks, seeChain } from "./chain.ts";
import { doorChecks, seeDoor } from "./doors.ts";
import { type IndexSeen, indexChecks } from "./energy-index.ts";
import { readFigures } from "./figures.ts";
import { examine, type Finding, isWell, textOf } from "./finding.ts";
import { type NodeSeen, nodeChecks } from "./node.ts";
import { seeSettings, settingsChecks } from "./settings.ts";

const PATIENCE = 5_000;
/** Several, comma-separated. */
const listed = (text: string): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
const places = { type: "string", requiresArg: true, coerce: listed } as const;

type Given = {
  folder: string | undefined;
  node: string[];
  index: string[];
  settings: string[];
  door: string[] | undefined;
};

export function doctor(cli: Argv) {
  cli.command(
    "doctor [folder]",
    "read a running installation: what is good, missing, unsafe or behind, and what to do; ends with 1 when something is missing or unsafe",
    (yargs) =>
      yargs
        .positional("folder", { type: "string", describe: "an installation's folder, of this machine" })
        .option("node", {
          ...places,
          default: "http://127.0.0.1:3000",
          describe: "the oracle nodes, where /metrics is answered, comma-separated, as with each of these",
        })
        .option("index", {
          ...places,
          default: "http://127.0.0.1:42069",
          describe: "the index, where /figures is answered",
        })
        .option("settings", {
          ...places,
          default: "",
          describe: "files with the settings of oracle nodes, a line NAME=value each",
        })
        .option("door", {
          ...places,
          describe: "what strangers reach, https:// or mqtts://; by default those of the folder's domain",
        }),
    answering(examineAll),
  );
}

/** @throws why it does not answer */
async function ask(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) }).catch((cause) => {
    throw new Error(`${url}: no answer`, { cause });
  });
  const text = await response.text();
  // A node that is not ready says why with 503.
  if (!response.ok && response.status !== 503) throw new Error(`${url} answers ${response.status}`);
  return text;
}

async function seeNode(node: string, committee: NodeSeen["committee"]): Promise<NodeSeen> {
  const seen = { version: VERSION, committee, now: Date.now() / 1_000, failure: "" };
  try {
    const [ready, metrics] = await Promise.all([ask(`${node}/ready`), ask(`${node}/metrics`)]);
    const { reasons } = JSON.parse(ready) as { reasons?: string[] };
    if (!Array.isArray(reasons)) throw new Error(`${node}/ready is not an oracle node's`);
    return { ...seen, answer: { reasons, figures: readFigures(metrics) } };
  } catch (error) {
    return { ...seen, answer: undefined, failure: messageOf(error) };
  }
}

async function seeIndex(index: string): Promise<IndexSeen> {
  try {
    return { figures: readFigures(await ask(`${index}/figures`)), failure: "" };
  } catch (error) {
    return { figures: undefined, failure: messageOf(error) };
  }
}

const wholeUrl = url("http", "https", "mqtts");

/** @throws UsageError that names the option */
function checked(option: string, urls: readonly string[]): string[] {
  return urls.map((one) => {
    if (!wholeUrl.safeParse(one).success)
      throw new UsageError(`--${option} "${one}": a URL beginning with http://, https:// or mqtts://`);
    return one.replace(/\/$/, "");
  });
}

/** What `enerlink installation` wrote down, for all that is read after it. @throws UsageError when it is none of its. */
function enter(folder: string): Record<string, string> {
  const file = join(folder, "env");
  if (!existsSync(file))
    throw new UsageError(
      `folder "${folder}": has no file \`env\`; enerlink installation makes such a folder`,
    );
  const found = parseEnv(readFileSync(file, "utf8")) as Record<string, string>;
  process.env.DEPLOYMENTS_DIR ??= join(folder, "deployments");
  for (const name of ["RPC_URL", "CHAIN_ID"]) process.env[name] ??= found[name];
  return found;
}

const doorsOf = (domain: string) => [
  `https://${domain}`,
  `https://index.${domain}`,
  `https://oracle.${domain}`,
  `mqtts://broker.${domain}:8883`,
];

async function inFolder(folder: string, { deployed, expected }: ChainSeen): Promise<Finding[]> {
  const { certificateFindings, folderChecks, seeFolder } = await import("./folder.ts");
  const members = deployed && deployed.empty.length === 0 ? deployed.members : undefined;
  const seen = seeFolder(folder, deployed?.chainId ?? expected, members);
  return [...examine(folder, folderChecks, seen), ...certificateFindings(folder)];
}

async function examineAll({ folder: name, node, index, settings, door }: Given): Promise<Answer> {
  const folder = name === undefined ? undefined : resolve(name);
  const own = folder === undefined ? {} : enter(folder);
  const { RPC_URL: rpcUrls, CHAIN_ID: expected } = readSettings(
    z.object({ RPC_URL, CHAIN_ID: chainId.optional().describe(CHAIN_ID_IS) }),
  );
  const doors = checked("door", door ?? (own.ENERLINK_DOMAIN ? doorsOf(own.ENERLINK_DOMAIN) : []));
  const chain = await seeChain(rpcUrls, expected);
  const { deployed } = chain;
  const committee =
    deployed && deployed.members.length > 0
      ? { members: deployed.members.length, quorum: deployed.quorum }
      : undefined;
  const authorityFile = folder && join(folder, "authority/ca.crt");
  const authority =
    authorityFile && existsSync(authorityFile) ? readFileSync(authorityFile, "utf8") : undefined;
  const about = async <Seen>(part: string, checks: Parameters<typeof examine<Seen>>[1], see: Promise<Seen>) =>
    examine(part, checks, await see);
  const parts = await Promise.all([
    about("chain", chainChecks, Promise.resolve(chain)),
    ...checked("node", node).map((one) => about(`oracle ${one}`, nodeChecks, seeNode(one, committee))),
    ...checked("index", index).map((one) => about(`index ${one}`, indexChecks, seeIndex(one))),
    ...settings.map(async (file) => examine(file, settingsChecks, seeSettings(file, deployed?.chainId))),
    ...(folder === undefined ? [] : [inFolder(folder, chain)]),
    ...doors.map((one) => about(one, doorChecks, seeDoor(one, authority))),
  ]);
  const findings = parts.flat();
  return { text: textOf(findings), data: { findings, ok: isWell(findings) }, ok: isWell(findings) };
}
