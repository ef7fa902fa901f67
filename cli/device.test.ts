/** What an installer sees of a device that is not bound yet: every case file can be tried, whatever its bindings hold. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tryOut } from "./device.ts";

const folder = join(import.meta.dirname, "../oracle/testdata/device-cases");

test("bindings with whole numbers are tried as those without: places in a list, resolution, rollover", async () => {
  const withNumbers = readdirSync(folder).filter((name) => {
    if (!name.endsWith(".json")) return false;
    const { bindings, driver } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    return driver !== "manual" && /[:,[]\d/.test(JSON.stringify(bindings));
  });
  expect(withNumbers.length).toBeGreaterThan(5);
  for (const name of withNumbers) {
    const { data, text } = await tryOut(join(folder, name));
    expect([name, (data as object[]).length]).toEqual([
      name,
      JSON.parse(readFileSync(join(folder, name), "utf8")).messages.length,
    ]);
    expect(text.split("\n").length).toBeGreaterThan(1);
  }
});

test("a topic that nothing listens to is told, with those that are listened to", async () => {
  const directory = mkdtempSync(join(tmpdir(), "device-"));
  const file = join(directory, "case.json");
  const binding = { serial: "plug", format: "json", topic: "j", unit: "Wh", resolution: 10 };
  writeFileSync(
    file,
    JSON.stringify({
      bindings: [{ ...binding, fields: { import: ["list", 0], export: null } }],
      messages: [
        { at: 1_795_694_400, topic: "j/else", json: { list: [10] } },
        { at: 1_795_694_460, topic: "j", json: { list: [10] } },
      ],
    }),
  );
  const { text } = await tryOut(file);
  rmSync(directory, { recursive: true });
  expect(text).toContain("nothing listens: the bindings read j\n");
  expect(text).toContain("accepted import 10 Wh, export 0 Wh");
});
