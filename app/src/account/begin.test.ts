import { createClient, custom, getAddress, type Hex } from "viem";
import { expect, test } from "vitest";
import type { System } from "../system/index.ts";
import { nameOfNew, whatIsAt } from "./begin.ts";

const homeAccount = getAddress("0x5fbdb2315678afecb367f032d93f642f64180aa3");
const address = getAddress("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
const cloneOf = (implementation: string): Hex =>
  `0x363d3d373d3d3d363d73${implementation.slice(2).toLowerCase()}5af43d82803e903d91602b57fd5bf3${"ab".repeat(64)}`;

/** A chain on which `code` stands at every address, and which counts `sent` transactions of it. */
function chainWith(code: Hex, sent: number) {
  const answers: Record<string, unknown> = {
    eth_getCode: code,
    eth_getTransactionCount: `0x${sent.toString(16)}`,
  };
  const client = createClient({ transport: custom({ request: async ({ method }) => answers[method] }) });
  const config = { deployment: { contracts: { homeAccount } } };
  return { client, config } as unknown as Pick<System, "client" | "config">;
}

test.each([
  ["a household's account", cloneOf(homeAccount), 1, "home"],
  ["a clone of something else", cloneOf(address), 1, "wallet"],
  ["a wallet that runs code (EIP-7702)", `0xef0100${homeAccount.slice(2)}` as Hex, 4, "wallet"],
  ["a wallet that has sent something", "0x", 1, "wallet"],
  ["nothing yet", "0x", 0, "absent"],
] as const)("at an address stands %s", async (_, code, sent, is) => {
  expect(await whatIsAt(chainWith(code, sent), address)).toBe(is);
});

test("a new account is called as somebody typed, else by its day, and never as another one", () => {
  const words = { plain: "EnerLink home", day: "29 Nov" };
  expect(nameOfNew("  Rumah   Ibu ", [], words)).toBe("Rumah Ibu");
  expect(nameOfNew("x".repeat(99), [undefined], words)).toBe("x".repeat(30));
  // The only one is told from nothing.
  expect(nameOfNew("", [], words)).toBeUndefined();
  expect(nameOfNew("  ", [undefined], words)).toBe("EnerLink home, 29 Nov");
  const taken = ["EnerLink home, 29 Nov", "EnerLink home, 29 Nov (2)"];
  expect(nameOfNew("", taken, words)).toBe("EnerLink home, 29 Nov (3)");
});
