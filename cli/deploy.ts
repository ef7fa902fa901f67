/** `enerlink deploy`: the contracts, and whether they stand as they should. */
import type { Argv } from "yargs";

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
    async ({ check }) => (check ? checkDeployment() : deployContracts()),
  );
}

async function deployContracts(): Promise<void> {
  const { connect, deploy, record } = await import("../contracts/deploy.ts");
  const { readDeploySettings } = await import("../contracts/parameters.ts");
  const settings = readDeploySettings();
  const connection = await connect(settings);
  try {
    const deployment = await deploy(connection, settings);
    await record(deployment);
    console.info(`Deployed on chain ${deployment.chainId} from block ${deployment.startBlock}:`);
    for (const [name, address] of Object.entries(deployment.contracts)) {
      console.info(`  ${name.padEnd(18)} ${address}`);
    }
  } finally {
    await connection.close();
  }
}

async function checkDeployment(): Promise<void> {
  const { checkRecorded } = await import("../contracts/verify-deployment.ts");
  const { chainId, differences } = await checkRecorded();
  for (const difference of differences) console.error(difference);
  console.info(`${differences.length} differences on chain ${chainId}`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}
