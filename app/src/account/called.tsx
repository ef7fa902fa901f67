import type { Address } from "viem";
import { useI18n } from "../i18n/index.ts";
import { useAccountNames } from "./names.ts";

/** An account as one of several: its name, where it was given one, and the address that no other has. */
export function Called({ account }: { account: Address }) {
  const { format } = useI18n();
  const name = useAccountNames(({ names }) => names[account]);
  const address = format.address(account);
  if (name === undefined) return <>{address}</>;
  return (
    <span className="grid min-w-0 text-left leading-tight">
      <span className="truncate">{name}</span>
      <span className="text-xs font-normal">{address}</span>
    </span>
  );
}
