import { useOpenSheet } from "../ui/index.ts";

/** Any page may open the sheet in which an account is chosen. */
export function useAccountSheet() {
  const [open, setOpen] = useOpenSheet("account");
  return { open, setOpen };
}
