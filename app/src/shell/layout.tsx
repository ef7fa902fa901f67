/** What stands around every page: places, account, banners and the transaction panel. */
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { ChartCandlestick, ChartColumn, Gauge, House, MapPin, Menu, Wallet } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useSwitchChain } from "wagmi";
import { AccountButton, AccountChooser, useAccount } from "../account/index.ts";
import { useVault } from "../browser-wallet/index.ts";
import { type MessageKey, useI18n } from "../i18n/index.ts";
import { useBlocks, useSystem } from "../system/index.ts";
import { TransactionPanel, useFollowTransactions } from "../transactions/index.ts";
import { Away, Button, classes } from "../ui/index.ts";
import { type Health, useHealth } from "./health.ts";
import { Settings } from "./settings.tsx";

type Place = { to: string; label: Extract<MessageKey, `place.${string}`>; icon: typeof House };

const home: Place = { to: "/", label: "place.home", icon: House };
const market: Place = { to: "/market", label: "place.market", icon: ChartCandlestick };
const nearby: Place = { to: "/nearby", label: "place.nearby", icon: MapPin };
const wallet: Place = { to: "/wallet", label: "place.wallet", icon: Wallet };
const meters: Place = { to: "/meters", label: "place.meters", icon: Gauge };
const statistics: Place = { to: "/statistics", label: "place.statistics", icon: ChartColumn };
const more: Place = { to: "/more", label: "place.more", icon: Menu };

/** Reached by the bell above every page. */
const notifications: Place = { to: "/notifications", label: "place.notifications", icon: House };

const rail = [home, market, nearby, meters, wallet, statistics];
const bar = [home, market, nearby, wallet, more];
/** On a phone these are reached through More. */
export const morePlaces = [meters, statistics];

/** An index that is so far behind the chain is said to be, seconds. */
const LAG_SECONDS = 30;

export function Layout() {
  const { t } = useI18n();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useFollowTransactions();
  useBlocks();
  const health = useHealth().data;
  const here = [...rail, more, notifications].find(({ to }) => to === path) ?? home;

  return (
    <div className="lg:flex lg:h-dvh lg:flex-col lg:pl-(--rail)">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:bg-surface focus:p-3">
        {t("shell.skip")}
      </a>
      <nav
        aria-label={t("shell.places")}
        className="fixed inset-y-0 left-0 hidden w-(--rail) flex-col border-r bg-surface p-3 lg:flex"
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
        <div className="mt-auto">
          <Settings />
        </div>
      </nav>

      <header className="sticky top-0 z-20 flex h-(--top) items-center justify-between gap-3 border-b bg-surface/95 px-4 backdrop-blur">
        <div className="flex min-w-0 items-center gap-2">
          <img src="/icon.svg" alt="EnerLink" className="size-7 lg:hidden" />
          <h1 className="truncate text-lg font-semibold">{t(here.label)}</h1>
        </div>
        <div className="flex min-w-0 items-center gap-2">
          <Suspense fallback={<span className="size-9" />}>
            <Bell />
          </Suspense>
          <AccountButton />
        </div>
      </header>
      <Banners health={health} />

      <main
        id="main"
        className="px-3 pt-3 pb-[calc(var(--bar)+1.5rem)] sm:px-4 sm:pt-4 lg:min-h-0 lg:flex-1 lg:overflow-y-auto lg:pb-4"
      >
        <div className="mx-auto max-w-[90rem] lg:h-full">
          <Away value={health !== undefined && (!health.chain || !health.index)}>
            <Outlet />
          </Away>
        </div>
      </main>

      <nav
        aria-label={t("shell.places")}
        className="fixed inset-x-0 bottom-0 z-20 border-t bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
      >
        <ul className="grid h-(--bar) grid-cols-5">
          {bar.map((place) => {
            const Icon = place.icon;
            const inMore = place === more && morePlaces.some(({ to }) => to === path);
            return (
              <li key={place.to}>
                <Link
                  to={place.to}
                  className={classes(
                    "flex h-full flex-col items-center justify-center gap-0.5 text-xs font-medium text-muted aria-[current=page]:text-accent",
                    inMore && "text-accent",
                  )}
                >
                  <Icon className="size-6" />
                  {t(place.label)}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>

      <TransactionPanel />
      <AccountChooser />
      <Unlocking />
    </div>
  );
}

const Bell = lazy(() => import("../notifications/bell.tsx"));
const UnlockSheet = lazy(() => import("../browser-wallet/unlock-sheet.tsx"));

/** The question for a password, loaded when one is asked for. */
function Unlocking() {
  const asked = useVault(({ asking }) => asking !== undefined);
  const [loaded, setLoaded] = useState(false);
  useEffect(() => {
    if (asked) setLoaded(true);
  }, [asked]);
  return (
    loaded && (
      <Suspense>
        <UnlockSheet />
      </Suspense>
    )
  );
}

function Banners({ health }: { health: Health | undefined }) {
  const { t } = useI18n();
  const { chain } = useSystem();
  const account = useAccount();
  const switchChain = useSwitchChain();
  const away = health && (["chain", "index", "oracle"] as const).find((service) => !health[service]);
  return (
    <>
      {away && (
        <p role="status" className="bg-warning-soft px-4 py-2 text-sm text-warning">
          {t(`shell.away.${away}`)}
        </p>
      )}
      {!away && health && health.lagSeconds > LAG_SECONDS && (
        <p role="status" className="bg-warning-soft px-4 py-2 text-sm text-warning">
          {t("shell.lag", { seconds: health.lagSeconds })}
        </p>
      )}
      {account?.wrongChain && (
        <p
          role="alert"
          className="flex flex-wrap items-center gap-3 bg-warning-soft px-4 py-2 text-sm text-warning"
        >
          {t("shell.wrongChain")}
          <Button size="small" onClick={() => switchChain.mutate({ chainId: chain.id })}>
            {t("shell.switchChain")}
          </Button>
        </p>
      )}
    </>
  );
}
