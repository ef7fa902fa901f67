/**
 * Sparkplug B: births, data and deaths in protobuf. Data is sent by exception, so a message may carry one register only,
 * and may call it by the alias that the birth before gave it.
 */
import { MessageError } from "@enerlink/protocol/wire/message";
import type { BindingOf } from "./bindings.ts";
import { energyPart } from "./decimal.ts";
import type { Liveness, Part, Readout, Receipt, Request } from "./observation.ts";
import { decodePayload, type Metric, rebirthRequest } from "./sparkplug-payload.ts";
import { unixSeconds } from "./time.ts";

type Binding = BindingOf<"sparkplug">;

/** What is known of the connection that the edge node has: what its births said. */
export type SparkplugMemory = {
  names: Map<bigint, string>;
  /** Tells a death of an earlier connection from one of this. */
  session: Metric["value"];
};
export const newMemory = (): SparkplugMemory => ({ names: new Map(), session: undefined });

const ofEdge = (group: string, message: string, edge: string) => `spBv1.0/${group}/${message}/${edge}`;

/** `topic` is `group/edge` or `group/edge/device`. A device dies, and its aliases end, with its edge node. */
export function topics({ topic }: Binding): string[] {
  const [group, edge, device] = topic.split("/") as [string, string, string | undefined];
  const node = ["NBIRTH", "NDEATH"].map((message) => ofEdge(group, message, edge));
  return device === undefined
    ? [...node, ofEdge(group, "NDATA", edge)]
    : [...node, ...["DBIRTH", "DDATA", "DDEATH"].map((kind) => `${ofEdge(group, kind, edge)}/${device}`)];
}

/** A device may speak for several meters. */
export const reads = ({ topic, fields }: Binding) =>
  [...fields.import, ...(fields.export ?? [])].map((name) => `${topic} ${name}`);

export function adapt(
  topic: string,
  payload: Uint8Array,
  binding: Binding,
  { retained }: Receipt,
  memory: SparkplugMemory,
): (Readout | Liveness | Request)[] {
  const [, group = "", message = "", edge = ""] = topic.split("/");
  if (message === "DDEATH") return [{ kind: "liveness", state: "offline" }];
  const { timestamp, metrics } = decodePayload(payload);
  const session = metrics.find(({ name }) => name === "bdSeq")?.value;
  if (message === "NDEATH") {
    const former = session !== undefined && memory.session !== undefined && session !== memory.session;
    return former ? [] : [{ kind: "liveness", state: "offline" }];
  }
  const isBirth = message.endsWith("BIRTH");
  // One that the broker kept is of a connection that may be over.
  if (isBirth && !retained) memory.names = namesOf(metrics);
  if (message === "NBIRTH") {
    if (!retained) memory.session = session;
    if (binding.topic.split("/").length === 3) return [];
  }
  const named = metrics.map((metric) => ({ ...metric, name: metric.name || nameOf(metric, memory) }));
  const found: (Readout | Liveness | Request)[] = isBirth ? [{ kind: "liveness", state: "online" }] : [];
  const said = readout(named, timestamp, binding);
  if (said) return [...found, said];
  if (!isBirth && named.some(({ name }) => name === ""))
    found.push({ kind: "request", topic: ofEdge(group, "NCMD", edge), payload: rebirthRequest() });
  return found;
}

const namesOf = (metrics: Metric[]) =>
  new Map(metrics.flatMap(({ name, alias }) => (name && alias !== undefined ? [[alias, name]] : [])));
const nameOf = ({ alias }: Metric, { names }: SparkplugMemory) =>
  (alias === undefined ? undefined : names.get(alias)) ?? "";

/** The latest value of a metric: a stored history may bring several. */
function latest(metrics: Metric[], name: string): Metric | undefined {
  return metrics
    .filter((metric) => metric.name === name && metric.value !== undefined)
    .reduce<Metric | undefined>(
      (best, metric) => (best && (best.timestamp ?? 0n) > (metric.timestamp ?? 0n) ? best : metric),
      undefined,
    );
}

function readout(
  metrics: Metric[],
  sentAt: bigint | undefined,
  { fields, unit, clock, power }: Binding,
): Readout | undefined {
  const [into, out] = [fields.import, fields.export ?? []].map((names) =>
    names.map((name) => ({ name, metric: latest(metrics, name) })),
  ) as [Named[], Named[]];
  const there = [...into, ...out].flatMap(({ metric }) => metric ?? []);
  if (!there.some(({ value }) => value !== null)) return undefined;
  const times = there.flatMap((metric) => metric.timestamp ?? []);
  const time = times.length === 0 ? sentAt : times.reduce((a, b) => (a > b ? a : b));
  if (time === undefined && clock === "device") throw new MessageError("malformed", "timestamp: is missing");
  const shown = power === undefined ? undefined : latest(metrics, power)?.value;
  const watts = Math.abs(Number(shown ?? Number.NaN));
  return {
    kind: "readout",
    import: into.map((one) => partOf(one, unit)),
    export: out.map((one) => partOf(one, unit)),
    timestamp: clock === "receipt" ? undefined : unixSeconds(time!, -3, "timestamp"),
    watts: Number.isFinite(watts) ? watts : undefined,
  };
}

type Named = { name: string; metric: Metric | undefined };

const partOf = ({ name, metric }: Named, unit: Binding["unit"]): Part =>
  typeof metric?.value === "bigint" || typeof metric?.value === "string"
    ? energyPart(metric.value, unit, name)
    : metric?.value;
