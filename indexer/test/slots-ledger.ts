/** What the contracts' logs say of slots and trades, read by code of its own: what the index must say too. */
import { decodeOrderId, Side } from "@enerlink/protocol";
import type { Address, Hex } from "viem";
import type { Answer, Harness } from "./harness.ts";

type Log = { eventName: string; args: Answer; address: Address; transactionHash: Hex; at: number };
type Tariff = { retail: number; feedIn: number; fee: number };
type Source = "neighbours" | "utility" | "offers" | "book";

/** Somebody sold or bought something at `at`, unix seconds; `meterId` where it was a meter's slot. */
export type Move = {
  at: number;
  account: string;
  meterId?: Hex;
  source: Source;
  sold: boolean;
  wattHours: bigint;
  idrs: bigint;
};
export type Share = {
  slotStart: number;
  slotEnd: number;
  account: string;
  meterId: Hex;
  sold: boolean;
  sharedWh: bigint;
  utilityWh: bigint;
  leftWh: bigint;
  fee: bigint;
  amount: bigint;
  plnAmount: bigint;
};
export type Slot = Tariff & {
  slotStart: number;
  slotEnd: number;
  price: bigint | null;
  shares: Share[];
  operator: string;
  /** Net of what the market took from and gave to each account in that transaction. */
  moved: Map<string, { wattHours: bigint; idrs: bigint }>;
  /** Net of what the converter minted. */
  netWh: bigint;
  /** By meter. */
  fellBehind: Map<Hex, bigint>;
};

const low = 2n ** 64n - 1n;

export async function readLedger({ client, contracts }: Harness) {
  const times = new Map<bigint, number>();
  const logs: (Log & { block: bigint; index: number })[] = [];
  for (const contract of [contracts.market, contracts.registry, contracts.converter, contracts.pool]) {
    for (const log of (await client.getContractEvents({ ...contract, fromBlock: 0n } as never)) as Answer[]) {
      if (!times.has(log.blockNumber))
        times.set(
          log.blockNumber,
          Number((await client.getBlock({ blockNumber: log.blockNumber })).timestamp),
        );
      const { eventName, args, address, transactionHash } = log;
      logs.push({
        ...{ eventName, args, address, transactionHash },
        ...{ at: times.get(log.blockNumber)!, block: log.blockNumber, index: log.logIndex },
      });
    }
  }
  logs.sort((a, b) => Number(a.block - b.block) || a.index - b.index);

  const owners = new Map<number, string>();
  const makers = new Map<bigint, string>();
  const trades = new Map<bigint, Answer>();
  const offers = new Map<bigint, Answer>();
  const meterOwners = new Map<Hex, string>();
  const announced: ({ from: number } & Partial<Tariff>)[] = [];
  const members: Hex[] = [];
  const moves: Move[] = [];
  const slots: Slot[] = [];
  const registers = new Map<Hex, { exportWh: bigint; importWh: bigint }>();
  const settled: { at: number; meterId: Hex; exportWh: bigint; importWh: bigint }[] = [];
  let length = 0;
  let [utility, operator] = ["", ""];
  let moved: Slot["moved"] = new Map();
  let fellBehind: Slot["fellBehind"] = new Map();
  let netWh = 0n;

  const both = (
    at: number,
    source: Source,
    seller: string,
    buyer: string,
    wattHours: bigint,
    idrs: bigint,
  ) => {
    moves.push({ at, source, account: seller, sold: true, wattHours, idrs });
    moves.push({ at, source, account: buyer, sold: false, wattHours, idrs });
  };
  const move = (entries: readonly bigint[], sign: bigint) => {
    for (const entry of entries) {
      const account = owners.get(Number(entry >> 224n));
      const idrs = (entry >> 96n) & (2n ** 128n - 1n);
      const wattHours = entry & (2n ** 96n - 1n);
      if (account === undefined) continue;
      const before = moved.get(account) ?? { wattHours: 0n, idrs: 0n };
      moved.set(account, {
        wattHours: before.wattHours + sign * wattHours,
        idrs: before.idrs + sign * idrs,
      });
    }
  };
  /** The first terms count for what began before them, too. */
  const termsAt = (time: number): Tariff =>
    Object.assign({}, ...announced.slice(0, 2), ...announced.filter(({ from }) => from <= time));

  function cleared({ slotEnd, price, sharedWh, amounts }: Answer): Slot {
    const slotStart = slotEnd - length;
    const { retail, feedIn, fee } = termsAt(slotStart);
    const shares = (amounts as bigint[]).flatMap((word, place) => {
      if (word === 0n) return [];
      const meterId = members[place]!;
      const sold = word >> 192n === 1n;
      const [shared, utilityWh, leftWh] = [(word >> 128n) & low, (word >> 64n) & low, word & low];
      const tariff = 1_000n * BigInt(sold ? feedIn : retail);
      const paidFee = sold ? 0n : shared * 1_000n * BigInt(fee);
      return {
        ...{ slotStart, slotEnd, account: meterOwners.get(meterId)!, meterId, sold },
        ...{ sharedWh: shared, utilityWh, leftWh, fee: paidFee },
        amount: shared * price + paidFee + utilityWh * tariff,
        plnAmount: (shared + utilityWh) * tariff,
      };
    });
    return {
      ...{ slotStart, slotEnd, retail, feedIn, fee, shares, operator, moved, netWh, fellBehind },
      price: sharedWh === 0n ? null : price,
    };
  }

  for (const { eventName, args, at } of logs) {
    switch (eventName) {
      case "AccountOpened":
        owners.set(args.number, args.owner.toLowerCase());
        break;
      case "MeterTransferred":
        meterOwners.set(args.meterId, args.to.toLowerCase());
        break;
      case "MeterSettled": {
        const before = registers.get(args.meterId);
        registers.set(args.meterId, args);
        if (!before) break;
        const exportWh = args.exportWh - before.exportWh;
        const importWh = args.importWh - before.importWh;
        // A member is read up to 50 s after its slot's end, which it ends with.
        const late = members.includes(args.meterId) ? args.timestamp % length : 0;
        settled.push({
          at: late <= 50 ? args.timestamp - late : args.timestamp,
          meterId: args.meterId,
          exportWh,
          importWh,
        });
        break;
      }
      case "OrderPlaced":
        makers.set(args.orderId, args.owner.toLowerCase());
        break;
      case "OrderFilled": {
        const { tick, side } = decodeOrderId(args.makerOrderId);
        const [maker, taker] = [makers.get(args.makerOrderId)!, args.taker.toLowerCase()];
        const [seller, buyer] = side === Side.Bid ? [taker, maker] : [maker, taker];
        const wattHours = BigInt(args.wattHours);
        both(at, "book", seller, buyer, wattHours, wattHours * BigInt(tick) * 1_000n);
        break;
      }
      case "OfferCreated":
        offers.set(args.offerId, args);
        break;
      case "TradeRequested":
        trades.set(args.tradeId, args);
        break;
      case "TradeDelivered": {
        const { buyer, offerId, price } = trades.get(args.tradeId);
        const { seller } = offers.get(offerId);
        const wattHours = BigInt(args.wattHours);
        const cost = wattHours * BigInt(price);
        both(at, "offers", seller.toLowerCase(), buyer.toLowerCase(), wattHours, cost);
        break;
      }
      case "CommunityCreated":
        utility = args.utility.toLowerCase();
        operator = args.gridOperator.toLowerCase();
        break;
      case "TariffAnnounced":
        announced.push({ from: args.from, retail: args.retail, feedIn: args.feedIn });
        break;
      case "FeeChanged":
        announced.push({ from: args.from, fee: args.fee });
        break;
      case "SlotLengthChanged":
        length = args.slot;
        break;
      case "Joined":
        members.push(args.meterId);
        break;
      case "Left": {
        const last = members.pop()!;
        if (args.place < members.length) members[args.place] = last;
        break;
      }
      case "Taken":
        moved = new Map();
        fellBehind = new Map();
        move(args.entries, -1n);
        break;
      case "Given":
        move(args.entries, 1n);
        break;
      case "FellBehind":
        fellBehind.set(args.meterId, args.wattHours);
        break;
      case "SlotClosed":
        netWh = args.netWh;
        break;
      case "SlotCleared": {
        const slot = cleared(args);
        slots.push(slot);
        for (const { account, meterId, sold, sharedWh, utilityWh, amount, fee } of slot.shares) {
          const shared = sharedWh * (slot.price ?? 0n);
          const own = { at: slot.slotStart, account, meterId, sold };
          moves.push({ ...own, source: "neighbours", wattHours: sharedWh, idrs: shared });
          const rest = { source: "utility" as const, wattHours: utilityWh, idrs: amount - fee - shared };
          moves.push({ ...own, ...rest });
          moves.push({ at: slot.slotStart, account: utility, sold: !sold, ...rest });
        }
        break;
      }
    }
  }
  return { moves, slots, settled, meterOwners, utility, operator };
}

export type Ledger = Awaited<ReturnType<typeof readLedger>>;
