/** For a home that is no neighbour yet: what it would have been worth, and who can let it in. */

import { useCalled } from "../meters/index.ts";
import { Card } from "../ui/index.ts";
import type { Home, Neighbourhood } from "./data.ts";
import { Meaning } from "./meaning.tsx";
import { widest } from "./slot.ts";
import { useHood } from "./words.ts";

export function OutsideCard({ home, neighbourhood }: { home: Home; neighbourhood: Neighbourhood }) {
  const { t } = useHood();
  const called = useCalled();
  return (
    <>
      <Card title={t("hood.outside", { home: called(home.serial) })}>
        <p>{t("hood.outsideWhy")}</p>
        <ol className="mt-3 grid list-decimal gap-1 pl-5">
          <li>{t("hood.outsideAsk", { home: home.serial })}</li>
          <li>{t("hood.outsideThen")}</li>
        </ol>
      </Card>
      <Card title={t("hood.wouldHave")}>
        <Meaning {...{ home, neighbourhood }} limits={widest(neighbourhood)} />
      </Card>
    </>
  );
}
