/** `enerlink meter why`: why a meter does or does not settle, in plain words, by what the chain and an oracle node know. */
import { MeterStatus, meterRegistryAbi, TrustClass } from "@enerlink/protocol";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { zeroAddress } from "viem";
import { signIn } from "../oracle/src/auth/client.ts";
import type { Setting } from "../oracle/src/rules/about.ts";
import { CLOCK_SECONDS } from "../oracle/src/rules/validation.ts";
import { type Answer, time } from "./answer.ts";
import { type Chain, openChain } from "./chain.ts";
import { hintOf } from "./hints.ts";
import { type Meter, statuses, UsageError } from "./options.ts";

type Registers = { timestamp: string; exportKwh: string; importKwh: string };
type Refused = {
  at: string;
  topic: string;
  reason: string;
  checks: string;
  detail: string;
  settings: readonly Setting[];
};
/** Zones are whole quarters of an hour apart, s. */
const QUARTER = 900;

/** What a node says of a meter, as far as it is told here. */
export type Device = {
  trust: "A" | "B" | "C";
  state: "unknown" | "online" | "late" | "offline" | "lost";
  access: "public" | "full";
  lastHeard: string | null;
  lastEmpty: string | null;
  lastEmptyTopic: string | null;
  unheardTopics: string[];
  lastReading: Registers | null;
  lastReport: { timestamp: string; status: string; reason: string | null } | null;
  refused: Refused | null;
  hold: {
    reason: string;
    rule: { checks: string };
    detail: string;
    since: string;
    releasedBy: string;
  } | null;
};

/** @throws UsageError when nobody answers at `node`, or the answer is none of a meter. */
async function ask<Body>(node: string, path: string, headers: Record<string, string> = {}): Promise<Body> {
  const response = await fetch(`${node}/api/v1/device/${path}`, { headers }).catch((cause) => {
    throw new UsageError(`--node ${node}: no oracle node answers there`, { cause });
  });
  const body = await response.json().catch(() => undefined);
  if (response.ok && body) return body as Body;
  throw new UsageError(`--node ${node}: ${(body as { detail?: string })?.detail ?? response.statusText}`);
}

/** What the node says: all of it where it is open, else to the account that the command acts as. */
async function deviceOf(chain: Chain, node: string, serial: string): Promise<Device> {
  const open = await ask<Device>(node, `status/${serial}`);
  if (open.access === "full") return open;
  const cookie = await signIn(node, chain.account());
  return ask<Device>(node, `status/${serial}`, { cookie });
}

/** What the registry says against its settling. */
async function registered({ client, contracts }: Chain, { serial, id }: Meter): Promise<string[]> {
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const [meter, unsigned] = await Promise.all([
    client.readContract({ ...registry, functionName: "meter", args: [id] }),
    client.readContract({ ...registry, functionName: "unsignedSettlement" }),
  ]);
  if (meter.status === MeterStatus.None)
    throw new UsageError(`No meter ${serial} is registered: enerlink meter register`);
  const found: string[] = [];
  if (meter.owner === zeroAddress)
    found.push(`Nobody owns it yet: ${meter.pendingOwner} accepts it with enerlink meter accept ${serial}.`);
  if (meter.status !== MeterStatus.Active)
    found.push(`It is ${statuses[meter.status]} in the registry: enerlink meter resume ${serial}.`);
  if (meter.trust === TrustClass.C && !unsigned)
    found.push(
      "Nobody signs for it (class C), and the registry allows no unsigned settlement: enerlink meter unsigned allow.",
    );
  if (meter.exportWatts + meter.importWatts === 0)
    found.push(`It is rated 0 W both ways, so every reading is impossible: enerlink meter rating ${serial}.`);
  if (meter.activeFrom > Date.now() / 1_000)
    found.push(`Its register epoch ${meter.epoch} begins at ${time(meter.activeFrom)}.`);
  return found;
}

/** Whether it talks: apart from whether what it says counts. */
export function presence(device: Device, serial: string): string[] {
  const { state, trust, lastHeard, lastEmpty, lastEmptyTopic, lastReading, unheardTopics } = device;
  const own = meterTopic(serial, "reading");
  const silent = unheardTopics.join(", ");
  if (lastHeard === null && unheardTopics.length === 0)
    return [
      trust === "C"
        ? `Nothing was heard of it on ${own} since the node started, and METER_BINDINGS has no entry of ${serial} that would have the node listen to its device elsewhere.`
        : `Nothing was heard of it on ${own} since the node started: see that it is on, and that the broker lets the user ${serial} write there.`,
    ];
  if (lastHeard === null)
    return [
      `Nothing was heard of it since the node started on ${silent}: compare \`topic\` of ${serial} in METER_BINDINGS with what the device sends, and see that the broker lets it write there.`,
    ];
  const lines = [`It is ${state}; last heard of at ${lastHeard}.`];
  if (unheardTopics.length > 0)
    lines.push(
      `Nothing was heard yet on ${silent}, and nothing of it counts before: compare \`registers\` or \`fields\` of ${serial} in METER_BINDINGS with the topics that the device sends on.`,
    );
  if (lastEmpty !== null && (lastReading === null || lastEmpty > lastReading.timestamp))
    lines.push(
      `At ${lastEmpty} a message on ${lastEmptyTopic} held nothing that its binding reads: compare \`fields\` of ${serial} in METER_BINDINGS with the message (enerlink device try).`,
    );
  return lines.concat(clockBehind(device));
}

/** One message of a clock that is behind looks like one that waited at the broker; an hour is refused by nothing. */
function clockBehind({ trust, lastHeard, lastReading }: Device): string[] {
  if (trust !== "C" || lastHeard === null || lastReading === null) return [];
  const behind = (Date.parse(lastHeard) - Date.parse(lastReading.timestamp)) / 1_000;
  const quarters = Math.round(behind / QUARTER);
  if (quarters < 2 || Math.abs(behind - quarters * QUARTER) > CLOCK_SECONDS) return [];
  return [
    `It was heard ${quarters / 4} h after the time of its last reading that counted: if it goes on like that, \`offset\` in METER_BINDINGS is not the zone of the device's clock.`,
  ];
}

/** Whether what it says counts: what was refused after its last reading that counted does not. */
export const counts = ({ state, hold, lastReading, refused }: Device): boolean =>
  state === "online" && !hold && lastReading !== null && !(refused && refused.at > lastReading.timestamp);

export function counted({ lastReading, lastReport, hold, refused }: Device): string[] {
  const lines = [
    lastReading === null
      ? "No reading of it has counted yet."
      : `Its last reading that counted is of ${lastReading.timestamp}: import ${lastReading.importKwh} kWh, export ${lastReading.exportKwh} kWh.`,
  ];
  if (lastReport?.status === "skipped") {
    const { timestamp, reason } = lastReport;
    const what = reason?.startsWith("waits: ") ? reason : `was skipped: ${reason}`;
    lines.push(`Its last report, of ${timestamp}, ${what} (docs/oracle.md#skipped-reports).`);
  }
  if (hold)
    lines.push(
      `It is held since ${hold.since} (${hold.reason}): ${hold.detail}. The rule: ${hold.rule.checks}. Released by ${hold.releasedBy}.`,
    );
  if (refused) {
    const since = lastReading !== null && refused.at < lastReading.timestamp ? " (before that reading)" : "";
    lines.push(
      `Refused last at ${refused.at}${since} on ${refused.topic} (${refused.reason}): ${refused.detail}. The rule: ${refused.checks}.`,
    );
    const hint = hintOf(refused.settings, refused.reason);
    if (hint) lines.push(`In METER_BINDINGS: ${hint}.`);
  }
  return lines;
}

export async function why(meter: Meter, node: string): Promise<Answer> {
  const chain = await openChain();
  const registry = await registered(chain, meter);
  const device = await deviceOf(chain, node, meter.serial);
  const lines = [...registry, ...presence(device, meter.serial), ...counted(device)];
  const isWell = registry.length === 0 && counts(device);
  return {
    text: [`${meter.serial}${isWell ? " counts." : ":"}`, ...lines].join("\n"),
    data: { meterId: meter.serial, counts: isWell, registry, ...device },
  };
}
