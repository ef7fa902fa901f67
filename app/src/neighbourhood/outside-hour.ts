/** What the last hour of a home that shares with nobody came to: what its meters counted, and what was sold and bought. */
import type { StatementPeriod } from "../energy-index/index.ts";
import type { I18nWith } from "../i18n/index.ts";
import { outsideEn } from "../i18n/outside-en.ts";
import { outsideId } from "../i18n/outside-id.ts";
import type { Fill } from "../market/index.ts";
import type { Delivery } from "./data.ts";

export const outsideWords = { id: outsideId, en: outsideEn };
type Words = Pick<I18nWith<typeof outsideId>, "t" | "format">;

/** As many of those traded with are named. */
const NAMED = 3;

const trades = {
  bookSold: { side: "seller", by: "fills" },
  bookBought: { side: "buyer", by: "fills" },
  offersSold: { side: "seller", by: "deliveries" },
  offersBought: { side: "buyer", by: "deliveries" },
} as const;

type Traded = {
  /** The hour's own trades in the market. */
  fills: readonly Fill[];
  /** What was delivered in it from batteries, to the account or by it. */
  deliveries: readonly Delivery[];
  /** Whose they are, in lower case. */
  account: string;
  nameOf: (address: string) => string;
};

export function outsideHourWords(hour: StatementPeriod, traded: Traded, words: Words): string {
  const { t, format } = words;
  const all = (Object.keys(trades) as (keyof typeof trades)[]).flatMap((trade) => {
    const [wattHours, idrs] = [hour[`${trade}Wh`], hour[`${trade}Idrs`]];
    if (wattHours === 0n) return [];
    const said = t(`outside.${trade}`, {
      energy: format.energy(wattHours),
      idrs: format.money(idrs),
      // Base units for a Wh are milli-rupiah for a kWh.
      price: format.price(idrs / wattHours),
    });
    const { side, by } = trades[trade];
    return [said + partnersWords(side, by, traded, words)];
  });
  const what = format.list(all);
  // What was not settled is not known, and not zero.
  if (hour.exportWh === null || hour.importWh === null)
    return what ? t("outside.traded", { what }) : t("outside.unread");
  const counted = { exported: format.energy(hour.exportWh), imported: format.energy(hour.importWh) };
  return what ? t("outside.countedAnd", { ...counted, what }) : t("outside.counted", counted);
}

type Side = "buyer" | "seller";

/** With whom, most first, and why with them. */
function partnersWords(
  side: Side,
  by: "fills" | "deliveries",
  { account, nameOf, ...traded }: Traded,
  { t, format }: Words,
): string {
  const own = traded[by].filter((one) => one[side] === account);
  if (own.length === 0) return "";
  const other = side === "buyer" ? "seller" : "buyer";
  const energyOf = (all: readonly Delivery[]) => all.reduce((sum, { wattHours }) => sum + wattHours, 0n);
  const names = [...Map.groupBy(own, (one) => one[other])]
    .map(([address, all]) => ({ name: nameOf(address), wattHours: energyOf(all) }))
    .toSorted((a, b) => (a.wattHours > b.wattHours ? -1 : a.wattHours < b.wattHours ? 1 : 0))
    .map(({ name }) => name);
  const more = names.length - NAMED;
  const list = format.list([
    ...names.slice(0, NAMED),
    ...(more > 0 ? [t("outside.others", { count: more })] : []),
  ]);
  return t(`outside.${side}.${by === "fills" ? whyOf(side, traded.fills, account) : "offered"}`, {
    names: list,
  });
}

/** The book gives whoever takes the best that there is, and whoever waited the own price. */
function whyOf(side: Side, fills: readonly Fill[], account: string): "taken" | "waited" | "both" {
  const own = fills.filter((fill) => fill[side] === account);
  const took = own.filter(({ takerSide }) => takerSide === (side === "buyer" ? "BID" : "ASK")).length;
  return took === own.length ? "taken" : took === 0 ? "waited" : "both";
}
