/**
 * How a simulated meter obeys: signed commands of its committee, each once, in time, and only what it understands; what
 * switches power when a quorum has signed it.
 */

import {
  type Ack,
  commandArguments,
  commandDigest,
  commandSigner,
  commandSigners,
  needsQuorum,
  parseCommand,
  type SignedCommand,
} from "@enerlink/protocol/wire/command";
import type { ReadingDomain } from "@enerlink/protocol/wire/reading";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import type { MqttClient } from "mqtt";
import type { Address } from "viem";
import type { Battery } from "./battery.ts";
import type { DeviceKey } from "./device-key.ts";
import type { Gate, GridMode } from "./gate.ts";

/** Who commands a meter: any of them, or so many together. */
export type Commanders = {
  members: readonly Address[];
  quorum: number;
  /** Of the committee's contract. */
  configuration: number;
};

export type Meter = {
  serial: string;
  key: DeviceKey;
  client: MqttClient;
  epoch: number;
  gate: Gate;
  /** Seconds between its live readings, where it was told. */
  readingSeconds: number | undefined;
  commanders: Commanders;
  /** Each commander's last nonce, and that of what a quorum signed; and what was answered to which command; undefined while it is carried out. */
  lastNonces: Map<string, bigint>;
  answers: Map<string, Ack | undefined>;
};

/** Stands for whatever quorum signed. */
const TOGETHER = "together";

/** Two commands of one id are one only where they say the same. */
const keyOf = (command: SignedCommand) => `${commandDigest(command)} ${command.id}`;

/** In whose name the meter is commanded; undefined where by nobody whom it obeys. */
async function commanderOf(
  domain: ReadingDomain,
  { serial, commanders: { members, quorum } }: Meter,
  command: SignedCommand,
): Promise<string | undefined> {
  const known = new Set(members.map((address) => address.toLowerCase()));
  if (!needsQuorum(command.name)) {
    const signer = (await commandSigner(domain, serial, command)).toLowerCase();
    return known.has(signer) ? signer : undefined;
  }
  const signers = await commandSigners(domain, serial, command);
  return [...signers].filter((signer) => known.has(signer)).length >= quorum ? TOGETHER : undefined;
}

export type Obedience = ReturnType<typeof makeObedience>;

export function makeObedience({
  domain,
  batteryOf,
  hasSwitch,
  countUntilNow,
  now,
}: {
  domain: ReadingDomain;
  batteryOf: (serial: string) => Battery | undefined;
  /** Whether the meter's connection can be closed. */
  hasSwitch: (serial: string) => boolean;
  /** What flowed before a switch is turned is counted as it stood. */
  countUntilNow: () => void;
  /** Unix seconds. */
  now: () => number;
}) {
  /** Discharges that run, by the command's key. */
  const discharges = new Map<string, { battery: Battery; deadline: number }>();

  /** @param key of the command that it is about */
  function answer(meter: Meter, key: string, state: Ack["state"], reason = ""): void {
    const [of, id] = key.split(/ (.*)/s) as [string, string];
    say(meter, key, { id, state, reason, timestamp: now(), of });
  }

  function say(meter: Meter, key: string, ack: Ack): void {
    meter.answers.set(key, ack);
    meter.client.publish(meterTopic(meter.serial, "ack"), JSON.stringify(ack), { qos: 1 });
  }

  /** A command's way through the device: authentic, fresh, in time, understood; then carried out once. */
  async function obey(meter: Meter, payload: Buffer): Promise<void> {
    let command: SignedCommand;
    let commander: string | undefined;
    try {
      command = parseCommand(payload);
      commander = await commanderOf(domain, meter, command);
    } catch {
      return; // Noise: there is nobody to answer.
    }
    // Nor is there for too few of them: an answer would use the command up for the quorum.
    if (commander === undefined) return;
    const key = keyOf(command);
    if (meter.answers.has(key)) {
      const earlier = meter.answers.get(key);
      if (earlier) say(meter, key, earlier);
      return;
    }
    const refusal = carryOut(meter, command, commander);
    if (refusal !== undefined) answer(meter, key, "rejected", refusal);
  }

  /** @returns why the command is refused. */
  function carryOut(meter: Meter, command: SignedCommand, commander: string): string | undefined {
    const lastNonce = meter.lastNonces.get(commander) ?? 0n;
    if (command.nonce <= lastNonce) return `nonce ${command.nonce} is not above ${lastNonce}`;
    if (command.deadline < now()) return "the deadline has passed";
    const parsed = commandArguments[command.name].safeParse(command.arguments);
    if (!parsed.success)
      return `arguments.${parsed.error.issues[0]!.path.join(".")}: ${parsed.error.issues[0]!.message}`;
    meter.lastNonces.set(commander, command.nonce);
    switch (command.name) {
      case "display-reset":
        break;
      case "committee": {
        const { members, quorum, configuration } = parsed.data as Record<string, unknown>;
        const { configuration: known } = meter.commanders;
        if (Number(configuration) <= known) return `configuration ${configuration} is not above ${known}`;
        const next = String(members).split(",") as Address[];
        meter.commanders = { members: next, quorum: Number(quorum), configuration: Number(configuration) };
        break;
      }
      case "epoch":
        meter.epoch = Number(command.arguments.epoch);
        break;
      case "interval":
        meter.readingSeconds = Number(command.arguments.seconds);
        break;
      case "grid":
      case "relay": {
        if (!hasSwitch(meter.serial)) return "the grid's own meter has no switch";
        countUntilNow();
        if (command.name === "grid") meter.gate.setMode(command.arguments.mode as GridMode);
        else meter.gate.setConnected(command.arguments.state === "on");
        batteryOf(meter.serial)?.allow(meter.gate.open());
        break;
      }
      case "discharge": {
        const battery = batteryOf(meter.serial);
        if (!battery) return "this meter has no battery";
        if (!meter.gate.open().export) return "the connection lets nothing out";
        const wattHours = command.arguments.wattHours as bigint;
        if (battery.availableWh() < wattHours) return `only ${battery.availableWh()} Wh are available`;
        const key = keyOf(command);
        meter.answers.set(key, undefined);
        battery.discharge(key, wattHours);
        discharges.set(key, { battery, deadline: command.deadline });
        return undefined;
      }
    }
    answer(meter, keyOf(command), "done");
    return undefined;
  }

  return { obey, answer, discharges };
}
