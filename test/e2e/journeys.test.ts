import { afterAll, beforeAll } from "vitest";
import { away } from "./away.ts";
import { firstMinute } from "./first-minute.ts";
import { later } from "./later.ts";
import { meters } from "./meters.ts";
import { delivering, neighbours, offering } from "./neighbours.ts";
import { screens } from "./screens.ts";
import { openSite, type Site } from "./site.ts";
import { trading } from "./trading.ts";
import { vault } from "./vault.ts";
import { wallet } from "./wallet.ts";

// One system for all of them: it takes its time to start.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

// A battery takes minutes to deliver: it is sold at first, and looked after when everything else is done.
offering(() => site);
firstMinute(() => site);
trading(() => site);
wallet(() => site);
vault(() => site);
meters(() => site);
neighbours(() => site);
away(() => site);
screens(() => site);
delivering(() => site);
// The chain's clock goes only forward: nothing that needs today's readings comes after this.
later(() => site);
