import { afterAll, beforeAll } from "vitest";
import { neighbours } from "./neighbours.ts";
import { screens } from "./screens.ts";
import { openSite, type Site } from "./site.ts";
import { trading } from "./trading.ts";
import { wallet } from "./wallet.ts";

// One system for all of them: it takes its time to start.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

trading(() => site);
wallet(() => site);
neighbours(() => site);
screens(() => site);
