/** One row for each event. */
import { ponder } from "ponder:registry";
import config from "../../../ponder.config.ts";
import { happened } from "../ponder.schema.ts";

for (const [contract, { abi }] of Object.entries(config.contracts)) {
  for (const item of abi) {
    if (item.type !== "event") continue;
    const name = `${contract}:${item.name}`;
    ponder.on(name as "MeterRegistry:MeterSuspended", async ({ event, context }) => {
      await context.db.insert(happened).values({ id: event.id, name });
    });
  }
}
