/** The services' documents: what is where it is left out, what an operation may refuse, and which headers it sends. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { operationsOf } from "../../test/documented.ts";

type Schema = {
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  $ref?: string;
};

describe.each(["index", "oracle"])("the document of the %s", (service) => {
  const document = JSON.parse(readFileSync(new URL(`${service}.openapi.json`, import.meta.url), "utf8"));
  const operations = operationsOf(document);
  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split("/").at(-1)!];

  /** Fields of a body that may be left out, those within others too. */
  const leftOut = (schema: Schema, path = ""): [name: string, field: Schema][] =>
    Object.entries(resolved(schema).properties ?? {}).flatMap(([name, field]) => [
      ...(resolved(schema).required?.includes(name) ? [] : [[`${path}${name}`, field] as [string, Schema]]),
      ...leftOut(field, `${path}${name}.`),
    ]);

  test("says of all that may be left out what is without it", () => {
    let optional = 0;
    const silent: string[] = [];
    for (const { method, path, operation } of operations) {
      const fields: [string, Schema][] = operation.parameters
        .filter(({ required }) => !required)
        .map(({ name, schema, description }) => [
          name,
          { ...schema, ...(description === undefined ? {} : { description }) },
        ]);
      const body = operation.requestBody?.content["application/json"]?.schema as Schema | undefined;
      for (const [name, field] of [...fields, ...(body ? leftOut(body) : [])]) {
        optional++;
        const told = "default" in field || / unless given\b/.test(` ${field.description?.toLowerCase()}`);
        if (!told) silent.push(`${method} ${path}: ${name} (${field.description})`);
      }
    }
    expect(silent).toEqual([]);
    expect(optional).toBeGreaterThan(20);
  });

  test("names no refusal that an operation cannot answer", () => {
    const wrong: string[] = [];
    for (const { method, path, operation } of operations) {
      const refusals = Object.keys(operation.responses).filter((status) => status >= "400");
      const impossible = ["405", ...(method === "GET" ? ["413", "415", "422", "502"] : [])];
      // What nothing is looked up for cannot be missing.
      if (method === "GET" && !path.includes("{") && !/relay$|settlements$/.test(path))
        impossible.push("404");
      for (const status of refusals)
        if (impossible.includes(status)) wrong.push(`${method} ${path}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  test("names the headers by which a page goes on, and by which one comes back", () => {
    let pages = 0;
    for (const { method, path, operation } of operations) {
      const headers = (status: string) => Object.keys(operation.responses[status]?.headers ?? {});
      const where = `${method} ${path}`;
      expect(headers("429"), where).toContain("Retry-After");
      if (operation.responses["503"]) expect(headers("503"), where).toContain("Retry-After");
      const names = operation.parameters.map(({ name }) => name);
      const asTable = "text/csv" in (operation.responses["200"]?.content ?? {});
      expect(headers("200").includes("Content-Disposition"), where).toBe(asTable);
      // Every list goes on, and is there as a table unless what it tells has no columns.
      const isPaged =
        method === "GET" &&
        names.some((name) => name === "before" || name === "after") &&
        !path.endsWith("/stream");
      expect(headers("200").includes("Link"), where).toBe(isPaged);
      if (isPaged && !path.endsWith("/events")) expect(asTable, where).toBe(true);
      if (isPaged) pages++;
      if (method === "GET" && !path.endsWith("/stream")) expect(headers("200"), where).toContain("ETag");
      if (service === "index")
        for (const status of Object.keys(operation.responses))
          expect(headers(status), where).toContain("Enerlink-Block");
    }
    expect(pages).toBeGreaterThan(5);
  });
});
