import { useCallback } from "react";
import { useSheet } from "../ui/index.ts";

/** What the sheet shows in the place of the accounts: a wallet made or brought, or this device let into an account. */
const parts = ["create", "import", "device"] as const;
export type AccountPart = (typeof parts)[number];

/** Any page may open the sheet in which an account is chosen. */
export function useAccountSheet() {
  const { of, show, close } = useSheet("account");
  return {
    open: of !== undefined,
    part: parts.find((part) => part === of),
    show: useCallback((part?: AccountPart) => show(part), [show]),
    setOpen: useCallback((open: boolean) => (open ? show() : close()), [show, close]),
  };
}
