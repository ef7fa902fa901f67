/** The topic says which meter speaks; a payload that names another device is refused. */
import type { Json } from "@enerlink/protocol/wire/strict-json";

/** A message on a meter's topic that names another device. */
export class IdentityError extends Error {}

/** @throws IdentityError when the payload names another device than the binding. */
export function checkDevice(said: Json | undefined, expected: string | undefined, field: string): void {
  if (said === undefined || said === null || expected === undefined || said === expected) return;
  const text = typeof said === "string" ? said.slice(0, 64) : typeof said;
  throw new IdentityError(`${field}: "${text}" spoke on the topic of "${expected}"`);
}
