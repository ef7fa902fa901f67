/** What a household's account costs whoever relays for it: its first touch, and each order after it. */
import { Side, TimeInForce } from "@enerlink/protocol";
import {
  accountOf,
  type Call,
  encodeSigned,
  executionTypedData,
  nonceKeyOf,
  passkeySignature,
  SIGNED_BATCH,
  signerIdOf,
} from "@enerlink/protocol/account";
import type { NetworkConnection } from "hardhat/types/network";
import { type Abi, encodeFunctionData, getAddress, type Hash, hashTypedData } from "viem";
import { makePasskey } from "../../passkey.ts";
import type { MarketSystem } from "../market/system.ts";
import { signedAlike } from "../metering/signing.ts";
import { deviceKey } from "../metering/system.ts";

const FOREVER = 2 ** 40;
const GUARDIAN = getAddress("0x00000000000000000000000000000000006a2d00");
const TICK = 1_000;

/** Gas by operation. */
export async function measureAccounts(
  { viem }: NetworkConnection,
  { market, client, energyToken, mint }: MarketSystem,
) {
  const figures = new Map<string, bigint[]>();
  const implementation = await viem.deployContract("HomeAccount");
  const factory = await viem.deployContract("HomeAccountFactory", [implementation.address]);
  const chainId = await client.getChainId();

  const gasOf = async (hash: Hash) => (await client.getTransactionReceipt({ hash })).gasUsed;
  const call = (to: { address: Call["to"]; abi: Abi }, functionName: string, args: unknown[]): Call => ({
    to: to.address,
    data: encodeFunctionData({ abi: to.abi, functionName, args } as Parameters<typeof encodeFunctionData>[0]),
  });

  /** A household with tokens in its account's name, which is not there yet. */
  async function household(name: string) {
    // The same signature in every run, so that its gas is too.
    const passkey = makePasskey(deviceKey(name), (bytes) => signedAlike(name, bytes));
    const account = accountOf(factory.address, implementation.address, passkey);
    await mint(account, 100_000n, 10n ** 12n);
    let count = 0n;
    function signed(calls: Call[]) {
      const nonce = (nonceKeyOf(signerIdOf(passkey)) << 64n) + count++;
      const hash = hashTypedData(executionTypedData(chainId, account, calls, nonce, FOREVER));
      const signature = passkeySignature(passkey, passkey.assert(hash));
      return encodeSigned(calls, { nonce, deadline: FOREVER, signature });
    }
    return { passkey, account, signed };
  }

  const ask = () => call(market, "placeOrder", [Side.Ask, TICK, 200, TimeInForce.GTC, 100]);
  const allow = (token: { address: Call["to"]; abi: Abi }) =>
    call(token, "approve", [market.address, 2n ** 256n - 1n]);

  // The price is in use, so that what is measured is the account and not the book.
  const first = await household("first");
  const { x, y } = first.passkey;
  const begin = () => [allow(energyToken), ask()];
  await factory.write.createAndExecute([x, y, SIGNED_BATCH, first.signed(begin())]);

  const { passkey, account, signed } = await household("second");
  figures.set("passkey account: created, with its first order", [
    await gasOf(await factory.write.createAndExecute([passkey.x, passkey.y, SIGNED_BATCH, signed(begin())])),
  ]);
  const home = await viem.getContractAt("HomeAccount", account);
  const act = async (calls: Call[]) => gasOf(await home.write.execute([SIGNED_BATCH, signed(calls)]));
  await act([call(market, "deposit", [50_000n, 0n]), ask()]);
  figures.set("passkey account: each order", [await act([ask()])]);
  figures.set("passkey account: names its guardian", [await act([call(home, "setGuardian", [GUARDIAN])])]);
  figures.set("passkey account: one more signer", [
    await act([call(home, "addSigner", [`${first.passkey.x}${first.passkey.y.slice(2)}`])]),
  ]);
  return figures;
}
