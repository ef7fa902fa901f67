/** `/dashboard`: everything at a glance. */
import { makeRoutes } from "@enerlink/edge/rest";
import { formatKwh, formatPrice } from "@enerlink/protocol";
import { communityEnergy } from "../questions/community.ts";
import { marketStatistics, suggestedPrice } from "../questions/statistics.ts";
import { ofPrice, ofTick } from "./format.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { isoOf } from "./times.ts";

const DAY = 86_400n;

export const dashboard = makeRoutes();

dashboard.openapi(
  route("get", "/stats", "Dashboard", "Market and community at a glance", schemas.Dashboard),
  async (context) => {
    const statistics = await marketStatistics();
    const { timestamp } = statistics;
    const [energy, suggested] = await Promise.all([
      communityEnergy({
        from: timestamp - DAY,
        to: timestamp,
        interval: "QUARTER_HOUR",
        timeZone: "UTC",
      }),
      suggestedPrice(),
    ]);
    const { openOrders, activeOffers, pendingTrades, completedTrades } = statistics;
    return context.json(
      {
        market: {
          lastPrice: ofTick(statistics.lastTick),
          bestBid: ofTick(statistics.bestBid),
          bestAsk: ofTick(statistics.bestAsk),
          averagePrice24h: ofPrice(statistics.averagePrice24h),
          high24h: ofTick(statistics.high24h),
          low24h: ofTick(statistics.low24h),
          volume24h: formatKwh(statistics.volume24hWh),
          openOrders,
          activeOffers,
          pendingTrades,
          completedTrades,
        },
        energy: {
          minted: formatKwh(statistics.mintedWh),
          burned: formatKwh(statistics.burnedWh),
          traded: formatKwh(statistics.tradedWh),
          exported24h: formatKwh(energy.exportedWh),
          imported24h: formatKwh(energy.importedWh),
          selfSufficiency24h: energy.selfSufficiency,
        },
        suggestedPrice: formatPrice(suggested.price),
        timestamp: isoOf(timestamp),
      },
      200,
    );
  },
);
