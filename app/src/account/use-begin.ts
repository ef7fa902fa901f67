import { useState } from "react";
import type { Address } from "viem";
import { useI18n } from "../i18n/index.ts";
import { fingerprintConnector, fingerprintConnectorId } from "../passkeys/connector.ts";
import { type Fingerprint, useFingerprints } from "../passkeys/kept.ts";
import { useSystem } from "../system/index.ts";
import { HostAway, isNotLoaded, loadNow } from "../ui/index.ts";
import { useChoose } from "./use-choose.ts";

/** Begins an account with this device's fingerprint, or finds one again. */
export function useBegin() {
  const { t } = useI18n();
  const system = useSystem();
  const { keep, wait } = useFingerprints();
  const { chooseKept } = useChoose();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

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
    if (error instanceof HostAway) return t("common.networkAway");
    if (isNotLoaded(error)) return t("error.NotLoaded");
    const { code, message } = error as { code?: unknown; message: string };
    return code === 4001 ? t("finger.refused") : t("finger.failed", { reason: message.split("\n")[0]! });
  }

  const name = t("finger.keyName");
  return {
    start: () => attempt(async (code) => open(await code.start(system, name))),
    find: () => attempt(async (code) => taken(await code.find(system))),
    /** Makes a key on this device, which another device or the guardian is to let in. */
    ask: (account: Address) => attempt(async (code) => wait(await code.makeKeyFor(account, name))),
    open,
    busy,
    problem,
  };

  async function taken({ is, fingerprint }: Awaited<ReturnType<typeof import("./begin.ts")["find"]>>) {
    if (is === "open") return open(fingerprint);
    if (is === "waiting") return wait(fingerprint);
    setProblem(t("finger.closed"));
  }
}
