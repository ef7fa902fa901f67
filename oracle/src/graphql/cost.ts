/** What a GraphQL operation may cost: a field counts one, and what lies below a list counts for each of its items. */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql/index.js";
import type { Plugin } from "graphql-yoga";

export const MOST_COST = 5_000;

/** The cost of every operation in `document`; lists are as long as their `limit` argument allows. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Record<string, unknown>,
): number {
  const fragments = new Map(
    document.definitions
      .filter((one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const known = new Map<string, number>();

  function ofFragment(name: string, type: GraphQLObjectType): number {
    const key = `${name} ${type.name}`;
    const cost = known.get(key) ?? ofSelections(fragments.get(name)!.selectionSet, type);
    known.set(key, cost);
    return cost;
  }

  function ofSelections({ selections }: SelectionSetNode, type: GraphQLObjectType): number {
    let total = 0;
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) total += ofFragment(node.name.value, type);
      else if (node.kind === Kind.INLINE_FRAGMENT) total += ofSelections(node.selectionSet, type);
      else {
        const field = type.getFields()[node.name.value];
        // What is not in the schema is introspection.
        if (!field) continue;
        const below = getNamedType(field.type);
        const inner = node.selectionSet && isObjectType(below) ? ofSelections(node.selectionSet, below) : 0;
        const { limit } = getArgumentValues(field, node, variables);
        total += 1 + inner * (typeof limit === "number" ? Math.max(limit, 1) : 1);
      }
    }
    return total;
  }

  return document.definitions
    .filter((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION)
    .reduce(
      (sum, { operation, selectionSet }) => sum + ofSelections(selectionSet, schema.getRootType(operation)!),
      0,
    );
}

type Execution = { args: { schema: GraphQLSchema; document: DocumentNode; variableValues?: unknown } };

/** Refuses an operation that costs more than `MOST_COST`. */
export function costLimit(): Plugin {
  function check({ args: { schema, document, variableValues } }: Execution): void {
    const cost = costOf(schema, document, (variableValues ?? {}) as Record<string, unknown>);
    if (cost <= MOST_COST) return;
    throw new GraphQLError(`This asks for ${cost} fields; at most ${MOST_COST} are allowed: lower a limit`, {
      extensions: { code: "TOO_COSTLY" },
    });
  }
  return {
    onExecute: (execution) => check(execution as Execution),
    onSubscribe: (it) => check(it as Execution),
  };
}
