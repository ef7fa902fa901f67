/** `enerlink deploy`: the contracts, and whether they stand as they should. */
import type { Argv } from "yargs";
import { type Answer, answering, columns } from "./answer.ts";

export function deploy(cli: Argv) {
  cli.command(
    "deploy",
    "deploy the contracts, and record where; on a development chain every role has a default",
    {
      check: {
        type: "boolean",
        default: false,
        describe: "deploy nothing: read roles, wiring and settings back and name every difference",
      },
    },
    answering(({ check }) => (check ? checkDeployment() : deployContracts())),
  );
}

async function deployContracts(): Promise<Answer> {
  const { connect, deploy, record } = await import("../contracts/deploy.ts");
  const { readDeploySettings } = await import("../contracts/parameters.ts");
  const settings = readDeploySettings();
  const connection = await connect(settings);
  try {
    const deployment = await deploy(connection, settings);
    await record(deployment);
    const { chainId, startBlock, contracts } = deployment;
    const lines = Object.entries(contracts).map(([name, address]) => [`  ${name}`, String(address)] as const);
    return {
      text: `Deployed on chain ${chainId} from block ${startBlock}:\n${columns(21, lines)}`,
      data: deployment,
    };
  } finally {
    await connection.close();
  }
}

async function checkDeployment(): Promise<Answer> {
  const { checkRecorded } = await import("../contracts/verify-deployment.ts");
  const { chainId, differences } = await checkRecorded();
  return {
    text: [...differences, `${differences.length} differences on chain ${chainId}`].join("\n"),
    data: { chainId, differences },
    ok: differences.length === 0,
  };
}
