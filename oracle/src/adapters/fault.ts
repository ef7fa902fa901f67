/** What adapters refuse a message for. */
import { MessageError } from "@enerlink/protocol/wire/message";
import type { About, Setting } from "../rules/about.ts";

/** A field that is not as it must be; `settings` may be what is wrong instead. */
export class FieldError extends MessageError {
  readonly about: About;
  constructor(field: string, what: string, ...settings: Setting[]) {
    super("malformed", `${field}: ${what}`);
    this.about = { field, settings };
  }
}

/** A message on a meter's topic that names another device. */
export class IdentityError extends Error {
  readonly about: About;
  constructor(field: string, what: string) {
    super(`${field}: ${what}`);
    this.about = { field, settings: ["device"] };
  }
}

/** A record that the device's key has not signed. */
export class SignatureError extends Error {
  readonly about: About;
  constructor(field: string, what: string) {
    super(`${field}: ${what}`);
    this.about = { field, settings: ["key"] };
  }
}
