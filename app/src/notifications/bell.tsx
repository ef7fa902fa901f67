import { Link } from "@tanstack/react-router";
import { Bell as BellIcon } from "lucide-react";
import { useEffect } from "react";
import { useI18n } from "../i18n/index.ts";
import { useLiveEvents } from "./live.ts";
import { useNotificationStore } from "./store.ts";
import { useNotifications } from "./use-notifications.ts";

/** The way to the notifications, with the count of those that nobody has seen yet. */
export default function Bell() {
  const { t } = useI18n();
  useLiveEvents();
  const { unread, unreadMore, address } = useNotifications();
  const begin = useNotificationStore((store) => store.begin);
  useEffect(() => {
    if (address) begin(address, Math.floor(Date.now() / 1_000));
  }, [address, begin]);
  return (
    <Link
      to="/notifications"
      aria-label={
        unread > 0
          ? t(unreadMore ? "notice.unreadMore" : "notice.unread", { count: unread })
          : t("place.notifications")
      }
      className="relative grid size-[min(2.5rem,12vw)] shrink-0 place-items-center rounded-control text-muted hover:bg-sunken aria-[current=page]:text-accent"
    >
      <BellIcon className="size-5" />
      {unread > 0 && (
        <span
          aria-hidden
          className="absolute -top-0.5 -right-0.5 min-w-5 rounded-full bg-sell px-1 text-center text-xs leading-5 font-semibold text-surface"
        >
          {unread > 99 ? "99+" : unreadMore ? `${unread}+` : unread}
        </span>
      )}
    </Link>
  );
}
