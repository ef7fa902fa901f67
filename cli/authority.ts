/** Acts that a role may do, some of them only so long after they were announced: previewed, announced, done. */
import { accessManagerAbi } from "@enerlink/protocol";
import { type Abi, encodeFunctionData, type Hex, toFunctionSelector } from "viem";
import { type Answer, time } from "./answer.ts";
import { openChain } from "./chain.ts";
import { UsageError } from "./options.ts";

/** A call, and what it does in words. */
export type Act = {
  contract: "meterRegistry" | "energyConverter" | "oracleCommittee";
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
  does: string;
  /** Of the meter's owner, whom no role lets in. */
  isOwners?: boolean;
};

export const preview = {
  preview: { type: "boolean", default: false, describe: "say what it would do, and do nothing" },
} as const;

function selectorOf({ abi, functionName }: Act): Hex {
  const item = abi.find((one) => one.type === "function" && one.name === functionName);
  return toFunctionSelector(item as Extract<Abi[number], { type: "function" }>);
}

/**
 * Does it, or announces it where the role has to wait; the same command again, once the time has come, does it.
 * @throws UsageError when the account's role may not; what the contract would refuse
 */
export async function act(given: Act, isPreview: boolean): Promise<Answer> {
  const chain = await openChain();
  const { client, contracts, simulate, write } = chain;
  const address = contracts[given.contract];
  const { abi, functionName, args, does, isOwners = false } = given;
  const access = { address: contracts.accessManager, abi: accessManagerAbi } as const;
  const caller = chain.account().address;
  const data = encodeFunctionData({ abi, functionName, args: [...args] });
  const [immediate, delay] = isOwners
    ? [true, 0]
    : await client.readContract({
        ...access,
        functionName: "canCall",
        args: [caller, address, selectorOf(given)],
      });
  const request = { address, abi, functionName, args: [...args] };
  if (immediate) {
    await simulate(request);
    if (isPreview) return { text: `would do at once: ${does}`, data: { does, delaySeconds: 0 } };
    const transactionHash = await write(request);
    return { text: `${does} (transaction ${transactionHash})`, data: { does, transactionHash } };
  }
  if (delay === 0) throw new UsageError(`${caller} does not hold the role that may do this`);
  const id = await client.readContract({
    ...access,
    functionName: "hashOperation",
    args: [caller, address, data],
  });
  const scheduled = () => client.readContract({ ...access, functionName: "getSchedule", args: [id] });
  const at = await scheduled();
  const { timestamp } = await client.getBlock();
  if (at === 0) return announce();
  const wait = { does, delaySeconds: delay, possibleFrom: time(at) };
  if (timestamp < BigInt(at)) return { text: `announced; possible from ${time(at)}: ${does}`, data: wait };
  if (isPreview) return { text: `would do now, as announced: ${does}`, data: wait };
  const transactionHash = await write({ ...access, functionName: "execute", args: [address, data] });
  return { text: `${does} (transaction ${transactionHash})`, data: { ...wait, transactionHash } };

  async function announce(): Promise<Answer> {
    const told = { does, delaySeconds: delay };
    if (isPreview) {
      const from = time(timestamp + BigInt(delay));
      const text = `would announce it, possible from ${from} by the same command: ${does}`;
      return { text, data: { ...told, possibleFrom: from } };
    }
    const hash = await write({ ...access, functionName: "schedule", args: [address, data, 0] });
    // It counts from the block in which it was announced.
    const from = time(await scheduled());
    return {
      text: `announced; the same command does it from ${from} on: ${does} (transaction ${hash})`,
      data: { ...told, possibleFrom: from, transactionHash: hash },
    };
  }
}
