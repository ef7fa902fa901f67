/** What a home has, as the index tells everybody: registers and power, balance, the latest slot's price, the limits. */
import { formatIdr, formatKwh, formatPrice } from "@enerlink/protocol";
import { z } from "zod";
import { UsageError } from "../options.ts";

const bigint = z.string().transform(BigInt);
const amounts = z.object({
  walletWh: bigint,
  tradingWh: bigint,
  ordersWh: bigint,
  walletIdrs: bigint,
  tradingIdrs: bigint,
  ordersIdrs: bigint,
  escrowIdrs: bigint,
});
const items = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });

const answer = z.object({
  data: z.object({
    meter: z
      .object({
        serial: z.string(),
        kind: z.string(),
        settledTimestamp: bigint,
        exportWh: bigint,
        importWh: bigint,
        storedWh: bigint,
        sellFrom: z.number().nullable(),
        buyUpTo: z.number().nullable(),
        account: amounts.nullable(),
        settlements: items(
          z.object({ since: bigint.nullable(), endsAt: bigint, exportedWh: bigint, importedWh: bigint }),
        ),
        community: z.object({ slots: items(z.object({ price: bigint.nullable() })) }).nullable(),
      })
      .nullable(),
  }),
});

/** The answer's question: one meter, all of its home. */
const QUESTION = `query Home($meter: String!) {
  meter(id: $meter) {
    serial kind settledTimestamp exportWh importWh storedWh sellFrom buyUpTo
    account { ${Object.keys(amounts.shape).join(" ")} }
    settlements(orderBy: "readAt", orderDirection: "desc", limit: 1) { items { since endsAt exportedWh importedWh } }
    community { slots(orderBy: "slotEnd", orderDirection: "desc", limit: 1) { items { price } } }
  }
}`;

type Row = NonNullable<z.output<typeof answer>["data"]["meter"]>;

export type Home = ReturnType<typeof homeOf>;

/** Mean power from the grid between a meter's latest two settlements, W; below 0 while it exports. */
function meanWatts({ settlements }: Row): string | null {
  const [latest] = settlements.items;
  if (!latest || latest.since === null || latest.endsAt <= latest.since) return null;
  return String(((latest.importedWh - latest.exportedWh) * 3_600n) / (latest.endsAt - latest.since));
}

/** Amounts as decimal text; null is what is not known, or is not there. */
function homeOf(row: Row) {
  const { serial, kind, account, community } = row;
  const price = community?.slots.items[0]?.price ?? null;
  const register = (wattHours: bigint) => (row.settledTimestamp === 0n ? null : formatKwh(wattHours));
  return {
    serial,
    kind,
    shows: {
      power: meanWatts(row),
      import: register(row.importWh),
      export: register(row.exportWh),
      stored: register(row.storedWh),
      money:
        account &&
        formatIdr(account.walletIdrs + account.tradingIdrs + account.ordersIdrs + account.escrowIdrs),
      tokens: account && formatKwh(account.walletWh + account.tradingWh + account.ordersWh),
      price: price === null ? null : formatPrice(price),
      sellFrom: community && row.sellFrom,
      buyUpTo: community && row.buyUpTo,
    },
  };
}

/** @throws UsageError when the index knows no such meter, or something else answers there. */
export async function askHome(index: string, meter: string): Promise<Home> {
  const response = await fetch(`${index}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: QUESTION, variables: { meter } }),
    signal: AbortSignal.timeout(10_000),
  }).catch((cause) => {
    throw new UsageError(`--index ${index}: no index answers there`, { cause });
  });
  const parsed = answer.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success)
    throw new UsageError(`--index ${index}: what answers there (${response.status}) is no index of EnerLink`);
  if (!parsed.data.data.meter)
    throw new UsageError(`No meter ${meter} is registered, as far as the index at ${index} knows`);
  return homeOf(parsed.data.data.meter);
}
