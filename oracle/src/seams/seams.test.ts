/** What a node takes from the machine it takes here, so that a simulation can put its own in the place of all of it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { random, replaceRandom } from "./random.ts";
import { replaceTime, time } from "./time.ts";

const source = join(import.meta.dirname, "..");

const WORDS: Record<string, RegExp> = {
  time: /\bDate\.now\b|\bnew Date\(\)|(?<!time\.)\b(?:set|clear)(?:Timeout|Interval|Immediate)\(|\bperformance\.now|node:timers|process\.hrtime/,
  random: /\bMath\.random|(?<!\.)\brandom(?:Bytes|UUID|Int)\b|getRandomValues/,
  network:
    /^import (?!type )[^;]*from "mqtt"|\bhttp\(|\bnew WebSocket\(|(?<![.\w])fetch\((?!request, bindings)/m,
  disk: /\bnew (?:Sqlite|Database)\(/,
  signatures: /\bverifyReading(?:Aside)?\b(?<!signatures\.verifyReading)|\brecover(?:TypedData)?Address\b/,
};
/** What signs in from another program, and what asks one for signatures: nothing of a node that is simulated. */
const OTHERS = ["auth/client.ts", "keys/remote.ts"];

const files = globSync("**/*.ts", { cwd: source }).filter(
  (file) => !file.startsWith("seams/") && !file.endsWith(".test.ts") && !OTHERS.includes(file),
);

test.each(Object.entries(WORDS))("nothing but seams takes %s from the machine", (_, word) => {
  expect(files.length).toBeGreaterThan(100);
  const taken = files.filter((file) => word.test(readFileSync(join(source, file), "utf8")));
  expect(taken).toEqual([]);
});

test.each([
  ["time", "const at = Date.now();"],
  ["time", "timer = setTimeout(work, 5);"],
  ["random", "const id = randomUUID();"],
  ["network", 'import mqtt, { type MqttClient } from "mqtt";'],
  ["network", "const response = await fetch(url);"],
  ["network", "const socket = new WebSocket(url);"],
  ["disk", "const copy = new Sqlite(file);"],
  ["signatures", "await verifyReadingAside(domain, reading, key)"],
])("and %s would be seen in: %s", (kind, line) => {
  expect(line).toMatch(WORDS[kind]!);
});

test("the machine's time and dice are used until others are put in their place", () => {
  vi.useFakeTimers({ now: 5_000 });
  try {
    expect(time.now()).toBe(5_000);
    const { now } = time;
    replaceTime({ ...time, now: () => 7 });
    replaceRandom({ bytes: (length) => Buffer.alloc(length, 1), uuid: () => "an id" });
    expect([now(), time.now(), random.uuid(), random.bytes(2)]).toEqual([7, 7, "an id", Buffer.from([1, 1])]);
  } finally {
    replaceTime(undefined);
    replaceRandom(undefined);
    vi.useRealTimers();
  }
  expect(random.uuid()).not.toBe(random.uuid());
  expect(time.now()).toBeGreaterThan(1_600_000_000_000);
});
