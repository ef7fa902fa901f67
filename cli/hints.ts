/** Which setting of a binding a refusal is about, for who reads it; a refusal itself names the field alone. */

const hints: readonly (readonly [reason: string, detail: RegExp, hint: string])[] = [
  [
    "malformed",
    /^(?!Time|time|timestamp|RD\.|.*: value: )[^:]+: is missing$/,
    "where the device has no such register, `fields` of its binding says null in its place; where it sends only what has changed, `byException` is true",
  ],
  [
    "wrong-serial",
    /spoke on the topic of/,
    "`device` of its binding is another's name, or two devices send on one topic",
  ],
  ["future", /^/, "its clock is wrong, or `offset` of its binding is not its zone"],
  ["unset-clock", /^/, "where the device never knows the time, `clock` of its binding is receipt"],
];

/** What may be changed, if that is known. */
export function hintOf({ reason, detail }: { reason: string; detail: string }): string | undefined {
  return hints.find(([of, form]) => of === reason && form.test(detail))?.[2];
}
