/// <reference lib="dom" />
/** A wallet that the browser brings (EIP-6963): the node signs for it, and it fails as the test says. */
import type { BrowserContext, Page } from "playwright-core";
import type { Address } from "viem";

/**
 * `answers`: as it should; `loses`: sends, and fails to tell; `asks`: keeps the reader waiting for ever, until the page is
 * gone; `refuses`: the reader says no.
 */
export type Mood = "answers" | "loses" | "asks" | "refuses";

type Wallet = {
  mood: Mood;
  asked: boolean;
  batches: boolean;
  batch: { id: string; hashes: string[] } | undefined;
};

function announce({ rpcUrl, address }: { rpcUrl: string; address: Address }) {
  const kept = sessionStorage.getItem("testWallet");
  const state: Wallet = {
    mood: "answers",
    asked: false,
    batches: false,
    batch: undefined,
    ...(kept ? JSON.parse(kept) : {}),
  };
  Object.assign(window, { testWallet: state });
  const ask = async (method: string, params: unknown[]) => {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as {
      result?: unknown;
      error?: { message: string; code: number; data?: unknown };
    };
    if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
    return result;
  };
  const provider = {
    on() {},
    removeListener() {},
    async request({ method, params = [] }: { method: string; params?: unknown[] }) {
      if (method === "eth_requestAccounts") localStorage.setItem("testWallet", "allowed");
      if (method === "eth_accounts" || method === "eth_requestAccounts")
        return localStorage.getItem("testWallet") ? [address] : [];
      if (method === "wallet_requestPermissions") return [{ parentCapability: "eth_accounts" }];
      if (method === "wallet_revokePermissions") return null;
      if (state.batches && method.startsWith("wallet_")) return batch(method, params);
      if (method !== "eth_sendTransaction") return ask(method, params);
      if (state.mood === "refuses") throw Object.assign(new Error("User rejected"), { code: 4001 });
      state.asked = true;
      if (state.mood === "asks") return new Promise(() => {});
      const hash = await ask(method, params);
      if (state.mood === "loses")
        throw Object.assign(new Error("The connection was reset."), { code: -32603 });
      return hash;
    },
  };
  /** EIP-5792, one transaction after the other: what counts here is what the page asks for. */
  async function batch(method: string, params: unknown[]): Promise<unknown> {
    if (method === "wallet_getCapabilities") return { "0x7a69": { atomic: { status: "supported" } } };
    if (method === "wallet_sendCalls") {
      const [{ id, calls, from }] = params as [{ id: string; calls: object[]; from: string }];
      const hashes: string[] = [];
      for (const call of calls)
        hashes.push((await ask("eth_sendTransaction", [{ from, ...call }])) as string);
      state.batch = { id, hashes };
      sessionStorage.setItem("testWallet", JSON.stringify({ batches: true, batch: state.batch }));
      if (state.mood === "loses")
        throw Object.assign(new Error("The connection was reset."), { code: -32603 });
      return { id };
    }
    if (state.batch?.id !== params[0]) throw Object.assign(new Error("Unknown bundle id"), { code: 5730 });
    const receipts = await Promise.all(
      state.batch!.hashes.map((hash) => ask("eth_getTransactionReceipt", [hash])),
    );
    const done = receipts.every(Boolean);
    return {
      ...{ version: "2.0.0", id: params[0], chainId: "0x7a69", atomic: true },
      ...(done ? { status: 200, receipts } : { status: 100 }),
    };
  }
  const info = {
    uuid: "4f2a9c3e-0000-4000-8000-000000000002",
    name: "Test Wallet",
    icon: "data:image/svg+xml,<svg/>",
    rdns: "id.enerlink.quiet",
  };
  const tell = () =>
    window.dispatchEvent(
      new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }),
    );
  window.addEventListener("eip6963:requestProvider", tell);
  tell();
}

/** Every page that is opened in `context` from now on has it. */
export const installWallet = (context: BrowserContext, rpcUrl: string, address: Address) =>
  context.addInitScript(announce, { rpcUrl, address });

export const setMood = (page: Page, mood: Mood, batches = false) =>
  page.evaluate((next) => Object.assign((window as unknown as { testWallet: Wallet }).testWallet, next), {
    mood,
    batches,
  });

/** Waits until the page has asked the wallet to send. */
export const asked = (page: Page) =>
  page.waitForFunction(() => (window as unknown as { testWallet: Wallet }).testWallet.asked);
