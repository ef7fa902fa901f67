/** The neighbourhood: who shares each slot's energy, by limits that are set once. */
import { UsersRound } from "lucide-react";
import { type Account, ConnectFirst, useAccount } from "../account/index.ts";
import { useCalled, useMeters } from "../meters/index.ts";
import { Card, classes, Empty, Segmented, Skeleton, useText } from "../ui/index.ts";
import { type Home, useNeighbourhood } from "./data.ts";
import { JoinCard } from "./join-card.tsx";
import { LimitsCard, QuitCard } from "./limits-card.tsx";
import { OutlookCard } from "./outlook-card.tsx";
import { OutsideCard } from "./outside-card.tsx";
import { SlotsCard } from "./slots-card.tsx";
import { useHood } from "./words.ts";

export function NeighbourhoodPage() {
  const { t } = useHood();
  const account = useAccount();
  const homes = useMeters(account?.address).data;
  const called = useCalled();
  const [serial, setSerial] = useText("home");
  if (!account)
    return (
      <Card className="mx-auto max-w-xl">
        <ConnectFirst why={t("hood.connect")} />
      </Card>
    );
  if (!homes) return <Waiting />;
  const able = homes.filter(({ kind }) => kind !== "GRID").toSorted((a, b) => nearness(b) - nearness(a));
  const home = able.find((one) => one.serial === serial) ?? able[0];
  if (!home)
    return (
      <Card className="mx-auto max-w-xl">
        <Empty icon={<UsersRound />} title={t("hood.noMeter")}>
          {t("hood.noMeterHint")}
        </Empty>
      </Card>
    );
  return (
    <div className="mx-auto grid max-w-6xl gap-3">
      {able.length > 1 && (
        <Segmented
          label={t("place.meters")}
          value={home.serial}
          onValue={setSerial}
          options={able.map(({ serial }) => ({ value: serial, label: called(serial) }))}
        />
      )}
      <OfHome key={home.id} account={account} home={home} />
    </div>
  );
}

/** Neighbours first, then who may become one. */
const nearness = ({ communityId, admittedTo }: Home) =>
  communityId !== null ? 2 : admittedTo !== null ? 1 : 0;

function Waiting() {
  return (
    <div className="mx-auto grid max-w-6xl gap-3 lg:grid-cols-[minmax(0,1fr)_24rem]">
      <Skeleton className="h-[62rem] md:h-[50rem] lg:h-[43rem]" />
      <Skeleton className="h-64" />
    </div>
  );
}

/** A home that belongs to none looks at the first that there is. */
const FIRST = 1;

function OfHome({ account, home }: { account: Account; home: Home }) {
  const { t } = useHood();
  const neighbourhood = useNeighbourhood(home.communityId ?? home.admittedTo ?? FIRST).data;
  if (neighbourhood === undefined) return <Waiting />;
  if (neighbourhood === null)
    return (
      <Card className="mx-auto w-full max-w-xl">
        <Empty icon={<UsersRound />} title={t("hood.none")}>
          {t("hood.noneHint")}
        </Empty>
      </Card>
    );
  const member = home.communityId === neighbourhood.id;
  const admitted = !member && home.admittedTo === neighbourhood.id;
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-[minmax(0,1fr)_24rem]">
      {/* Who is no neighbour yet is told first how to become one. */}
      <div className={classes("grid content-start gap-3", !member && "max-lg:order-last")}>
        <SlotsCard home={member ? home : undefined} neighbourhood={neighbourhood} />
      </div>
      <div className="grid content-start gap-3 lg:row-span-2">
        {member && <LimitsCard {...{ home, neighbourhood }} />}
        {member && <QuitCard home={home} />}
        {admitted && <JoinCard {...{ account, home, neighbourhood }} />}
        {!member && !admitted && <OutsideCard {...{ home, neighbourhood }} />}
      </div>
      {member && <OutlookCard {...{ home, neighbourhood }} />}
    </div>
  );
}
