/** `enerlink deploy`: the contracts, and whether they stand as they should. */
import type { Argv } from "yargs";
import { type Answer, answering, columns } from "./answer.ts";
import { UsageError } from "./options.ts";

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
      "on-purpose": {
        type: "string",
        array: true,
        nargs: 1,
        default: [],
        describe:
          'how it stands since it was changed, in the check\'s words: "energyMarket.minimumPrice() is 2000"; given once for each',
      },
    },
    answering(({ check, onPurpose }) => {
      if (check) return checkDeployment(onPurpose);
      if (onPurpose.length > 0) throw new UsageError("--on-purpose is for --check: nothing was deployed");
      return deployContracts();
    }),
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

async function checkDeployment(said: readonly string[]): Promise<Answer> {
  const { checkRecorded, partOnPurpose } = await import("../contracts/verify-deployment.ts");
  const { chainId, differences: found } = await checkRecorded();
  const { differences, onPurpose } = partOnPurpose(found, said);
  const known = onPurpose.length === 0 ? "" : `, and ${onPurpose.length} on purpose`;
  return {
    text: [
      ...differences,
      ...onPurpose.map((difference) => `${difference}: on purpose`),
      `${differences.length} differences on chain ${chainId}${known}`,
    ].join("\n"),
    data: { chainId, differences, onPurpose },
    ok: differences.length === 0,
  };
}
