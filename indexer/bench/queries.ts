/** The ten questions that the dApp and bots ask most, as they ask them. */
import type { Address } from "viem";

export type Question = { name: string; query: string; variables: Record<string, unknown> };

/** @param now the chain's time, unix seconds */
export function commonestQuestions(account: Address, now: number): Question[] {
  const owner = account.toLowerCase();
  const week = String(now - 7 * 86_400);
  const fill = "id tick wattHours cost buyer seller takerSide timestamp";
  const page = (order: string, limit: number) =>
    `orderBy: "${order}", orderDirection: "desc", limit: ${limit}`;
  const asked: [name: string, query: string, variables?: Record<string, unknown>][] = [
    [
      "order book",
      "{ orderBook(depth: 20) { bids { tick wattHours totalWh } asks { tick wattHours totalWh } spread } }",
    ],
    ["candles", "{ candles(interval: QUARTER_HOUR) { start open high low close volumeWh } }"],
    [
      "market statistics",
      "{ marketStatistics { lastTick averagePrice24h volume24hWh spread openOrders activeOffers tradedWh } }",
    ],
    ["latest fills", `{ fills(${page("timestamp", 40)}) { items { ${fill} } } }`],
    [
      "own fills",
      `query ($owner: String!) {
        fills(where: { OR: [{ buyer: $owner }, { seller: $owner }] }, ${page("timestamp", 40)}) { items { ${fill} } } }`,
      { owner },
    ],
    [
      "open orders",
      `query ($owner: String!) {
        orders(where: { owner: $owner, status_in: [OPEN, PARTIALLY_FILLED] }, ${page("placedAt", 100)}) {
          items { orderId side tick placedWh filledWh openWh placedAt } } }`,
      { owner },
    ],
    [
      "own trades",
      `query ($owner: String!) {
        trades(where: { OR: [{ buyer: $owner }, { seller: $owner }] }, ${page("requestedAt", 50)}) {
          items { id offerId buyer seller wattHours deliveredWh price status ratings { items { stars } } } } }`,
      { owner },
    ],
    [
      "nearby offers",
      "{ nearbyOffers(latitude: -6.2, longitude: 106.8166, limit: 200) { distanceKm offer { id price remainingWh } } }",
    ],
    [
      "a week's settlements",
      `query ($owner: String!, $week: BigInt!) {
        settlements(where: { owner: $owner, readAt_gte: $week }, ${page("readAt", 1_000)}) {
          items { meterId readAt exportedWh importedWh tokensWh debtWh } } }`,
      { owner, week },
    ],
    [
      "portfolio",
      "query ($owner: String!) { portfolio(address: $owner) { energyWh idrs valueIdrs debtWh openOrders } }",
      { owner },
    ],
  ];
  return asked.map(([name, query, variables = {}]) => ({ name, query, variables }));
}
