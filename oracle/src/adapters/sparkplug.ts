/**
 * Sparkplug B: births, data and deaths in protobuf. Data is sent by exception, so a message may carry one register only.
 * Metrics are found by name: what a device sends by alias alone is read from its births.
 */
import { MessageError } from "../meters/message.ts";
import type { BindingOf } from "./bindings.ts";
import { wattHours } from "./decimal.ts";
import type { Observation } from "./observation.ts";
import { decodePayload, type Metric } from "./sparkplug-payload.ts";
import { unixSeconds } from "./time.ts";

type Binding = BindingOf<"sparkplug">;

/** `topic` is `group/edge` or `group/edge/device`. */
export function topics({ topic }: Binding): string[] {
  const [group, edge, device] = topic.split("/");
  const messages = ["BIRTH", "DATA", "DEATH"].map((kind) => (device === undefined ? `N${kind}` : `D${kind}`));
  return messages.map((message) =>
    ["spBv1.0", group, message, edge, device].filter((part) => part !== undefined).join("/"),
  );
}

export function adapt(topic: string, payload: Uint8Array, binding: Binding): Observation[] {
  const message = topic.split("/")[2] ?? "";
  if (message.endsWith("DEATH")) return [{ kind: "liveness", state: "offline" }];
  const { timestamp, metrics } = decodePayload(payload);

  /** The latest value of a metric: a stored history may bring several. */
  function latest(name: string): Metric | undefined {
    return metrics
      .filter((metric) => metric.name === name && metric.value !== undefined)
      .reduce<Metric | undefined>(
        (best, metric) => (best && (best.timestamp ?? 0n) > (metric.timestamp ?? 0n) ? best : metric),
        undefined,
      );
  }
  const register = (metric: Metric | undefined, field: string) =>
    metric && wattHours(metric.value!, binding.unit, field);

  const imported = latest(binding.fields.import);
  const exported = binding.fields.export === null ? undefined : latest(binding.fields.export);
  const found: Observation[] = message.endsWith("BIRTH") ? [{ kind: "liveness", state: "online" }] : [];
  if (!imported && !exported) return found;
  const times = [imported?.timestamp, exported?.timestamp].filter((time) => time !== undefined);
  const time = times.length === 0 ? timestamp : times.reduce((a, b) => (a > b ? a : b));
  if (time === undefined) throw new MessageError("malformed", "timestamp: is missing");
  found.push({
    kind: "registers",
    importWh: register(imported, binding.fields.import),
    exportWh: binding.fields.export === null ? 0n : register(exported, binding.fields.export),
    timestamp: unixSeconds(time, -3, "timestamp"),
  });
  return found;
}
