/** What REST takes and answers: people are addresses, kWh decimal text, times ISO 8601. */
import { invalid } from "@enerlink/edge";
import { format, instant, onlyThese, TIME_FORMS } from "@enerlink/edge/rest";
import {
  isAddressText,
  isSerial,
  MeterKind,
  namesOf,
  serialOf,
  smalls,
  TrustClass,
  TYPED_ADDRESS,
} from "@enerlink/protocol";
import { commandNames } from "@enerlink/protocol/wire/command";
import { LONGEST_SIGNATURE } from "@enerlink/protocol/wire/committee";
import type { readingFields } from "@enerlink/protocol/wire/reading";
import { z } from "@hono/zod-openapi";
import { isHex } from "viem";
import { alertKinds } from "../alerts/alerts.ts";
import { scopes } from "../auth/api-keys.ts";
import { socketEvents } from "../events/events.ts";
import { settings } from "../rules/about.ts";
import { holdReasons, type RejectReason, rejectReasons } from "../rules/validation.ts";
import { positionOf } from "../settlement/history.ts";

// ------------------------------------------------------------------------------------------------- requests

/** The serial that `text` means: itself, or the on-chain id made from it (0x and 64 hexadecimal digits). */
export const serialFrom = (text: string) => (isHex(text) && text.length === 66 ? serialOf(text) : text);

export const SERIAL_RULE =
  "must be a meter's serial (1 to 32 characters of A-Z, a-z, 0-9 and -), or its id on chain (0x and 64 hexadecimal digits)";

export const serial = z
  .string({ error: SERIAL_RULE })
  .transform(serialFrom)
  .refine(isSerial, SERIAL_RULE)
  .openapi({ type: "string", example: "home-01", description: "Serial, or the id on chain" });

export const byMeter = z.object({ meterId: serial });

/** A whole number in a query: digits and nothing else. */
const whole = (lowest: number, highest: number) => {
  const error = `must be ${lowest} to ${highest}`;
  return z
    .string({ error })
    .regex(/^\d{1,16}$/, error)
    .transform(Number)
    .refine((value) => value >= lowest && value <= highest, error)
    .openapi({ type: "integer", minimum: lowest, maximum: highest });
};

/** How a list is answered, whatever it goes by. */
export const form = {
  limit: whole(1, 500).default(50).openapi({ description: "Most items to answer", default: 50 }),
  format,
};

/** Newest first; `before` is an answer's `next`. */
export const page = {
  ...form,
  before: z.string().optional().openapi({
    description: "Older ones: the last answer's `next`, of this list; from the newest on unless given",
  }),
};

/** That a place is one of the list that is asked for. @throws Problem 400 */
export function ofThisList(isOwn: boolean): asserts isOwn {
  const message = "must be the `next` of an answer of this list";
  if (!isOwn) throw invalid([{ field: "before", message }]);
}

const LAST = 2n ** 63n - 1n;

/**
 * The numbers that put the row behind which a page of `list` goes on in its place; undefined where none is given. Rows of
 * several lists have ids alike, so a `next` names its list.
 * @param most how many numbers that takes
 * @throws Problem 400 for what is none of this list
 */
export function placeIn(list: string, before: string | undefined, most: number): bigint[] | undefined {
  if (before === undefined) return undefined;
  const place = before.startsWith(`${list}-`) ? before.slice(list.length + 1).split("-") : [];
  ofThisList(place.length === most && place.every((part) => /^\d{1,18}$/.test(part)));
  return place.map(BigInt);
}

/** The id behind which a page of `list` goes on, whose rows have one each. @throws Problem 400 for what is none of this list */
export const behind = (list: string, before: string | undefined): bigint =>
  placeIn(list, before, 1)?.[0] ?? LAST;

/** Later than any reading, unix seconds. */
const LATEST = 2 ** 50;

/** What a list is of has its time to the second: nothing lies between a moment and the next whole one. */
const moment = instant.transform(Math.ceil);

/** A span of time: `from` belongs to it, `to` does not. @param what lies in it, such as "Readings stamped" */
export const span = (what: string) => ({
  from: moment.optional().openapi({
    type: "string",
    format: "date-time",
    description: `${what} then or later; from the first on unless given. ${TIME_FORMS}`,
  }),
  to: moment.optional().openapi({
    type: "string",
    format: "date-time",
    description: `${what} earlier than that; to the last unless given. ${TIME_FORMS}`,
  }),
});

/** @throws Problem 400 when nothing can lie in it */
export function spanOf({ from = 0, to = LATEST }: { from?: number | undefined; to?: number | undefined }) {
  if (from >= to) throw invalid([{ field: "from", message: "must be earlier than to" }]);
  return { from, to };
}

const settlementPosition = z
  .string()
  .transform((text, context) => {
    const position = positionOf(text);
    if (position) return position;
    context.addIssue({ code: "custom", message: "must be an answer's `next`" });
    return z.NEVER;
  })
  .optional()
  .openapi({
    type: "string",
    description: "Older ones: the last answer's `next`; from the newest on unless given",
  });

/** Newest reading first; `before` is an answer's `next`. */
export const settlementPage = {
  meterId: serial.optional().openapi({ description: "Serial, or the id on chain; any unless given" }),
  ...span("Readings stamped"),
  ...form,
  before: settlementPosition,
};

const slotPosition = z
  .string()
  .regex(/^\d{1,10}-\d{1,13}$/, "must be an answer's `next`")
  .transform((text) => {
    const [communityId, slotEnd] = text.split("-").map(Number);
    return { communityId: communityId!, slotEnd: slotEnd! };
  })
  .optional()
  .openapi({
    type: "string",
    description: "Older ones: the last answer's `next`; from the newest on unless given",
  });

/** Newest slot first; `before` is an answer's `next`. */
export const slotPage = {
  communityId: whole(1, 2 ** 32 - 1)
    .optional()
    .openapi({ description: "Any unless given" }),
  ...span("Slots that ended"),
  ...form,
  before: slotPosition,
};

export const eventId = z
  .string()
  .regex(/^\d{1,18}$/, "must be an event's id")
  .transform(BigInt)
  .default(0n)
  .openapi({
    type: "string",
    description: "Later ones: the last event's id; from the oldest that is kept on unless given",
  });

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z
      .string()
      .nullable()
      .openapi({ description: "`before` (of events: `after`) of the next page; null at the end" }),
  });

export const cutoff = whole(0, 2 ** 40 - 1).openapi({
  description:
    "Unix seconds: the last reading at or before this, as the contract's cut-off means it; the last of all unless given",
});

const widthSeconds = { "15m": 900, "1h": 3_600, "1d": 86_400 } as const;
export const width = z
  .enum(["15m", "1h", "1d"], { error: "must be 15m, 1h or 1d" })
  .default("15m")
  .transform((name) => widthSeconds[name])
  .openapi({ type: "string", enum: ["15m", "1h", "1d"] });

export const switchOf = (description: string) =>
  z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((text) => text === "true")
    .openapi({ type: "string", enum: ["true", "false"], description });

const EXAMPLE_MESSAGE = `localhost:5173 wants you to sign in with your Ethereum account:
0x70997970C51812dc3A010C7d01b50e0d17dc79C8


URI: http://localhost:5173
Version: 1
Chain ID: 31337
Nonce: 32891756a1b2c3d4
Issued At: 2026-11-21T08:00:00.000Z
Expiration Time: 2026-11-21T09:00:00.000Z
Resources:
- http://localhost:3000`;

export const SignedMessage = z.object({
  message: z.string({ error: "must be text" }).max(4_096, "must be at most 4096 characters").openapi({
    description:
      "EIP-4361, made for the domain, uri, chainId, resources and nonce that auth/nonce gave, with an expiration time",
    example: EXAMPLE_MESSAGE,
  }),
  signature: z
    .string({ error: "must be text" })
    .max(8_192, "must be at most 8192 characters")
    .openapi({ description: "The wallet's, over the message", example: `0x${"ab".repeat(65)}` }),
});

export const accountName = z
  .string()
  .trim()
  .max(64, "must be at most 64 characters")
  .default("")
  .openapi({ description: "What the account calls itself" });

const mayBe = `must be some of ${scopes.join(", ")}`;

export const KeyRequest = z.object({
  name: z
    .string({ error: "must be text" })
    .trim()
    .min(1, "must be 1 to 64 characters")
    .max(64, "must be 1 to 64 characters")
    .openapi({ description: "What it is for", example: "Home Assistant" }),
  scopes: z
    .array(z.enum(scopes, { error: mayBe }), { error: mayBe })
    .min(1, mayBe)
    .max(scopes.length, mayBe)
    .openapi({
      description:
        "`readings`: see what the account's meters say, and their alerts; `settle`: settle a meter's last reading; `command`: send it commands; `relay`: have calls that the account signed paid for",
      example: ["readings"],
    }),
  days: z
    .int("must be 1 to 365")
    .min(1, "must be 1 to 365")
    .max(365, "must be 1 to 365")
    .default(90)
    .openapi({ description: "For how long it counts" }),
});

export const keyId = z
  .string()
  .regex(/^\d{1,18}$/, "must be a key's id")
  .openapi({ example: "1" });

/** A committee is told by the chain alone. */
const asked = commandNames.filter((name) => name !== "committee");

/** A person's signature over what a meter shall do. */
const Signed = onlyThese({
  by: z
    .string()
    .refine(isAddressText, `must be ${TYPED_ADDRESS}`)
    .openapi({ description: "Who signed: the meter's owner, or an operator" }),
  nonce: z
    .string()
    .regex(/^\d{13,16}$/, "must be unix milliseconds, 13 to 16 digits")
    .openapi({
      description: "Unix milliseconds of now, above those of the meter's commands",
      example: "1795000000000",
    }),
  signature: z
    .string()
    .regex(
      new RegExp(`^0x(?:[0-9a-fA-F]{2}){1,${LONGEST_SIGNATURE}}$`),
      `must be 0x and hexadecimal digits of 1 to ${LONGEST_SIGNATURE} bytes`,
    )
    .openapi({
      description:
        "Over EIP-712 data, in the domain {EnerLink, 1, the chain, MeterRegistry}: `Wish(string meter,string name,string arguments,uint64 nonce,uint64 deadline)`, with the arguments as JSON text, keys in order, and `deadline` = `nonce` / 1000, rounded down, + `seconds`. Of a contract as ERC-1271 takes it, before it is there as ERC-6492 does",
    }),
});

export const CommandRequest = z.object({
  name: z.enum(asked, { error: `must be one of ${asked.join(", ")}` }).openapi({ example: "display-reset" }),
  arguments: z
    .record(z.string(), z.union([z.string(), z.number().int(), z.boolean()]))
    .default({})
    .openapi({
      description:
        "grid {mode: import | export | both | off}, relay {state: on | off}, discharge {wattHours}, interval {seconds}, display-reset {}, epoch {epoch}",
      example: {},
    }),
  seconds: z
    .number({ error: "must be 1 to 86400" })
    .int("must be 1 to 86400")
    .min(1, "must be 1 to 86400")
    .max(86_400, "must be 1 to 86400")
    .default(300)
    .openapi({ description: "For how long the command holds, seconds" }),
  signed: Signed.optional().openapi({
    description:
      "Needed for grid and relay, which a quorum of the committee has to sign: each member checks this signature by itself, and no session is needed. Nothing is signed unless given",
  }),
});

// ------------------------------------------------------------------------------------------------- answers

const kwh = z.string().openapi({ description: "kWh, decimal text", example: "2.5" });
const iso = z.string().openapi({ format: "date-time", example: "2026-11-21T08:00:00.000Z" });
const person = z
  .string()
  .openapi({ description: "Address", example: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" });

export const Health = z.object({ status: z.literal("ok") });

export const Challenge = z
  .object({
    nonce: z.string(),
    domain: z.string(),
    uri: z.string(),
    chainId: z.number().int(),
    version: z.string(),
    resources: z.array(z.string()).openapi({
      description:
        "This node's address, and nothing else: sign only when it is the one that you asked, on your chain",
      example: ["http://localhost:3000"],
    }),
    expiresAt: iso.openapi({ description: "Until when the nonce can be used, once" }),
    registered: z
      .boolean()
      .nullable()
      .openapi({ description: "Whether `address` has an account: auth/login if so, else auth/register" }),
  })
  .openapi("Challenge");

export const SignedIn = z
  .object({
    address: person,
    name: z.string(),
    roles: z.array(z.enum(["owner", "operator"])),
    meters: z.array(z.string()).openapi({ description: "Own meters' serials" }),
    expiresAt: iso,
  })
  .openapi("SignedIn");

export const Me = z
  .object({
    address: person.nullable(),
    name: z.string(),
    roles: z.array(z.enum(["owner", "operator"])),
    meters: z.array(z.string()),
  })
  .openapi("Me");

/** Fields of the index's `Settlement` too mean the same there. */
export const Settlement = z
  .object({
    id: z.string(),
    meterId: z.string().openapi({ description: "The meter's serial" }),
    epoch: z.number().int().openapi({ description: "The register epoch" }),
    readAt: iso.openapi({ description: "When the registers were read" }),
    timestamp: iso.openapi({ description: "As `readAt`", deprecated: true }),
    windowEnd: iso.nullable().openapi({ description: "null when settled by hand, or reported by others" }),
    exportKwh: kwh.openapi({ description: "Cumulative export register, kWh" }),
    importKwh: kwh.openapi({ description: "Cumulative import register, kWh" }),
    storedKwh: kwh.openapi({ description: "Energy in the battery, kWh" }),
    exportedKwh: kwh
      .nullable()
      .openapi({ description: "Since the settlement before, kWh; 0 of an epoch's first" }),
    importedKwh: kwh
      .nullable()
      .openapi({ description: "Since the settlement before, kWh; 0 of an epoch's first" }),
    signed: z.boolean().nullable().openapi({ description: "null where this node has not seen the reading" }),
    status: z.enum(["pending", "committed", "submitted", "settled", "skipped"]).openapi({
      description:
        "committed (told to those who may see what the meter says): it stands in the root of its window that the chain has, and is settled later, or by whoever brings its proof (`energy/proof`); transaction and block are the root's",
    }),
    reason: z.string().nullable(),
    tokensKwh: kwh.nullable().openapi({ description: "Minted; burned when negative, kWh" }),
    debtKwh: kwh.nullable().openapi({ description: "The meter's debt afterwards, kWh" }),
    transactionHash: z.string().nullable().openapi({ description: "Transaction hash" }),
    blockNumber: z.string().nullable().openapi({ description: "Its block's number" }),
    final: z.boolean(),
    createdAt: iso
      .nullable()
      .openapi({ description: "When this node knew of it; null where the chain told it first" }),
  })
  .openapi("Settlement");

const wattHours = z.string().openapi({ description: "Wh, decimal text", example: "1200" });
const word = z.string().openapi({ description: "32 bytes", example: `0x${"ab".repeat(32)}` });

/** `report`, `windowEnd` and `proof` are what `RootCommittee.settleProven` takes. */
export const RootProof = z
  .object({
    meterId: z.string().openapi({ description: "The meter's serial" }),
    windowEnd: iso.openapi({ description: "End of the window whose root it is" }),
    windowEndSeconds: z.number().int().openapi({ description: "The same, unix seconds" }),
    readAt: iso.openapi({ description: "When the registers were read" }),
    report: z
      .object({
        meterId: word.openapi({ description: "The meter's id on chain" }),
        exportWh: wattHours,
        importWh: wattHours,
        storedWh: wattHours,
        timestamp: z.number().int().openapi({ description: "Unix seconds" }),
        epoch: z.number().int(),
      })
      .openapi({ description: "What the root says of the meter" }),
    leaf: word.openapi({ description: "The report's EIP-712 struct hash" }),
    root: word.openapi({ description: "As it was committed; the contract keeps its first 28 bytes" }),
    proof: z.array(word).openapi({
      description: "The sibling nodes from the leaf to the root; two nodes are hashed in ascending order",
    }),
    reports: z.number().int().openapi({ description: "How many the root is of" }),
    transactionHash: z.string().openapi({ description: "What committed the root" }),
    blockNumber: z.string(),
    final: z.boolean().openapi({ description: "Whether the root can no longer be taken back" }),
    settled: z
      .boolean()
      .openapi({ description: "Whether the chain has settled this report, or a later one" }),
  })
  .openapi("RootProof");

export const proofWindow = {
  windowEnd: moment.optional().openapi({
    type: "string",
    format: "date-time",
    description: `Of the window that ended then; of the latest one in whose root the meter is unless given. ${TIME_FORMS}`,
  }),
};

export const ClearedSlot = z
  .object({
    id: z.string(),
    communityId: z.number().int(),
    slotEnd: iso,
    pricePerKwh: z
      .string()
      .nullable()
      .openapi({ description: "What neighbours who sold got, IDR/kWh; null where nothing was shared" }),
    sharedKwh: kwh.openapi({ description: "What went from neighbour to neighbour, kWh" }),
    surplusKwh: kwh.openapi({ description: "Of all who were read, kWh" }),
    needKwh: kwh,
    members: z.number().int(),
    present: z.number().int().openapi({ description: "How many of them were read at the slot's end" }),
    transactionHash: z.string(),
    blockNumber: z.string(),
    final: z.boolean(),
  })
  .openapi("ClearedSlot");

export const Event = z
  .object({
    id: z.string(),
    event: z.enum(socketEvents),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi("Event");

export const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(scopes)),
    createdAt: iso,
    expiresAt: iso,
  })
  .openapi("Key");

export const NewKey = Key.extend({
  key: z.string().openapi({ description: "Send it as `Authorization: Bearer`; it is shown this once" }),
}).openapi("NewKey");

/** What stands in the lines `event` and `data`; the line `id` is beside them. */
export const StreamEvent = z
  .discriminatedUnion("event", [
    z.object({ event: z.enum(socketEvents), data: z.record(z.string(), z.unknown()) }),
    z
      .object({ event: z.literal("ready"), data: z.object({}) })
      .openapi({ description: "All that was missed is told; what follows happens now" }),
  ])
  .openapi("StreamEvent");

export const Command = z
  .object({
    id: z.string().openapi({ description: "Correlation id: the device's acknowledgement carries it" }),
    nonce: z.string().openapi({ description: "Of the meter's later commands it is higher" }),
    meterId: z.string(),
    name: z.enum(commandNames),
    arguments: z.record(z.string(), z.string()),
    status: z.enum(["queued", "sent", "done", "rejected", "expired"]),
    reason: z.string(),
    requestedBy: z.string().openapi({ description: "An address, or what the oracle acted on" }),
    deadline: iso,
    tradeId: z.string().nullable(),
    createdAt: iso,
    history: z.array(
      z.object({
        at: iso,
        event: z.enum(["queued", "sent", "done", "rejected", "expired"]),
        detail: z.string(),
      }),
    ),
  })
  .openapi("Command");

const reading = {
  timestamp: iso,
  exportKwh: kwh,
  importKwh: kwh,
  storedKwh: kwh,
  signed: z.boolean(),
};

export const Reading = z
  .object({ id: z.string(), meterId: z.string(), epoch: z.number().int(), sequence: z.string(), ...reading })
  .openapi("Reading");

export const Rollup = z
  .object({
    start: iso,
    epoch: z.number().int(),
    exportKwh: kwh.openapi({ description: "Register at the end, kWh" }),
    importKwh: kwh,
    signed: z.boolean(),
    readings: z.number().int().openapi({ description: "How many came" }),
  })
  .openapi("Rollup");

const refused = {
  at: iso,
  topic: z.string(),
  reason: z.enum(rejectReasons as [RejectReason]),
  checks: z.string().openapi({ description: "What the rule of that name checks" }),
  detail: z.string().openapi({ description: "The field, and what is wrong with it" }),
  field: z.string().nullable().openapi({
    description: "The field of the message, its levels joined by dots; null where it is about none of them",
  }),
  settings: z.array(z.enum(settings)).openapi({
    description: "Options of the device's entry in METER_BINDINGS that may be what is wrong",
  }),
};
export const Reject = z
  .object({
    id: z.string(),
    ...refused,
    payload: z.string().openapi({ description: "Its first 2,048 bytes" }),
    encoding: z.enum(["text", "hex"]),
  })
  .openapi("Reject");

export const Device = z
  .object({
    meterId: z.string(),
    owner: person.nullable().openapi({ description: "null until somebody has accepted the meter" }),
    kind: z.enum(smalls(namesOf(MeterKind))),
    trust: z.enum(namesOf(TrustClass)),
    settles: z.boolean(),
    suspended: z.boolean(),
    epoch: z.number().int(),
    slot: z
      .object({
        communityId: z.number().int(),
        seconds: z.number().int().openapi({ description: "Length of a slot" }),
        end: iso.openapi({ description: "End of the latest slot that is over" }),
        readUntil: iso.openapi({ description: "A reading stamped until then is taken for that end" }),
        waitedUntil: iso.openapi({
          description: "Until then at the latest the slot's clearing waits for it",
        }),
      })
      .nullable()
      .openapi({ description: "Where the meter shares slots with its neighbours; null where it does not" }),
    state: z.enum(["unknown", "online", "late", "offline", "lost"]),
    lastHeard: iso.nullable(),
    access: z.enum(["public", "full"]).openapi({
      description:
        "public: state is unknown, and lastHeard and what follows are null or empty, for they are shown to the meter's owner and to operators only. A node with OPEN_READINGS, as on development chains, shows them to everybody: full",
    }),
    hold: z
      .object({
        reason: z.enum(holdReasons),
        rule: z.object({
          id: z.string().optional(),
          checks: z.string(),
          threshold: z.string().optional(),
          action: z.string(),
        }),
        detail: z.string(),
        since: iso,
        releasedBy: z.string(),
      })
      .nullable(),
    refused: z
      .object(refused)
      .nullable()
      .openapi({ description: "The last message that was refused, whether or not later ones counted" }),
    lastEmpty: iso
      .nullable()
      .openapi({ description: "When a message last held nothing that the meter's binding reads" }),
    lastEmptyTopic: z.string().nullable().openapi({ description: "The topic of that message" }),
    unheardTopics: z.array(z.string()).openapi({
      description:
        "Topics of the meter's binding that have to be heard before it counts, and were not since the node started",
    }),
    firmware: z.string().nullable(),
    telemetry: z
      .object({
        serial: z.string(),
        timestamp: iso,
        solarW: z.number(),
        homeW: z.number(),
        batteryW: z.number(),
        gridW: z.number(),
        chargePercent: z.number(),
      })
      .nullable(),
    lastReading: z.object(reading).nullable(),
    lastReport: z
      .object({
        timestamp: iso,
        status: z.enum(["pending", "submitted", "settled", "skipped"]),
        reason: z.string().nullable().openapi({
          description:
            "Why it was skipped: the contract's reason, or `waits: …` where the node did not send what the contract would skip",
        }),
      })
      .nullable()
      .openapi({ description: "What is, or was, to be reported of it to the chain last" }),
    commands: z.array(Command).openapi({ description: "The latest ten" }),
  })
  .openapi("Device");

export const Alert = z
  .object({
    id: z.string(),
    kind: z.enum(Object.keys(alertKinds) as [keyof typeof alertKinds]),
    meterId: z.string().nullable().openapi({ description: "null when it is about the node" }),
    detail: z.string(),
    raisedAt: iso,
    endedAt: iso.nullable(),
  })
  .openapi("Alert");

const integer = z.union([z.number().int(), z.string()]);

export const SignedReading = z
  .object({
    chainId: z.number().int(),
    registry: person,
    reading: z.object({
      serial: z.string(),
      epoch: z.number().int(),
      sequence: integer,
      timestamp: z.number().int(),
      exportWh: integer,
      importWh: integer,
      storedWh: integer,
      signature: z.string().openapi({ description: "r and s, base64url" }),
    } satisfies Record<keyof typeof readingFields, z.ZodType>),
  })
  .openapi("SignedReading");

/**
 * A page of rows that are answered by `body`.
 * @param rows those of the page, and one more where the list goes on
 * @param place behind which row the next page begins
 */
export function paged<Row, Body>(
  rows: readonly Row[],
  limit: number,
  body: (row: Row) => Body,
  place: (row: Row) => string,
) {
  const shown = rows.slice(0, limit);
  return { items: shown.map(body), next: rows.length > limit ? place(shown.at(-1)!) : null };
}
