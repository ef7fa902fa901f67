/**
 * Commands to meters and their acknowledgements, as they travel. A command is signed (EIP-712, the registry as domain)
 * by an oracle member's key, and by a quorum of them where it switches a house's power; a device obeys the addresses that
 * it was given, each nonce once, until the deadline.
 */

import {
  type Address,
  type Hex,
  hashTypedData,
  isAddress,
  keccak256,
  type LocalAccount,
  recoverTypedDataAddress,
  stringToHex,
} from "viem";
import { z } from "zod/mini";
import { typedDomain } from "../domain.ts";
import { constants } from "../generated/constants.ts";
import { meterId } from "../ids.ts";
import { parseMessage, unsigned } from "./message.ts";
import { type ReadingDomain, timestampSchema } from "./reading.ts";

const within = (lowest: bigint, highest: bigint, unit: string) =>
  unsigned(highest).check(
    z.refine((value) => value >= lowest, { error: `must be from ${lowest} to ${highest} ${unit}` }),
  );

/** Which way energy may flow at the connection: one, both, or none. */
export const gridModes = ["import", "export", "both", "off"] as const;
export const relayStates = ["on", "off"] as const;
/** Between readings. */
export const LONGEST_INTERVAL_SECONDS = 3_600n;
const among = (choices: readonly string[]) => `must be ${choices.join(", ").replace(/, (\w+)$/, " or $1")}`;

const { MOST_MEMBERS } = constants.OracleCommittee;

/** A committee's members as a device is told them: in lower case, ascending, a comma between them. */
export const membersText = (members: readonly Address[]): string =>
  members
    .map((member) => member.toLowerCase())
    .sort()
    .join();

const isMembersText = (text: string): boolean => {
  const members = text.split(",") as Address[];
  const each = members.every((member) => isAddress(member, { strict: false }));
  return each && new Set(members).size === members.length && text === membersText(members);
};

/** What each command takes. */
export const commandArguments = {
  grid: z.strictObject({ mode: z.enum(gridModes, { error: among(gridModes) }) }),
  /** Closes or opens the whole connection, whatever the mode. */
  relay: z.strictObject({ state: z.enum(relayStates, { error: among(relayStates) }) }),
  /** Deliver that much to the grid, at the device's own power. */
  discharge: z.strictObject({ wattHours: within(1n, 2n ** 32n - 1n, "Wh") }),
  /** Seconds between readings. */
  interval: z.strictObject({ seconds: within(1n, LONGEST_INTERVAL_SECONDS, "seconds") }),
  /** Zero what the device displays since its last settlement; the registers that settle are never reset. */
  "display-reset": z.strictObject({}),
  /** Sign readings under this register epoch from now on. */
  epoch: z.strictObject({ epoch: within(1n, 2n ** 32n - 1n, "") }),
  /** Obey these members from now on, so many of them together; of a later configuration than what is known so far. */
  committee: z.strictObject({
    members: z.string().check(
      z.refine(isMembersText, {
        error: "must be addresses in lower case, ascending, a comma between them",
      }),
    ),
    quorum: within(1n, MOST_MEMBERS, "members"),
    configuration: within(1n, 2n ** 32n - 1n, ""),
  }),
} as const;

export type CommandName = keyof typeof commandArguments;
export const commandNames = Object.keys(commandArguments) as [CommandName, ...CommandName[]];

/** What switches a house's power, and who may: carried out only when a quorum of the committee has signed it. */
const bySeveral = ["grid", "relay", "committee"] as const satisfies readonly CommandName[];
export const needsQuorum = (name: CommandName): name is (typeof bySeveral)[number] =>
  bySeveral.some((one) => one === name);

export type CommandArguments = Record<string, string | bigint | boolean>;

/** `deadline` in unix seconds; `nonce` grows with every command to a meter. */
export type Command = {
  id: string;
  name: CommandName;
  arguments: CommandArguments;
  nonce: bigint;
  deadline: number;
  tradeId: bigint | undefined;
};

/** `signatures`: of further members, in the second form of the message alone; the first has one signature. */
export type SignedCommand = Command & { signature: Hex; signatures?: readonly Hex[] | undefined };

/** The one text of a command's arguments: keys in order, no spaces, integers as digits. */
export function argumentsText(values: CommandArguments): string {
  const text = (value: string | bigint | boolean) =>
    typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  const fields = Object.keys(values)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${text(values[key]!)}`);
  return `{${fields.join(",")}}`;
}

function commandTypedData({ chainId, registry }: ReadingDomain, serial: string, command: Command) {
  return {
    domain: typedDomain(chainId, registry),
    types: {
      Command: [
        { name: "meterId", type: "bytes32" },
        { name: "id", type: "string" },
        { name: "name", type: "string" },
        { name: "arguments", type: "string" },
        { name: "nonce", type: "uint64" },
        { name: "deadline", type: "uint64" },
        { name: "tradeId", type: "uint256" },
      ],
    },
    primaryType: "Command",
    message: {
      meterId: meterId(serial),
      id: command.id,
      name: command.name,
      arguments: argumentsText(command.arguments),
      nonce: command.nonce,
      deadline: BigInt(command.deadline),
      tradeId: command.tradeId ?? 0n,
    },
  } as const;
}

export async function signCommand(
  domain: ReadingDomain,
  serial: string,
  command: Command,
  signer: LocalAccount,
): Promise<SignedCommand> {
  return { ...command, signature: await signer.signTypedData(commandTypedData(domain, serial, command)) };
}

/** What every member signs of a command. */
export const commandHash = (domain: ReadingDomain, serial: string, command: Command): Hex =>
  hashTypedData(commandTypedData(domain, serial, command));

/** Who signed `command` for the meter `serial`: of several, whoever sends it. */
export function commandSigner(
  domain: ReadingDomain,
  serial: string,
  command: SignedCommand,
): Promise<Address> {
  return recoverTypedDataAddress({
    ...commandTypedData(domain, serial, command),
    signature: command.signature,
  });
}

/** All who signed `command` for the meter `serial`, each once, in lower case. */
export async function commandSigners(
  domain: ReadingDomain,
  serial: string,
  command: SignedCommand,
): Promise<Set<string>> {
  const { signature, signatures = [] } = command;
  const data = commandTypedData(domain, serial, command);
  const signers = await Promise.all(
    [signature, ...signatures].map((one) => recoverTypedDataAddress({ ...data, signature: one })),
  );
  return new Set(signers.map((signer) => signer.toLowerCase()));
}

/**
 * What a person wants of a meter, as it is signed by its owner or an operator: the members sign the command that follows
 * from it, and each can check that by itself.
 */
export type CommandWish = Pick<Command, "name" | "arguments" | "nonce" | "deadline">;

/** @param serial of the meter, in letters: a wallet shows what is signed */
export function wishTypedData({ chainId, registry }: ReadingDomain, serial: string, wish: CommandWish) {
  return {
    domain: typedDomain(chainId, registry),
    types: {
      Wish: [
        { name: "meter", type: "string" },
        { name: "name", type: "string" },
        { name: "arguments", type: "string" },
        { name: "nonce", type: "uint64" },
        { name: "deadline", type: "uint64" },
      ],
    },
    primaryType: "Wish",
    message: {
      meter: serial,
      name: wish.name,
      arguments: argumentsText(wish.arguments),
      nonce: wish.nonce,
      deadline: BigInt(wish.deadline),
    },
  } as const;
}

/** The command that follows from a wish: the same whoever is asked for it, so that nobody else's has its id. */
export function commandOfWish(domain: ReadingDomain, serial: string, wish: CommandWish): Command {
  const { name, arguments: values, nonce, deadline } = wish;
  const id = `wish-${hashTypedData(wishTypedData(domain, serial, wish)).slice(2, 34)}`;
  return { id, name, arguments: values, nonce, deadline, tradeId: undefined };
}

/** The command as it travels: in the second form where several have signed it. */
export function commandText(command: SignedCommand): string {
  const { id, name, nonce, deadline, tradeId, signature, signatures } = command;
  const rest = JSON.stringify({
    ...(signatures ? { version: 2 } : {}),
    id,
    name,
    nonce: nonce.toString(),
    deadline,
    tradeId: tradeId?.toString(),
    signature,
    signatures,
  });
  return `{"arguments":${argumentsText(command.arguments)},${rest.slice(1)}`;
}

const signatureSchema = z.custom<Hex>(
  (value) => typeof value === "string" && /^0x[0-9a-f]{130}$/.test(value),
  { error: "must be 65 bytes as 0x and 130 hexadecimal digits" },
);

export const commandSchema = z.object({
  /** What has no version is of the first form. */
  version: z.optional(
    unsigned(2n ** 32n - 1n).check(z.refine((value) => value === 2n, { error: "must be 2, or left out" })),
  ),
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  name: z.enum(commandNames),
  arguments: z.record(z.string(), z.union([z.string(), z.bigint(), z.boolean()])),
  nonce: unsigned(2n ** 63n - 1n),
  deadline: timestampSchema,
  tradeId: z.optional(unsigned(2n ** 63n - 1n)),
  signature: signatureSchema,
  signatures: z.optional(z.array(signatureSchema).check(z.maxLength(Number(MOST_MEMBERS)))),
});

/** @throws MessageError naming the field and what it may be. */
export function parseCommand(payload: Uint8Array): SignedCommand {
  const { version, signatures, tradeId, ...command } = parseMessage(commandSchema, payload);
  return { ...command, tradeId, ...(version === undefined ? {} : { signatures: signatures ?? [] }) };
}

const DIGEST_DIGITS = 16;

/**
 * Names what a command says: two members' commands of one id are the same to a device only where this is the same, so that
 * nobody uses up an id with something else.
 */
export function commandDigest({
  id,
  name,
  arguments: given,
  tradeId,
}: Pick<Command, "id" | "name" | "arguments" | "tradeId">): string {
  const text = [id, name, argumentsText(given), tradeId ?? 0n].join("|");
  return keccak256(stringToHex(text)).slice(2, 2 + DIGEST_DIGITS);
}

/** `of`: the digest of what was done or rejected, where the device says it. */
export type Ack = {
  id: string;
  state: "done" | "rejected";
  reason: string;
  timestamp: number;
  of?: string | undefined;
};

export const ackSchema = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  state: z.enum(["done", "rejected"]),
  reason: z._default(z.string().check(z.maxLength(200)), ""),
  timestamp: timestampSchema,
  of: z.optional(
    z.string().check(z.regex(/^[0-9a-f]{16}$/, { error: `must be ${DIGEST_DIGITS} hexadecimal digits` })),
  ),
});

/** @throws MessageError naming the field and what it may be. */
export function parseAck(payload: Uint8Array): Ack {
  return parseMessage(ackSchema, payload);
}
