/** Of `enerlink meter`: putting right what a meter counted wrongly, by its registrar and its owner. */
import { energyConverterAbi, formatKwh } from "@enerlink/protocol";
import { type Hex, parseEventLogs } from "viem";
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import { type Chain, openChain } from "./chain.ts";
import { type Meter, needed, option, readDifference, readEvidence, serialOnly } from "./options.ts";

const correction = {
  "export-kwh": {
    ...option("export-kwh", readDifference, "kWh to add to its export, below 0 to take away"),
    default: "0",
  },
  "import-kwh": {
    ...option("import-kwh", readDifference, "kWh to add to its import, below 0 to take away"),
    default: "0",
  },
  evidence: needed("evidence", readEvidence, "the file that shows it, or its keccak256 hash"),
  preview: { type: "boolean", default: false, describe: "say what it would do, and do nothing" },
} as const;
type Given = ArgumentsCamelCase<InferredOptionTypes<typeof correction>> & { serial: Meter };

const options = (yargs: Argv) => serialOnly(yargs).options(correction);

export function corrections(commands: Argv): Argv {
  return commands
    .command(
      "correct <serial>",
      "propose to put right what it counted wrongly, over all epochs; its owner has 30 days to accept",
      options,
      propose,
    )
    .command(
      "accept-correction <serial>",
      "accept exactly this correction, which show tells; with the owner's PRIVATE_KEY",
      options,
      accept,
    )
    .command(
      "withdraw-correction <serial>",
      "take a proposed correction back, or with the owner's PRIVATE_KEY refuse it",
      serialOnly,
      ({ serial }) => withdraw(serial),
    );
}

const argsOf = ({ serial, exportKwh, importKwh, evidence }: Given) =>
  [serial.id, exportKwh, importKwh, evidence] as const;

async function propose(given: Given): Promise<void> {
  const chain = await openChain();
  await tellBefore(chain, given);
  const request = requestOf(chain, "proposeCorrection", argsOf(given));
  if (given.preview) return chain.simulate(request);
  const hash = await chain.write(request);
  console.info(
    `proposed with evidence ${given.evidence}; its owner has 30 days to accept (transaction ${hash})`,
  );
}

async function accept(given: Given): Promise<void> {
  const chain = await openChain();
  await tellBefore(chain, given);
  const request = requestOf(chain, "acceptCorrection", argsOf(given));
  if (given.preview) return chain.simulate(request);
  const hash = await chain.write(request);
  const { logs } = await chain.client.getTransactionReceipt({ hash });
  const [corrected] = parseEventLogs({ abi: energyConverterAbi, logs, eventName: "MeterCorrected" });
  const { tokensWh, debtWh } = corrected!.args;
  const moved = tokensWh < 0n ? `${formatKwh(-tokensWh)} kWh burned` : `${formatKwh(tokensWh)} kWh minted`;
  console.info(`accepted: ${moved}, debt now ${formatKwh(debtWh)} kWh (transaction ${hash})`);
}

async function withdraw({ serial, id }: Meter): Promise<void> {
  const chain = await openChain();
  const hash = await chain.write(requestOf(chain, "withdrawCorrection", [id]));
  console.info(`no correction of ${serial} can be accepted any more (transaction ${hash})`);
}

function requestOf({ contracts }: Chain, functionName: string, args: readonly unknown[]) {
  return { address: contracts.energyConverter, abi: energyConverterAbi, functionName, args } as Parameters<
    Chain["write"]
  >[0];
}

/** What the meter counted until now and what it would have, and what that means for its owner. */
async function tellBefore({ client, contracts }: Chain, { serial, exportKwh, importKwh }: Given) {
  const converter = { address: contracts.energyConverter, abi: energyConverterAbi } as const;
  const [[exportWh, importWh], [, , debtWh]] = await Promise.all([
    client.readContract({ ...converter, functionName: "counted", args: [serial.id] }),
    client.readContract({ ...converter, functionName: "settled", args: [serial.id] }),
  ]);
  const line = (name: string, before: bigint, difference: bigint) =>
    console.info(
      `${name.padEnd(8)}${formatKwh(before)} kWh ${signed(difference)} = ${formatKwh(before + difference)} kWh`,
    );
  console.info(`${serial.serial}, over all epochs:`);
  line("export", exportWh, exportKwh);
  line("import", importWh, importKwh);
  const net = exportKwh - importKwh;
  if (net === 0n) console.info("no energy is minted or burned");
  else if (net > 0n) {
    const repaid = net < debtWh ? net : debtWh;
    console.info(
      `its owner is minted ${formatKwh(net - repaid)} kWh, and ${formatKwh(repaid)} kWh of debt repaid`,
    );
  } else {
    const due = formatKwh(debtWh - net);
    console.info(
      `its owner pays ${due} kWh as far as free energy goes, open debt included; the rest is debt`,
    );
  }
}

const signed = (wattHours: bigint) =>
  `${wattHours < 0n ? "-" : "+"} ${formatKwh(wattHours < 0n ? -wattHours : wattHours)}`;

/** For `meter show`: what waits for the owner, if anything does. */
export async function proposedCorrection({ client, contracts }: Chain, id: Hex): Promise<string | undefined> {
  const [exportWh, importWh, evidence, until] = await client.readContract({
    address: contracts.energyConverter,
    abi: energyConverterAbi,
    functionName: "correctionProposal",
    args: [id],
  });
  if (BigInt(evidence) === 0n) return undefined;
  const when = new Date(until * 1_000).toISOString();
  return `proposed until ${when}: export ${signed(exportWh)} kWh, import ${signed(importWh)} kWh, evidence ${evidence}`;
}
