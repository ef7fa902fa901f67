/** The Chainlink Functions program and its run in the toolkit's own simulator. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname } from "node:path";
import type { Report } from "@enerlink/protocol";
import { type Address, decodeAbiParameters, type Hex } from "viem";

/** What `FunctionsReporter` pins. */
export const source = readFileSync(new URL("settle-meter.js", import.meta.url), "utf8");

/** The toolkit, which runs the source in Deno. */
export async function toolkit() {
  // One of its dependencies has no build for this Node, and says so unless told to do without.
  process.env.NODE_BACKEND = "js";
  // It starts `deno` from the PATH: the one that is installed with this package.
  const deno = dirname(createRequire(import.meta.url).resolve("deno/package.json"));
  if (!process.env.PATH?.startsWith(deno)) process.env.PATH = `${deno}${delimiter}${process.env.PATH}`;
  return (await import("@chainlink/functions-toolkit")).default;
}

/** The program's arguments, as the contract writes them. */
export function argumentsOf(settings: {
  urls: string;
  meterId: Hex;
  keyX: Hex;
  keyY: Hex;
  epoch: number;
  /** Unix seconds. */
  cutoff: number;
  chainId: number;
  registry: Address;
}): string[] {
  const { urls, meterId, keyX, keyY, epoch, cutoff, chainId, registry } = settings;
  return [urls, meterId, keyX, keyY, String(epoch), String(cutoff), String(chainId), registry.toLowerCase()];
}

const words = ["bytes32", "uint64", "uint64", "uint64", "uint40", "uint32"].map((type) => ({ type }));

/**
 * The report in an answer.
 * @throws when it is not six words of the right size.
 */
export function reportOf(answer: Hex): Report {
  if (answer.length !== 2 + 6 * 64)
    throw new Error(`the answer has ${(answer.length - 2) / 2} bytes, not 192`);
  const [meterId, exportWh, importWh, storedWh, timestamp, epoch] = decodeAbiParameters(words, answer);
  return { meterId, exportWh, importWh, storedWh, timestamp, epoch } as Report;
}

/** Runs the program. @returns its answer, or what it ended with. */
export async function simulate(
  args: string[],
  program = source,
): Promise<{ answer: Hex } | { error: string }> {
  const { simulateScript } = await toolkit();
  const { responseBytesHexstring, errorString } = await simulateScript({ source: program, args });
  if (errorString !== undefined || !responseBytesHexstring) return { error: errorString ?? "no answer" };
  return { answer: responseBytesHexstring as Hex };
}
