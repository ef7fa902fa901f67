/** Ratings of the trades in one answer: read at once, where the generated resolver would ask for each trade's. */

import { db } from "ponder:api";
import { rating, type trade } from "ponder:schema";
import type { GraphQLFieldResolver } from "graphql";
import { isObjectType } from "graphql";
import { asc, inArray } from "ponder";
import { generatedSchema } from "./generated.ts";

type Rating = typeof rating.$inferSelect;

/** @returns a function that finds a trade's ratings; what it is asked for in one turn is one question */
export function ratingsOfTrades() {
  let turn: { tradeIds: Set<bigint>; rows: Promise<Rating[]> } | undefined;
  return async (tradeId: bigint): Promise<Rating[]> => {
    if (!turn) {
      const tradeIds = new Set<bigint>();
      const rows = Promise.resolve().then(() => {
        turn = undefined;
        return db
          .select()
          .from(rating)
          .where(inArray(rating.tradeId, [...tradeIds]))
          .orderBy(asc(rating.id));
      });
      turn = { tradeIds, rows };
    }
    turn.tradeIds.add(tradeId);
    const rows = await turn.rows;
    return rows.filter((row) => row.tradeId === tradeId);
  };
}

type Context = { ratings: ReturnType<typeof ratingsOfTrades> };
type Trade = Pick<typeof trade.$inferSelect, "id">;

const type = generatedSchema.getType("trade");
const generated = isObjectType(type) ? type.getFields().ratings?.resolve : undefined;

/** A trade has two at most, all on one page; who filters or orders them is answered by the generated resolver. */
export const resolveRatings: GraphQLFieldResolver<Trade, Context> = async (row, given, context, info) => {
  if (generated && Object.keys(given).length > 0) return generated(row, given, context, info);
  const items = await context.ratings(row.id);
  const pageInfo = { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
  return { items, totalCount: items.length, pageInfo };
};
