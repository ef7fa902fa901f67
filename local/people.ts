/**
 * Which of the local accounts a person uses: who picked one in the dApp, or sent a transaction from it. Its program leaves
 * such an account alone, in later runs as well. The file has an address a line; whoever takes a line out hands that
 * account back to its program.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Address } from "viem";
import { say } from "./output.ts";
import type { Wallet } from "./wallet.ts";

export type People = ReturnType<typeof makePeople>;

/** @param file where they are kept; read anew each time, so that several processes and an editor may write it */
export function makePeople(file: URL) {
  const text = () => (existsSync(file) ? readFileSync(file, "utf8") : "");
  const isTaken = (address: string) => text().split(/\s+/).includes(address.toLowerCase());
  /** Those of earlier runs have nothing on this chain yet: until it goes live, their homes are part of its history. */
  const earlier = text();
  let live = false;
  const told = new Set<string>();

  /** Notes that a person uses the account. */
  function take(address: Address): void {
    if (isTaken(address)) return;
    const fresh = /(^|\n)$/.test(text()) ? "" : "\n";
    appendFileSync(file, `${fresh}${address.toLowerCase()}\n`);
  }

  /** Whether a person uses the account: what a program asks before it acts for it. */
  async function use(wallet: Wallet): Promise<boolean> {
    const address = wallet.address.toLowerCase();
    if (await wallet.usedByOthers()) take(wallet.address);
    const taken = isTaken(address) && (live || !earlier.includes(address));
    if (!taken) told.delete(address);
    else if (!told.has(address)) {
      say("traders", `${wallet.name} is used by a person: its program leaves it alone`, {
        leftAlone: wallet.name,
      });
      told.add(address);
    }
    return taken;
  }

  return {
    take,
    use,
    goLive: () => {
      live = true;
    },
  };
}
