import { create } from "zustand";

type AccountSheetState = {
  open: boolean;
  /** It was open once, so it is loaded. */
  opened: boolean;
  setOpen: (open: boolean) => void;
};

/** Any page may open the sheet in which an account is chosen. */
export const useAccountSheet = create<AccountSheetState>()((set) => ({
  open: false,
  opened: false,
  setOpen: (open) => set(open ? { open, opened: true } : { open }),
}));
