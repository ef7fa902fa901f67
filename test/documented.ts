/**
 * A service held against its own OpenAPI document: every documented example is sent, and whatever else is sent, nothing
 * comes back but what the document says, in the shape that it says.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect } from "vitest";

type Schema = {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  default?: unknown;
  example?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  $ref?: string;
};
type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  description?: string;
  required?: boolean;
  schema: Schema;
};
type Content = Record<string, { schema: Schema }>;
type Operation = {
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content; headers?: Record<string, unknown> }>;
};
type Reference = { $ref: string };
type Published = {
  paths: Record<
    string,
    Record<
      string,
      Omit<Operation, "parameters" | "responses"> & {
        parameters?: (Parameter | Reference)[];
        responses: Record<string, Operation["responses"][string] | Reference>;
      }
    >
  >;
  components: object;
};

export type Documented = { method: string; path: string; operation: Operation };
export type Asked = { method: string; url: string; body?: string };
export type Answered = { status: number; type: string; text: string; headers: string[] };

/** Headers that any server sends, and those that protect browsers: no document names them. */
const UNSAID =
  /^(content-(type|length|encoding|security-policy)|transfer-encoding|date|connection|keep-alive|vary|access-control-.*|cross-origin-.*|origin-agent-cluster|referrer-policy|x-.*)$/;

/** What names nothing that is there, by the names of paths' parameters. */
const NOTHING: Record<string, string> = {
  id: "4000000000",
  meterId: "nobody-99",
  slotEnd: "1970-01-01T00:00:00Z",
};

/** What a field is shown with: its example, or what it is unless told, or the first that it may be; a time is now. */
const shown = ({ example, default: usual, enum: allowed, format }: Schema): unknown =>
  example ?? usual ?? allowed?.[0] ?? (format === "date-time" ? new Date().toISOString() : undefined);

/** What an operation says, whether it stands there or among the components. @throws Error for what is not there */
function standing<Part extends object>(part: Part | Reference, document: Published): Part {
  if (!("$ref" in part)) return part;
  const steps = part.$ref.replace(/^#\//, "").split("/");
  // biome-ignore lint/suspicious/noExplicitAny: a document of any depth.
  const found = steps.reduce((place: any, step) => place?.[step], document);
  if (found === undefined) throw new Error(`${part.$ref} is not in the document`);
  return found;
}

/** Every operation of a document, with all that it says. */
export function operationsOf(document: Published): Documented[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], responses, ...rest }]) => ({
      method: method.toUpperCase(),
      path,
      operation: {
        ...rest,
        parameters: parameters.map((one) => standing<Parameter>(one, document)),
        responses: Object.fromEntries(
          Object.entries(responses).map(([status, one]) => [
            status,
            standing<Operation["responses"][string]>(one, document),
          ]),
        ),
      },
    })),
  );
}

/** An address takes a segment of points for a step up, and none for none: it is another path then. */
const inPath = (text: string) => (/^\.{0,2}$/.test(text) ? "%20" : encodeURIComponent(text));

/** One of several is needed, as its words say; so the document lets each be left out. */
const ONE_OF_SEVERAL = ["from", "amount"];

/** @param apart parameters that have tests of their own: no request of `nearby` has one */
export function documentedBy(document: Published, apart: readonly string[] = []) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const checks = new Map<object, ValidateFunction>();

  function check(schema: Schema): ValidateFunction {
    const known = checks.get(schema) ?? ajv.compile({ ...schema, components: document.components });
    checks.set(schema, known);
    return known;
  }

  const operations = operationsOf(document);

  /** A request; `undefined` leaves a parameter out. */
  function request(
    { method, path, operation }: Documented,
    chosenFor: (parameter: Parameter) => unknown,
    body?: unknown,
    more: readonly (readonly [string, string])[] = [],
  ): Asked {
    let url = path;
    const query = new URLSearchParams();
    for (const parameter of operation.parameters) {
      const value = chosenFor(parameter);
      if (value === undefined) continue;
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, inPath(String(value)));
      else if (parameter.in === "query") query.append(parameter.name, String(value));
    }
    for (const [name, value] of more) query.append(name, value);
    const text = query.size > 0 ? `${url}?${query}` : url;
    return { method, url: text, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  const bodyOf = ({ operation }: Documented) => operation.requestBody?.content["application/json"]?.schema;

  function exampleBody(schema: Schema, isWanted: (name: string) => boolean): Record<string, unknown> {
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([name, field]) => isWanted(name) && shown(field) !== undefined,
    );
    return Object.fromEntries(fields.map(([name, field]) => [name, shown(field)]));
  }

  /** Every example: with what is needed alone, and with each thing beside that may be left out. */
  function examplesOf(one: Documented): Asked[] {
    const schema = bodyOf(one);
    const needed =
      schema &&
      exampleBody(
        schema,
        (name) => ONE_OF_SEVERAL.includes(name) || (schema.required?.includes(name) ?? false),
      );
    const isNeeded = ({ name, required, in: place }: Parameter) =>
      required || place === "path" || (ONE_OF_SEVERAL.includes(name) && one.method !== "GET");
    const example = ({ schema }: Parameter) => shown(schema) ?? "1";
    const least = request(one, (it) => (isNeeded(it) ? example(it) : undefined), needed);
    const optional = one.operation.parameters.filter((it) => !isNeeded(it) && it.in === "query");
    const withEach = optional
      .filter((it) => shown(it.schema) !== undefined)
      .map((chosen) =>
        request(one, (it) => (isNeeded(it) || it === chosen ? example(it) : undefined), needed),
      );
    const withAll = schema
      ? [
          request(
            one,
            (it) => (isNeeded(it) ? example(it) : undefined),
            exampleBody(schema, () => true),
          ),
        ]
      : [];
    return [least, ...withEach, ...withAll];
  }

  /** Requests near what is documented: a right one with some of it wrong. */
  const nearby: fc.Arbitrary<Asked> = fc.constantFrom(...operations).chain((one) => {
    const parameters = one.operation.parameters.filter(({ name }) => !apart.includes(name));
    const schema = bodyOf(one);
    const names = Object.keys(schema?.properties ?? {});
    return fc
      .record({
        values: fc.array(fc.tuple(fc.constantFrom(...choices), odd), {
          minLength: parameters.length,
          maxLength: parameters.length,
        }),
        fields: fc.array(fc.tuple(fc.constantFrom(...choices), fc.oneof(odd, fc.jsonValue())), {
          minLength: names.length,
          maxLength: names.length,
        }),
        more: fc.option(fc.tuple(odd, odd), { freq: 8 }),
        extra: fc.option(fc.tuple(odd, fc.jsonValue()), { freq: 8 }),
      })
      .map(({ values, fields, more, extra }) => {
        const chosen = new Map(
          parameters.map((parameter, index) => {
            const [choice, value] = values[index]!;
            const example = shown(parameter.schema) ?? "1";
            const left = parameter.in === "path" ? example : undefined;
            return [parameter, choice === "example" ? example : choice === "odd" ? value : left];
          }),
        );
        const body = schema && {
          ...Object.fromEntries(
            names.flatMap((name, index) => {
              const [choice, value] = fields[index]!;
              const example = shown(schema.properties![name]!);
              if (choice === "none") return [];
              return [[name, choice === "odd" ? value : (example ?? value)]];
            }),
          ),
          ...(extra ? { [extra[0]]: extra[1] } : {}),
        };
        return request(one, (parameter) => chosen.get(parameter), body, more ? [more] : []);
      });
  });

  return {
    operations,
    examplesOf,
    /** A request to read what is not there; undefined where a path names nothing. */
    missing: (one: Documented): Asked | undefined =>
      one.method === "GET" && one.path.includes("{")
        ? request(one, (it) => (it.in === "path" ? (NOTHING[it.name] ?? shown(it.schema)) : undefined))
        : undefined,
    nearby,
    /** That an answer is one of those that are documented, in its documented shape. */
    expectDocumented: ({ method, url, body }: Asked, { status, type, text, headers }: Answered): void => {
      const path = url.split("?")[0]!;
      const asked = `${method} ${url} ${body ?? ""}: ${status} ${text.slice(0, 500)}`;
      const [one] = operations
        .filter(
          (it) =>
            it.method === method && new RegExp(`^${it.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
        )
        // What is written out goes before what stands for anything.
        .sort((a, b) => a.path.split("{").length - b.path.split("{").length);
      const response = one!.operation.responses[String(status)];
      expect(response, `${asked} is documented`).toBeDefined();
      const named = Object.keys(response!.headers ?? {}).map((name) => name.toLowerCase());
      const unnamed = headers.filter((name) => !UNSAID.test(name) && !named.includes(name));
      expect(unnamed, `headers of ${asked}, documented: ${named}`).toEqual([]);
      const media = type.split(";")[0]!;
      const content = response!.content?.[media];
      expect(content, `${asked} as ${media} is documented`).toBeDefined();
      if (!/json$/.test(media)) return;
      const fits = check(content!.schema);
      expect(fits(JSON.parse(text)) ? [] : fits.errors, asked).toEqual([]);
    },
  };
}

/** Sends a request as number `turn`, each from another network: limits have tests of their own. */
export async function sendTo(
  base: string,
  { method, url, body }: Asked,
  turn: number,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const gone = new AbortController();
  const response = await fetch(`${base}${url}`, {
    method,
    headers: {
      "x-forwarded-for": `10.${(turn >> 8) & 255}.${turn & 255}.1`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
    signal: gone.signal,
  });
  const type = response.headers.get("content-type") ?? "";
  // A stream has no end.
  const text = type.startsWith("text/event-stream") ? "" : await response.text();
  gone.abort();
  return { status: response.status, type, text, headers: [...response.headers.keys()] };
}

const choices = ["none", "example", "example", "odd"] as const;
/** What people and programs send by mistake, or on purpose. */
const odd = fc.oneof(
  fc.constantFrom("", " ", "0", "-1", "1e99", "9007199254740993", "0.0000001", "NaN", "null", "true", "[]"),
  fc.constantFrom(
    "%00",
    "%",
    "../..",
    "'; --",
    "\u0000",
    "\ud83d\ude00",
    "0x",
    `0x${"f".repeat(64)}`,
    "a".repeat(3_000),
  ),
  fc.constantFrom(
    "2026-11-21T08:00:00.000Z",
    "2026-13-40",
    "0001-01-01T00:00:00Z",
    "+275760-09-13T00:00:00Z",
  ),
  fc.integer().map(String),
  fc.double().map(String),
  fc.string({ unit: "binary" }),
);
