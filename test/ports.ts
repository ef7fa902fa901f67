/** Ports for what tests start beside each other. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Who has chosen which port: a file each, with the process that did. */
const chosen = join(tmpdir(), "enerlink-ports");

/**
 * `count` free ports in a row, below those that the system gives to outgoing connections. Nobody else is given them
 * while this process lives: a system that starts may listen on its last a minute after it has chosen it.
 */
export async function freePorts(count: number): Promise<number> {
  await mkdir(chosen, { recursive: true });
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(async (port) => (await isFree(port)) && choose(port)));
    if (free.every(Boolean)) return first;
  }
}

/** @returns false where another process that still lives has chosen it */
async function choose(port: number): Promise<boolean> {
  const file = join(chosen, String(port));
  const mark = () => writeFile(file, String(process.pid), { flag: "wx" }).then(() => true);
  return mark().catch(async () => {
    // Gone again, it is somebody's who takes it over from one that has ended.
    const owner = await readFile(file, "utf8").catch(() => undefined);
    if (owner === undefined || isAlive(Number(owner))) return false;
    await rm(file, { force: true });
    return mark().catch(() => false);
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
