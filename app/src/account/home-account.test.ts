import type { Hex } from "viem";
import { expect, test } from "vitest";
import { type Signer, staysWithout } from "./home-account.ts";

const signer = (id: Hex, removableFrom = 0): Signer => ({
  id,
  bytes: "0x",
  addedAt: undefined,
  removableFrom,
});
const [ours, theirs, wallet] = ["0x01", "0x02", "0x03"] as const;

test("without a device another one stays, unless each other is to be removed already", () => {
  const stays = (...signers: Signer[]) => staysWithout({ signers }, ours);
  expect(stays(signer(ours))).toBe(false);
  expect(stays(signer(ours), signer(theirs))).toBe(true);
  expect(stays(signer(ours), signer(theirs, 86_400))).toBe(false);
  expect(stays(signer(ours), signer(theirs, 86_400), signer(wallet))).toBe(true);
});
