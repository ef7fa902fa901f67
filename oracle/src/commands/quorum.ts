/**
 * What switches a house's power is signed by a quorum of the committee, over one digest. A member that was asked for it, or
 * whose turn it is, shows it to the others; each signs only what it can check by itself: the signed wish of the meter's
 * owner or of an operator, or what it has queued because of the chain. Never another member's word.
 */
import {
  type Command,
  commandArguments,
  commandDigest,
  commandHash,
  commandSigners,
  commandText,
  membersText,
  needsQuorum,
  parseCommand,
  type SignedCommand,
  signCommand,
} from "@enerlink/protocol/wire/command";
import type { Asked, Consent, Given, Sealed } from "@enerlink/protocol/wire/committee";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import type { Log } from "@enerlink/service/log";
import { type Address, getAddress, type Hex, type LocalAccount } from "viem";
import { UncheckedError } from "../auth/contract-signatures.ts";
import type { Mirror } from "../chain/mirror.ts";
import { decided } from "../decided.ts";
import { canonicalSignature } from "../keys/signature.ts";
import { signatures } from "../seams/signatures.ts";
import { time } from "../seams/time.ts";
import type { CommandLedger } from "./ledger.ts";
import type { Wishes } from "./wish.ts";

/** Milliseconds in which the others answer, and in which nobody is asked again once nobody has. */
const WITHIN = 1_500;
const SILENCE = 5_000;
/** Seconds by which members' clocks may differ. */
const MOST_APART = 60;
const LONGEST_REASON = 200;

/** What became of asking: enough signatures, or a refusal that no other answer changes, or neither yet. */
export type Gathered = { signed: SignedCommand } | { refused: string } | { missing: string };

type Round = { hash: Hex; consents: Map<string, Hex>; refusals: Map<string, string>; changed: () => void };

type Needs = {
  domain: ReadingDomain;
  signer: LocalAccount;
  mirror: Pick<Mirror, "meter" | "committee">;
  members: {
    /** Those that answer, this one included. */
    there: () => readonly Address[];
    isMember: (address: string) => boolean;
  };
  ledger: CommandLedger;
  wishes: Wishes;
  /** Whether the chain cannot be trusted now, so that nothing is signed. */
  halted: () => boolean;
  /** Tells the other members; it may be lost. */
  say: <Name extends "wish" | "consent">(kind: Name, content: Sealed[Name]) => Promise<void>;
  log: Log;
};

/** Why this node does not sign what another member shows it; undefined where it does. */
function makeDoubt({ mirror, ledger, wishes, halted }: Needs) {
  /** Of what this node itself has queued because of the chain. */
  function ofChain(serial: string, command: Command): string | undefined {
    const row = ledger.one.get(command.id);
    if (row?.serial !== serial || row.requested_by !== "chain")
      return "nothing on the chain asks for it here yet";
    if (commandDigest(parseCommand(Buffer.from(row.message))) !== commandDigest(command))
      return "the chain asks for something else";
    if (row.state !== "queued" && row.state !== "sent") return `it is ${row.state}`;
    const [latest] = ledger.named(serial, command.name);
    if (latest!.id !== command.id) return "the chain has asked for something else since";
    const last = ledger.lastSwitch(serial, command.id);
    if (last !== undefined && command.nonce <= last) return `nonce ${command.nonce} is not above ${last}`;
    const clock = Math.floor(time.now() / 1_000);
    if (command.nonce > BigInt(clock + MOST_APART) * 1_000n) return "its nonce lies ahead";
    if (command.deadline < clock || BigInt(command.deadline) > row.deadline + BigInt(MOST_APART))
      return "its deadline is another than the chain's";
    return undefined;
  }

  return async (serial: string, command: Command, given: Given | null): Promise<string | undefined> => {
    if (halted()) return "the chain cannot be trusted now";
    if (!needsQuorum(command.name)) return `${command.name} needs no second signature`;
    const meter = mirror.meter(serial);
    if (!meter) return "the meter is not in the registry";
    if (command.name === "committee" && !isCommittee(command, mirror.committee()))
      return "the chain has another committee";
    if (!given) return ofChain(serial, command);
    const fault = await wishes.fault(meter, command, given);
    return fault && (fault.field === "rank" ? fault.message : `${fault.field} ${fault.message}`);
  };
}

/** Whether a command tells the committee as the chain has it. */
function isCommittee(
  command: Command,
  { members, quorum, configuration }: ReturnType<Mirror["committee"]>,
): boolean {
  const told = commandArguments.committee.safeParse(command.arguments);
  return (
    told.success &&
    told.data.members === membersText(members) &&
    told.data.quorum === BigInt(quorum) &&
    told.data.configuration === BigInt(configuration)
  );
}

/** Asks the other members, one command at a time. `latest` holds the round for them. */
function makeGather({ domain, signer, mirror, members, say }: Needs, latest: { round?: Round }) {
  const self = signer.address.toLowerCase();
  let silentUntil = 0;

  /** A new round, or the last about the same, whose answers were late. */
  function roundOf(hash: Hex): Round {
    const before = latest.round?.hash === hash ? latest.round.consents : new Map<string, Hex>();
    const round = { hash, consents: before, refusals: new Map(), changed: () => {} };
    latest.round = round;
    return round;
  }

  return async (serial: string, command: SignedCommand, given: Given | null): Promise<Gathered> => {
    if (!members.isMember(self)) return { missing: `${signer.address} is not a member of the committee` };
    const hash = commandHash(domain, serial, command);
    const round = roundOf(hash);
    const consents = () => [...round.consents].filter(([member]) => members.isMember(member));
    const others = () => members.there().filter((member) => member.toLowerCase() !== self);
    const { quorum, members: all } = mirror.committee();
    // A device may know fewer of the present members than it wants: whoever answers signs.
    const wanted = () => (command.name === "committee" ? Math.max(others().length, quorum - 1) : quorum - 1);
    const isRefused = () => round.refusals.size > all.length - quorum;
    const answered = () => consents().length + round.refusals.size;
    // Whoever was not heard yet may hear.
    const isDecided = () =>
      consents().length >= wanted() || isRefused() || answered() >= Math.max(1, others().length);
    if (consents().length < wanted()) {
      if (time.now() < silentUntil) return { missing: "no other member answers" };
      await say("wish", { serial, command: commandText(command), given: given && lower(given) });
      await decided(round, isDecided, WITHIN);
      if (answered() === 0) silentUntil = time.now() + SILENCE;
    }
    const found = consents();
    if (found.length >= quorum - 1) {
      const chosen = found.slice(0, wanted()).map(([, signature]) => signature);
      return { signed: { ...command, signatures: chosen } };
    }
    const [refusal] = round.refusals.values();
    if (isRefused()) return { refused: refusal! };
    return { missing: `${1 + found.length} of ${quorum} signatures${refusal ? `: ${refusal}` : ""}` };
  };
}

const lower = ({ by, signature }: Given): Given => ({
  by: by.toLowerCase() as Hex,
  signature: signature.toLowerCase() as Hex,
});

export type Quorum = ReturnType<typeof makeQuorum>;

export function makeQuorum(needs: Needs) {
  const { domain, signer, mirror, members, ledger, say, log } = needs;
  const latest: { round?: Round } = {};
  const doubt = makeDoubt(needs);

  async function answer({ serial, command: text, given: told }: Asked, sender: string): Promise<void> {
    const given = told && { ...told, by: getAddress(told.by) };
    const { signature: _, signatures: __, ...command } = parseCommand(Buffer.from(text));
    const hash = commandHash(domain, serial, command);
    const why = await doubt(serial, command, given).catch((error: unknown) => {
      if (error instanceof UncheckedError) return error.message;
      throw error;
    });
    if (why !== undefined) {
      log.debug({ serial, command: command.id, member: sender, why }, "a command is not signed");
      return say("consent", { command: hash, signature: null, reason: why.slice(0, LONGEST_REASON) });
    }
    const signed = await signCommand(domain, serial, command, signer);
    // First: whoever is asked next knows of it.
    if (given && !ledger.one.get(command.id))
      ledger.add(serial, signed, { requestedBy: given.by, given, sentBy: sender });
    await say("consent", { command: hash, signature: signed.signature, reason: "" });
  }

  return {
    gather: makeGather(needs, latest),
    /** Whether a quorum of the present committee has signed it. */
    isEnough: async (serial: string, command: SignedCommand): Promise<boolean> => {
      const signers = await commandSigners(domain, serial, command);
      return [...signers].filter(members.isMember).length >= mirror.committee().quorum;
    },
    /** What other members say; each rejects where it is not in the form that it must have. */
    handlers: {
      wish: (asked: Asked, sender: string) => answer(asked, sender),
      consent: async ({ command, signature, reason }: Consent, sender: string): Promise<void> => {
        const { round } = latest;
        if (round?.hash !== command) return;
        if (signature === null) round.refusals.set(sender, reason);
        else {
          const by = await signatures.signerOf(command, signature);
          if (by.toLowerCase() !== sender) throw new Error("the signature is not the sender's");
          round.refusals.delete(sender);
          round.consents.set(sender, canonicalSignature(signature));
        }
        round.changed();
      },
    },
  };
}
