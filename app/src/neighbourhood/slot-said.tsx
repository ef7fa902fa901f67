/** One slot, or the slots of an hour, in words: what a home sold and bought, at what price, with whom and why. */
import { type ReactNode, useEffect, useState } from "react";
import { useCalled } from "../meters/index.ts";
import { classes, Money } from "../ui/index.ts";
import { countedSince } from "./counted-since.ts";
import { type Home, limitsOf, type Neighbourhood, type OwnShare, usePartsOf } from "./data.ts";
import type { Gathered } from "./day.ts";
import { hourWords } from "./hour-words.ts";
import { namesOf, partnersOf, sharedBy } from "./partners.ts";
import { limitsThenWords, priceRangeWords, priceWords } from "./price-why.ts";
import type { Slot } from "./slot.ts";
import { slotWords } from "./slot-words.ts";
import { whyWords } from "./why.ts";
import { useHood } from "./words.ts";

type Props = {
  home: Home | undefined;
  neighbourhood: Neighbourhood;
  slot: Gathered;
  /** Those that it was gathered from, and the home's parts of them. */
  slots: readonly Slot[];
  shares: readonly OwnShare[] | undefined;
  children: ReactNode;
};

export function SlotSaid({ slot, slots, shares, home, neighbourhood, children }: Props) {
  const i18n = useHood();
  const { t, format } = i18n;
  const { steepness } = neighbourhood;
  const several = slot.count > 1;
  const share = shares?.[0];
  const limits = share ?? (home && limitsOf(home));
  const why = several ? priceRangeWords(slots, i18n) : priceWords(slot, steepness, i18n);
  // Only of the newest slot is it known from when on its meter counted.
  const since = share && home && countedSince(slot, home.settlements.items);
  const limitsThen = shares && limitsThenWords(shares, i18n);
  return (
    <div
      aria-live="polite"
      className="grid grid-cols-[minmax(0,1fr)] justify-items-start gap-2 rounded-control bg-sunken p-4 wrap-anywhere"
    >
      <h3 className="font-semibold">
        {format.clock(slot.slotStart, Date.now() / 1_000)} – {format.hour(slot.slotEnd)}
      </h3>
      {home && limits && shares && (
        <p className="text-lg">
          {(several
            ? hourWords(slots, shares, steepness, i18n)
            : whyWords(slot, share, limits, steepness, i18n)
          ).join(" ")}
        </p>
      )}
      {since !== undefined && (
        <p className="text-sm text-muted">
          {t("flow.since", { from: format.clock(since, Date.now() / 1_000) })}
        </p>
      )}
      {home && shares?.some(({ sharedWh }) => sharedWh > 0n) && (
        <Partners {...{ neighbourhood, slot, shares }} />
      )}
      {shares && <CameTo side="SOLD" shares={shares} />}
      {shares && <CameTo side="BOUGHT" shares={shares} />}
      <p className="text-sm text-muted">
        {slotWords(slot, i18n)} {several && slot.price !== null && t("hood.several", { count: slot.count })}
      </p>
      {why && <p className="text-sm text-muted">{why}</p>}
      {limitsThen && <p className="text-sm text-muted">{limitsThen}</p>}
      {children}
    </div>
  );
}

/** So long a slot stays chosen before it is asked who else shared in it, milliseconds: a finger may run over many. */
const STAYS = 300;

type PartnersProps = { neighbourhood: Neighbourhood; slot: Slot; shares: readonly OwnShare[] };

/** With whom the home shared, by name. Its place is kept while it is not known. */
function Partners({ neighbourhood, slot: { slotStart, slotEnd }, shares }: PartnersProps) {
  const { t, format } = useHood();
  const called = useCalled();
  const [asked, setAsked] = useState({ slotStart: 0, slotEnd: 0 });
  useEffect(() => {
    const timer = setTimeout(() => setAsked({ slotStart, slotEnd }), STAYS);
    return () => clearTimeout(timer);
  }, [slotStart, slotEnd]);
  const isAsked = asked.slotStart === slotStart && asked.slotEnd === slotEnd;
  const parts = usePartsOf(isAsked ? neighbourhood.id : undefined, slotStart, slotEnd).data;
  // The home may have been both in an hour.
  const said = (["BOUGHT", "SOLD"] as const).flatMap((side) => {
    const partners = parts ? partnersOf(parts, shares, side) : [];
    const names = namesOf(partners, called, (count) => t("hood.otherHomes", { count }), format);
    if (!names) return [];
    const allWh = sharedBy(partners);
    // Where other homes stood on the home's own side as well, nobody's energy is anybody's in particular.
    const isAlone = allWh === sharedBy(shares.filter((one) => one.side !== side));
    const [alone, together] =
      side === "BOUGHT"
        ? (["hood.buyers", "hood.buyersOfAll"] as const)
        : (["hood.sellers", "hood.sellersToAll"] as const);
    return [isAlone ? t(alone, { names }) : t(together, { names, all: format.energy(allWh) })];
  });
  return <p className="min-h-6">{said.join(" ")}</p>;
}

/** What was earned, or paid, and by how much that is better than the utility alone. */
function CameTo({ side, shares }: { side: OwnShare["side"]; shares: readonly OwnShare[] }) {
  const { t, format } = useHood();
  const own = shares.filter((one) => one.side === side);
  const amount = own.reduce((sum, one) => sum + one.amount, 0n);
  const plnAmount = own.reduce((sum, one) => sum + one.plnAmount, 0n);
  const betterIdrs = side === "SOLD" ? amount - plnAmount : plnAmount - amount;
  if (amount === 0n && betterIdrs === 0n) return null;
  return (
    <p className={classes("font-medium", betterIdrs > 0n && "text-buy")}>
      <Money idrs={amount} /> {t(side === "SOLD" ? "hood.earned" : "hood.paid")},{" "}
      {betterIdrs === 0n
        ? t("hood.same")
        : t(betterIdrs > 0n ? "hood.better" : "hood.worse", {
            amount: format.money(betterIdrs < 0n ? -betterIdrs : betterIdrs),
          })}
    </p>
  );
}
