/** An account that this device's fingerprint opens, as a wallet (EIP-1193, EIP-5792). */
import type { Call } from "@enerlink/protocol/account";
import { type Address, getAddress, type Hex, numberToHex, toHex } from "viem";
import { openAccount, refuse } from "./opened.ts";
import { send, statusOf } from "./sending.ts";
import { findCalls } from "./signed.ts";
import { signMessage, signTypedData } from "./signing.ts";

/** Codes of EIP-1193, EIP-1474 and EIP-5792. */
const UNSUPPORTED = 4200;
const NOT_DONE = -32003;
const DUPLICATE = 5720;

/** How often who waits for a transaction's hash looks for it. */
const POLL_MILLISECONDS = 500;

type Asked = { method: string; params?: unknown };
type WireCall = { to: Address; value?: Hex; data?: Hex };

const callOf = ({ to, value = "0x0", data = "0x" }: WireCall): Call => ({ to, value: BigInt(value), data });
const newId = () => toHex(crypto.getRandomValues(new Uint8Array(32)));

export type Provider = ReturnType<typeof makeProvider>;

export function makeProvider(...given: Parameters<typeof openAccount>) {
  const opened = openAccount(...given);
  const { account, chain, client } = opened;
  const chainId = numberToHex(chain.id);

  async function request({ method, params = [] }: Asked): Promise<unknown> {
    const [first, second] = params as never[];
    switch (method) {
      case "eth_accounts":
      case "eth_requestAccounts":
        return [getAddress(account)];
      case "eth_chainId":
        return chainId;
      case "wallet_getCapabilities":
        return { [chainId]: { atomic: { status: "supported" } } };
      case "wallet_sendCalls": {
        const { id = newId(), calls } = first as unknown as { id?: string; calls: WireCall[] };
        if (findCalls(id)) throw refuse(DUPLICATE, "Duplicate id");
        return { id: await send(opened, id, calls.map(callOf)) };
      }
      case "wallet_getCallsStatus":
        return statusOf(opened, first!);
      case "eth_sendTransaction":
        return hashOf(await send(opened, newId(), [callOf(first!)]));
      case "personal_sign":
        return signMessage(opened, first!);
      case "eth_signTypedData_v4":
        return signTypedData(opened, typeof second === "string" ? JSON.parse(second) : second);
      case "eth_sign":
      case "eth_signTransaction":
        throw refuse(UNSUPPORTED, `${method} is nothing that an account by fingerprint does.`);
      default:
        return client.request({ method, params } as never);
    }
  }

  /** Who asks for a transaction wants its hash: the one that the calls ran in. */
  async function hashOf(id: string): Promise<Hex> {
    for (;;) {
      const { status, receipts } = await statusOf(opened, id);
      if (receipts) return receipts[0].transactionHash;
      if (status >= 400) throw refuse(NOT_DONE, "The calls did not reach a block in time.");
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }
  return { request };
}
