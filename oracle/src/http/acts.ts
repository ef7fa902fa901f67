/** What requests ask of the thread that signs, settles and writes; all else is answered from what the store holds. */

import type { CommandArguments, CommandName } from "@enerlink/protocol/wire/command";
import type { Address } from "viem";
import type { Accounts } from "../auth/accounts.ts";
import type { KeyWish } from "../auth/api-keys.ts";
import type { Commands } from "../commands/commands.ts";
import type { Metrics } from "../metrics.ts";
import type { RelayRequest } from "../relay/policy.ts";
import type { Relay } from "../relay/relay.ts";
import type { ByHand } from "../settlement/by-hand.ts";

type CommandWish = {
  serial: string;
  name: CommandName;
  values: CommandArguments;
  /** Unix seconds. */
  deadline: number;
  requestedBy: string;
};

export type Acts = ReturnType<typeof makeActs>;

export function makeActs({
  accounts,
  commands,
  byHand,
  relay,
  obstacles,
  metrics,
}: {
  accounts: Pick<Accounts, "register" | "begin" | "end" | "keys">;
  commands: Pick<Commands, "queue">;
  byHand: (serial: string) => ByHand;
  relay: Pick<Relay, "take"> | undefined;
  obstacles: () => string[];
  metrics: Pick<Metrics, "text" | "contentType">;
}) {
  return {
    /** Resolves to whether the account is new. */
    register: async (address: Address, name: string) => accounts.register(address, name),
    /** Signs an address in until `expiresAt` (milliseconds). Resolves to the session's secret. */
    begin: async (address: Address, expiresAt: number) => accounts.begin(address, expiresAt),
    end: async (token: string) => accounts.end(token),
    /** Resolves to the key, shown this once, and what is kept of it; undefined where the account has too many. */
    makeKey: async (address: Address, wish: KeyWish) => accounts.keys.make(address, wish),
    /** Resolves to whether there was one. */
    revokeKey: async (address: Address, id: string) => accounts.keys.revoke(address, id),
    /** Signs, stores and sends a command. */
    command: (wish: CommandWish) => commands.queue(wish),
    settle: async (serial: string) => byHand(serial),
    /** Pays for what a household signed; only where this node does. */
    relay: async (request: RelayRequest) => relay!.take(request),
    /** Why the node cannot do its work now; empty when it can. */
    obstacles: async () => obstacles(),
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType as string }),
  };
}
