/** The comments of `ponder.schema.ts` as descriptions in GraphQL, so that nobody has to read the code. */
import type { GraphQLSchema } from "graphql";
import { isObjectType } from "graphql";

/** Columns that mean the same in every table. */
const everywhere: Record<string, string> = {
  id: "Name of the row; of a row that stands for one event `<transaction hash>-<log index>`.",
  timestamp: "Time of the block, unix seconds.",
  blockNumber: "Number of the block.",
  transactionHash: "Hash of the transaction.",
  logIndex: "Position among the block's events.",
};

/** A table's text and its columns', by their names in `source`. */
export function readDescriptions(source: string) {
  const tables = new Map<string, { text: string | undefined; columns: Map<string, string> }>();
  for (const [, comment, name, body] of source.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const (\w+) = onchainTable\(([\s\S]*?\n)(?:\)|\}\)\));/g,
  )) {
    const columns = new Map<string, string>();
    for (const [, text, column] of body!.matchAll(
      /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+)?^ +(\w+): (?:t\.\w+|\w+)\(.*,$/gm,
    )) {
      const described = text ? plain(text) : everywhere[column!];
      if (described) columns.set(column!, described);
    }
    tables.set(name!, { text: comment ? plain(comment) : undefined, columns });
  }
  return tables;
}

const plain = (comment: string) => comment.replace(/\s*\n\s*\* ?/g, " ").trim();

/** Writes the descriptions into the generated types. */
export function describeTables(schema: GraphQLSchema, source: string): void {
  for (const [table, { text, columns }] of readDescriptions(source)) {
    const type = schema.getType(table);
    if (!isObjectType(type)) continue;
    type.description = text;
    for (const [name, field] of Object.entries(type.getFields())) field.description ??= columns.get(name);
  }
}
