/** Starts the installed Mosquitto with the files that are shipped beside this one; for tests and benchmarks. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { committeeTopicsOf } from "@enerlink/protocol/wire/committee";
import { meterTopic, TOPIC_PREFIX } from "@enerlink/protocol/wire/topics";
import type { Address } from "viem";

const shipped = (file: string) => fileURLToPath(new URL(file, import.meta.url));
/** Where Debian installs it; elsewhere the PATH knows. */
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

export function hasMosquitto(): boolean {
  return spawnSync("mosquitto", ["-h"], { env: environment }).error === undefined;
}

/** Lines of the access list for an oracle node's user that is a member with this signing address, as `acl` has them. */
export const nodeRules = (user: string, address: string): string[] => [
  `user ${user}`,
  `topic read ${TOPIC_PREFIX}/#`,
  `topic write ${meterTopic("+", "command")}`,
  `topic write ${committeeTopicsOf(address as Address)}`,
];

/**
 * Runs it on `port` with its state in `folder`; `users` are names and passwords, `rules` lines for the end of the access
 * list. Resolves when it listens.
 */
export async function startMosquitto({
  port,
  folder,
  users,
  rules = [],
}: {
  port: number;
  folder: string;
  users: Record<string, string>;
  rules?: string[];
}) {
  mkdirSync(join(folder, "data"), { recursive: true });
  writeFileSync(join(folder, "acl"), [readFileSync(shipped("acl"), "utf8"), ...rules, ""].join("\n"), {
    mode: 0o600,
  });
  const conf = readFileSync(shipped("mosquitto.conf"), "utf8")
    .replace("listener 1883 127.0.0.1", `listener ${port} 127.0.0.1`)
    // Started by root it would become another user, who may not read here.
    .concat(`\nuser ${userInfo().username}\n`);
  writeFileSync(join(folder, "mosquitto.conf"), conf);
  const lines = Object.entries(users).map(([user, password]) => `${user}:${password}\n`);
  writeFileSync(join(folder, "passwords"), lines.join(""), { mode: 0o600 });
  execFileSync("mosquitto_passwd", ["-U", "passwords"], { cwd: folder, env: environment });
  const child = spawn("mosquitto", ["-c", "mosquitto.conf"], { cwd: folder, env: environment });
  const printed: string[] = [];
  child.stderr.on("data", (data) => printed.push(String(data)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`mosquitto did not start: ${printed.join("")}`);
    await sleep(20);
  }
  return {
    pid: child.pid!,
    stop: async (signal: NodeJS.Signals = "SIGTERM") => {
      child.kill(signal);
      await ended;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
