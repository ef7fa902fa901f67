/** `enerlink meter settle`: a meter's report of a window's committed root, fetched with its proof, checked here, and settled by whoever runs it. */
import {
  energyConverterAbi,
  formatKwh,
  namesOf,
  oracleCommitteeAbi,
  type Report,
  reportLeaf,
  rootFrom,
  SkipReason,
} from "@enerlink/protocol";
import { type Hex, isHex, parseEventLogs } from "viem";
import { z } from "zod";
import { signIn } from "../oracle/src/auth/client.ts";
import { type Answer, time } from "./answer.ts";
import { type Chain, openChain } from "./chain.ts";
import { type Meter, UsageError } from "./options.ts";

const hex = z.custom<Hex>((text) => isHex(text), { error: "must be hexadecimal digits after 0x" });
const wattHours = z.string().regex(/^\d+$/).transform(BigInt);
const answer = z.object({
  windowEndSeconds: z.int(),
  report: z.object({
    meterId: hex,
    exportWh: wattHours,
    importWh: wattHours,
    storedWh: wattHours,
    timestamp: z.int(),
    epoch: z.int(),
  }),
  proof: z.array(hex).max(32),
});
type Proven = { windowEnd: number; report: Report; proof: Hex[] };

/** What a node answers. @throws UsageError when it has no proof of the meter, or is no node */
async function proofOf(
  { account }: Chain,
  node: string,
  { serial, id }: Meter,
  windowEnd: Date | undefined,
): Promise<Proven> {
  const query = windowEnd ? `?windowEnd=${windowEnd.toISOString()}` : "";
  const get = (headers: Record<string, string> = {}) =>
    fetch(`${node}/api/v1/energy/proof/${serial}${query}`, { headers }).catch((cause) => {
      throw new UsageError(`--node ${node}: no oracle node answers there`, { cause });
    });
  const open = await get();
  // Whoever has the proof may settle by it; who may have it is the node's to say.
  const response = open.status === 401 ? await get({ cookie: await signIn(node, account()) }) : open;
  const body = await response.json().catch(() => undefined);
  if (!response.ok)
    throw new UsageError(`--node ${node}: ${(body as { detail?: string })?.detail ?? response.statusText}`);
  const parsed = answer.safeParse(body);
  if (!parsed.success || parsed.data.report.meterId !== id)
    throw new UsageError(`--node ${node}: what it answers is no proof of ${serial}`);
  const { windowEndSeconds, report, proof } = parsed.data;
  return { windowEnd: windowEndSeconds, report, proof };
}

/** Whether it leads to the root that the chain keeps: no node has to be believed. @throws UsageError when it does not */
async function checkRoot({ client, contracts }: Chain, node: string, { windowEnd, report, proof }: Proven) {
  const kept = await client.readContract({
    address: contracts.oracleCommittee,
    abi: oracleCommitteeAbi,
    functionName: "rootOf",
    args: [windowEnd],
  });
  if (BigInt(kept) === 0n)
    throw new UsageError(`The chain keeps no root of ${time(windowEnd)} any more: ask for a later window`);
  if (rootFrom(reportLeaf(report), proof).slice(0, kept.length) !== kept)
    throw new UsageError(
      `--node ${node}: its proof of ${time(windowEnd)} does not lead to the chain's root; ask another node`,
    );
}

/** What settling it does in words, or why it does nothing. */
async function effectOf({ client, contracts }: Chain, { report }: Proven) {
  const converter = { address: contracts.energyConverter, abi: energyConverterAbi } as const;
  const [[ok, reason], settled] = await Promise.all([
    client.readContract({ ...converter, functionName: "check", args: [report] }),
    client.readContract({ ...converter, functionName: "settled", args: [report.meterId] }),
  ]);
  const [exportWh, importWh, , , timestamp, epoch] = settled;
  const isFirst = epoch !== report.epoch || timestamp === 0;
  return {
    skipped: ok ? undefined : (namesOf(SkipReason)[reason] ?? `reason ${reason}`),
    settledUntil: timestamp === 0 ? null : time(timestamp),
    exportedWh: isFirst ? 0n : report.exportWh - exportWh,
    importedWh: isFirst ? 0n : report.importWh - importWh,
  };
}

/**
 * Settles the meter's report of the latest window in whose root it is, or of the one that ended at `windowEnd`.
 * @param isPreview Says what it would do, and does nothing
 */
export async function settle(
  meter: Meter,
  node: string,
  windowEnd: Date | undefined,
  isPreview: boolean,
): Promise<Answer> {
  const chain = await openChain();
  const { contracts, client } = chain;
  const proven = await proofOf(chain, node, meter, windowEnd);
  await checkRoot(chain, node, proven);
  const { skipped, ...effect } = await effectOf(chain, proven);
  const { report, proof } = proven;
  const what = { serial: meter.serial, windowEnd: time(proven.windowEnd), readAt: time(report.timestamp) };
  if (skipped === "Stale")
    return {
      text: `${meter.serial} is settled until ${effect.settledUntil}: nothing of ${what.windowEnd} is left to settle`,
      data: { ...what, ...effect, settles: false, reason: skipped },
    };
  if (skipped) throw new UsageError(`The converter would skip the report of ${what.readAt}: ${skipped}`);
  const counts = `${formatKwh(effect.exportedWh)} kWh out and ${formatKwh(effect.importedWh)} kWh in since ${effect.settledUntil ?? "nothing"}`;
  const request = {
    address: contracts.oracleCommittee,
    abi: oracleCommitteeAbi,
    functionName: "settleProven",
    args: [report, proven.windowEnd, proof],
  } as const;
  if (isPreview) {
    await chain.simulate(request);
    return {
      text: `would settle ${meter.serial} until ${what.readAt}: ${counts}`,
      data: { ...what, ...effect, settles: true },
    };
  }
  const transactionHash = await chain.write(request);
  const { logs, gasUsed } = await client.getTransactionReceipt({ hash: transactionHash });
  const [settled] = parseEventLogs({ abi: energyConverterAbi, logs, eventName: "MeterSettled" });
  if (!settled) throw new Error(`The transaction ${transactionHash} settled nothing: somebody was faster`);
  const { tokensWh, debtWh } = settled.args;
  return {
    text: `${meter.serial} is settled until ${what.readAt}: ${counts}; ${minted(tokensWh)}, ${formatKwh(debtWh)} kWh of debt (transaction ${transactionHash}, ${gasUsed} gas)`,
    data: { ...what, ...effect, settles: true, tokensWh, debtWh, transactionHash, gasUsed },
  };
}

const minted = (tokensWh: bigint) =>
  tokensWh < 0n ? `${formatKwh(-tokensWh)} ETK burned` : `${formatKwh(tokensWh)} ETK minted`;
