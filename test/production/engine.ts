/**
 * A container engine of a test's own: Debian's Docker and Compose, in namespaces of their own, so that ports, routes and
 * what runs there are nobody else's and end with the test. Images that only a registry has are made from Debian's
 * packages under the names that `compose.yaml` has for them; Grafana and Loki are in no package.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { waitFor } from "../../local/processes.ts";
import { buildah, kept, type Target, targets } from "./storage.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Where this machine stands beside the containers' networks. */
export const HOST = "10.71.0.1";
const INSIDE = "ENERLINK_TEST_NAMESPACES";

/**
 * Runs the program again in namespaces of its own, where `names` lead to this machine.
 * @returns whether this is the program that runs there
 */
export function inNamespaces(names: readonly string[]): boolean {
  if (process.env[INSIDE] !== undefined) return true;
  // No way leads out of there.
  fetchPackages();
  const hosts = join(kept, "hosts");
  mkdirSync(kept, { recursive: true });
  writeFileSync(hosts, `127.0.0.1 localhost ${names.join(" ")}\n`);
  const script = [
    "mount --make-rprivate /",
    "mount -t tmpfs none /run",
    `mount --bind ${hosts} /etc/hosts`,
    "ip link set lo up",
    `ip address add ${HOST}/32 dev lo`,
    'exec "$@"',
  ].join("\n");
  const spaces = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { status } = spawnSync(
    "unshare",
    [...spaces, "sh", "-ec", script, "sh", process.execPath, ...process.argv.slice(1)],
    { stdio: "inherit", env: { ...process.env, [INSIDE]: "1" } },
  );
  process.exitCode = status ?? 1;
  return false;
}

export const docker = (...args: string[]) =>
  execFileSync("docker", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1e8,
  }).trim();

/** The engine ends with the namespaces. */
export async function startEngine(): Promise<void> {
  const options = ["--data-root", join(kept, "engine"), "--bridge", "none", "--log-level", "warn"];
  spawn("dockerd", options, { stdio: "ignore" });
  await waitFor("The engine", async () => spawnSync("docker", ["info"]).status === 0, 300);
  // Of a run that was broken off.
  const left = docker("ps", "--all", "--quiet").split("\n").filter(Boolean);
  if (left.length > 0) docker("rm", "--force", ...left);
}

const hasImage = (name: string) => spawnSync("docker", ["image", "inspect", name]).status === 0;

/** What PostgreSQL's image does at its first start. */
const POSTGRES_ENTRY = `#!/bin/sh
set -eu
# initdb and psql ask for the name of whoever they run as, and Debian knows none for another image's user.
echo "postgres:x:$(id -u):$(id -g)::/tmp:/bin/false" > /tmp/passwd
echo "postgres:x:$(id -g):" > /tmp/group
export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/tmp/group
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
    pg_ctl --options="-c listen_addresses=" --wait start
    psql --username=postgres --command="CREATE DATABASE $POSTGRES_DB"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql --username=postgres --dbname="$POSTGRES_DB" --set=ON_ERROR_STOP=1 --file="$file"
    done
    pg_ctl --wait stop
fi
exec "$@"
`;
const PACKAGES = "ca-certificates,libnss-wrapper,mosquitto,postgresql-15,prometheus";
const BINARIES = "/usr/lib/postgresql/15/bin";
const STAND_INS: Record<string, string[]> = {
  broker: ['CMD ["mosquitto"]'],
  postgres: [
    `ENV PATH=${BINARIES}:/usr/bin:/bin`,
    'ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]',
    'CMD ["postgres"]',
  ],
  prometheus: ['ENTRYPOINT ["/usr/bin/prometheus"]'],
};

/** One file system for all three, from Debian's packages: it takes minutes to be made, and is kept. */
const packages = join(kept, "packages");
function fetchPackages(): void {
  const entry = join(packages, "usr/local/bin/docker-entrypoint.sh");
  if (existsSync(entry)) return;
  rmSync(packages, { recursive: true, force: true });
  execFileSync("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, "bookworm", packages], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  // As in PostgreSQL's image: whoever it runs as.
  mkdirSync(join(packages, "run/postgresql"), { recursive: true });
  chmodSync(join(packages, "run/postgresql"), 0o1777);
  writeFileSync(entry, POSTGRES_ENTRY);
  chmodSync(entry, 0o755);
}

/** @param names of each service its image */
export function makeStandIns(names: Record<string, string>): void {
  for (const [service, changes] of Object.entries(STAND_INS)) {
    const name = names[service]!;
    if (hasImage(name)) continue;
    if (!hasImage("enerlink-packages"))
      execFileSync("sh", [
        "-ec",
        `tar --directory ${packages} --create . | docker import - enerlink-packages`,
      ]);
    const container = docker("create", "--network", "none", "enerlink-packages", "true");
    docker("commit", ...changes.flatMap((change) => ["--change", change]), container, name);
    docker("rm", container);
  }
}

/** The images that `images.ts` has built, into the engine where it has others. @param names of each target its image */
export function loadImages(names: Record<Target, string>): void {
  for (const target of targets) {
    const [built, name] = [`localhost/enerlink/${target}`, names[target]];
    const list = ["images", "--quiet", "--no-trunc"];
    if (buildah(...list, built) === docker(...list, name)) continue;
    const archive = join(kept, `${target}.tar`);
    rmSync(archive, { force: true });
    buildah("push", "--quiet", built, `docker-archive:${archive}:${name}`);
    docker("load", "--quiet", "--input", archive);
    rmSync(archive);
  }
}

/** Compose, as the page has it where the engine brings it, or Debian's command of the same. */
const COMPOSE =
  spawnSync("docker", ["compose", "version"]).status === 0 ? ["docker", "compose"] : ["docker-compose"];

/** Runs Compose in the checkout, as an operator does. @throws with what it said */
export function compose(environment: string, ...args: string[]): string {
  const [command, ...first] = COMPOSE;
  const { status, stdout, stderr } = spawnSync(command!, [...first, "--env-file", environment, ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  if (status !== 0)
    throw new Error(`compose ${args.join(" ")}: code ${status}\n${stdout}${stderr}`.slice(-4_000));
  return stdout;
}
