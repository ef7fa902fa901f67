/** What requests ask of the thread that signs, settles and writes; all else is answered from what the store holds. */

import type { CommandArguments, CommandName } from "@enerlink/protocol/wire/command";
import type { Given } from "@enerlink/protocol/wire/committee";
import type { Address } from "viem";
import type { Accounts } from "../auth/accounts.ts";
import type { KeyWish } from "../auth/api-keys.ts";
import type { Commands } from "../commands/commands.ts";
import type { Audit } from "../keeping/audit.ts";
import type { Metrics } from "../metrics.ts";
import type { RecoveryRequest, RelayRequest } from "../relay/policy.ts";
import type { Relay } from "../relay/relay.ts";
import type { ByHand } from "../settlement/by-hand.ts";

type CommandWish = {
  serial: string;
  name: CommandName;
  values: CommandArguments;
  /** Unix seconds. */
  deadline: number;
  requestedBy: string;
  /** The signed wish that it follows from. */
  wished?: { nonce: bigint; given: Given };
};

export type Acts = ReturnType<typeof makeActs>;

export function makeActs({
  audit,
  accounts,
  commands,
  byHand,
  relay,
  obstacles,
  metrics,
}: {
  audit: Audit;
  accounts: Pick<Accounts, "register" | "begin" | "end" | "keys" | "isOperator" | "erase">;
  commands: Pick<Commands, "queue" | "tried">;
  byHand: (serial: string) => ByHand;
  relay: Pick<Relay, "take" | "recover"> | undefined;
  obstacles: () => string[];
  metrics: Pick<Metrics, "text" | "contentType">;
}) {
  return {
    /** Resolves to whether the account is new. */
    register: async (address: Address, name: string) => accounts.register(address, name),
    /** Signs an address in until `expiresAt` (milliseconds). Resolves to the session's secret. */
    begin: async (address: Address, expiresAt: number) => {
      if (accounts.isOperator(address)) audit.note(address, "operator-signed-in");
      return accounts.begin(address, expiresAt);
    },
    end: async (token: string) => accounts.end(token),
    /** Resolves to the key, shown this once, and what is kept of it; undefined where the account has too many. */
    makeKey: async (address: Address, wish: KeyWish) => {
      const made = accounts.keys.make(address, wish);
      if (made) audit.note(address, "key-made", made.kept.id, made.kept.scopes.join(" "));
      return made;
    },
    /** Resolves to whether there was one. */
    revokeKey: async (address: Address, id: string) => {
      const revoked = accounts.keys.revoke(address, id);
      if (revoked) audit.note(address, "key-revoked", id);
      return revoked;
    },
    /** Forgets an account, with its sessions and keys. Resolves to whether there was one. */
    erase: async (address: Address) => {
      const erased = accounts.erase(address);
      if (erased) audit.note(address, "account-erased");
      return erased;
    },
    /** Signs, stores and sends a command; resolves once other members were asked for their signatures, where they have to. */
    command: async (wish: CommandWish) => {
      const { id } = await commands.queue(wish);
      audit.note(wish.requestedBy, "command", wish.serial, `${wish.name} ${id}`);
      return commands.tried(id);
    },
    settle: async (serial: string, by: Address) => {
      const answer = byHand(serial);
      if (answer.settlement) audit.note(by, "settlement-by-hand", serial);
      return answer;
    },
    /** Pays for what a household signed; only where this node does. */
    relay: async (request: RelayRequest) => relay!.take(request),
    /** Completes a household's recovery; only where this node pays for calls. */
    recover: async (request: RecoveryRequest) => relay!.recover(request),
    /** Why the node cannot do its work now; empty when it can. */
    obstacles: async () => obstacles(),
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType as string }),
  };
}
