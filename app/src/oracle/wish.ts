/** What the committee checks before it switches a house's power: the owner's own signature over just that. */

import { type CommandWish, wishTypedData } from "@enerlink/protocol/wire/command";
import type { Address, Hex } from "viem";
import { signTypedData } from "viem/actions";
import { getConnectorClient } from "wagmi/actions";
import type { System } from "../system/index.ts";

/** Seconds for which the command holds. */
const SECONDS = 300;

/**
 * Signed for this page's chain and registry.
 * @param after the nonce of the meter's last command, where it is known: one that is not above it is overtaken
 * @throws what the wallet throws when it refuses
 */
export async function signWish(
  { config, wagmi, chain }: System,
  serial: string,
  wish: Pick<CommandWish, "name" | "arguments">,
  after: string | undefined,
): Promise<{ seconds: number; signed: { by: Address; nonce: string; signature: Hex } }> {
  const wallet = await getConnectorClient(wagmi);
  const { account } = wallet;
  const now = BigInt(Date.now());
  const nonce = after !== undefined && BigInt(after) >= now ? BigInt(after) + 1n : now;
  const deadline = Number(nonce / 1_000n) + SECONDS;
  const domain = { chainId: chain.id, registry: config.deployment.contracts.meterRegistry };
  const signature = await signTypedData(wallet, {
    account,
    ...wishTypedData(domain, serial, { ...wish, nonce, deadline }),
  });
  return { seconds: SECONDS, signed: { by: account.address, nonce: String(nonce), signature } };
}
