/** Alerts and dashboards ask for what the services really export, and every alert says what to do. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { textOf } from "../indexer/src/api/standing.ts";
import { alertKinds } from "../oracle/src/alerts/alerts.ts";
import { makeFigures } from "../oracle/src/http/figures.ts";
import { makeMetrics } from "../oracle/src/metrics.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const read = (path: string) => readFileSync(here(path), "utf8");

type Rule = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
};
const rules = (parse(read("prometheus/alerts.yml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

type Dashboard = { uid: string; panels: { id: number; title: string; targets: { expr: string }[] }[] };
const dashboards = readdirSync(here("grafana/dashboards")).map(
  (file) => JSON.parse(read(`grafana/dashboards/${file}`)) as Dashboard,
);

const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboards.flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`${uid}: ${title}`, expr] as const)),
  ),
];

const exported = [
  await makeMetrics().text(),
  await makeFigures().text(),
  textOf({
    stored: { value: { block: 1n, time: 1n, complete: true } },
    head: { value: 2n },
    now: 3,
  }),
].join("\n");
const names = new Set([...exported.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name!));
/** Prometheus's own, and those of its alerts. */
const OWN = ["up"];

const metricsIn = (expr: string) =>
  [...expr.replace(/\{[^}]*\}|"[^"]*"/g, "").matchAll(/\b(?:enerlink|nodejs|process)_\w+|\bup\b/g)].map(
    ([name]) => name.replace(/_(bucket|count|sum)$/, ""),
  );

test("every query names figures that a service exports", () => {
  for (const [where, expr] of queries) {
    const asked = metricsIn(expr);
    expect(asked, where).not.toEqual([]);
    for (const name of asked) expect(names.has(name) || OWN.includes(name), `${where}: ${name}`).toBe(true);
  }
});

test("every label that a query chooses by has that value", () => {
  const kinds: readonly string[] = Object.keys(alertKinds);
  for (const [where, expr] of queries) {
    for (const [, name, chosen] of expr.matchAll(/(\w+)\{([^}]*)\}/g)) {
      for (const [, label, value] of chosen!.matchAll(/(\w+)="([^"]*)"/g)) {
        if (label === "job") continue;
        const known = label === "kind" ? kinds.includes(value!) : exported.includes(`${label}="${value}"`);
        expect(known, `${where}: ${name}{${label}="${value}"}`).toBe(true);
      }
    }
  }
});

describe("alerts", () => {
  test("have a severity, and a line that says what to do", () => {
    expect(rules.length).toBeGreaterThanOrEqual(30);
    for (const { alert, labels, annotations } of rules) {
      expect(["critical", "warning"], alert).toContain(labels.severity);
      expect(annotations.summary?.length, alert).toBeGreaterThan(10);
      expect(annotations.runbook?.length, alert).toBeGreaterThan(40);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test("stand in the runbook, each with its line", () => {
    const page = read("../docs/runbook.md");
    for (const { alert, annotations } of rules)
      expect(page, alert).toContain(`| \`${alert}\` | ${annotations.runbook} |`);
  });

  test.skipIf(spawnSync("promtool", ["--version"]).error)(
    "fire and end as promtool tries them",
    { timeout: 300_000 },
    () => {
      for (const args of [
        ["check", "config", "prometheus.yml"],
        ["test", "rules", "alerts.test.yml"],
      ]) {
        const { status, stdout, stderr } = spawnSync("promtool", args, {
          cwd: here("prometheus"),
          encoding: "utf8",
        });
        expect(status, stdout + stderr).toBe(0);
      }
    },
  );
});

test("no two panels of a dashboard are one", () => {
  for (const { uid, panels } of dashboards)
    expect(new Set(panels.map(({ id }) => id)).size, uid).toBe(panels.length);
});
