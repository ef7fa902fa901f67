/** What Mosquitto reads: users with their passwords hashed, and who may speak where. */
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { committeeTopicsOf } from "@enerlink/protocol/wire/committee";
import { meterTopic, TOPIC_PREFIX } from "@enerlink/protocol/wire/topics";
import type { Address } from "viem";

/** As mosquitto_passwd has it. */
const ITERATIONS = 101;

/** A line of the password file: `name:$7$101$<salt>$<hash>`. */
export function passwordLine(name: string, password: string, salt = randomBytes(12)): string {
  const hash = pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512");
  return `${name}:$7$${ITERATIONS}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

/** Lines of the access list for a member's node: it reads all, commands meters, and speaks below its own address. */
export function memberRules(user: string, signer: Address): string {
  return [
    `user ${user}`,
    `topic read ${TOPIC_PREFIX}/#`,
    `topic write ${meterTopic("+", "command")}`,
    `topic write ${committeeTopicsOf(signer)}`,
    "",
  ].join("\n");
}

/** Of every meter: below its own serial, which is its user's name, and nowhere else. */
export const METER_RULES = [
  ...(["reading", "telemetry", "status", "ack"] as const).map(
    (kind) => `pattern write ${meterTopic("%u", kind)}`,
  ),
  `pattern read ${meterTopic("%u", "command")}`,
  "",
].join("\n");
