/** Trading balances: what comes in, goes out, and is drawn for metered demand. */
import { type Context, ponder } from "ponder:registry";
import { moduleAuthorization, tradingAccount } from "ponder:schema";
import { entryOf } from "@enerlink/protocol";
import type { Address } from "viem";
import { type AnyEvent, announce, move, movementId } from "./rows.ts";

ponder.on("EnergyMarket:Deposited", async ({ event, context }) => {
  const { account, energyWh, idrs } = event.args;
  await move(context, event, { account, kind: "DEPOSITED", energyWh, idrs });
  await announce(context, event, "BALANCES", "Deposited", movementId(event, "DEPOSITED"));
});

ponder.on("EnergyMarket:Withdrawn", async ({ event, context }) => {
  const { account, energyWh, idrs } = event.args;
  await move(context, event, { account, kind: "WITHDRAWN", energyWh: -energyWh, idrs: -idrs });
  await announce(context, event, "BALANCES", "Withdrawn", movementId(event, "WITHDRAWN"));
});

ponder.on("EnergyMarket:EnergyDrawn", async ({ event, context }) => {
  const { account, energyWh } = event.args;
  await move(context, event, { account, kind: "DRAWN", energyWh: -energyWh });
  await announce(context, event, "BALANCES", "EnergyDrawn", movementId(event, "DRAWN"));
});

ponder.on("EnergyMarket:EnergyCredited", async ({ event, context }) => {
  const { account, energyWh } = event.args;
  await move(context, event, { account, kind: "CREDITED", energyWh });
  await announce(context, event, "BALANCES", "EnergyCredited", movementId(event, "CREDITED"));
});

ponder.on("EnergyMarket:AccountOpened", async ({ event, context }) => {
  const { owner, number } = event.args;
  await context.db.insert(tradingAccount).values({ number, owner });
});

ponder.on("EnergyMarket:ModuleAuthorized", async ({ event, context }) => {
  const { account, module, allowed } = event.args;
  await context.db
    .insert(moduleAuthorization)
    .values({ account, module, allowed, updatedAt: event.block.timestamp })
    .onConflictDoUpdate({ allowed, updatedAt: event.block.timestamp });
});

ponder.on("EnergyMarket:Taken", async ({ event, context }) => {
  const { module, entries } = event.args;
  await moveAll(context, event, entries, { account: module, kind: "RECEIVED" }, { kind: "TAKEN", sign: -1n });
});

ponder.on("EnergyMarket:Given", async ({ event, context }) => {
  const { giver, entries } = event.args;
  await moveAll(context, event, entries, { account: giver, kind: "GIVEN" }, { kind: "RECEIVED", sign: 1n });
});

/** Moves each entry at the account that it names, and all of them the other way at the `hub`. */
async function moveAll(
  context: Context,
  event: AnyEvent,
  entries: readonly bigint[],
  hub: { account: Address; kind: "RECEIVED" | "GIVEN" },
  { kind, sign }: { kind: "TAKEN" | "RECEIVED"; sign: 1n | -1n },
) {
  let [sumWh, sumIdrs] = [0n, 0n];
  for (const [part, entry] of entries.entries()) {
    const { account: number, energyWh, idrs } = entryOf(entry);
    if (energyWh === 0n && idrs === 0n) continue;
    const { owner } = (await context.db.find(tradingAccount, { number }))!;
    const change = { energyWh: sign * energyWh, idrs: sign * idrs };
    await move(context, event, { account: owner, kind, ...change, counterparty: hub.account, part });
    sumWh += energyWh;
    sumIdrs += idrs;
  }
  if (sumWh === 0n && sumIdrs === 0n) return;
  await move(context, event, { ...hub, energyWh: -sign * sumWh, idrs: -sign * sumIdrs });
}
