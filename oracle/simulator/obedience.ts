/** How a simulated meter obeys: signed commands of its commanders, each once, in time, and only what it understands. */

import {
  type Ack,
  commandArguments,
  commandDigest,
  commandSigner,
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

export type Meter = {
  serial: string;
  key: DeviceKey;
  client: MqttClient;
  epoch: number;
  gate: Gate;
  /** Seconds between its live readings, where it was told. */
  readingSeconds: number | undefined;
  /** Each commander's last nonce, and what was answered to which command; undefined while it is carried out. */
  lastNonces: Map<string, bigint>;
  answers: Map<string, Ack | undefined>;
};

/** Two commands of one id are one only where they say the same. */
const keyOf = (command: SignedCommand) => `${commandDigest(command)} ${command.id}`;

export type Obedience = ReturnType<typeof makeObedience>;

export function makeObedience({
  domain,
  commanders,
  batteryOf,
  hasSwitch,
  countUntilNow,
  now,
}: {
  domain: ReadingDomain;
  /** Whose commands the meters obey. */
  commanders: readonly Address[];
  batteryOf: (serial: string) => Battery | undefined;
  /** Whether the meter's connection can be closed. */
  hasSwitch: (serial: string) => boolean;
  /** What flowed before a switch is turned is counted as it stood. */
  countUntilNow: () => void;
  /** Unix seconds. */
  now: () => number;
}) {
  const allowed = new Set(commanders.map((address) => address.toLowerCase()));
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
    let signer: Address;
    try {
      command = parseCommand(payload);
      signer = await commandSigner(domain, meter.serial, command);
    } catch {
      return; // Noise: there is nobody to answer.
    }
    if (!allowed.has(signer.toLowerCase())) return;
    const key = keyOf(command);
    if (meter.answers.has(key)) {
      const earlier = meter.answers.get(key);
      if (earlier) say(meter, key, earlier);
      return;
    }
    const refusal = carryOut(meter, command, signer.toLowerCase());
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
