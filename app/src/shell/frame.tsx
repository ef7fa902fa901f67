/** What stands around every page: its name and the places. The build draws it too, before any script is there. */
import {
  Bell,
  ChartCandlestick,
  ChartColumn,
  CircleUserRound,
  Gauge,
  House,
  MapPin,
  Menu,
  UsersRound,
  Wallet,
} from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { type MessageKey, useI18n } from "../i18n/index.ts";
import { classes } from "../ui/classes.ts";

type Place = { to: string; label: Extract<MessageKey, `place.${string}`>; icon: typeof House };

const home: Place = { to: "/", label: "place.home", icon: House };
const neighbourhood: Place = { to: "/neighbourhood", label: "place.neighbourhood", icon: UsersRound };
const nearby: Place = { to: "/nearby", label: "place.nearby", icon: MapPin };
const money: Place = { to: "/money", label: "place.money", icon: Wallet };
const market: Place = { to: "/market", label: "place.market", icon: ChartCandlestick };
const meters: Place = { to: "/meters", label: "place.meters", icon: Gauge };
const statistics: Place = { to: "/statistics", label: "place.statistics", icon: ChartColumn };
const notifications: Place = { to: "/notifications", label: "place.notifications", icon: Bell };
const account: Place = { to: "/account", label: "place.account", icon: CircleUserRound };
const more: Place = { to: "/more", label: "place.more", icon: Menu };

const first = [home, neighbourhood, nearby, money];
const bar = [...first, more];
/** On a phone these are reached through More. */
export const morePlaces = [market, meters, statistics, notifications, account];
const rail = [...first, ...morePlaces];
export const places = [...rail, more];

/** What a page is called, in its head and in the browser's tab; a place that there is none of as well. */
export const titleOf = (path: string): Place["label"] | "place.none" =>
  places.find(({ to }) => to === (path.replace(/\/+$/, "") || "/"))?.label ?? "place.none";

type LinkProps = { to: string; className: string; children: ReactNode };

type Props = {
  /** Where the reader is. */
  path: string;
  /** A link that marks the current place with `aria-current="page"`. */
  link: ComponentType<LinkProps>;
  /** At the foot of the rail. */
  settings: ReactNode;
  bell: ReactNode;
  account: ReactNode;
  /** At the page's foot, above the bar: they come and go, and nothing that is being read moves for it. */
  banners?: ReactNode;
  children: ReactNode;
};

export function Frame({ path, link: Link, settings, bell, account, banners, children }: Props) {
  const { t } = useI18n();
  const title = t(titleOf(path));
  return (
    <>
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:bg-surface focus:p-3">
        {t("shell.skip")}
      </a>
      <nav
        aria-label={t("shell.places")}
        className="fixed inset-y-0 left-0 hidden w-(--rail) flex-col overflow-y-auto border-r bg-surface p-3 lg:flex print:hidden"
      >
        <Link to="/" className="mb-4 flex items-center gap-2 px-2 py-1 text-lg font-bold">
          <img src="/icon.svg" alt="" className="size-8" />
          EnerLink
        </Link>
        <ul className="grid gap-1">
          {rail.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link
                to={to}
                className="flex h-11 items-center gap-3 rounded-control px-3 font-medium text-muted hover:bg-sunken aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent"
              >
                <Icon className="size-5" />
                {t(label)}
              </Link>
            </li>
          ))}
        </ul>
        <div className="mt-auto">{settings}</div>
      </nav>

      <header className="sticky top-0 z-20 flex h-(--top) items-center justify-between gap-3 border-b bg-surface px-4 print:hidden">
        {/* The page's name gives way to the account only where text is much larger than usual. */}
        <div className="flex max-w-[max(25%,calc(100%-9.5rem))] shrink-0 items-center gap-2">
          <img
            src="/icon.svg"
            alt="EnerLink"
            className="size-[min(1.75rem,8vw)] shrink-0 max-[26rem]:hidden lg:hidden"
          />
          <h1 className="line-clamp-2 text-[min(1.125rem,5vw)] leading-tight font-semibold wrap-anywhere">
            {title}
          </h1>
        </div>
        <div className="flex min-w-0 items-center gap-2">
          {bell}
          {account}
        </div>
      </header>

      <main
        id="main"
        className="px-3 pt-3 pb-[calc(var(--foot)+1.5rem)] sm:px-4 sm:pt-4 lg:min-h-0 lg:flex-1 lg:overflow-y-auto lg:pb-4 print:overflow-visible print:p-0"
      >
        {/* What asks for its width counts in the text's own size: media queries do not see text that a page enlarges. */}
        <div className="@container/page mx-auto max-w-[90rem] lg:h-full">{children}</div>
      </main>
      <div className="fixed inset-x-0 bottom-[calc(var(--bar)+env(safe-area-inset-bottom))] z-10 lg:static print:hidden">
        {banners}
      </div>

      <nav
        aria-label={t("shell.places")}
        className="fixed inset-x-0 bottom-0 z-20 border-t bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden print:hidden"
      >
        {/* As wide as their words: the longest would not fit into a fifth of a small phone. */}
        <ul className="flex h-(--bar)">
          {bar.map((place) => {
            const Icon = place.icon;
            const inMore = place === more && morePlaces.some(({ to }) => to === path);
            return (
              <li key={place.to} className="flex-auto">
                <Link
                  to={place.to}
                  className={classes(
                    "flex h-full min-w-[min(3.5rem,15.5vw)] flex-col items-center justify-center gap-0.5 text-[min(0.75rem,3.34vw)] font-medium text-muted aria-[current=page]:text-accent",
                    inMore && "text-accent",
                  )}
                >
                  <Icon className="size-[min(1.5rem,9vw)]" />
                  {t(place.label)}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
    </>
  );
}
