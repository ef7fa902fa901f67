/**
 * What members of the committee tell each other, below `enerlink/v1/$committee/{member}/…`; where a member is several
 * processes, those of a shard tell each other below `…/{member}/3-8/…`. Proposals, refusals, roots
 * and signs of life are sealed (EIP-712, the committee contract as domain); an approval is the signature of the batch or
 * root itself.
 * Readings travel as rows, so that a batch of a hundred fits into what brokers carry.
 */

import { type Address, type Hex, type LocalAccount, recoverTypedDataAddress } from "viem";
import { z } from "zod/mini";
import { typedDomain } from "../domain.ts";
import { smallUnsigned, unsigned } from "./message.ts";
import {
  type NewReading,
  type Reading,
  readingFields,
  readingJson,
  serialSchema,
  signatureText,
  timestampSchema,
} from "./reading.ts";
import { readShard, type Shard, WHOLE } from "./shard.ts";
import { parseStrictJson } from "./strict-json.ts";
import { TOPIC_PREFIX } from "./topics.ts";

const PREFIX = `${TOPIC_PREFIX}/$committee`;
/** Of a message; what a broker has to carry, with its topic. Mosquitto is shipped with a limit above it. */
export const LARGEST_BYTES = 20_000;
/** Of a sealed message, what is not the rows of its items. */
const SEAL_BYTES = 500;
/** Reports in one batch: bounded by what a transaction may cost (16,777,216 gas). */
export const LARGEST_BATCH = 100;

/** `probe`: as large as a message may be, and worth nothing, to see whether the broker carries it. */
const kinds = ["proposal", "approval", "refusal", "root", "hello", "wish", "consent", "probe"] as const;
export type Kind = (typeof kinds)[number];

const levelsOf = ({ number, count }: Shard) => (count === 1 ? "" : `/${number}-${count}`);

/** `+`: every kind, as an access list says. */
export const committeeTopic = (member: Address, kind: Kind | "+", shard = WHOLE) =>
  `${PREFIX}/${member.toLowerCase()}${levelsOf(shard)}/${kind}`;

/** Where a member may speak, with all its processes, as an access list says. */
export const committeeTopicsOf = (member: Address) => `${PREFIX}/${member.toLowerCase()}/#`;

/** What all members say of a shard. */
export const committeeTopics = (shard = WHOLE) => `${PREFIX}/+${levelsOf(shard)}/+`;

/** Where a member's processes, of whatever shards, say that they are there. */
export const helloTopics = (member: Address) =>
  ["", "/+"].map((level) => `${PREFIX}/${member.toLowerCase()}${level}/hello`);

export const isCommitteeTopic = (topic: string) => topic.startsWith(`${PREFIX}/`);

/** Who speaks on a topic, in lower case, of which shard, and what, if it is one of the committee's. */
export function readCommitteeTopic(topic: string): { sender: string; shard: Shard; kind: Kind } | undefined {
  if (!isCommitteeTopic(topic)) return undefined;
  const [sender = "", ...levels] = topic.slice(PREFIX.length + 1).split("/");
  const last = levels.pop();
  const kind = kinds.find((candidate) => candidate === last);
  const shard = levels.length === 0 ? WHOLE : readShard(levels.join("/").replace("-", "/"));
  return kind && shard ? { sender, shard, kind } : undefined;
}

const hexText = (digits: number) =>
  z.custom<Hex>((text) => typeof text === "string" && new RegExp(`^0x[0-9a-f]{${digits}}$`).test(text), {
    error: `must be 0x and ${digits} lower-case hexadecimal digits`,
  });

/** Bytes of a wish's signature at most: a passkey's, nested and with its account's creation, takes less than half. */
export const LONGEST_SIGNATURE = 4_096;
const hexOf = (most: number) =>
  z.custom<Hex>(
    (text) => typeof text === "string" && text.length <= 2 + 2 * most && /^0x(?:[0-9a-f]{2})+$/.test(text),
    { error: `must be 0x and lower-case hexadecimal digits of at most ${most} bytes` },
  );

/** A reading that backs a report; its last field, the signature, is null where the device does not sign. */
const readingRow = z.pipe(
  z.tuple([
    readingFields.serial,
    readingFields.epoch,
    readingFields.sequence,
    readingFields.timestamp,
    readingFields.exportWh,
    readingFields.importWh,
    readingFields.storedWh,
    z.nullable(readingFields.signature),
  ]),
  z.transform(
    ([serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature]): NewReading => ({
      serial,
      epoch,
      sequence,
      timestamp,
      exportWh,
      importWh,
      storedWh,
      signature: signature ?? undefined,
    }),
  ),
);

/** The first is the window's end: the reading's own time when it is settled by hand. */
const itemRow = z.pipe(
  z.tuple([timestampSchema, readingRow]),
  z.transform(([windowEnd, reading]): Item => ({ windowEnd, reading })),
);

/** A report that a member wants signed: the reading behind it, and the window that it closes. */
export type Item = { windowEnd: number; reading: NewReading };

/** `leaves`: the batch is not to be submitted, but to stand in its window's root. */
const proposalSchema = z.object({
  deadline: unsigned(2n ** 63n - 1n),
  configuration: smallUnsigned(2n ** 32n - 1n),
  items: z.array(itemRow).check(z.minLength(1), z.maxLength(LARGEST_BATCH)),
  leaves: z.optional(z.boolean()),
});
export type Proposal = {
  deadline: bigint;
  configuration: number;
  items: Item[];
  leaves?: boolean | undefined;
};

/** Bytes of a batch's hash in a sealed message: its text within a text, and a comma. */
const BATCH_HASH_BYTES = 71;
/** Batches of which one root is: as many as one message names. */
export const LARGEST_ROOT = Math.floor((LARGEST_BYTES - SEAL_BYTES) / BATCH_HASH_BYTES);

const rootSchema = z.object({
  windowEnd: timestampSchema,
  root: hexText(64),
  deadline: unsigned(2n ** 63n - 1n),
  configuration: smallUnsigned(2n ** 32n - 1n),
  batches: z.array(hexText(64)).check(z.minLength(1), z.maxLength(LARGEST_ROOT)),
});
/** A root that a member wants signed: of the reports of the batches that were approved before, by their hashes. */
export type RootProposal = {
  windowEnd: number;
  root: Hex;
  deadline: bigint;
  configuration: number;
  batches: Hex[];
};

export const refusalReasons = [
  "unknown-meter",
  "not-reportable",
  "wrong-window",
  "window-open",
  "not-yet",
  "settled",
  "frozen",
  "wrong-signature",
  "not-accepted",
  "different-reading",
  "later-reading",
  "earlier-reading",
  "no-own-reading",
  "already-signed",
  "restored",
  "other-shard",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

const refusedRow = z.pipe(
  z.tuple([timestampSchema, serialSchema, z.enum(refusalReasons), z.nullable(readingRow)]),
  z.transform(([windowEnd, serial, reason, evidence]): Refused => ({ windowEnd, serial, reason, evidence })),
);

const refusalSchema = z.object({
  batch: hexText(64),
  items: z.array(refusedRow).check(z.minLength(1), z.maxLength(LARGEST_BATCH)),
});
export type Refused = {
  serial: string;
  windowEnd: number;
  reason: RefusalReason;
  /** What the refusing member has instead, as the meter signed it; left out where the message would be too long. */
  evidence: NewReading | null;
};
export type Refusal = { batch: Hex; items: Refused[] };

const approvalSchema = z.object({ batch: hexText(64), signature: hexText(130) });
export type Approval = { batch: Hex; signature: Hex };

/** Of a message that says it once for each community. */
export const MOST_COMMUNITIES = 500;

const helloSchema = z.object({
  time: smallUnsigned(BigInt(Number.MAX_SAFE_INTEGER)),
  shard: z.optional(z.string()),
  slots: z.optional(
    z.array(z.tuple([smallUnsigned(2n ** 32n - 1n), timestampSchema])).check(z.maxLength(MOST_COMMUNITIES)),
  ),
});
/**
 * A sign of life, stamped in milliseconds. Of a member that is several processes it says of which `shard`, and in `slots`
 * of each community the end of the earliest slot of which reports are on their way to the chain, for the member's others.
 */
export type Hello = {
  time: number;
  shard?: string | undefined;
  slots?: [community: number, slotEnd: number][] | undefined;
};

const givenSchema = z.object({ by: hexText(40), signature: hexOf(LONGEST_SIGNATURE) });
/** Whose wish a command follows from, and that account's signature over it. */
export type Given = { by: Address; signature: Hex };

const wishSchema = z.object({
  serial: serialSchema,
  command: z.string(),
  given: z.nullable(givenSchema),
});
/** A command that a member wants signed: as it would travel with its own signature alone. Without a wish the chain is its reason. */
export type Asked = { serial: string; command: string; given: Given | null };

const consentSchema = z.object({
  command: hexText(64),
  signature: z.nullable(hexText(130)),
  reason: z.string().check(z.maxLength(200)),
});
/** A member's signature over a command, named by its hash; or why it does not sign. */
export type Consent = { command: Hex; signature: Hex | null; reason: string };

const envelopeSchema = z.object({ body: z.string(), signature: hexText(130) });

const utf8 = new TextDecoder("utf-8", { fatal: true });

function json<Schema extends z.core.$ZodType>(schema: Schema, text: string): z.output<Schema> {
  return z.parse(schema, parseStrictJson(text, { deepest: 6 }));
}

function textOf(payload: Uint8Array): string {
  if (payload.length > LARGEST_BYTES) throw new Error(`${payload.length} bytes; at most ${LARGEST_BYTES}`);
  return utf8.decode(payload);
}

/** The chain and contract that a message is about, so that it counts nowhere else. */
export type CommitteeDomain = { chainId: number; committee: Address };

const sealData = ({ chainId, committee }: CommitteeDomain, kind: Kind, body: string) =>
  ({
    domain: typedDomain(chainId, committee),
    types: {
      CommitteeMessage: [
        { name: "kind", type: "string" },
        { name: "body", type: "string" },
      ],
    },
    primaryType: "CommitteeMessage",
    message: { kind, body },
  }) as const;

type SealData = ReturnType<typeof sealData>;

const readingBody = (reading: NewReading) => ({
  ...readingJson({ ...reading, signature: reading.signature ?? new Uint8Array() } as Reading),
  signature: reading.signature ? signatureText(reading.signature) : null,
});

/** A reading as it is kept as evidence. */
export const readingText = (reading: NewReading) => JSON.stringify(readingBody(reading));

const rowOf = (reading: NewReading) => {
  const { serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature } =
    readingBody(reading);
  return [serial, epoch, sequence, timestamp, exportWh, importWh, storedWh, signature];
};
const itemRowOf = ({ windowEnd, reading }: Item) => [windowEnd, rowOf(reading)];
const refusedRowOf = ({ windowEnd, serial, reason, evidence }: Refused) => [
  windowEnd,
  serial,
  reason,
  evidence && rowOf(evidence),
];

/** Bytes of a row in a sealed message: its text within a text, and a comma. */
const bytesOf = (row: unknown) => JSON.stringify(JSON.stringify(row)).length;

/** How many of `items`, from the first one on, one proposal carries. */
export function fitting(items: readonly Item[]): number {
  let room = LARGEST_BYTES - SEAL_BYTES;
  const first = items.slice(0, LARGEST_BATCH).findIndex((item) => {
    room -= bytesOf(itemRowOf(item));
    return room < 0;
  });
  return first === -1 ? Math.min(items.length, LARGEST_BATCH) : first;
}

/** Refusals as they fit: all of them, and evidence as far as there is room for it. */
function refusedRows(items: readonly Refused[]) {
  const bare = items.map((item) => refusedRowOf({ ...item, evidence: null }));
  let room = LARGEST_BYTES - SEAL_BYTES - bare.reduce((sum, row) => sum + bytesOf(row), 0);
  return items.map((item, index) => {
    const more = bytesOf(refusedRowOf(item)) - bytesOf(bare[index]);
    if (more > room) return bare[index];
    room -= more;
    return refusedRowOf(item);
  });
}

export type Sealed = {
  proposal: Proposal;
  refusal: Refusal;
  root: RootProposal;
  hello: Hello;
  wish: Asked;
  consent: Consent;
};

const write: { [Name in keyof Sealed]: (body: Sealed[Name]) => string } = {
  proposal: ({ deadline, configuration, items, leaves }) =>
    JSON.stringify({ deadline: deadline.toString(), configuration, items: items.map(itemRowOf), leaves }),
  root: ({ deadline, ...root }) => JSON.stringify({ deadline: deadline.toString(), ...root }),
  refusal: ({ batch, items }) => JSON.stringify({ batch, items: refusedRows(items) }),
  hello: (body) => JSON.stringify(body),
  wish: (body) => JSON.stringify(body),
  consent: (body) => JSON.stringify(body),
};

const read: { [Name in keyof Sealed]: (text: string) => Sealed[Name] } = {
  proposal: (text) => json(proposalSchema, text),
  refusal: (text) => json(refusalSchema, text),
  root: (text) => json(rootSchema, text),
  hello: (text) => json(helloSchema, text),
  wish: (text) => json(wishSchema, text),
  consent: (text) => json(consentSchema, text),
};

/** The text of a message that `signer` stands for. */
export async function seal<Name extends keyof Sealed>(
  domain: CommitteeDomain,
  signer: LocalAccount,
  kind: Name,
  content: Sealed[Name],
): Promise<string> {
  const body = write[kind](content);
  return JSON.stringify({ body, signature: await signer.signTypedData(sealData(domain, kind, body)) });
}

/**
 * Opens a sealed message; `signerOf` tells whose key made its signature.
 * @returns its content and who sealed it.
 * @throws when it is not in the form that it must have.
 */
export async function unseal<Name extends keyof Sealed>(
  domain: CommitteeDomain,
  kind: Name,
  payload: Uint8Array,
  signerOf: (signed: SealData & { signature: Hex }) => Promise<Address> = recoverTypedDataAddress,
): Promise<{ content: Sealed[Name]; signer: Address }> {
  const { body, signature } = json(envelopeSchema, textOf(payload));
  const signer = await signerOf({ ...sealData(domain, kind, body), signature });
  return { content: read[kind](body), signer };
}

export const approvalText = (approval: Approval) => JSON.stringify(approval);

/** @throws when it is not in the form that it must have. */
export const readApproval = (payload: Uint8Array): Approval => json(approvalSchema, textOf(payload));
