/** What many operations of a document have alike, said once: half of the index's document was the same problems again. */
import { STATUS_CODES } from "node:http";

type Parameter = { name: string; description?: string; schema?: { description?: string } };
type Response = { headers?: Record<string, unknown> } | { $ref: string };
type Operation = { parameters?: unknown[]; responses: Record<string, Response> };
type Document = {
  paths?: Record<string, object>;
  components?: { parameters?: object; responses?: object; schemas?: object; headers?: object };
};

/** A place of an operation that may stand elsewhere, and what it would be called there. */
type Place = { name: string; value: unknown; refer: (path: string) => void };

/** @returns by name the value that most of `places` have under it, if several do; they refer to it from now on */
function gathered(places: readonly Place[], path: string): Record<string, unknown> {
  const gathered: Record<string, unknown> = {};
  for (const [name, alike] of Map.groupBy(places, (place) => place.name)) {
    const variants = [...Map.groupBy(alike, ({ value }) => JSON.stringify(value)).values()];
    const most = variants.reduce((most, one) => (one.length > most.length ? one : most));
    if (most.length === 1) continue;
    gathered[name] = most[0]!.value;
    for (const { refer } of most) refer(`${path}${name}`);
  }
  return gathered;
}

/** A parameter that says what it is says so once: zod's schema of it says the same. */
function saidOnce(parameter: Parameter): Parameter {
  const { description, schema } = parameter;
  if (description === undefined || schema?.description !== description) return parameter;
  const { description: _, ...rest } = schema;
  return { ...parameter, schema: rest };
}

const isRefusal = ([status]: [string, unknown]) => Number(status) >= 300;

function headersOf(response: Response): Place[] {
  const headers = "headers" in response ? response.headers : undefined;
  if (headers === undefined) return [];
  return Object.entries(headers).map(([name, value]) => ({
    name,
    value,
    refer: ($ref) => {
      headers[name] = { $ref };
    },
  }));
}

/** Moves what several operations of `document` take or refuse alike to its components. */
export function shareParts(document: Document): void {
  const operations = Object.values(document.paths ?? {}).flatMap(
    (methods) => Object.values(methods) as Operation[],
  );
  for (const one of operations)
    if (one.parameters) one.parameters = one.parameters.map((it) => saidOnce(it as Parameter));
  const parameters = operations.flatMap(({ parameters = [] }) =>
    parameters.map((value, at) => ({
      name: (value as Parameter).name,
      value,
      refer: ($ref: string) => {
        parameters[at] = { $ref };
      },
    })),
  );
  // Before the responses, which refer to them then.
  const headers = gathered(
    operations.flatMap(({ responses }) => Object.values(responses).flatMap((one) => headersOf(one))),
    "#/components/headers/",
  );
  const responses = operations.flatMap(({ responses }) =>
    Object.entries(responses)
      .filter(isRefusal)
      .map(([status, value]) => ({
        name: STATUS_CODES[status]!.replaceAll(/[^A-Za-z]/g, ""),
        value,
        refer: ($ref: string) => {
          responses[status] = { $ref };
        },
      })),
  );
  document.components = {
    ...document.components,
    headers,
    parameters: gathered(parameters, "#/components/parameters/"),
    responses: gathered(responses, "#/components/responses/"),
  };
}
