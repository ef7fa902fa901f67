/** What nobody can guess. */
import { randomBytes, randomUUID } from "node:crypto";

export type Random = { bytes: (length: number) => Buffer; uuid: () => string };

const machine: Random = { bytes: (length) => randomBytes(length), uuid: () => randomUUID() };

let inUse = machine;

export const random: Random = { bytes: (length) => inUse.bytes(length), uuid: () => inUse.uuid() };

/** For simulations: `other` throws the dice from now on; undefined: the machine again. */
export const replaceRandom = (other: Random | undefined): void => {
  inUse = other ?? machine;
};
