import { readFileSync } from "node:fs";
import { secretNames } from "@enerlink/service/settings";
import { expect, test } from "vitest";
import type { z } from "zod";
import { makeMask } from "../../packages/service/mask.ts";
import { contractsPage, written } from "./generate.ts";
import { groups, settingsPage } from "./settings.ts";

test.each(written)("%s is what `pnpm reference` writes now", async (file, write) => {
  expect(readFileSync(file, "utf8")).toBe(await write());
});

test("a setting that several programs read is the same for all of them", () => {
  const rows = settingsPage().matchAll(/^\| `(\w+)` \| .*? \| (.*) \|$/gm);
  const meanings = Map.groupBy(rows, ([, name]) => name!);
  const different = [...meanings].filter(([, all]) => new Set(all.map(([, , text]) => text)).size > 1);
  expect(different.map(([name]) => name)).toEqual([]);
});

test("a setting that several programs read is read alike by all of them", () => {
  const probes = [
    ...["", " ", "x", "0", "1", "59", "60", "900", "65535", "65536", "1e3", "-1", "true", "yes"],
    ...[
      "http://a",
      "http://a, https://b",
      "http://a,",
      "ws://a",
      "mqtt://a",
      "127.0.0.1",
      "10.0.0.0/8, ::1",
      "proxy",
    ],
    ...["production", "info", `0x${"11".repeat(20)}`, `0x${"11".repeat(32)}`],
  ];
  const read = (field: z.ZodType) =>
    probes.map((probe) => {
      const { success, data } = field.safeParse(probe);
      return success ? data : "refused";
    });
  const fields = groups.flatMap(([, schema]) => Object.entries(schema.shape as Record<string, z.ZodType>));
  for (const [name, all] of Map.groupBy(fields, ([name]) => name))
    for (const [, other] of all.slice(1)) expect(read(other), name).toEqual(read(all[0]![1]));
});

test.each(["index", "oracle"])("a pattern in the %s's document is one wherever it is read", (whose) => {
  const text = readFileSync(new URL(`${whose}.openapi.json`, import.meta.url), "utf8");
  const patterns = [...text.matchAll(/"pattern": (".*"),?$/gm)].map(([, pattern]) => JSON.parse(pattern!));
  expect(patterns.length).toBeGreaterThan(0);
  // What JavaScript would write behind it, such as /i, would be a part of it.
  for (const pattern of patterns) expect(pattern).toMatch(/^\^.*\$$/);
});

test("what both services say of a settlement means the same", () => {
  const [index, oracle] = ["index", "oracle"].map((whose) => {
    const document = JSON.parse(readFileSync(new URL(`${whose}.openapi.json`, import.meta.url), "utf8"));
    return document.components.schemas.Settlement.properties as Record<string, Record<string, unknown>>;
  });
  const both = Object.keys(index!).filter((name) => name in oracle!);
  // What is not yet settled is null at the oracle. An id is a place in the lists of its own service.
  const meaning = ({ type, ...rest }: Record<string, unknown>) => ({
    ...rest,
    type: [type].flat().filter((one) => one !== "null"),
  });
  const alike = both.filter(
    (name) => name !== "id" && !(index![name]!.deprecated && oracle![name]!.deprecated),
  );
  expect(alike).toEqual(
    expect.arrayContaining(["readAt", "exportKwh", "importKwh", "exportedKwh", "importedKwh", "blockNumber"]),
  );
  for (const name of alike) expect(meaning(index![name]!), name).toEqual(meaning(oracle![name]!));
});

test("whatever the outside may call says what it does", async () => {
  const silent = (await contractsPage())
    .split("### ")
    .filter((section) => section.startsWith("Functions"))
    .flatMap((section) => section.split("\n").filter((row) => /^\| `.*` \| +\|$/.test(row)));
  expect(silent).toEqual([]);
});

test("what is secret by its setting is masked behind that name, also where its value is not known", () => {
  const { named, text } = makeMask();
  // Of an address only a part is secret, which is known by its place.
  const names = groups.flatMap(([, schema]) => secretNames(schema)).filter((name) => !name.endsWith("_URL"));
  expect(names).toContain("RELAY_KEY");
  expect(names.filter((name) => named(name, "x") === "x" || text(`${name}=wxyz`).includes("wxyz"))).toEqual(
    [],
  );
});
