/// <reference lib="dom" />
/** Rupiah in and out, and a wallet that the browser brings. */
import { describe, expect, test } from "vitest";
import { amountFor, hundredthsIn, mined, panel, SETTLED, type Site } from "./site.ts";

export function wallet(site: () => Site) {
  describe("an account", () => {
    test("is forgotten by the meter reader after one more question, which says what cannot be", async () => {
      const page = await site().visit("/account", { account: "home-09" });
      const named = { name: "Have the meter reader forget me" };
      await page.getByRole("button", named).click();
      await page.getByText("What stands on the blockchain stays for good").waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      expect(await page.getByText("has forgotten this account").count()).toBe(0);
      await page.getByRole("button", named).click();
      await page.getByRole("button", { name: "Forget", exact: true }).click();
      await page.getByText("The meter reader has forgotten this account.").waitFor();
      const me = await page.request.get(new URL("/api/v1/auth/me", site().system.oracleUrl).href);
      expect(await me.json()).toMatchObject({ address: null });
    });

    test("is left after one more question, wherever that is asked for, and Back leaves everything as it was", async () => {
      const page = await site().visit("/account", { account: "home-09" });
      const leave = page.getByRole("button", { name: "Disconnect" });
      const asked = page.getByRole("dialog", { name: "Disconnect?" });
      await leave.click();
      await asked.getByText("stay as they are").waitFor();
      await page.goBack();
      await asked.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Choose another" }).click();
      await page
        .getByRole("dialog", { name: "Who are you?" })
        .getByRole("button", { name: "Disconnect" })
        .click();
      await asked.getByRole("button", { name: "Disconnect" }).click();
      // Whoever left by mistake chooses it again where they are.
      await asked.waitFor({ state: "detached" });
      await page
        .getByRole("dialog", { name: "Who are you?" })
        .getByRole("button", { name: /home-09/ })
        .click();
      await leave.waitFor();
      await leave.click();
      await asked.getByRole("button", { name: "Disconnect" }).click();
      await page.getByText("Choose an account").first().waitFor();
    });
  });

  describe("rupiah", () => {
    test("come from the faucet, go to the trading balance by a signed permit, and back", async () => {
      // The operator's wallet has never approved anything.
      const page = await site().visit("/money", { account: "operator" });
      await amountFor(page, "Top up rupiah").fill("50000");
      await page.getByRole("button", { name: "Top up rupiah" }).click();
      await mined(page);

      const row = page.getByRole("row").filter({ hasText: "Trading balance" });
      const trading = () => hundredthsIn(row);
      const before = await trading();
      await amountFor(page, "Deposit to trading").fill("20000");
      await page.getByRole("button", { name: "Deposit to trading" }).click();
      await page.getByRole("heading", { name: "Deposit Rp\u00a020,000" }).waitFor();
      await mined(page);
      await expect.poll(trading, SETTLED).toBe(before + 2_000_000n);
      await page
        .getByRole("table", { name: "Trading balance history" })
        .getByText("Deposited")
        .first()
        .waitFor();

      await page.getByRole("radio", { name: "Withdraw" }).click();
      await page
        .locator("form")
        .filter({ has: page.getByRole("button", { name: "Withdraw to wallet" }) })
        .getByRole("button", { name: /^all, / })
        .click();
      await page.getByRole("button", { name: "Withdraw to wallet" }).click();
      await page.getByRole("heading", { name: /^Withdraw Rp/ }).waitFor();
      await mined(page);
      await expect.poll(trading, SETTLED).toBe(0n);
    });

    test("are asked back from the bank", async () => {
      const page = await site().visit("/money", { account: "home-10" });
      await page.getByRole("radio", { name: "Pay out" }).click();
      // What is missing is told by its field, and nothing is looked at once more before.
      await page.getByLabel("Bank account").fill("1234567890");
      await page.getByRole("button", { name: "Check payout" }).click();
      expect(await page.getByLabel("Which bank").getAttribute("aria-invalid")).toBe("true");
      await page.getByLabel("Which bank").fill("Bank Jago");
      await page.getByLabel("Name on the account").fill("  Siti   Rahmawati ");
      await amountFor(page, "Check payout").fill("25000");
      await page.getByRole("button", { name: "Check payout" }).click();
      // Looked at once more, whose account it is and its number in fours, and nothing is sent yet.
      await page.getByText("Bank Jago", { exact: true }).waitFor();
      await page.getByText("in the name of Siti Rahmawati").waitFor();
      await page.getByText("1234 5678 90", { exact: true }).waitFor();
      await page.getByText("Rp\u00a025,000.00").waitFor();
      await page.getByText(/^Your payout code/).waitFor();
      expect(await panel(page).count()).toBe(0);
      // Going back to put something right keeps the rest.
      await page.getByRole("button", { name: "Back" }).click();
      expect(await page.getByLabel("Which bank").inputValue()).toBe("Bank Jago");
      await page.getByRole("button", { name: "Check payout" }).click();
      await page.getByRole("button", { name: "Pay out to bank" }).click();
      await page.getByRole("heading", { name: /^Pay out/ }).waitFor();
      await mined(page);
      await page
        .getByRole("table", { name: "Payouts" })
        .getByText(/Rp.25,000/)
        .first()
        .waitFor();
    });
  });

  describe("a wallet of the browser", () => {
    /** Announces itself as EIP-6963 wants it, lets the node sign, and refuses what the page tells it to. */
    function announceWallet(rpcUrl: string) {
      const state = window as unknown as { refuse?: boolean; batches?: boolean; sent?: string[][] };
      let allowed = false;
      const provider = {
        on() {},
        removeListener() {},
        async request({ method, params = [] }: { method: string; params?: unknown[] }) {
          if (method === "eth_requestAccounts") allowed = true;
          if (method === "eth_accounts" && !allowed) return [];
          if (method === "wallet_requestPermissions") return [{ parentCapability: "eth_accounts" }];
          if (method === "wallet_revokePermissions") return null;
          if (state.refuse && /send|sign/i.test(method))
            throw Object.assign(new Error("User rejected"), { code: 4001 });
          if (state.batches && method.startsWith("wallet_")) return batch(method, params);
          const response = await fetch(rpcUrl, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              jsonrpc: "2.0",
              id: 1,
              method: method === "eth_requestAccounts" ? "eth_accounts" : method,
              params,
            }),
          });
          const { result, error } = (await response.json()) as {
            result?: unknown;
            error?: { message: string; code: number; data?: unknown };
          };
          if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
          // Accounts that nobody else in the local market uses.
          return method === "eth_accounts" || method === "eth_requestAccounts"
            ? (result as string[]).slice(-1)
            : result;
        },
      };
      /** EIP-5792, one transaction after the other: what counts here is what the page asks for. */
      async function batch(method: string, params: unknown[]): Promise<unknown> {
        if (method === "wallet_getCapabilities") return { "0x7a69": { atomic: { status: "supported" } } };
        if (method === "wallet_sendCalls") {
          const [{ calls, from }] = params as [{ calls: { to: string; data: string }[]; from: string }];
          const hashes: string[] = [];
          for (const call of calls)
            hashes.push(
              (await provider.request({
                method: "eth_sendTransaction",
                params: [{ from, ...call }],
              })) as string,
            );
          state.sent = [...(state.sent ?? []), hashes];
          return { id: `0x${state.sent.length.toString(16)}` };
        }
        const hashes = state.sent!.at(-1)!;
        const receipts = await Promise.all(
          hashes.map((hash) => provider.request({ method: "eth_getTransactionReceipt", params: [hash] })),
        );
        const status = receipts.every(Boolean) ? 200 : 100;
        return { version: "2.0.0", id: params[0], chainId: "0x7a69", atomic: true, status, receipts };
      }
      const info = {
        uuid: "4f2a9c3e-0000-4000-8000-000000000001",
        name: "Test Wallet",
        icon: "data:image/svg+xml,<svg/>",
        rdns: "id.enerlink.test",
      };
      const announce = () =>
        window.dispatchEvent(
          new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }),
        );
      window.addEventListener("eip6963:requestProvider", announce);
      announce();
    }

    test("connects, may say no without that being a failure, and is asked once where it can batch", async () => {
      const page = await site().visit("/money");
      const config = await fetch(new URL("/config.json", site().appUrl));
      const { rpcUrl } = (await config.json()) as { rpcUrl: string };
      await page.addInitScript(announceWallet, rpcUrl);
      await page.reload();
      await page.getByRole("button", { name: "Choose account" }).first().click();
      await page.getByRole("button", { name: "Test Wallet" }).click();
      const topUp = page.getByRole("button", { name: "Top up rupiah" });

      await page.evaluate(() => Object.assign(window, { refuse: true }));
      await amountFor(page, "Top up rupiah").fill("1000");
      await topUp.click();
      await panel(page, "declined").getByText("Nothing was sent").waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);

      await page.evaluate(() => Object.assign(window, { refuse: false }));
      await topUp.click();
      await mined(page);

      // One that can send several calls as one is asked once: for the approval and the deposit together.
      await page.evaluate(() => Object.assign(window, { batches: true }));
      await amountFor(page, "Deposit to trading").fill("400");
      await page.getByRole("button", { name: "Deposit to trading" }).click();
      await page.getByRole("heading", { name: "Deposit Rp\u00a0400" }).waitFor();
      await mined(page);
      const sent = await page.evaluate(() => (window as unknown as { sent: string[][] }).sent);
      expect(sent.map((hashes) => hashes.length)).toEqual([2]);
    });
  });
}
