import type { KeystoreProblem } from "@enerlink/protocol/keystore";
import type { Translate } from "../i18n/i18n.tsx";
import { HostAway, isNotLoaded } from "../ui/index.ts";

/** The kinds of `KeystoreProblem`, which is loaded with the keystore's code alone. */
const kinds = ["password", "file", "costly", "key"] as const satisfies KeystoreProblem["kind"][];

/**
 * Why a wallet could not be made, opened or unlocked, in words.
 * @throws `error` itself when it is none of these
 */
export function vaultProblem(error: unknown, t: Translate): string {
  if (error instanceof HostAway) return t("common.networkAway");
  if (isNotLoaded(error)) return t("error.NotLoaded");
  const kind = kinds.find((known) => (error as { kind?: unknown } | undefined)?.kind === known);
  if (!kind) throw error;
  return t(`vault.problem.${kind}`);
}
