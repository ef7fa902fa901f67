/** What the frame holds on every page: account, banners and the transaction panel, and what is kept up to date. */
import { useIsFetching } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useSwitchChain } from "wagmi";
import { AccountButton, AccountChooser, useAccount } from "../account/index.ts";
import { useVault } from "../browser-wallet/index.ts";
import { useI18n } from "../i18n/index.ts";
import { awayOf, type Health, lagOf, useBlocks, useHealth, useSystem } from "../system/index.ts";
import { useFollowTransactions } from "../transactions/index.ts";
import { Away, Button, onDemand } from "../ui/index.ts";
import { Frame, titleOf } from "./frame.tsx";

export function Layout() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const health = useHealth().data;
  const { t } = useI18n();
  const title = `${t(titleOf(path))} · EnerLink`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div className="lg:flex lg:h-dvh lg:flex-col lg:pl-(--rail) print:block print:h-auto print:pl-0">
      <Frame
        path={path}
        link={Link}
        settings={<Settings />}
        bell={<Bell />}
        account={<AccountButton />}
        banners={<Banners health={health} />}
      >
        <Away value={health !== undefined && (!health.chain || !health.index)}>
          <Outlet />
        </Away>
      </Frame>
      <Following />
      <PageKeys />
      <TransactionPanel />
      <AccountChooser />
      <Unlocking />
    </div>
  );
}

/** Apart from the layout, which need not be drawn again with every block. */
function Following() {
  useFollowTransactions();
  useBlocks();
  return null;
}

const Bell = onDemand(() => import("../notifications/bell.tsx"), {
  fallback: <span className="size-10" />,
});
/** On a wide screen alone, and below everything else there. */
const Settings = onDemand(() => import("./settings.tsx"), { fallback: <div className="h-20" /> });
const RecoveryBanner = onDemand(() => import("../account/recovery-banner.tsx"));
const PageKeys = onDemand(() => import("./page-keys.tsx"));
/** There is none on a first visit. */
const TransactionPanel = onDemand(() => import("../transactions/panel.tsx"));
const UnlockSheet = onDemand(() => import("../browser-wallet/unlock-sheet.tsx"), { told: true });

/** The question for a password, loaded when one is asked for. */
function Unlocking() {
  const asked = useVault(({ asking }) => asking !== undefined);
  const [loaded, setLoaded] = useState(false);
  useEffect(() => {
    if (asked) setLoaded(true);
  }, [asked]);
  return loaded && <UnlockSheet />;
}

function Banners({ health }: { health: Health | undefined }) {
  const { t, format } = useI18n();
  const { chain } = useSystem();
  const account = useAccount();
  const slow = useSlow();
  const switchChain = useSwitchChain();
  const lag = lagOf(health);
  const away = awayOf(health);
  const answeredAt = away && health?.answeredAt[away];
  return (
    <div ref={makeRoom}>
      {away && (
        <p role="status" className="border-t bg-warning-soft px-4 py-2 text-sm text-warning">
          {t(`shell.away.${away}`)}
          {answeredAt && ` ${t("shell.asOf", { time: format.clock(answeredAt, Date.now() / 1_000) })}`}
        </p>
      )}
      {!away && (lag !== undefined || slow) && (
        <p role="status" className="border-t bg-warning-soft px-4 py-2 text-sm text-warning">
          {lag === undefined ? t("shell.slow") : t("shell.lag", { time: format.duration(lag) })}
        </p>
      )}
      {account?.byFingerprint && <RecoveryBanner account={account} />}
      {account?.wrongChain && (
        <p
          role="alert"
          className="flex flex-wrap items-center gap-3 border-t bg-warning-soft px-4 py-2 text-sm text-warning"
        >
          {t("shell.wrongChain")}
          <Button size="small" onClick={() => switchChain.mutate({ chainId: chain.id })}>
            {t("shell.switchChain")}
          </Button>
        </p>
      )}
    </div>
  );
}

/** Milliseconds after which who waits for a page's first answers is told that it takes longer than usual. */
const SLOW = 8_000;

/** Whether something that a page shows was asked for long ago and never answered, though nothing says that it is away. */
function useSlow(): boolean {
  const waits = useIsFetching({ predicate: ({ state }) => state.status === "pending" }) > 0;
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = waits ? setTimeout(setSlow, SLOW, true) : undefined;
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [waits]);
  return slow;
}

/** Keeps known how high the banners are, for what stands above them on a phone. */
function makeRoom(banners: HTMLElement | null) {
  if (!banners) return;
  const watch = new ResizeObserver(() =>
    document.documentElement.style.setProperty("--banners", `${banners.offsetHeight}px`),
  );
  watch.observe(banners);
  return () => watch.disconnect();
}
