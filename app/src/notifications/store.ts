/** What was read, how the reader wants to be told, and the alerts that the oracle's live events carried. */
import { create } from "zustand";
import { persist } from "zustand/middleware";

/** Unix seconds; `endedAt` once the oracle knows that it is over. */
export type DeviceAlert = { serial: string; state: string; at: number; endedAt?: number | undefined };

const KEPT = 20;

type NotificationStore = {
  /** Unix seconds of the newest entry that an account has seen, by address. */
  seen: Record<string, number>;
  alerts: DeviceAlert[];
  sound: boolean;
  system: boolean;
  see: (account: string, at: number) => void;
  /** An account that this browser did not know has seen all that happened before. */
  begin: (account: string, at: number) => void;
  alert: (alert: DeviceAlert) => void;
  set: (choice: Partial<Pick<NotificationStore, "sound" | "system">>) => void;
};

export const useNotificationStore = create<NotificationStore>()(
  persist(
    (set) => ({
      seen: {},
      alerts: [],
      sound: false,
      system: false,
      see: (account, at) =>
        set(({ seen }) => ({ seen: { ...seen, [account]: Math.max(at, seen[account] ?? 0) } })),
      begin: (account, at) => set(({ seen }) => ({ seen: { [account]: at, ...seen } })),
      alert: (alert) => set(({ alerts }) => ({ alerts: [alert, ...alerts].slice(0, KEPT) })),
      set: (choice) => set(choice),
    }),
    { name: "enerlink.notifications", version: 1 },
  ),
);
