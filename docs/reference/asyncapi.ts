/**
 * What the services and meters tell by themselves, as AsyncAPI: messages over MQTT from their schemas, server-sent
 * events from the oracle's document and the index's tables, GraphQL's subscriptions from both schemas.
 */

import { ackSchema, commandSchema } from "@enerlink/protocol/wire/command";
import { statusSchema, telemetrySchema } from "@enerlink/protocol/wire/presence";
import { readingSchema } from "@enerlink/protocol/wire/reading";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { Kind, parse, print, type TypeNode } from "graphql";
import { z } from "zod";
import { announcement } from "../../indexer/ponder.schema.ts";
import { typeDefs as indexTypes } from "../../indexer/src/api/graphql/types.ts";
import { socketEvents } from "../../oracle/src/events/events.ts";
import { typeDefs as oracleTypes } from "../../oracle/src/http/graphql/types.ts";

type Direction = "receive" | "send";
type Entry = {
  server: "broker" | "oracle" | "index";
  address: string;
  summary: string;
  /** As whoever reads this sees it: `receive` is what it hears. */
  direction: Direction;
  payload: object;
  serial?: true;
};

/** A schema as it travels: an integer may be decimal text beyond what JSON keeps. */
const travelling = (schema: z.core.$ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === "bigint") jsonSchema.type = "integer";
      if (zodSchema._zod.def.type === "custom") jsonSchema.type = "string";
    },
  });
  return rest;
};

const overMqtt: Record<string, Entry> = {
  reading: {
    server: "broker",
    address: meterTopic("{serial}", "reading"),
    summary: "A meter's signed registers, cumulative: energy in Wh, time in unix seconds",
    direction: "send",
    payload: travelling(readingSchema),
    serial: true,
  },
  telemetry: {
    server: "broker",
    address: meterTopic("{serial}", "telemetry"),
    summary: "What a home shows at the moment, W; nothing is settled by it",
    direction: "send",
    payload: travelling(telemetrySchema),
    serial: true,
  },
  status: {
    server: "broker",
    address: meterTopic("{serial}", "status"),
    summary: "Whether the meter is there, retained, and as its last will",
    direction: "send",
    payload: travelling(statusSchema),
    serial: true,
  },
  ack: {
    server: "broker",
    address: meterTopic("{serial}", "ack"),
    summary: "What became of a command",
    direction: "send",
    payload: travelling(ackSchema),
    serial: true,
  },
  command: {
    server: "broker",
    address: meterTopic("{serial}", "command"),
    summary: "What a meter is to do, signed by an oracle node",
    direction: "receive",
    payload: travelling(commandSchema),
    serial: true,
  },
};

const event = (name: object, data: object) => ({
  type: "object",
  required: ["id", "event", "data"],
  properties: {
    id: { type: "string", description: "Sent back as `Last-Event-ID`: what came after it is told first" },
    event: name,
    data,
  },
});

const topics = announcement.topic.enumValues.map((topic) => topic.toLowerCase());

const streams: Record<string, Entry> = {
  indexStream: {
    server: "index",
    address: "/api/v1/stream",
    summary:
      "What the chain brings, as the index has it; `ready` and `reorganised` say where the listener stands",
    direction: "receive",
    payload: event(
      { type: "string", enum: [...topics, "ready", "reorganised"] },
      { type: "object", description: "As `StreamEvent` in the index's OpenAPI document" },
    ),
  },
  oracleStream: {
    server: "oracle",
    address: "/api/v1/stream",
    summary: "What an oracle node tells, for a week",
    direction: "receive",
    payload: event(
      { type: "string", enum: [...socketEvents, "ready"] },
      { type: "object", description: "As docs/oracle-api.md has it, event by event" },
    ),
  },
  oracleSocket: {
    server: "oracle",
    address: "/ws",
    summary: "The same without what was missed, over WebSocket",
    direction: "receive",
    payload: event({ type: "string", enum: socketEvents }, { type: "object" }),
  },
};

const nameOf = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);

/** The subscriptions of a schema, by their names with `prefix`. */
function subscriptionsIn(server: "index" | "oracle", text: string): Record<string, Entry> {
  const [type] = parse(text).definitions.filter(
    (one) => one.kind === Kind.OBJECT_TYPE_DEFINITION && one.name.value === "Subscription",
  );
  if (type?.kind !== Kind.OBJECT_TYPE_DEFINITION) throw new Error(`the ${server} has no subscriptions`);
  const entries = (type.fields ?? []).map((field): [string, Entry] => {
    const taken = (field.arguments ?? []).map(print).join(", ");
    const named = field.name.value;
    const entry: Entry = {
      server,
      address: "/graphql",
      summary: field.description?.value ?? `\`${nameOf(field.type)}\`, as it comes`,
      direction: "receive",
      payload: {
        type: "object",
        required: ["data"],
        properties: {
          data: {
            type: "object",
            required: [named],
            properties: {
              [named]: {
                type: "object",
                description: `\`subscription { ${named}${taken && `(${taken})`} { … } }\`: what was asked of \`${nameOf(field.type)}\``,
              },
            },
          },
        },
      },
    };
    return [`${server}${named[0]!.toUpperCase()}${named.slice(1)}`, entry];
  });
  return Object.fromEntries(entries);
}

export function asyncDocument(): object {
  const entries = {
    ...overMqtt,
    ...streams,
    ...subscriptionsIn("index", indexTypes),
    ...subscriptionsIn("oracle", oracleTypes),
  };
  const all = Object.entries(entries);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "EnerLink",
      version: "1",
      license: { name: "MIT" },
      description:
        "What EnerLink tells by itself: meters over MQTT, services as server-sent events, over WebSocket and GraphQL. `send` is what a meter publishes, `receive` what a program hears.",
    },
    defaultContentType: "application/json",
    servers: {
      broker: { host: "localhost:1883", protocol: "mqtt" },
      oracle: { host: "localhost:3000", protocol: "http" },
      index: { host: "localhost:42069", protocol: "http" },
    },
    channels: Object.fromEntries(
      all.map(([name, { server, address, summary, serial }]) => [
        name,
        {
          address,
          summary,
          servers: [{ $ref: `#/servers/${server}` }],
          ...(serial ? { parameters: { serial: { description: "The meter's serial" } } } : {}),
          messages: { [name]: { $ref: `#/components/messages/${name}` } },
        },
      ]),
    ),
    operations: Object.fromEntries(
      all.map(([name, { direction }]) => [
        name,
        {
          action: direction,
          channel: { $ref: `#/channels/${name}` },
          messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        all.map(([name, { payload, server }]) => [
          name,
          { contentType: server === "broker" ? "application/json" : "text/event-stream", payload },
        ]),
      ),
    },
  };
}

export const asyncPage = () => `${JSON.stringify(asyncDocument(), undefined, 2)}\n`;
