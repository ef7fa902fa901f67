/** Of `enerlink meter`: putting right what a meter counted wrongly, by its registrar and its owner. */
import { energyConverterAbi, formatKwh } from "@enerlink/protocol";
import { type Hex, parseEventLogs } from "viem";
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import { type Answer, answering, columns, time } from "./answer.ts";
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
      answering(propose),
    )
    .command(
      "accept-correction <serial>",
      "accept exactly this correction, which show tells; with the owner's PRIVATE_KEY",
      options,
      answering(accept),
    )
    .command(
      "withdraw-correction <serial>",
      "take a proposed correction back, or with the owner's PRIVATE_KEY refuse it",
      serialOnly,
      answering(({ serial }) => withdraw(serial)),
    );
}

const argsOf = ({ serial, exportKwh, importKwh, evidence }: Given) =>
  [serial.id, exportKwh, importKwh, evidence] as const;

async function propose(given: Given): Promise<Answer> {
  const chain = await openChain();
  const { text, data } = await forecast(chain, given);
  const request = requestOf(chain, "proposeCorrection", argsOf(given));
  if (given.preview) {
    await chain.simulate(request);
    return { text, data };
  }
  const transactionHash = await chain.write(request);
  const { evidence } = given;
  return {
    text: `${text}\nproposed with evidence ${evidence}; its owner has 30 days to accept (transaction ${transactionHash})`,
    data: { ...data, evidence, transactionHash },
  };
}

async function accept(given: Given): Promise<Answer> {
  const chain = await openChain();
  const { text, data } = await forecast(chain, given);
  const request = requestOf(chain, "acceptCorrection", argsOf(given));
  if (given.preview) {
    await chain.simulate(request);
    return { text, data };
  }
  const hash = await chain.write(request);
  const { logs } = await chain.client.getTransactionReceipt({ hash });
  const [corrected] = parseEventLogs({ abi: energyConverterAbi, logs, eventName: "MeterCorrected" });
  const { tokensWh, debtWh } = corrected!.args;
  const moved = tokensWh < 0n ? `${formatKwh(-tokensWh)} kWh burned` : `${formatKwh(tokensWh)} kWh minted`;
  return {
    text: `${text}\naccepted: ${moved}, debt now ${formatKwh(debtWh)} kWh (transaction ${hash})`,
    data: { ...data, tokensWh, debtWh, transactionHash: hash },
  };
}

async function withdraw({ serial, id }: Meter): Promise<Answer> {
  const chain = await openChain();
  const transactionHash = await chain.write(requestOf(chain, "withdrawCorrection", [id]));
  return {
    text: `no correction of ${serial} can be accepted any more (transaction ${transactionHash})`,
    data: { serial, transactionHash },
  };
}

function requestOf({ contracts }: Chain, functionName: string, args: readonly unknown[]) {
  return { address: contracts.energyConverter, abi: energyConverterAbi, functionName, args } as Parameters<
    Chain["write"]
  >[0];
}

/** What the meter counted until now and what it would have, and what that means for its owner. */
async function forecast(
  { client, contracts }: Chain,
  { serial: { serial, id }, exportKwh, importKwh }: Given,
): Promise<Answer> {
  const converter = { address: contracts.energyConverter, abi: energyConverterAbi } as const;
  const [[exportWh, importWh], [, , debtWh]] = await Promise.all([
    client.readContract({ ...converter, functionName: "counted", args: [id] }),
    client.readContract({ ...converter, functionName: "settled", args: [id] }),
  ]);
  const sum = (before: bigint, difference: bigint) =>
    `${formatKwh(before)} kWh ${signed(difference)} = ${formatKwh(before + difference)} kWh`;
  const registers = columns(8, [
    ["export", sum(exportWh, exportKwh)],
    ["import", sum(importWh, importKwh)],
  ]);
  return {
    text: `${serial}, over all epochs:\n${registers}\n${meaning(exportKwh - importKwh, debtWh)}`,
    data: {
      serial,
      countedWh: { export: exportWh, import: importWh },
      correctedWh: { export: exportWh + exportKwh, import: importWh + importKwh },
    },
  };
}

/** What a correction by `net` Wh means for an owner with that debt. */
function meaning(net: bigint, debtWh: bigint): string {
  if (net === 0n) return "no energy is minted or burned";
  if (net < 0n)
    return `its owner pays ${formatKwh(debtWh - net)} kWh as far as free energy goes, open debt included; the rest is debt`;
  const repaid = net < debtWh ? net : debtWh;
  return `its owner is minted ${formatKwh(net - repaid)} kWh, and ${formatKwh(repaid)} kWh of debt repaid`;
}

const signed = (wattHours: bigint) =>
  `${wattHours < 0n ? "-" : "+"} ${formatKwh(wattHours < 0n ? -wattHours : wattHours)}`;

/** For `meter show`: what waits for the owner, if anything does. */
export async function proposedCorrection({ client, contracts }: Chain, id: Hex) {
  const [exportWh, importWh, evidence, until] = await client.readContract({
    address: contracts.energyConverter,
    abi: energyConverterAbi,
    functionName: "correctionProposal",
    args: [id],
  });
  if (BigInt(evidence) === 0n) return undefined;
  const when = time(until);
  const text = `proposed until ${when}: export ${signed(exportWh)} kWh, import ${signed(importWh)} kWh, evidence ${evidence}`;
  return { text, data: { exportWh, importWh, evidence, until: when } };
}
