/** The oracle's HTTP surface: health, metrics, REST below `/api/v1`, and the events on `/ws`. */
import { formatKwh, isSerial } from "@enerlink/contracts";
import { upgradeWebSocket } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { z } from "zod";
import type { Meter, Mirror } from "../chain/mirror.ts";
import { type CommandArguments, commandArguments, commandNames } from "../commands/command.ts";
import type { Commands, StoredCommand } from "../commands/commands.ts";
import type { Events } from "../events.ts";
import { type Log, messageOf } from "../log.ts";
import type { Holds } from "../meters/holds.ts";
import type { Presence } from "../meters/presence.ts";
import { type ReadingDomain, readingJson } from "../meters/reading.ts";
import type { Readings } from "../meters/readings.ts";
import { releaseOf, validations } from "../meters/validation.ts";
import type { Metrics } from "../metrics.ts";
import {
  countsUnsigned,
  isReportable,
  type Settlement,
  type Settlements,
  SHORTEST_INTERVAL,
} from "../settlement/settlements.ts";
import type { Settler } from "../settlement/settler.ts";
import { invalid, Problem, problemBody } from "./problem.ts";

/** Whether the request may command or settle this meter; throws a Problem when it may not. */
export type Authorize = (context: Context, meter: Meter) => void | Promise<void>;

const LARGEST_BODY = 16_384;

const commandRequest = z.object({
  name: z.enum(commandNames, { error: `must be one of ${commandNames.join(", ")}` }),
  arguments: z.record(z.string(), z.union([z.string(), z.number().int(), z.boolean()])).default({}),
  /** Seconds for which the command holds. */
  seconds: z.number({ error: "must be from 1 to 86400" }).int().min(1).max(86_400).default(300),
});

const pageQuery = z.object({
  meterId: z
    .string()
    .refine(isSerial, { error: "must be 1 to 32 characters of A-Z, a-z, 0-9 and -" })
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: z.coerce
    .bigint()
    .min(1n)
    .max(2n ** 63n - 1n)
    .default(2n ** 63n - 1n),
});

/** Checks `value`, or names the first wrong field. */
function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(issue.path.join(".") || "body", issue.message);
}

const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();

function settlementBody(settlement: Settlement) {
  const { reading, windowEnd, state, reason, tokensWh, debtWh } = settlement;
  return {
    id: settlement.id.toString(),
    meterId: reading.serial,
    epoch: reading.epoch,
    timestamp: iso(reading.timestamp),
    windowEnd: windowEnd === undefined ? null : iso(windowEnd),
    exportKwh: formatKwh(reading.exportWh),
    importKwh: formatKwh(reading.importWh),
    storedKwh: formatKwh(reading.storedWh),
    signed: reading.signature !== undefined,
    status: state,
    reason: reason ?? null,
    tokensKwh: tokensWh === undefined ? null : formatKwh(tokensWh),
    debtKwh: debtWh === undefined ? null : formatKwh(debtWh),
    transactionHash: settlement.transactionHash ?? null,
    blockNumber: settlement.blockNumber?.toString() ?? null,
    final: settlement.final,
    createdAt: new Date(settlement.createdAt).toISOString(),
  };
}

function commandBody({ id, serial, name, state, reason, deadline, tradeId, createdAt }: StoredCommand) {
  return {
    id,
    meterId: serial,
    name,
    status: state,
    reason,
    deadline: iso(deadline),
    tradeId: tradeId?.toString() ?? null,
    createdAt: new Date(createdAt).toISOString(),
  };
}

export function makeApi({
  domain,
  mirror,
  readings,
  holds,
  presence,
  settlements,
  settler,
  commands,
  authorize,
  obstacles,
  frontendUrls,
  events,
  metrics,
  log,
}: {
  domain: ReadingDomain;
  mirror: Pick<Mirror, "meter">;
  readings: Readings;
  holds: Pick<Holds, "of">;
  presence: Presence;
  settlements: Settlements;
  settler: Settler;
  commands: Commands;
  authorize: Authorize;
  /** Why the node cannot do its work now; empty when it can. */
  obstacles: () => string[];
  frontendUrls: readonly string[];
  events: Events;
  metrics: Metrics;
  log: Log;
}) {
  const app = new Hono();

  function meterOf(context: Context): Meter {
    const serial = context.req.param("meterId") ?? "";
    if (!isSerial(serial)) throw invalid("meterId", "must be 1 to 32 characters of A-Z, a-z, 0-9 and -");
    const meter = mirror.meter(serial);
    if (!meter)
      throw new Problem(404, "Unknown meter", `meterId: ${serial} is not in the registry`, "meterId");
    return meter;
  }

  async function jsonBody(context: Context): Promise<unknown> {
    try {
      return await context.req.json();
    } catch {
      throw invalid("body", "must be JSON");
    }
  }

  app.use(cors({ origin: [...frontendUrls] }));
  app.use(
    bodyLimit({
      maxSize: LARGEST_BODY,
      onError: () => {
        throw new Problem(413, "Too large", `body: at most ${LARGEST_BODY} bytes are allowed`, "body");
      },
    }),
  );
  app.onError((error, context) => {
    const problem =
      error instanceof Problem ? error : new Problem(500, "Internal error", "something went wrong here");
    if (!(error instanceof Problem))
      log.error(`${context.req.method} ${context.req.path}: ${messageOf(error)}`);
    return context.json(problemBody(problem), problem.status, { "content-type": "application/problem+json" });
  });
  app.notFound((context) => {
    const problem = new Problem(
      404,
      "Not found",
      `${context.req.method} ${context.req.path} is not served here`,
    );
    return context.json(problemBody(problem), 404, { "content-type": "application/problem+json" });
  });

  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/ready", (context) => {
    const reasons = obstacles();
    return context.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
  app.get("/metrics", async (context) =>
    context.text(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );

  app.get("/api/v1/energy/settlements", (context) => {
    const { meterId, limit, before } = checked(pageQuery, context.req.query());
    const items = settlements.page(meterId, before, limit);
    const next = items.length === limit ? items.at(-1)!.id.toString() : null;
    return context.json({ items: items.map(settlementBody), next });
  });

  app.post("/api/v1/energy/settle/:meterId", async (context) => {
    const meter = meterOf(context);
    await authorize(context, meter);
    const hold = holds.of(meter.serial, meter.epoch);
    if (hold)
      throw new Problem(
        409,
        "Held",
        `${meter.serial} is held: ${hold.reason} (${hold.detail}); released by ${releaseOf(hold.reason)}`,
      );
    const reading = readings.newest(meter.serial, countsUnsigned(meter) ? "all" : "signed");
    if (!reading) throw new Problem(409, "No reading", `${meter.serial} has sent no reading yet`);
    if (!isReportable(meter, reading)) {
      throw new Problem(
        409,
        "Not settling",
        `${meter.serial} does not settle now: its registration does not let the reading of ${iso(reading.timestamp)} count`,
      );
    }
    const settlement = settlements.byHand(meter, reading);
    if ("earliest" in settlement) {
      throw new Problem(
        409,
        "Too soon",
        `${meter.serial} settles at most every ${SHORTEST_INTERVAL} s: next with a reading at or after ${iso(settlement.earliest)}`,
      );
    }
    settler.flush();
    return context.json(settlementBody(settlement), 202);
  });

  app.get("/api/v1/device/status/:meterId", (context) => {
    const meter = meterOf(context);
    const device = presence.of(meter.serial);
    const reading = readings.newest(meter.serial, "all");
    const hold = holds.of(meter.serial, meter.epoch);
    return context.json({
      meterId: meter.serial,
      owner: meter.owner,
      kind: meter.kind,
      trust: meter.trust,
      settles: meter.settles,
      hold: hold
        ? {
            reason: hold.reason,
            rule: validations[hold.reason],
            detail: hold.detail,
            since: new Date(hold.since).toISOString(),
            releasedBy: releaseOf(hold.reason),
          }
        : null,
      suspended: meter.suspended,
      state: device.state,
      lastHeard: device.heardAt === undefined ? null : new Date(device.heardAt).toISOString(),
      firmware: device.status?.firmware ?? null,
      telemetry: device.telemetry
        ? { ...device.telemetry, timestamp: iso(device.telemetry.timestamp) }
        : null,
      lastReading: reading
        ? {
            timestamp: iso(reading.timestamp),
            exportKwh: formatKwh(reading.exportWh),
            importKwh: formatKwh(reading.importWh),
            storedKwh: formatKwh(reading.storedWh),
            signed: reading.signature !== undefined,
          }
        : null,
      commands: commands.of(meter.serial, 10).map(commandBody),
    });
  });

  app.post("/api/v1/device/command/:meterId", async (context) => {
    const meter = meterOf(context);
    await authorize(context, meter);
    const request = checked(commandRequest, await jsonBody(context));
    const exact = Object.fromEntries(
      Object.entries(request.arguments).map(([key, value]) => [
        key,
        typeof value === "number" ? BigInt(value) : value,
      ]),
    );
    const values = checked(z.object({ arguments: commandArguments[request.name] }), {
      arguments: exact,
    }).arguments;
    const command = await commands.queue({
      serial: meter.serial,
      name: request.name,
      values: values as CommandArguments,
      deadline: Math.floor(Date.now() / 1_000) + request.seconds,
    });
    return context.json(commandBody(command), 202);
  });

  app.get("/api/v1/meters/:meterId/signed-reading", (context) => {
    const meter = meterOf(context);
    const query = z.object({
      cutoff: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 ** 40 - 1)
        .optional(),
    });
    const { cutoff } = checked(query, context.req.query());
    const settlement = settlements.last(meter.serial, cutoff);
    if (!settlement)
      throw new Problem(
        404,
        "No reading",
        `${meter.serial} has closed no window${cutoff === undefined ? "" : " by then"}`,
      );
    const { signature, ...reading } = settlement.reading;
    return context.json({ ...domain, reading: readingJson({ ...reading, signature: signature! }) });
  });

  app.get("/api/v1/wallet/create", () => {
    throw new Problem(
      410,
      "Gone",
      `No server makes keys here: create a wallet in the browser, at ${frontendUrls[0]}/wallet`,
    );
  });

  app.get(
    "/ws",
    upgradeWebSocket(() => {
      let unsubscribe = () => {};
      return {
        onOpen: (_event, socket) => {
          unsubscribe = events.subscribe((message) => socket.send(JSON.stringify(message)));
        },
        onClose: () => unsubscribe(),
        onError: () => unsubscribe(),
      };
    }),
  );

  return app;
}
