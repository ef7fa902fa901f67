/** A Prometheus as deploy/prometheus sets it up, but for its targets, and with every minute of its rules a second. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

const shipped = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/prometheus/${name}`, import.meta.url)), "utf8");

export const hasPrometheus = () => spawnSync("prometheus", ["--version"]).error === undefined;

type Configuration = {
  global: Record<string, string>;
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
};
type Alert = {
  state: "pending" | "firing";
  labels: Record<string, string>;
  annotations: Record<string, string>;
};

/** @param targets of each job, `host:port` */
export async function startPrometheus(port: number, folder: string, targets: Record<string, string[]>) {
  const configuration = parse(shipped("prometheus.yml")) as Configuration;
  configuration.global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
  for (const job of configuration.scrape_configs) job.static_configs = [{ targets: targets[job.job_name]! }];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "prometheus.yml"), stringify(configuration));
  writeFileSync(join(folder, "alerts.yml"), shipped("alerts.yml").replaceAll(/for: (\d+)m$/gm, "for: $1s"));
  const options = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
  ];
  const child = spawn("prometheus", [...options, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const ask = async (path: string) =>
    (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()).data;
  return {
    /** The alerts that are pending or fire. */
    alerts: async (): Promise<Alert[]> => (await ask("alerts")).alerts,
    /** Of each target whether it was reached. */
    targets: async (): Promise<{ scrapeUrl: string; health: string; lastError: string }[]> =>
      (await ask("targets?state=active")).activeTargets,
    /** How many rules it has, and what is wrong with any. */
    rules: async (): Promise<{ name: string; health: string }[]> =>
      (await ask("rules")).groups.flatMap(
        ({ rules }: { rules: { name: string; health: string }[] }) => rules,
      ),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
