/** `/time`, `/contracts`, `/market`: what a program must know before it does anything. */
import { makeRoutes } from "@enerlink/edge/rest";
import {
  constants,
  ETK_DECIMALS,
  formatDecimal,
  formatKwh,
  formatPrice,
  IDRS_DECIMALS,
  MINIMUM_WH,
  MOST_PRICE,
  MOST_TICK,
  MOST_WH,
  namesOf,
  TimeInForce,
} from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { getAddress } from "viem";
import { readSettings } from "../../../lib/settings.ts";
import { indexed } from "../block.ts";
import { chainId, deployed } from "../chain.ts";
import { theMarket } from "../questions/statistics.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { isoOf } from "./times.ts";

const TAG = "System";
const { settlementInterval, tradingEnabled } = readSettings();
const { DELIVERY_GRACE } = constants.Trades;

const seconds = (description: string) => z.number().int().openapi({ description });

const Time = z
  .object({
    block: z.string().openapi({ description: "Number of the newest indexed block", example: "1024" }),
    blockTime: schemas.iso.openapi({ description: "Its time: what has expired is judged by it" }),
    serverTime: schemas.iso.openapi({ description: "This machine's clock" }),
  })
  .openapi("Time");

const Contracts = z
  .object({
    chainId: z.number().int(),
    startBlock: z.number().int().openapi({ description: "Block of the first contract's creation" }),
    contracts: z.record(z.string(), z.string()).openapi({
      description: "Addresses by name",
      example: { energyMarket: "0x976EA74026E726554dB657fA54763abd0C3a0aa9" },
    }),
  })
  .openapi("Contracts");

const Market = z
  .object({
    orderBook: z.object({
      paused: z.boolean(),
      priceStep: schemas.idrPerKwh,
      highestPrice: schemas.idrPerKwh,
      smallestOrder: schemas.kwh,
      largestOrder: schemas.kwh,
      timesInForce: z.array(z.string()),
    }),
    offers: z.object({
      enabled: z.boolean().openapi({ description: "Whether this index takes questions about them" }),
      paused: z.boolean(),
      priceStep: schemas.idrPerKwh,
      lowestPrice: schemas.idrPerKwh,
      highestPrice: schemas.idrPerKwh,
      smallestAmount: schemas.kwh,
      deliveryGraceSeconds: seconds("How long after an offer's end its delivery is paid"),
    }),
    tokens: z.object({
      ETK: z.object({ decimals: z.number().int() }).openapi({ description: "1 token = 1 kWh" }),
      IDRS: z.object({ decimals: z.number().int() }).openapi({ description: "1 token = 1 rupiah" }),
    }),
    settlementWindowSeconds: seconds("How often a meter that shares no slots is settled"),
    settlementStopped: z.boolean().openapi({ description: "No reporter settles: deadlines wait" }),
  })
  .openapi("Market");

export const system = makeRoutes();

system.openapi(
  route("get", "/time", TAG, "The newest indexed block, and the clocks", Time),
  async (context) => {
    const { block, time } = await indexed();
    const serverTime = new Date().toISOString();
    return context.json({ block: String(block), blockTime: isoOf(time), serverTime }, 200);
  },
);

system.openapi(route("get", "/contracts", TAG, "Where the contracts are", Contracts), (context) => {
  const { contracts, startBlock } = deployed;
  const named = Object.entries(contracts).flatMap(([name, address]) =>
    address === undefined ? [] : [[name, getAddress(address)] as const],
  );
  return context.json({ chainId, startBlock, contracts: Object.fromEntries(named) }, 200);
});

system.openapi(
  route("get", "/market", TAG, "What may be ordered and offered, in which steps", Market),
  async (context) => {
    const state = (await theMarket())!;
    return context.json(
      {
        orderBook: {
          paused: state.bookPaused,
          priceStep: "1",
          highestPrice: String(MOST_TICK),
          smallestOrder: formatKwh(MINIMUM_WH),
          largestOrder: formatKwh(MOST_WH),
          timesInForce: [...namesOf(TimeInForce)],
        },
        offers: {
          enabled: tradingEnabled,
          paused: state.boardPaused,
          priceStep: formatDecimal(1n, 3),
          lowestPrice: formatPrice(state.minimumPrice > 0n ? state.minimumPrice : 1n),
          highestPrice: formatPrice(MOST_PRICE),
          smallestAmount: formatKwh(MINIMUM_WH),
          deliveryGraceSeconds: Number(DELIVERY_GRACE),
        },
        tokens: { ETK: { decimals: ETK_DECIMALS }, IDRS: { decimals: IDRS_DECIMALS } },
        settlementWindowSeconds: Number(settlementInterval),
        settlementStopped: state.settlementStopped,
      },
      200,
    );
  },
);
