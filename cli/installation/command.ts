/** `enerlink installation`: the folder that `compose.yaml` starts a community from. */
import { resolve } from "node:path";
import type { Argv } from "yargs";
import { type Answer, answering } from "../answer.ts";
import { readWhole, UsageError } from "../options.ts";

type Given = { folder: string; domain: string; rpcUrl: string; chainId: string };

const DOMAIN = /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/;

export function installation(cli: Argv) {
  cli.command(
    "installation <folder>",
    "make or complete the folder of an installation on one machine: certificates, keys, users, passwords",
    (yargs) =>
      yargs
        .positional("folder", { type: "string", demandOption: true, describe: "where it is kept" })
        .option("domain", {
          type: "string",
          demandOption: true,
          describe: "the dApp's name, such as enerlink.example; index., oracle. and broker. stand before it",
        })
        .option("rpc-url", { type: "string", demandOption: true, describe: "the chain's node" })
        .option("chain-id", { type: "string", demandOption: true, describe: "the chain" }),
    answering(make),
  );
}

async function make({ folder, domain, rpcUrl, chainId }: Given): Promise<Answer> {
  if (!DOMAIN.test(domain))
    throw new UsageError(`--domain "${domain}": a name such as enerlink.example, in lower case`);
  if (!/^https?:\/\//.test(rpcUrl) || !URL.canParse(rpcUrl))
    throw new UsageError(`--rpc-url "${rpcUrl}": a URL beginning with http:// or https://`);
  const { install } = await import("./install.ts");
  const wish = {
    folder: resolve(folder),
    domain,
    rpcUrl,
    chainId: readWhole("chain-id", chainId, 1, 999_999_999),
  };
  const installed = await install(wish);
  return { text: textOf(installed, wish), data: installed };
}

function textOf(
  { folder, written, members, deployed }: Awaited<ReturnType<typeof import("./install.ts").install>>,
  { chainId, rpcUrl }: { chainId: number; rpcUrl: string },
): string {
  const signers = members.map(({ signer }) => signer).join(",");
  const lines = [
    written.length > 0
      ? `Written to ${folder}: ${written.join(", ")}`
      : deployed
        ? `${folder} is complete, and no certificate ends soon.`
        : `${folder} has all that can be there before the deployment, and no certificate ends soon.`,
    `The members sign as   ${signers}`,
    `and pay gas with      ${members.map(({ submitter }) => submitter).join(", ")}`,
  ];
  if (!deployed)
    lines.push(
      "Next: send ether to those that pay, and deploy, naming the roles (docs/production.md):",
      `  RPC_URL=${rpcUrl} DEPLOYMENTS_DIR=${folder}/deployments COMMITTEE_MEMBERS=${signers} … pnpm enerlink deploy`,
      `Then the same command once more: it writes what needs ${folder}/deployments/${chainId}.json.`,
    );
  else lines.push(`Start it: docker compose --env-file ${folder}/env up --detach --build`);
  return lines.join("\n");
}
