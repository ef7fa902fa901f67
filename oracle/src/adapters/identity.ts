/** The topic says which meter speaks; a payload that names another device is refused. */
import { type Json, Unreadable } from "@enerlink/protocol/wire/strict-json";
import { FieldError, IdentityError } from "./fault.ts";
import { at, nameOf, type Path } from "./fields.ts";

/**
 * Looks at what the payload says at `path`, where the binding names a device; it may say nothing.
 * @throws IdentityError when it names another device, MessageError when what it says cannot be told.
 */
export function checkDevice(root: Json, path: Path, expected: string | undefined): void {
  if (expected === undefined) return;
  const said = at(root, path);
  if (said === undefined || said === null) return;
  const field = nameOf(path);
  if (said instanceof Unreadable) throw new FieldError(field, said.why);
  const name = typeof said === "bigint" ? said.toString() : said;
  if (name === expected) return;
  const text = typeof name === "string" ? name.slice(0, 64) : typeof name;
  throw new IdentityError(field, `"${text}" spoke on the topic of "${expected}"`);
}
