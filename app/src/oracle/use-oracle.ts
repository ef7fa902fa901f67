import { useState } from "react";
import type { z } from "zod/mini";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { askOracle, OracleProblem } from "./client.ts";

/** What came of the last request: words for the reader, or nothing yet. */
export type Outcome = { tone: "accent" | "bad"; text: string };

/** Asks something of the oracle in the name of the connected account, and says in words what came of it. */
export function useOracle() {
  const { t, lookup } = useI18n();
  const { config } = useSystem();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();

  /** @returns the answer, or undefined when it did not work out; then `outcome` says why. */
  async function post<T>(path: string, schema: z.ZodMiniType<T>, body: object | undefined, done: string) {
    setBusy(true);
    setOutcome(undefined);
    try {
      const answer = await askOracle(config.oracleUrl, path, schema, {
        method: "POST",
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      setOutcome({ tone: "accent", text: done });
      return answer;
    } catch (error) {
      setOutcome({ tone: "bad", text: words(error) });
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  function words(error: unknown): string {
    if (!(error instanceof OracleProblem)) return t("oracle.away");
    return lookup(`oracle.problem.${error.title}`) ?? t("oracle.refused", { reason: error.message });
  }
  return { post, busy, outcome };
}
