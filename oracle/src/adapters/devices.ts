/**
 * Which topics speak for which meters. A topic speaks for one meter; for several only where each is read from its own
 * place in the same device's messages, so that never the payload alone tells who speaks.
 */
import { readFileSync } from "node:fs";
import { parseStrictJson } from "@enerlink/protocol/wire/strict-json";
import { messageOf } from "@enerlink/service/log";
import { type Device, makeDevice } from "./adapters.ts";
import { parseBinding } from "./bindings.ts";

/** Levels of a file of bindings. */
const DEEPEST = 8;

export type Devices = ReturnType<typeof makeDevices>;

/** Why two devices cannot be told apart on a topic that they share, if so. */
function conflict(one: Device, other: Device): string | undefined {
  if (one.binding.format !== other.binding.format || !one.reads || !other.reads) return "";
  const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}.`);
  const both = one.reads.find((place) =>
    other.reads!.some((its) => isWithin(place, its) || isWithin(its, place)),
  );
  return both === undefined ? undefined : ` by ${both}`;
}

/**
 * Checks entries as they are in the file. What it returns are those of meters that this process is there for (`owns`).
 * @throws an error that names the entry and the field.
 */
export function makeDevices(entries: unknown, owns: (serial: string) => boolean = () => true) {
  if (!Array.isArray(entries)) throw new Error("METER_BINDINGS: must be a list of bindings");
  const byTopic = new Map<string, Device[]>();
  const bySerial = new Map<string, Device>();

  function add(device: Device): void {
    const { serial } = device.binding;
    if (bySerial.has(serial)) throw new Error("serial: is bound already; one device speaks for a meter");
    for (const topic of device.topics) {
      for (const other of byTopic.get(topic) ?? []) {
        const how = conflict(device, other);
        if (how !== undefined)
          throw new Error(
            `topic: ${topic} speaks for ${other.binding.serial} already${how}; have the broker give each device its own topic`,
          );
      }
    }
    bySerial.set(serial, device);
    for (const topic of device.topics) byTopic.set(topic, [...(byTopic.get(topic) ?? []), device]);
  }

  entries.forEach((entry, index) => {
    try {
      add(makeDevice(parseBinding(entry)));
    } catch (error) {
      const name = typeof entry?.serial === "string" ? ` (${entry.serial.slice(0, 32)})` : "";
      throw new Error(`METER_BINDINGS: entry ${index + 1}${name}: ${messageOf(error)}`);
    }
  });
  const isOwn = ({ binding }: Device) => owns(binding.serial);
  for (const [serial, device] of bySerial) if (!isOwn(device)) bySerial.delete(serial);
  for (const [topic, devices] of byTopic) {
    const own = devices.filter(isOwn);
    if (own.length > 0) byTopic.set(topic, own);
    else byTopic.delete(topic);
  }
  return {
    of: (topic: string): readonly Device[] => byTopic.get(topic) ?? [],
    ofSerial: (serial: string): Device | undefined => bySerial.get(serial),
    all: [...bySerial.values()] as readonly Device[],
    /** What to subscribe to. */
    topics: [...byTopic.keys()],
    /** What devices fall silent without, once for each topic. */
    keepAlives: () => {
      const requests = [...bySerial.values()].flatMap(({ keepAlive }) => keepAlive ?? []);
      return [...new Map(requests.map((request) => [request.topic, request])).values()];
    },
  };
}

/**
 * The devices bound in `file`; none when there is no file.
 * @throws an error that names METER_BINDINGS, and the entry and the field if it is one.
 */
export function readDevices(file: string | undefined, owns?: (serial: string) => boolean): Devices {
  if (file === undefined) return makeDevices([]);
  let entries: unknown;
  try {
    entries = parseStrictJson(readFileSync(file, "utf8"), { deepest: DEEPEST });
  } catch (error) {
    throw new Error(`METER_BINDINGS: ${file} cannot be read: ${messageOf(error)}`);
  }
  return makeDevices(entries, owns);
}
