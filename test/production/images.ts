/**
 * Builds the images of the Containerfile with buildah and starts their programs: as their own user, on a file system
 * that takes nothing but /data and /tmp, with no shell in sight. Where no image registry is reached the bases are made
 * here from Debian's packages. Needs root, `buildah`, `debootstrap` and `unshare`; minutes.
 *
 *   node test/production/images.ts
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { USER_ID } from "../../deploy/runtime.ts";
import { buildah, hasImage, lacks, type Target, targets } from "./storage.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const BASE = "localhost/enerlink-base";
const missing = lacks("buildah", "debootstrap", "unshare");
if (missing !== undefined) {
  console.info(`Not run: this machine lacks ${missing}.`);
  process.exit();
}
/** What a run writes; bases, layers and images stay for the next. */
const folder = mkdtempSync(join(tmpdir(), "enerlink-images-"));

/** Debian with a web server, and this machine's Node and npm: in the place of the images that a registry has. */
function makeBase(): void {
  if (hasImage(BASE)) return;
  const base = join(folder, "base");
  const packages = "--include=ca-certificates,libatomic1,nginx-light";
  execFileSync("debootstrap", ["--variant=minbase", packages, "bookworm", base], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const npm = realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim());
  cpSync(dirname(dirname(npm)), join(base, "usr/local/lib/npm"), { recursive: true, dereference: true });
  cpSync(realpathSync(process.execPath), join(base, "usr/local/bin/node"));
  for (const name of ["npm", "npx"])
    writeFileSync(
      join(base, "usr/local/bin", name),
      `#!/bin/sh\nexec node /usr/local/lib/npm/bin/${name}-cli.js "$@"\n`,
      { mode: 0o755 },
    );
  const container = buildah("from", "scratch");
  buildah("add", "--quiet", container, base, "/");
  buildah("commit", "--quiet", "--rm", container, BASE);
}

/**
 * What the images are made of: the tracked files as they are now, apart from what somebody changes meanwhile, by which
 * each target would be built from the beginning.
 */
function makeContext(): string {
  const context = join(folder, "context");
  mkdirSync(context);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const now = git("stash", "create") || "HEAD";
  execFileSync("sh", ["-ec", `git archive ${now} | tar --extract --directory "$0"`, context], { cwd: root });
  return context;
}

/** The file systems of the images, as they are. @param file what they are built by */
function build(file: string): Record<Target, string> {
  const context = makeContext();
  const npmrc = join(homedir(), ".npmrc");
  const { NODE_EXTRA_CA_CERTS: authorities } = process.env;
  const secret = [
    existsSync(npmrc) ? ["--secret", `id=npmrc,src=${npmrc}`] : [],
    authorities ? ["--secret", `id=authorities,src=${authorities}`] : [],
  ].flat();
  const bases = [`--build-arg=BUILD=${BASE}`, `--build-arg=WEB=${BASE}`];
  const found = targets.map((target) => {
    const options = [
      "--isolation",
      "chroot",
      "--format",
      "docker",
      "--layers",
      "--quiet",
      "--pull-never",
    ].concat("--file", file);
    buildah(
      "bud",
      ...options,
      ...secret,
      ...bases,
      "--target",
      target,
      "--tag",
      `enerlink/${target}`,
      context,
    );
    const container = buildah("from", "--pull-never", `localhost/enerlink/${target}`);
    return [target, buildah("mount", container)] as const;
  });
  return Object.fromEntries(found) as Record<Target, string>;
}

type Outcome = { code: number | null; said: string };
type Volumes = { data?: string; etc?: string };

/**
 * Has a program of an image started as an engine would: as its user, with no rights beyond, in `/enerlink`, on a file
 * system that takes nothing but /data and /tmp.
 */
function confined(image: string, command: string[], { data, etc }: Volumes = {}): string[] {
  const volumes = { data, "etc/enerlink": etc };
  const mounts = Object.entries(volumes).flatMap(([place, from]) => {
    if (from === undefined) return [];
    mkdirSync(join(image, place), { recursive: true });
    execFileSync("chown", ["-R", `${USER_ID}:${USER_ID}`, from]);
    return [`mount --bind ${from} ${image}/${place}`];
  });
  for (const name of ["proc", "dev", "tmp"]) mkdirSync(join(image, name), { recursive: true });
  const script = [
    "mount --make-rprivate /",
    `mount --bind ${image} ${image}`,
    ...mounts,
    `mount -t tmpfs -o mode=1777 none ${image}/tmp`,
    `mount -t proc none ${image}/proc`,
    `mount --bind /dev ${image}/dev`,
    `mount -o remount,bind,ro ${image}`,
    `exec chroot --userspec=${USER_ID}:${USER_ID} ${image} "$@"`,
  ];
  return ["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script.join("\n"), "sh", ...command];
}

function run(image: string, command: string[], settings: Record<string, string>, volumes?: Volumes): Outcome {
  const { status, stdout, stderr } = spawnSync("unshare", confined(image, command, volumes), {
    env: settings,
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { code: status, said: `${stdout}${stderr}` };
}

function expectSaid(what: string, { code, said }: Outcome, words: string): void {
  if (!said.includes(words))
    throw new Error(`${what}: code ${code}, and it says:
${said.slice(-2_000)}`);
  console.info(`  ${what}: ${words}`);
}

/** The program and settings of an image, as it is started without a word. */
function entryOf(target: Target): { command: string[]; settings: Record<string, string>; user: string } {
  const { config } = JSON.parse(buildah("inspect", "--type", "image", `localhost/enerlink/${target}`))
    .OCIv1 as {
    config: { Entrypoint?: string[]; Cmd?: string[]; Env?: string[]; User?: string };
  };
  return {
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])],
    settings: Object.fromEntries((config.Env ?? []).map((one) => one.split(/=(.*)/s).slice(0, 2))),
    user: config.User ?? "",
  };
}

const NODE = "/usr/local/bin/node";
/** `chroot` begins in the root; an engine in the image's folder. */
const inFolder = (command: string[]) => [
  NODE,
  "--eval",
  'process.chdir("/enerlink"); process.execve(process.argv[1], process.argv.slice(1), process.env)',
  ...command,
];

function tryServices(images: Record<Target, string>): void {
  for (const target of targets) {
    const { user } = entryOf(target);
    if (user !== `${USER_ID}:${USER_ID}`) throw new Error(`${target}: runs as "${user}"`);
    const shells = ["bin", "usr/bin"].flatMap((place) => ["sh", "bash"].map((name) => `${place}/${name}`));
    // The web server's base may have one; nothing there starts it.
    if (target !== "app" && shells.some((one) => existsSync(join(images[target], one))))
      throw new Error(`${target}: has a shell`);
  }
  for (const [target, words] of [
    ["oracle", "SIGNER_KEY: set exactly one of SIGNER_KEY, SIGNER_KEYSTORE, SIGNER_URL"],
    ["indexer", "DATABASE_URL: must name a PostgreSQL database"],
  ] as const) {
    const { command, settings } = entryOf(target);
    expectSaid(target, run(images[target], inFolder(command), settings), words);
  }
  const writes =
    'try { require("fs").writeFileSync("/enerlink/x", "") } catch ({ code }) { console.info(code, process.getuid()) }';
  expectSaid("the root", run(images.oracle, [NODE, "--eval", writes], {}), `EROFS ${USER_ID}`);
}

/** A key is made by the program of the image, on the volume. */
function tryTools(images: Record<Target, string>): void {
  const { command, settings } = entryOf("tools");
  const data = join(folder, "tools");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "password"), "a password of the operator\n", { mode: 0o600 });
  const made = run(
    images.tools,
    inFolder([...command.slice(0, 2), "keystore", "/data/signer.json", "--json"]),
    { ...settings, KEYSTORE_PASSWORD_FILE: "/data/password" },
    { data },
  );
  expectSaid("tools", made, '"address":"0x');
  if (!existsSync(join(data, "signer.json"))) throw new Error("tools: no keystore was written to /data");
}

async function until<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 60; tries++) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await sleep(250);
  }
  throw new Error(`${what} did not come within 15 s`);
}

/** The web server answers from its image, with its headers. */
async function tryApp(image: string): Promise<void> {
  const { command, settings } = entryOf("app");
  const etc = join(folder, "app");
  mkdirSync(etc);
  writeFileSync(join(etc, "config.json"), '{"rpcUrl":"https://node.example"}');
  const child = spawn("unshare", confined(image, command, { etc }), {
    env: settings,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = "http://127.0.0.1:8080";
  try {
    const page = await until("app: the dApp", () => fetch(`${url}/market`));
    const html = await page.text();
    if (!html.includes('<div id="root">')) throw new Error(`app: ${page.status}, ${html.slice(0, 200)}`);
    for (const [name, words] of [
      ["content-security-policy", "frame-ancestors 'none'"],
      ["x-content-type-options", "nosniff"],
      ["x-frame-options", "DENY"],
    ] as const)
      if (!page.headers.get(name)?.includes(words))
        throw new Error(`app: ${name} is ${page.headers.get(name)}`);
    const configuration = (await (await fetch(`${url}/config.json`)).json()) as { rpcUrl: string };
    if (configuration.rpcUrl !== "https://node.example") throw new Error("app: config.json is another");
    const noted = await fetch(`${url}/.vite/manifest.json`);
    if (noted.status !== 404) throw new Error(`app: hands out what the builder noted (${noted.status})`);
    console.info("  app: the dApp, its configuration and its headers");
  } finally {
    child.kill("SIGKILL");
  }
}

try {
  console.info("▸ a base from Debian's packages");
  makeBase();
  console.info("▸ the images");
  const images = build(join(root, process.env.CONTAINERFILE ?? "Containerfile"));
  for (const target of targets) {
    const size = execFileSync("du", ["-sm", images[target]], { encoding: "utf8" }).split("\t")[0];
    console.info(`  ${target}: ${size} MB`);
  }
  console.info("▸ their programs");
  tryServices(images);
  tryTools(images);
  await tryApp(images.app);
  console.info("All images were built and their programs started.");
} finally {
  for (const step of ["umount", "rm"]) buildah(step, "--all");
  rmSync(folder, { recursive: true, force: true });
}
