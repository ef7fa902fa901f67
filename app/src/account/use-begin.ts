import { useState } from "react";
import type { Address } from "viem";
import { useI18n } from "../i18n/index.ts";
import { fingerprintConnector, fingerprintConnectorId } from "../passkeys/connector.ts";
import { type Fingerprint, useFingerprints } from "../passkeys/kept.ts";
import { isUnreachable, useSystem } from "../system/index.ts";
import { HostAway, isNotLoaded, loadNow } from "../ui/index.ts";
import { useAccountNames } from "./names.ts";
import { useChoose } from "./use-choose.ts";

/**
 * Why there is nothing to open: `unfound` where this device gave no fingerprint of an account, `wallet` or `absent` where
 * another one stands at the address to which it was to be added, or none.
 */
type Lack = { is: "unfound" } | { is: "wallet" | "absent"; account: Address };

/** Begins an account with this device's fingerprint, or finds one again. */
export function useBegin() {
  const { t, format } = useI18n();
  const system = useSystem();
  const { keep, wait } = useFingerprints();
  const { chooseKept } = useChoose();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [lack, setLack] = useState<Lack>();

  /** Connects the account that it opens. */
  async function open(fingerprint: Fingerprint): Promise<void> {
    keep(fingerprint);
    await chooseKept(fingerprintConnectorId(fingerprint.account), () =>
      fingerprintConnector(fingerprint, system.chain, system.config),
    );
    wait(undefined);
  }

  async function attempt(work: (code: typeof import("./begin.ts")) => Promise<void>): Promise<void> {
    setProblem(undefined);
    setLack(undefined);
    if (!("PublicKeyCredential" in window)) return setProblem(t("finger.unsupported"));
    setBusy(true);
    try {
      await work(await loadNow(() => import("./begin.ts")));
    } catch (error) {
      setProblem(words(error));
    } finally {
      setBusy(false);
    }
  }

  function words(error: unknown): string {
    if (error instanceof HostAway || isUnreachable(error)) return t("common.networkAway");
    if (isNotLoaded(error)) return t("error.NotLoaded");
    const { message } = error as Error;
    return isRefused(error) ? t("finger.refused") : t("finger.failed", { reason: message.split("\n")[0]! });
  }

  const name = t("finger.keyName");
  return {
    /** @param typed how it is to be called; empty where nobody said */
    start: (typed = "") =>
      attempt(async (code) => {
        const { names, give } = useAccountNames.getState();
        const others = useFingerprints.getState().fingerprints.map(({ account }) => names[account]);
        const day = format.day(Date.now() / 1_000);
        const called = code.nameOfNew(typed, others, { plain: name, day });
        const begun = await code.start(system, called ?? name);
        if (called) give(begun.account, called);
        await open(begun);
      }),
    find: () =>
      attempt(async (code) => {
        const found = await code.find(system).catch((error) => {
          if (!isRefused(error)) throw error;
        });
        await (found ? taken(found) : setLack({ is: "unfound" }));
      }),
    /**
     * Makes a key on this device, which another device or the guardian is to let in.
     * @param isShown whether a device that opens the account showed it: then it need not be there yet
     */
    ask: (account: Address, isShown: boolean) =>
      attempt(async (code) => {
        const is = await code.whatIsAt(system, account);
        if (is === "wallet" || (is === "absent" && !isShown)) return setLack({ is, account });
        wait(await code.makeKeyFor(account, name));
      }),
    open,
    busy,
    problem,
    lack,
  };

  async function taken({ is, fingerprint }: Awaited<ReturnType<typeof import("./begin.ts")["find"]>>) {
    if (is === "open") return open(fingerprint);
    if (is === "waiting") return wait(fingerprint);
    setProblem(t("finger.closed"));
  }
}

/** EIP-1193. */
const isRefused = (error: unknown): boolean => (error as { code?: unknown }).code === 4001;
