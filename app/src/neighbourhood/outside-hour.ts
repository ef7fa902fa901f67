/** What the last hour of a home that shares with nobody came to: what its meters counted, and what was sold and bought. */
import type { StatementPeriod } from "../energy-index/index.ts";
import type { I18nWith } from "../i18n/index.ts";
import { outsideEn } from "../i18n/outside-en.ts";
import { outsideId } from "../i18n/outside-id.ts";
import type { Fill } from "../market/index.ts";

export const outsideWords = { id: outsideId, en: outsideEn };
type Words = Pick<I18nWith<typeof outsideId>, "t" | "format">;

/** As many of those traded with are named. */
const NAMED = 3;

const trades = ["bookSold", "bookBought", "offersSold", "offersBought"] as const;

type Traded = {
  /** The hour's own trades in the market. */
  fills: readonly Fill[];
  /** Whose they are, in lower case. */
  account: string;
  nameOf: (address: string) => string;
};

export function outsideHourWords(hour: StatementPeriod, traded: Traded, words: Words): string {
  const { t, format } = words;
  const all = trades.flatMap((trade) => {
    const [wattHours, idrs] = [hour[`${trade}Wh`], hour[`${trade}Idrs`]];
    if (wattHours === 0n) return [];
    const said = t(`outside.${trade}`, {
      energy: format.energy(wattHours),
      idrs: format.money(idrs),
      // Base units for a Wh are milli-rupiah for a kWh.
      price: format.price(idrs / wattHours),
    });
    const side = trade === "bookBought" ? "buyer" : trade === "bookSold" ? "seller" : undefined;
    return [side ? said + partnersWords(side, traded, words) : said];
  });
  const what = format.list(all);
  // What was not settled is not known, and not zero.
  if (hour.exportWh === null || hour.importWh === null)
    return what ? t("outside.traded", { what }) : t("outside.unread");
  const counted = { exported: format.energy(hour.exportWh), imported: format.energy(hour.importWh) };
  return what ? t("outside.countedAnd", { ...counted, what }) : t("outside.counted", counted);
}

/** With whom, most first, and why with them: the book gives whoever takes the best that there is. */
function partnersWords(
  side: "buyer" | "seller",
  { fills, account, nameOf }: Traded,
  { t, format }: Words,
): string {
  const own = fills.filter((fill) => fill[side] === account);
  if (own.length === 0) return "";
  const other = side === "buyer" ? "seller" : "buyer";
  const energyOf = (all: readonly Fill[]) => all.reduce((sum, { wattHours }) => sum + wattHours, 0n);
  const names = [...Map.groupBy(own, (fill) => fill[other])]
    .map(([address, all]) => ({ name: nameOf(address), wattHours: energyOf(all) }))
    .toSorted((a, b) => (a.wattHours > b.wattHours ? -1 : a.wattHours < b.wattHours ? 1 : 0))
    .map(({ name }) => name);
  const more = names.length - NAMED;
  const list = format.list([
    ...names.slice(0, NAMED),
    ...(more > 0 ? [t("outside.others", { count: more })] : []),
  ]);
  const took = own.filter(({ takerSide }) => takerSide === (side === "buyer" ? "BID" : "ASK")).length;
  const why = took === own.length ? "taken" : took === 0 ? "waited" : "both";
  return t(`outside.${side}.${why}`, { names: list });
}
