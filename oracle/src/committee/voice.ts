/** What a member says to the others, and what it hears of them: each sealed with the key of whose topic it comes on. */

import {
  type CommitteeDomain,
  committeeTopic,
  type Kind,
  type Sealed,
  seal,
  unseal,
} from "@enerlink/protocol/wire/committee";
import type { Shard } from "@enerlink/protocol/wire/shard";
import type { Log } from "@enerlink/service/log";
import type { LocalAccount } from "viem";
import { signatures } from "../seams/signatures.ts";

/** Signed by another key than that of the member on whose topic it came. */
export class Forged extends Error {
  constructor() {
    super("the signature is not the sender's");
  }
}

export type Voice = ReturnType<typeof makeVoice>;

export function makeVoice({
  domain,
  signer,
  shard,
  publish,
  log,
}: {
  domain: CommitteeDomain;
  signer: LocalAccount;
  /** Whose topics it speaks on. */
  shard?: Shard;
  /** Rejects when the broker is away. */
  publish: (topic: string, text: string) => Promise<unknown>;
  log: Pick<Log, "debug">;
}) {
  /** It may be lost. */
  async function say(kind: Kind, text: string): Promise<void> {
    try {
      await publish(committeeTopic(signer.address, kind, shard), text);
    } catch (error) {
      log.debug({ err: error }, `${kind} could not be sent`);
    }
  }
  return {
    say,
    saySealed: async <Name extends keyof Sealed>(kind: Name, content: Sealed[Name]): Promise<void> =>
      say(kind, await seal(domain, signer, kind, content)),
    /** What `sender` says. @throws {Forged} when it is somebody else. */
    hear: async <Name extends keyof Sealed>(kind: Name, sender: string, payload: Uint8Array) => {
      const message = await unseal(domain, kind, payload, signatures.signerOfTyped);
      if (message.signer.toLowerCase() !== sender) throw new Forged();
      return message.content;
    },
  };
}
