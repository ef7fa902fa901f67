/** Which way the energy of the local market went, as the chain tells it. "Shared" is energy of one and the same slot. */
import { formatKwh, slotPoolAbi, slotShareOf } from "@enerlink/protocol";
import { COMMUNITY } from "./neighbourhood.ts";
import { table } from "./output.ts";
import type { Traded } from "./traders/ledger.ts";
import type { Market } from "./wallet.ts";

/** What all slots so far shared, and what the utility took and gave, Wh. */
async function clearedEnergy({ client, deployment }: Market) {
  const cleared = await client.getContractEvents({
    address: deployment.contracts.slotPool,
    abi: slotPoolAbi,
    eventName: "SlotCleared",
    args: { communityId: COMMUNITY },
    strict: true,
    fromBlock: BigInt(deployment.startBlock),
  });
  const energy = { sharedWh: 0n, soldWh: 0n, boughtWh: 0n };
  for (const { args } of cleared) {
    energy.sharedWh += args.sharedWh;
    for (const share of args.amounts.map(slotShareOf)) {
      if (share?.side === "SOLD") energy.soldWh += share.utilityWh;
      if (share?.side === "BOUGHT") energy.boughtWh += share.utilityWh;
    }
  }
  return energy;
}

/** As a table, and the same amounts in Wh. */
export async function energyByWay(market: Market, { onBook, withUtility, byOffers }: Traded) {
  const { sharedWh, soldWh, boughtWh } = await clearedEnergy(market);
  const rows: [string, string, bigint][] = [
    ["neighbourhood", "shared from neighbour to neighbour within the same slot", sharedWh],
    ["", "sold to PLN at its tariff", soldWh],
    ["", "bought from PLN at its tariff", boughtWh],
    ["other homes", "between homes by the book, undated", onBook],
    ["", "with PLN by the book, undated", withUtility],
    ["", "from a battery by offers", byOffers],
  ];
  const text = table(
    ["whose", "which way", "kWh"],
    rows.map(([whose, way, wattHours]) => [whose, way, formatKwh(wattHours)]),
  );
  return {
    text,
    data: {
      ...{ sharedWh, soldWh, boughtWh },
      ...{ onBookWh: onBook, withUtilityWh: withUtility, byOffersWh: byOffers },
    },
  };
}
