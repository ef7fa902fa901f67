import { afterAll, beforeAll } from "vitest";
import { whole } from "../whole.ts";
import { fingerprint, fingerprintLost } from "./fingerprint.ts";
import { idle } from "./idle.ts";
import { later } from "./later.ts";
import { looks } from "./looks.ts";
import { openSite, type Site } from "./site.ts";

// What waits for slots and days, on a system of its own beside the other journeys.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site?.close());

looks(() => site);
fingerprint(() => site, "phone");
if (whole) {
  fingerprint(() => site, "desktop");
  idle(() => site);
}
// The chain's clock goes only forward: nothing that needs today's readings comes after this.
later(() => site);
fingerprintLost(() => site);
