/** Trading balances: what comes in, goes out, and is drawn for metered demand. */
import { ponder } from "ponder:registry";
import { move } from "./rows.ts";

ponder.on("EnergyMarket:Deposited", async ({ event, context }) => {
  const { account, energyWh, idrs } = event.args;
  await move(context, event, { account, kind: "DEPOSITED", energyWh, idrs });
});

ponder.on("EnergyMarket:Withdrawn", async ({ event, context }) => {
  const { account, energyWh, idrs } = event.args;
  await move(context, event, { account, kind: "WITHDRAWN", energyWh: -energyWh, idrs: -idrs });
});

ponder.on("EnergyMarket:EnergyDrawn", async ({ event, context }) => {
  const { account, energyWh } = event.args;
  await move(context, event, { account, kind: "DRAWN", energyWh: -energyWh });
});
