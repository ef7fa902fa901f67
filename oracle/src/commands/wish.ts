/**
 * Whether a person may have a meter switched: the owner or an operator has signed exactly that, it comes after what was
 * asked for before, and nobody above has closed what it opens. Every member checks it by itself, whoever was asked.
 */
import { isAddressText } from "@enerlink/protocol";
import {
  type Command,
  commandArguments,
  commandOfWish,
  needsQuorum,
  wishTypedData,
} from "@enerlink/protocol/wire/command";
import type { Given } from "@enerlink/protocol/wire/committee";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import { type Address, hashTypedData, isAddressEqual } from "viem";
import { mayControl } from "../auth/accounts.ts";
import type { HashSignedBy } from "../auth/contract-signatures.ts";
import type { Meter } from "../chain/mirror.ts";
import { signatures } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import type { CommandLedger } from "./ledger.ts";
import { outranked } from "./rank.ts";

/** Seconds for which a wish holds at most, and by which a person's clock may be ahead of this node's. */
export const LONGEST_WISH = 86_400;
const MOST_AHEAD = 300;

/** What a wish fails by: its field, and what that must be; `rank` where whoever signed it may not wish this. */
export type WishFault = {
  field: "name" | "arguments" | "seconds" | "nonce" | "signature" | "rank";
  message: string;
};

export type Wishes = ReturnType<typeof makeWishes>;

export function makeWishes({
  domain,
  isOperator,
  hashSignedBy,
  ledger,
  now = time.now,
}: {
  domain: ReadingDomain;
  /** By this node's own setting. */
  isOperator: (address: Address) => boolean;
  /** Asks the chain, of what no key of the address signed. */
  hashSignedBy: HashSignedBy;
  ledger: Pick<CommandLedger, "named" | "find" | "lastSwitch">;
  now?: () => number;
}) {
  const isAbove = (by: string) => by === "chain" || (isAddressText(by) && isOperator(by as Address));

  async function isSignedBy({ by, signature }: Given, meter: Meter, command: Command): Promise<boolean> {
    const hash = hashTypedData(wishTypedData(domain, meter.serial, command));
    const signer = await signatures.signerOf(hash, signature).catch(() => undefined);
    if (signer !== undefined && isAddressEqual(signer, by)) return true;
    return hashSignedBy(by, hash, signature);
  }

  /** What can be told without the signature. */
  function atOnce(meter: Meter, command: Command, by: Address): WishFault | undefined {
    const { name, arguments: values, nonce, deadline } = command;
    const fault = (field: WishFault["field"], message: string): WishFault => ({ field, message });
    if (!needsQuorum(name) || name === "committee") return fault("name", "must be grid or relay");
    const parsed = commandArguments[name].safeParse(values);
    if (!parsed.success) return fault("arguments", parsed.error.issues[0]!.message);
    const clock = BigInt(now());
    const latest = clock + BigInt(MOST_AHEAD) * 1_000n;
    if (nonce > latest)
      return fault("nonce", `must be unix milliseconds of now: ${nonce} lies ahead of ${latest}`);
    if (BigInt(deadline) * 1_000n < clock) return fault("seconds", "are over");
    if (BigInt(deadline) * 1_000n > nonce + BigInt(LONGEST_WISH) * 1_000n)
      return fault("seconds", `must be at most ${LONGEST_WISH}`);
    const last = ledger.lastSwitch(meter.serial, command.id);
    if (last !== undefined && nonce <= last)
      return fault("nonce", `must be above ${last}, that of a later command`);
    const operator = isOperator(by);
    if (!mayControl({ address: by, operator }, meter))
      return fault("rank", `${meter.serial} belongs to ${meter.owner ?? "nobody yet"}, not to ${by}`);
    const why = operator
      ? undefined
      : outranked({ name, arguments: values }, ledger.named(meter.serial, name), isAbove);
    return why === undefined ? undefined : fault("rank", `${meter.serial}: ${why}`);
  }

  return {
    /**
     * Resolves to what is wrong with `command` as the wish of `given.by`, if anything.
     * @throws UncheckedError when the chain had to be asked and does not answer
     */
    fault: async (meter: Meter, command: Command, given: Given): Promise<WishFault | undefined> => {
      if (command.id !== commandOfWish(domain, meter.serial, command).id || command.tradeId !== undefined)
        return { field: "signature", message: "is not over this command" };
      const known = ledger.find(command.id);
      if (known && known.state !== "queued" && known.state !== "sent")
        return { field: "nonce", message: `was used: the command is ${known.state}` };
      const fault = known ? undefined : atOnce(meter, command, given.by);
      if (fault) return fault;
      return (await isSignedBy(given, meter, command))
        ? undefined
        : { field: "signature", message: `was not made by ${given.by} over this wish` };
    },
  };
}
