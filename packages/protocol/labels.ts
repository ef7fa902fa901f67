/** A meter's label: what stands on the device as a QR code, and whoever registers it reads. */
import { isHex } from "viem";
import type { PublicKey } from "./account.ts";
import { MeterKind } from "./generated/enums.ts";
import { isSerial } from "./ids.ts";
import { namesOf, smalls } from "./names.ts";

const kinds = smalls(namesOf(MeterKind));

export type MeterLabel = {
  serial: string;
  kind: (typeof kinds)[number];
  /** With which it signs. */
  key: PublicKey;
};

const LABEL = "enerlink:meter?";
const KEY = /^(?:0x)?(?:04)?([0-9a-f]{64})([0-9a-f]{64})$/i;

export const meterLabel = ({ serial, kind, key: { x, y } }: MeterLabel): string =>
  `${LABEL}serial=${serial}&kind=${kind}&key=${x.slice(2)}${y.slice(2)}`;

/** @throws RangeError that names the part which is wrong, and what it must be */
export function readMeterLabel(text: string): MeterLabel {
  const trimmed = text.trim();
  if (!trimmed.startsWith(LABEL)) throw new RangeError(`a meter's label begins with ${LABEL}`);
  const parts = new URLSearchParams(trimmed.slice(LABEL.length));
  const one = (name: string): string => {
    const values = parts.getAll(name);
    if (values.length !== 1)
      throw new RangeError(`${name} must stand in the label once, not ${values.length} times`);
    return values[0]!;
  };
  const serial = one("serial");
  if (!isSerial(serial))
    throw new RangeError(`serial "${serial}" must be 1 to 32 characters of A-Z, a-z, 0-9 and -`);
  const kind = kinds.find((name) => name === one("kind"));
  if (!kind) throw new RangeError(`kind "${one("kind")}" must be one of ${kinds.join(", ")}`);
  const [, x, y] = KEY.exec(one("key")) ?? [];
  const key = { x: `0x${x}`.toLowerCase(), y: `0x${y}`.toLowerCase() };
  if (!isHex(key.x, { strict: true }) || !isHex(key.y, { strict: true }))
    throw new RangeError("key must be 128 hexadecimal digits: x and y of a P-256 key");
  return { serial, kind, key: { x: key.x, y: key.y } };
}
