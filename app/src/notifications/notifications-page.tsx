import { Link } from "@tanstack/react-router";
import { Bell, CircleAlert, Gauge, Handshake, KeyRound, Scale } from "lucide-react";
import { useEffect, useState } from "react";
import { ConnectFirst, useAccount } from "../account/index.ts";
import { useAccountName } from "../account/names.ts";
import { useCalled, useMeters } from "../meters/index.ts";
import { useOracle } from "../oracle/index.ts";
import { Button, Card, Empty, Notice, Skeleton, Switch, Time } from "../ui/index.ts";
import { askSystem, play } from "./announce.ts";
import { type Notification, useStoredAlerts } from "./data.ts";
import { useNotificationStore } from "./store.ts";
import { useNotifications } from "./use-notifications.ts";
import { useNoticeWords, wordsOf } from "./words.ts";

const icons = {
  matched: Scale,
  trade: Handshake,
  settled: Gauge,
  device: CircleAlert,
  account: KeyRound,
} as const;

export function NotificationsPage() {
  const { t } = useNoticeWords();
  const account = useAccount()?.address.toLowerCase();
  const meters = useMeters(account).data;
  const hasMeters = meters !== undefined && meters.length > 0;
  const { data: stored, isError } = useStoredAlerts(hasMeters ? account : undefined);
  const { address, list: happened, more, since } = useNotifications(stored ?? undefined);
  // All at once: what comes later would push aside what is being read.
  const list = !hasMeters || stored !== undefined || isError ? happened : undefined;
  const { see } = useNotificationStore();
  // What was new when the page was opened stays marked while it is open.
  const [opened] = useState(since);
  const newest = list?.[0]?.at;
  useEffect(() => {
    if (address && newest !== undefined) see(address, newest);
  }, [address, newest, see]);

  if (!address)
    return (
      <Card className="mx-auto max-w-xl">
        <ConnectFirst why={t("notice.connect")} />
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-2xl gap-3">
      <Card title={t("place.notifications")}>
        {list && stored === null && <PastAlerts />}
        {!list ? (
          <Skeleton className="h-48" />
        ) : list.length === 0 ? (
          <Empty icon={<Bell />} title={t("notice.none")}>
            {t("notice.noneHint")}
          </Empty>
        ) : (
          <Rows list={list} opened={opened} more={more} />
        )}
      </Card>
      {list && <Choices />}
    </div>
  );
}

/** At first so many: how one is told stands below them. */
const SHOWN = 20;

type RowsProps = {
  list: readonly Notification[];
  /** What is newer is marked, unix seconds. */
  opened: number;
  more: boolean;
};

function Rows({ list, opened, more }: RowsProps) {
  const { t } = useNoticeWords();
  const [all, setAll] = useState(false);
  const shown = all ? list : list.slice(0, SHOWN);
  return (
    <>
      <ul className="-my-2 divide-y" aria-label={t("place.notifications")}>
        {shown.map((one) => (
          <li key={`${one.kind} ${one.id}`}>
            <Row one={one} fresh={one.urgent && one.at > opened} />
          </li>
        ))}
      </ul>
      {shown.length < list.length ? (
        <Button className="mt-4 w-full" onClick={() => setAll(true)}>
          {t("common.showAll", { count: list.length })}
        </Button>
      ) : (
        more && <p className="mt-3 text-sm text-muted">{t("common.latest", { count: list.length })}</p>
      )}
    </>
  );
}

/** What devices did before the page was open is told to their owner only. */
function PastAlerts() {
  const { t } = useNoticeWords();
  const { signInOnly, busy, outcome } = useOracle();
  return (
    <div className="mb-3 grid gap-2 border-b pb-3 text-sm">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-muted">{t("notice.past")}</p>
        <Button size="small" disabled={busy} onClick={() => void signInOnly()}>
          {t("device.signIn")}
        </Button>
      </div>
      {outcome && <Notice tone={outcome.tone}>{outcome.text}</Notice>}
    </div>
  );
}

function Row({ one, fresh }: { one: Notification; fresh: boolean }) {
  const i18n = useNoticeWords();
  const { title, text, to } = wordsOf(one, i18n, { called: useCalled(), accountName: useAccountName() });
  const Icon = icons[one.kind];
  return (
    <Link to={to} className="flex items-start gap-3 py-3 @max-[16rem]/page:flex-wrap">
      <Icon className={`mt-0.5 size-5 shrink-0 ${fresh ? "text-accent" : "text-muted"}`} />
      <span className="min-w-0 flex-1 wrap-anywhere">
        <span className={fresh ? "block font-semibold" : "block font-medium"}>{title}</span>
        <span className="block text-sm text-muted">{text}</span>
      </span>
      <span className="text-sm text-muted">
        <Time at={one.at} />
      </span>
    </Link>
  );
}

/** Being told while looking elsewhere: only on request. */
function Choices() {
  const { t } = useNoticeWords();
  const { sound, system, set } = useNotificationStore();
  const [refused, setRefused] = useState(false);
  async function chooseSystem(on: boolean) {
    const granted = on && (await askSystem());
    setRefused(on && !granted);
    set({ system: granted });
  }
  return (
    <Card title={t("notice.choices")}>
      <div className="grid gap-3">
        <Switch
          label={t("notice.sound")}
          checked={sound}
          onChecked={(on) => {
            set({ sound: on });
            if (on) play();
          }}
        />
        <Switch label={t("notice.system")} checked={system} onChecked={(on) => void chooseSystem(on)} />
        {refused && <Notice tone="warning">{t("notice.refused")}</Notice>}
      </div>
    </Card>
  );
}
