import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useI18n } from "../i18n/index.ts";
import { answerOf, type Oracle, OracleProblem, oracleAt } from "../oracle-api/client.ts";
import { useSystem } from "../system/index.ts";
import { loadCode } from "../transactions/index.ts";
import { HostAway, isNotLoaded, loadNow } from "../ui/index.ts";

/** What came of the last request: words for the reader, or nothing yet. */
export type Outcome = { tone: "accent" | "neutral" | "bad"; text: string };

const isStranger = (error: unknown) =>
  error instanceof OracleProblem && (error.status === 401 || error.status === 403);

/** What was asked for has just happened by itself: live meters settle every minute, and no more often. */
export const isDoneAlready = (error: unknown) => error instanceof OracleProblem && error.title === "Too soon";

/** Asks something of the oracle in the name of the connected account, and says in words what came of it. */
export function useOracle() {
  const { t, lookup } = useI18n();
  const system = useSystem();
  const oracle = oracleAt(system.config.oracleUrl);
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();

  /**
   * @param asking what is said meanwhile, where `send` has something signed: it says itself who asks, and nobody signs in
   * @returns the answer, or undefined when it did not work out; then `outcome` says why.
   */
  async function post<Answer>(
    send: (oracle: Oracle) => Parameters<typeof answerOf<Answer>>[0],
    done: string | ((answer: Answer) => string),
    asking?: string,
  ) {
    setBusy(true);
    setOutcome(asking === undefined ? undefined : { tone: "neutral", text: asking });
    try {
      const ask = () => answerOf(send(oracle));
      // Signed in at most once, and only when the oracle wants to know who asks.
      const answer = await ask().catch(async (error: unknown) => {
        if (!isStranger(error) || asking !== undefined) throw error;
        await enter();
        return ask();
      });
      setOutcome({ tone: "accent", text: typeof done === "string" ? done : done(answer) });
      return answer;
    } catch (error) {
      setOutcome(await refusal(error));
      return undefined;
    } finally {
      setBusy(false);
    }
  }

  async function enter() {
    setOutcome({ tone: "neutral", text: t("oracle.signing") });
    const { signIn } = await loadNow(() => import("./sign-in.ts"));
    await signIn(system);
    void queries.invalidateQueries({ queryKey: ["devices"] });
  }

  /** Signs in without asking for anything else. */
  async function signInOnly() {
    setBusy(true);
    try {
      await enter();
      setOutcome(undefined);
    } catch (error) {
      setOutcome(await refusal(error));
    } finally {
      setBusy(false);
    }
  }

  async function refusal(error: unknown): Promise<Outcome> {
    const code = await loadCode().catch(() => undefined);
    if (code?.isRejection(error)) return { tone: "neutral", text: t("transaction.declined") };
    return { tone: isDoneAlready(error) ? "accent" : "bad", text: words(error) };
  }

  function words(error: unknown): string {
    if (error instanceof HostAway) return t("common.networkAway");
    if (isNotLoaded(error)) return t("error.NotLoaded");
    // Its class comes with the code that signs in.
    if (error instanceof Error && error.name === "ForeignChallenge") return t("oracle.foreign");
    if (!(error instanceof OracleProblem)) return t("oracle.away");
    return lookup(`oracle.problem.${error.title}`) ?? t("oracle.refused", { reason: error.message });
  }
  return { post, signInOnly, busy, outcome };
}
