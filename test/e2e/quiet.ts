/**
 * The built dApp over a quiet chain, with a network between them that a test can cut at any point. Index and oracle are
 * away: what is tried here needs neither.
 */
import { join } from "node:path";
import type { BrowserContext, Page, Route } from "playwright-core";
import { isListening, waitFor } from "../../local/processes.ts";
import { freePorts } from "../ports.ts";
import { program, type QuietChain, startQuietChain } from "./quiet-chain.ts";
import { beTried, desktop, launch, type Visitor } from "./site.ts";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

export type Visit = Awaited<ReturnType<QuietSite["visit"]>>;
export type QuietSite = Awaited<ReturnType<typeof openQuietSite>>;

/** Builds the dApp and hands it out as the local market does. */
export async function startPage(chain: Pick<QuietChain, "folder" | "rpcUrl">, indexUrl = NOWHERE) {
  const port = await freePorts(1);
  const build = join(chain.folder, "app");
  await program(
    ["app/node_modules/vite/bin/vite.js", "build", "app", "--logLevel", "error", "--outDir", build],
    {
      // A test runner's own mode would build React for developers.
      NODE_ENV: "production",
    },
  ).ended;
  const { child } = program(["local/page.ts", build], {
    APP_PORT: String(port),
    RPC_URL: chain.rpcUrl,
    INDEXER_URL: indexUrl,
    ORACLE_URL: NOWHERE,
    DEPLOYMENTS_DIR: chain.folder,
    ENERLINK_LOCAL_DIR: chain.folder,
  });
  await waitFor("The dApp", () => isListening(port), 240);
  return { appUrl: `http://localhost:${port}`, stop: () => child.kill("SIGTERM") };
}

export async function openQuietSite() {
  const chain = await startQuietChain();
  const { appUrl, stop } = await startPage(chain);
  const browser = await launch();

  /** A browser of somebody's own, with as many tabs as are opened in it. */
  async function visit(path: string, { account, language = "en", theme = "light", size = desktop }: Visitor) {
    const context = await browser.newContext({
      viewport: size,
      timezoneId: "Asia/Jakarta",
      serviceWorkers: "block",
    });
    await context.addInitScript(
      ([connector, preferences]) => {
        localStorage.setItem("enerlink.preferences", preferences!);
        if (connector) localStorage.setItem("wagmi.recentConnectorId", connector);
      },
      [
        account && JSON.stringify(`demo:${account}`),
        JSON.stringify({ state: { language, theme }, version: 0 }),
      ],
    );
    const host = await refusing(context, appUrl);
    const network = await cuttable(context, chain.rpcUrl);
    async function open(): Promise<Page> {
      const page = await context.newPage();
      beTried(page);
      await page.goto(new URL(path, appUrl).href);
      return page;
    }
    return { page: await open(), open, context, host, network };
  }

  return {
    chain,
    appUrl,
    visit,
    async close() {
      await browser.close();
      stop();
      await chain.stop();
    },
  };
}

/** The dApp's own host, of which a test can refuse some files, or all. */
async function refusing(context: BrowserContext, appUrl: string) {
  let refused: RegExp | undefined;
  await context.route(`${appUrl}/**`, (route) =>
    refused?.test(route.request().url()) ? route.abort() : route.continue(),
  );
  return {
    die: () => {
      refused = /./;
    },
    refuse: (files: RegExp) => {
      refused = files;
    },
    comeBack: () => {
      refused = undefined;
    },
  };
}

/** A network between a browser and the node that fails as the test says. */
export async function cuttable(context: BrowserContext, rpcUrl: string) {
  let dead = false;
  /** What is done with the next request that names a method, instead of letting it pass. */
  let trap: { method: string; spring: (route: Route) => Promise<void> } | undefined;
  await context.route(`${rpcUrl}/**`, async (route) => {
    if (dead) return route.abort();
    if (!trap || !route.request().postData()?.includes(trap.method)) return route.continue();
    const { spring } = trap;
    trap = undefined;
    await spring(route);
  });
  return {
    die: () => {
      dead = true;
    },
    comeBack: () => {
      dead = false;
      trap = undefined;
    },
    /** The next request of that method does not get through, and nothing after it. */
    dieAt: (method: string) => {
      trap = {
        method,
        spring: async (route) => {
          dead = true;
          await route.abort();
        },
      };
    },
    /** The next request of that method reaches the node; its answer is lost, and nothing gets through after it. */
    loseAnswerTo: (method: string) => {
      trap = {
        method,
        spring: async (route) => {
          dead = true;
          await route.fetch();
          await route.abort();
        },
      };
    },
    /** Does something at the node just before the next request of that method arrives there. */
    before: (method: string, act: () => Promise<unknown>) => {
      trap = {
        method,
        spring: async (route) => {
          await act();
          // Its page may be gone by then.
          await route.continue().catch(() => {});
        },
      };
    },
  };
}
