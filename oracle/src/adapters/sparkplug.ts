/**
 * Sparkplug B: births, data and deaths in protobuf. Data is sent by exception, so a message may carry one register only,
 * and may call it by the alias that the birth before gave it.
 */
import type { BindingOf } from "./bindings.ts";
import { energyPart, wattsIn } from "./decimal.ts";
import { FieldError } from "./fault.ts";
import type { Liveness, Part, Readout, Receipt, Request } from "./observation.ts";
import { decodePayload, type Metric, rebirthRequest, typed } from "./sparkplug-payload.ts";
import { unixSeconds } from "./time.ts";

type Binding = BindingOf<"sparkplug">;

/** What is known of the connection that the edge node has, by its births, and when each metric was seen last. */
export type SparkplugMemory = {
  aliases: Map<bigint, Metric>;
  /** Unix milliseconds, by name. */
  seen: Map<string, bigint>;
  /** Tells a death of an earlier connection from one of this. */
  session: Metric["value"];
};
export const newMemory = (): SparkplugMemory => ({
  aliases: new Map(),
  seen: new Map(),
  session: undefined,
});

const ofEdge = (group: string, message: string, edge: string) => `spBv1.0/${group}/${message}/${edge}`;

/** `topic` is `group/edge` or `group/edge/device`. A device dies, and its aliases end, with its edge node. */
export function topics({ topic }: Binding): string[] {
  const [group, edge, device] = topic.split("/") as [string, string, string | undefined];
  const node = ["NBIRTH", "NDEATH"].map((message) => ofEdge(group, message, edge));
  return device === undefined
    ? [...node, ofEdge(group, "NDATA", edge)]
    : [...node, ...["DBIRTH", "DDATA", "DDEATH"].map((kind) => `${ofEdge(group, kind, edge)}/${device}`)];
}

/** A device's death says all by its topic. */
export const speaksBlank = (topic: string) => topic.split("/")[2] === "DDEATH";

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
  if (isBirth && !retained) memory.aliases = aliasesOf(metrics);
  if (message === "NBIRTH") {
    if (!retained) memory.session = session;
    if (binding.topic.split("/").length === 3) return [];
  }
  const named = metrics.map((metric) => asBorn(metric, memory));
  const found: (Readout | Liveness | Request)[] = isBirth ? [{ kind: "liveness", state: "online" }] : [];
  const said = readout(named, timestamp, binding, retained ? newMemory() : memory);
  if (said) return [...found, said];
  if (!isBirth && named.some(({ name }) => name === ""))
    found.push({ kind: "request", topic: ofEdge(group, "NCMD", edge), payload: rebirthRequest() });
  return found;
}

const aliasesOf = (metrics: Metric[]) =>
  new Map(
    metrics.flatMap((metric) => (metric.name && metric.alias !== undefined ? [[metric.alias, metric]] : [])),
  );

/** A metric that comes by its alias, with the name and the type that its birth gave it. */
function asBorn(metric: Metric, { aliases }: SparkplugMemory): Metric {
  const born = metric.alias === undefined ? undefined : aliases.get(metric.alias);
  if (!born || (metric.name && metric.name !== born.name)) return metric;
  return { ...typed(metric, metric.datatype ?? born.datatype), name: born.name };
}

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
  { fields, unit, clock, power, powerUnit }: Binding,
  { seen }: SparkplugMemory,
): Readout | undefined {
  const [into, out] = [fields.import, fields.export ?? []].map((names) =>
    names.map((name) => ({ name, metric: latest(metrics, name) })),
  ) as [Named[], Named[]];
  const there = [...into, ...out].flatMap(({ name, metric }) => (metric ? [{ name, metric }] : []));
  if (there.length === 0) return undefined;
  const timeOf = ({ timestamp }: Metric) => timestamp ?? sentAt;
  // A value that was kept meanwhile and is sent beside a live one; of what was kept alone the time tells.
  const isPast = ({ name, metric }: Named) => (timeOf(metric!) ?? 0n) < (seen.get(name) ?? 0n);
  const isMixed = there.some((one) => !isPast(one));
  const partOf = (one: Named): Part =>
    one.metric && isMixed && isPast(one) ? undefined : partOfMetric(one, unit);
  const parts = { import: into.map(partOf), export: out.map(partOf) };
  const times = there.flatMap(({ metric }) => timeOf(metric) ?? []);
  const time = times.length === 0 ? undefined : times.reduce((a, b) => (a > b ? a : b));
  const says = there.some(({ metric }) => metric.value !== null);
  if (time === undefined && clock === "device" && says)
    throw new FieldError("timestamp", "is missing", "clock");
  for (const { name, metric } of there)
    if (metric.value !== null && !isPast({ name, metric })) seen.set(name, timeOf(metric) ?? 0n);
  const shown = power === undefined ? undefined : latest(metrics, power)?.value;
  const watts = Math.abs(Number(shown ?? Number.NaN)) * wattsIn(powerUnit);
  return {
    kind: "readout",
    ...parts,
    timestamp: clock === "receipt" || !says ? undefined : unixSeconds(time!, -3, "timestamp"),
    watts: Number.isFinite(watts) ? watts : undefined,
  };
}

type Named = { name: string; metric: Metric | undefined };

const partOfMetric = ({ name, metric }: Named, unit: Binding["unit"]): Part =>
  typeof metric?.value === "bigint" || typeof metric?.value === "string"
    ? energyPart(metric.value, { unit }, name)
    : metric?.value;
