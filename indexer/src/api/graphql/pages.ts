/** Lets the generated schema's pages be answered by `lists.ts`, and its meters be named by their serials. */
import type { GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema } from "graphql";
import type { PgColumn, PgTable } from "ponder";
import type { Relation, TableDescription } from "../ponder.ts";
import { keptOf } from "./filters.ts";
import { type Database, list, listsBy } from "./lists.ts";

type Tables = Record<string, TableDescription>;
type Lists = ReturnType<typeof listsBy>;
/** What the pages need of a request: the lists that one place of its query asks for. */
export type ListContext = { lists: Map<unknown, Lists> };
type Field = GraphQLField<Record<string, unknown>, ListContext>;

/**
 * @param from the tables by their names in `tables`
 * @param db where they are read
 */
export function answerPages(
  schema: GraphQLSchema,
  tables: Tables,
  from: Record<string, unknown>,
  db: Database,
): void {
  const tableOf = (name: string) => ({ ...tables[name]!, from: from[name] as PgTable });
  for (const field of fieldsOf(schema.getQueryType()!)) {
    const page = pageOf(field);
    if (page) field.resolve = (_, asked) => list(db, tableOf(page), asked);
    else if (field.name in tables) findChecked(field, tables[field.name]!);
  }
  for (const [name, table] of Object.entries(tables)) {
    for (const field of fieldsOf(schema.getType(name) as GraphQLObjectType)) {
      const page = pageOf(field);
      if (!page) continue;
      const { columns, keys } = belonging(tables, table, field.name);
      field.resolve = (row, asked, { lists }, info) => {
        const place = placeOf(info);
        if (!lists.has(place)) lists.set(place, listsBy(db, tableOf(page), columns, asked));
        return lists.get(place)!(keys.map((key) => row[key]));
      };
    }
  }
}

const fieldsOf = (type: GraphQLObjectType) => Object.values(type.getFields()) as Field[];

/** The table of a field that is a page of it. */
const pageOf = ({ type }: Field) => /^(\w+)Page!?$/.exec(String(type))?.[1];

/** Rows beside each other ask with the same field of the query, and so with the same arguments. */
const placeOf = ({ fieldNodes }: GraphQLResolveInfo) => fieldNodes[0];

/** The columns by which rows belong to a row of `table`, and that row's columns with the same values. */
function belonging(tables: Tables, table: TableDescription, relation: string) {
  const { relationName, referencedTableName } = table.relations[relation]!;
  const other = Object.values(tables).find(({ dbName }) => dbName === referencedTableName)!;
  const isOther = (one: Relation) =>
    one.config?.fields !== undefined &&
    one.referencedTableName === table.dbName &&
    (relationName === undefined || one.relationName === relationName);
  const { fields, references } = Object.values(other.relations).find(isOther)!.config!;
  const nameOf = (column: PgColumn) =>
    Object.keys(table.columns).find((name) => table.columns[name] === column)!;
  return { columns: fields!, keys: references!.map(nameOf) };
}

/** A row that is asked for by its key: a meter also by its serial. */
function findChecked(field: Field, table: TableDescription): void {
  const find = field.resolve!;
  field.resolve = (parent, asked, ...rest) => {
    const key = Object.entries(asked).map(([name, value]) => [name, keptOf(name, table, name, value)]);
    return find(parent, Object.fromEntries(key), ...rest);
  };
}
