/**
 * What a query can cost: the fields that its answer may hold. A field counts once for each row that the lists around it
 * may have, by their `limit` or `depth`.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { createGraphQLError, type Plugin } from "graphql-yoga";
import { InputError } from "../input.ts";
import { DEFAULT_ROWS } from "./lists.ts";

export const MOST_COST = 50_000;

/** Lists of the schema's types that lead to further types; the usual tools nest none of them. */
const TYPE_LISTS = new Set(["fields", "inputFields", "interfaces", "possibleTypes"]);
const MOST_TYPE_LISTS = 2;

type Variables = Record<string, unknown>;

/**
 * @returns the most fields that the answer may hold
 * @throws InputError for a question about the schema that is nested too deep
 */
export function costOf(document: DocumentNode, variables: Variables): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  return document.definitions.reduce(
    (sum, node) =>
      node.kind === Kind.OPERATION_DEFINITION
        ? sum + costOfOperation(node, fragments, { ...defaultsOf(node), ...variables })
        : sum,
    0,
  );
}

function costOfOperation(
  operation: OperationDefinitionNode,
  fragments: Map<string, FragmentDefinitionNode>,
  variables: Variables,
): number {
  /** Adds up `selections`; each fragment is reckoned once: some that name each other many times would take forever. */
  function over(ofField: (field: FieldNode) => number, join: (a: number, b: number) => number) {
    const ofFragment = new Map<string, number>();
    const ofSelections = ({ selections }: SelectionSetNode): number =>
      selections.reduce((sum, selection) => join(sum, ofSelection(selection)), 0);
    const ofSelection = (selection: SelectionNode): number => {
      if (selection.kind === Kind.FIELD) return ofField(selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) return ofSelections(selection.selectionSet);
      const name = selection.name.value;
      if (!ofFragment.has(name)) {
        ofFragment.set(name, 0);
        const fragment = fragments.get(name);
        if (fragment) ofFragment.set(name, ofSelections(fragment.selectionSet));
      }
      return ofFragment.get(name)!;
    };
    return ofSelections;
  }

  /** How deep lists of a type's fields stand in each other in what is asked about the schema. */
  const nesting = over(
    ({ name, selectionSet }) =>
      (TYPE_LISTS.has(name.value) ? 1 : 0) + (selectionSet ? nesting(selectionSet) : 0),
    Math.max,
  );

  const cost = over(
    (field) => {
      if (field.name.value.startsWith("__")) {
        if (field.selectionSet && nesting(field.selectionSet) > MOST_TYPE_LISTS)
          throw new InputError("a question about the schema", "at most 2 lists of fields deep");
        return 0;
      }
      const given = argumentsOf(field, variables);
      return field.selectionSet ? 1 + rowsOf(field, given) * cost(field.selectionSet) : 1;
    },
    (a, b) => a + b,
  );
  return cost(operation.selectionSet);
}

function rowsOf({ selectionSet }: FieldNode, { limit, depth }: Variables): number {
  const given = limit ?? depth;
  // What is below 1 is refused when it is answered.
  if (typeof given === "number") return Math.max(1, given);
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

const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Variables =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, givenBy(defaultValue, {})]] : [],
    ),
  );

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
