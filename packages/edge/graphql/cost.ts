/**
 * What a query can cost. One unit is a value of the answer, some 50 bytes of it, or as much work as that takes, about
 * 5 µs. A field counts once for each row that the lists around it may have; a question about the schema, whose answer
 * is known, is counted out.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql/index.js";

/** The most for one query; the usual tools' question about the schema is some 60,000. */
export const MOST_COST = 70_000;

type Variables = Record<string, unknown>;
export type Field = GraphQLField<unknown, unknown>;

/** What a service's own fields take. */
export type Prices = {
  /** To answer the field once, beside what it holds; `parent` is the type that it belongs to. */
  work: (field: Field, parent: string) => number;
  /** How many rows the field, asked with these arguments, may hold; below 1 counts as 1. `type` is the rows'. */
  rows: (field: Field, given: Variables, type: string) => number;
  /** To read one of these rows, however little of it is asked for. */
  row: (type: string) => number;
};

/** @returns the most that `document` may cost, reckoned no further than just beyond MOST_COST */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
  prices: Prices,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const roots = { query: schema.getQueryType(), mutation: null, subscription: schema.getSubscriptionType() };
  const counter = { counted: 0 };
  let sum = 0;
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = roots[node.operation];
    const given = { ...defaultsOf(node), ...variables };
    if (root)
      sum += makeCost(schema, fragments, given, prices, counter).ofSelections(root, node.selectionSet);
  }
  return sum;
}

function makeCost(
  schema: GraphQLSchema,
  fragments: Map<string, FragmentDefinitionNode>,
  variables: Variables,
  prices: Prices,
  /** What the whole document asks of the schema: to count on beyond MOST_COST would be work for a refusal. */
  counter: { counted: number },
) {
  /** Each fragment is reckoned once: some that name each other many times would take forever. */
  const known = new Map<string, number>();

  function ofSelections(parent: GraphQLObjectType, { selections }: SelectionSetNode): number {
    let sum = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) sum += ofField(parent, selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum += ofSelections(parent, selection.selectionSet);
      else sum += ofFragment(parent, selection.name.value);
    }
    return sum;
  }

  function ofFragment(parent: GraphQLObjectType, name: string): number {
    if (!known.has(name)) {
      known.set(name, 0);
      const fragment = fragments.get(name);
      if (fragment) known.set(name, ofSelections(parent, fragment.selectionSet));
    }
    return known.get(name)!;
  }

  function ofField(parent: GraphQLObjectType, node: FieldNode): number {
    const name = node.name.value;
    const own = sizeOf(node);
    const field = parent.getFields()[name];
    if (name === "__schema") return own + countOut(schema.getType("__Schema"), schema, node.selectionSet);
    if (name === "__type") {
      const asked = schema.getType(String(argumentsOf(undefined, node, variables).name));
      return own + (asked ? countOut(schema.getType("__Type"), asked, node.selectionSet) : 0);
    }
    if (!field) return own;
    const work = prices.work(field, parent.name);
    const type = namedType(field);
    if (!node.selectionSet || !("getFields" in type)) return own + work;
    const rows = Math.max(1, prices.rows(field, argumentsOf(field, node, variables), type.name));
    return (
      own + work + rows * (prices.row(type.name) + ofSelections(type as GraphQLObjectType, node.selectionSet))
    );
  }

  /** How many values the schema's own answer about itself holds, as far as MOST_COST for all that is asked of it. */
  function countOut(type: unknown, value: unknown, selectionSet: SelectionSetNode | undefined): number {
    const before = counter.counted;
    const visit = (parent: GraphQLObjectType, source: unknown, { selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (counter.counted > MOST_COST) return;
        if (selection.kind === Kind.FIELD) enter(parent, source, selection);
        else {
          const inner =
            selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
          if (inner) visit(parent, source, inner.selectionSet);
        }
      }
    };
    const enter = (parent: GraphQLObjectType, source: unknown, node: FieldNode): void => {
      counter.counted += sizeOf(node);
      const field = parent.getFields()[node.name.value];
      if (!field || !node.selectionSet) return;
      const found = field.resolve!(source, argumentsOf(field, node, variables), undefined, {
        schema,
      } as never);
      for (const one of Array.isArray(found) ? found : [found]) {
        if (one == null) continue;
        if (one !== found) counter.counted++;
        visit(namedType(field) as GraphQLObjectType, one, node.selectionSet);
      }
    };
    if (selectionSet) visit(type as GraphQLObjectType, value, selectionSet);
    return counter.counted - before;
  }

  return { ofSelections };
}

/** A field's name comes back with each value. */
const sizeOf = ({ alias, name }: FieldNode) => 1 + Math.floor((alias ?? name).value.length / 50);

function namedType({ type }: Field) {
  let inner: { ofType?: unknown; name?: string } = type as never;
  while (inner.ofType) inner = inner.ofType as typeof inner;
  return inner as { name: string };
}

/** A field's arguments with their defaults. */
function argumentsOf(field: Field | undefined, node: FieldNode, variables: Variables): Variables {
  const defaults = (field?.args ?? []).map(({ name, defaultValue }) => [name, defaultValue]);
  const given = (node.arguments ?? [])
    .map(({ name, value }) => [name.value, givenBy(value, variables)])
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries([...defaults, ...given]);
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
    case Kind.ENUM:
    case Kind.BOOLEAN:
      return value.value;
    case Kind.LIST:
      return value.values.map((one) => givenBy(one, variables));
    case Kind.NULL:
      return null;
    default:
      return undefined;
  }
}

/** Fields of one name are compared with each other to see whether they can be merged: pair by pair. */
export const MOST_OF_A_NAME = 200;

/** Whether checking `document` alone would take long: one name is asked for more often than MOST_OF_A_NAME. */
export function isRepetitive(document: DocumentNode): boolean {
  const counts = new Map<string, number>();
  const visit = ({ selections }: SelectionSetNode): boolean =>
    selections.some((selection) => {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const count = (counts.get(name) ?? 0) + 1;
        if (count > MOST_OF_A_NAME) return true;
        counts.set(name, count);
      }
      return "selectionSet" in selection && selection.selectionSet ? visit(selection.selectionSet) : false;
    });
  return document.definitions.some((node) => "selectionSet" in node && visit(node.selectionSet));
}
