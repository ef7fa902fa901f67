/** A household at a glance: one picture, one sentence, one next step. */
import { LogIn } from "lucide-react";
import type { Account } from "../account/index.ts";
import { useStatement } from "../energy-index/index.ts";
import { startOfDay } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { type Meter, useCalled, useMeters } from "../meters/index.ts";
import { useLastShare } from "../neighbourhood/index.ts";
import { powerOf, useDevices, useOracle } from "../oracle/index.ts";
import { isAway } from "../system/index.ts";
import { Button, Card, classes, onDemand, Skeleton, useNow } from "../ui/index.ts";
import { HomePicture, type Moved } from "./home-picture.tsx";
import { NextStepPart } from "./next-step-card.tsx";
import { todayWords } from "./today.ts";

const DAY = 86_400;

const OutsideHour = onDemand(() => import("../neighbourhood/outside-hour-line.tsx"));

export function HomeCard({ account }: { account: Account }) {
  const { t } = useI18n();
  const meters = useMeters(account.address).data;
  return (
    <Card title={t("flow.title")} className="lg:col-span-2">
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2 lg:items-center lg:gap-8">
        {meters ? (
          <Picture meters={meters} address={account.address} />
        ) : (
          <div>
            <Skeleton className="mx-auto aspect-[340/206] w-full max-w-md" />
            <div className={CAPTION} />
          </div>
        )}
        <div className="grid content-center gap-4">
          <Today address={account.address} />
          <NextStepPart account={account} />
        </div>
      </div>
    </Card>
  );
}

/** As high as what is mostly said there, so that nothing moves once it is known. */
const CAPTION = "min-h-24 pt-2 lg:min-h-20";

function Picture({ meters, address }: { meters: readonly Meter[]; address: string }) {
  const { t, format } = useI18n();
  const asked = useDevices(meters.map(({ serial }) => serial));
  const devices = asked.data;
  const called = useCalled();
  const { signInOnly, busy } = useOracle();
  const now = devices && powerOf(devices);
  const home = meters.find(({ communityId }) => communityId !== null);
  const last = useLastShare(home);
  const closed = devices?.some(({ access }) => access === "public");
  const charge = now?.power?.chargePercent;
  return (
    <div>
      <HomePicture
        power={now?.power}
        hasBattery={meters.some(({ kind }) => kind === "BATTERY") || (charge !== undefined && charge > 0)}
        shared={home && movedOf(last)}
      />
      <div
        className={classes(
          CAPTION,
          "flex flex-wrap items-center justify-center gap-x-3 text-center text-xs text-muted",
        )}
      >
        {last?.slot && last.words && (
          <span>
            {t("flow.lastSlot", {
              from: format.hour(last.slot.slotStart),
              to: format.hour(last.slot.slotEnd),
              what: last.words,
            })}
            {last.since !== undefined &&
              ` ${t("flow.since", { from: format.clock(last.since, Date.now() / 1_000) })}`}
          </span>
        )}
        {!home && meters.length > 0 && <OutsideHour address={address} />}
        {now?.power && isAway(asked) && (
          <span>
            {t("flow.asOf", { time: format.clock(asked.dataUpdatedAt / 1_000, Date.now() / 1_000) })}
          </span>
        )}
        {now && now.silent.length > 0 && (
          <span>{t("flow.silent", { meters: now.silent.map(called).join(", ") })}</span>
        )}
        {closed && (
          <Button look="quiet" size="small" disabled={busy} onClick={() => void signInOnly()}>
            <LogIn className="size-4" />
            {t("flow.signIn")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What the home's part of the last slot moved; unknown while it is, or where the home had none. */
function movedOf(last: ReturnType<typeof useLastShare>): Moved {
  const share = last?.share;
  if (!share) return { neighboursWh: undefined, gridWh: undefined };
  const sign = share.side === "SOLD" ? 1n : -1n;
  return { neighboursWh: sign * share.sharedWh, gridWh: sign * share.utilityWh };
}

function Today({ address }: { address: string }) {
  const i18n = useI18n();
  const since = startOfDay(useNow(60));
  const today = useStatement(address, since, since + DAY, "ALL").data?.[0];
  // Two to four lines on a phone: its place is that of three.
  if (!today) return <Skeleton className="h-21" />;
  return (
    <p className="min-h-21 text-lg font-medium lg:min-h-14">
      {todayWords(today, i18n) ?? i18n.t("today.nothing")}
    </p>
  );
}
