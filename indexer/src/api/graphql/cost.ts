/**
 * What a query can cost: the fields that its answer may hold. A field counts once for each row that the lists around it
 * may have, by their `limit` or `depth`. Beside it, the bounds that Ponder's own arguments have.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { createGraphQLError, type Plugin } from "graphql-yoga";
import { between, InputError } from "../input.ts";

export const MOST_COST = 50_000;
const MOST_ROWS = 1_000;
const MOST_OFFSET = 1_000_000;
/** Rows of a list that names no limit; Ponder's own default. */
const DEFAULT_ROWS = 50;

type Variables = Record<string, unknown>;

/**
 * @returns the most fields that the answer may hold
 * @throws InputError for a limit, offset or cursor that is out of its range
 */
export function costOf(document: DocumentNode, variables: Variables): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  // Each fragment is reckoned once: fragments that name each other many times would take forever.
  const ofFragment = new Map<string, number>();

  const ofSelections = ({ selections }: SelectionSetNode): number => {
    let sum = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) sum += ofField(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum += ofSelections(selection.selectionSet);
      else {
        const name = selection.name.value;
        if (!ofFragment.has(name)) {
          ofFragment.set(name, 0);
          const fragment = fragments.get(name);
          if (fragment) ofFragment.set(name, ofSelections(fragment.selectionSet));
        }
        sum += ofFragment.get(name)!;
      }
    }
    return sum;
  };

  const ofField = (field: FieldNode): number => {
    if (field.name.value.startsWith("__")) return 0;
    const given = argumentsOf(field, variables);
    checkBounds(given);
    return field.selectionSet ? 1 + rowsOf(field, given) * ofSelections(field.selectionSet) : 1;
  };

  return document.definitions.reduce(
    (sum, node) => (node.kind === Kind.OPERATION_DEFINITION ? sum + ofSelections(node.selectionSet) : sum),
    0,
  );
}

function rowsOf({ selectionSet }: FieldNode, { limit, depth }: Variables): number {
  if (typeof limit === "number") return limit;
  if (typeof depth === "number") return depth;
  const isPage = selectionSet?.selections.some(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === "items",
  );
  return isPage ? DEFAULT_ROWS : 1;
}

function argumentsOf(field: FieldNode, variables: Variables): Variables {
  return Object.fromEntries(
    (field.arguments ?? []).map(({ name, value }) => [name.value, givenBy(value, variables)]),
  );
}

function givenBy(value: ValueNode, variables: Variables): unknown {
  switch (value.kind) {
    case Kind.VARIABLE:
      return variables[value.name.value];
    case Kind.INT:
      return Number(value.value);
    case Kind.STRING:
      return value.value;
    default:
      return undefined;
  }
}

function checkBounds({ limit, offset, after, before }: Variables): void {
  if (typeof limit === "number") between("limit", limit, 1, MOST_ROWS);
  if (typeof offset === "number") between("offset", offset, 0, MOST_OFFSET);
  for (const [field, cursor] of Object.entries({ after, before })) {
    if (typeof cursor === "string" && !isCursor(cursor)) {
      throw new InputError(field, "a cursor from an earlier answer's pageInfo");
    }
  }
}

/** Base64 of a JSON object. */
function isCursor(text: string): boolean {
  try {
    return typeof JSON.parse(Buffer.from(text, "base64").toString("utf8")) === "object";
  } catch {
    return false;
  }
}

/** Refuses what `costOf` refuses, and what costs more than `MOST_COST`. */
export const costPlugin: Plugin = {
  onExecute: ({ args }) => check(args),
  onSubscribe: ({ args }) => check(args),
};

function check({ document, variableValues }: { document: DocumentNode; variableValues?: unknown }): void {
  try {
    const cost = costOf(document, (variableValues ?? {}) as Variables);
    if (cost > MOST_COST) {
      throw new InputError("the query's cost", `at most ${MOST_COST} fields, not ${cost}: lower its limits`);
    }
  } catch (error) {
    throw error instanceof InputError ? badInput(error) : error;
  }
}

/** As GraphQL answers it: named also where other errors are masked. */
export const badInput = ({ message, field }: InputError) =>
  createGraphQLError(message, { extensions: { code: "BAD_USER_INPUT", field } });
