import { afterAll, beforeAll } from "vitest";
import { addresses } from "./addresses.ts";
import { amounts } from "./amounts.ts";
import { away } from "./away.ts";
import { firstMinute } from "./first-minute.ts";
import { meters } from "./meters.ts";
import { neighbours } from "./neighbours.ts";
import { screens } from "./screens.ts";
import { settling } from "./settling.ts";
import { shipped } from "./shipped.ts";
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

shipped(() => site);
neighbours(() => site);
firstMinute(() => site);
trading(() => site);
amounts(() => site);
addresses(() => site);
settling(() => site);
wallet(() => site);
vault(() => site);
meters(() => site);
away(() => site);
screens(() => site);
