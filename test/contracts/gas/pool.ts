/**
 * What a slot costs a member, by community size: its share of the committee's batch that settles everybody and of the
 * clearing, which comes in a second transaction here. Only one of the two bases of 21,000 is counted.
 */
import { MeterKind } from "@enerlink/protocol";
import { getAddress, type Hex, keccak256, toHex } from "viem";
import { GENESIS, report, startSystem } from "../metering/system.ts";

const SIZES = [30, 100, 256];
const SLOT = 3_600;
const BASE = 21_000n;

/** Gas by operation. */
export async function measurePool() {
  const figures = new Map<string, bigint[]>();
  for (const size of SIZES) {
    const system = await startSystem();
    figures.set(`settle, then clear a slot in a second transaction, each of ${size} members`, [
      await measureSlot(system, size),
    ]);
    await system.connection.close();
  }
  return figures;
}

async function measureSlot(system: Awaited<ReturnType<typeof startSystem>>, size: number): Promise<bigint> {
  const { networkHelpers, register, settle, market, pool, idrs, etk, converter, client, wallets } = system;
  const operator = wallets[0]!.account.address;
  const openAccounts = Array.from({ length: size }, (_, index) =>
    getAddress(keccak256(toHex(`owner ${index}`)).slice(0, 42) as Hex),
  );
  await idrs.write.deposit([operator, 10n ** 24n, toHex(1, { size: 32 })]);
  await idrs.write.approve([market.address, 2n ** 256n - 1n]);
  await networkHelpers.impersonateAccount(converter.address);
  await networkHelpers.setBalance(converter.address, 10n ** 18n);
  await etk.write.mint([operator, 10n ** 12n], { account: converter.address });
  await etk.write.approve([market.address, 2n ** 256n - 1n]);
  // The operator is the utility as well; the grid operator has an account of its own.
  await market.write.deposit([10n ** 12n, 10n ** 20n]);
  const grid = getAddress(toHex(0x6121d, { size: 20 }));
  await market.write.depositFor([grid, 0n, 1n]);
  await market.write.authorizeModule([pool.address, true]);
  await pool.write.createCommunity([operator, grid, 1_445, 900, 100]);

  const meters: Hex[] = [];
  for (const [index, owner] of openAccounts.entries()) {
    meters.push(await register(`home-${index}`, owner, { kind: MeterKind.Prosumer }));
    await market.write.depositFor([owner, 0n, 10n ** 15n]);
    await market.write.authorizeModule([pool.address, true], { account: owner });
  }
  let now = GENESIS + 86_400;
  const registers = meters.map((id) => report(id, 0, { exportWh: 1_234_567n, importWh: 7_654_321n }));
  const settleAll = async (step: (index: number) => readonly [bigint, bigint]) => {
    now += SLOT;
    await networkHelpers.time.setNextBlockTimestamp(now);
    for (const [index, one] of registers.entries()) {
      const [exportedWh, importedWh] = step(index);
      one.exportWh += exportedWh;
      one.importWh += importedWh;
      one.timestamp = now;
    }
    return settle(registers);
  };
  const clear = async () => {
    const hash = await pool.write.clear([1, now]);
    return (await client.getTransactionReceipt({ hash })).gasUsed;
  };

  await settleAll(() => [0n, 0n]);
  for (const [index, owner] of openAccounts.entries()) {
    await pool.write.admit([meters[index]!, 1]);
    await pool.write.join([meters[index]!, 1, 1, 65_535], { account: owner });
  }
  // A third sells, two thirds buy; every word was written before.
  const mixed = (index: number) => (index % 3 === 0 ? ([1_500n, 0n] as const) : ([0n, 1_300n] as const));
  await settleAll(mixed);
  await clear();
  await settleAll(mixed);
  await clear();
  return ((await settleAll(mixed)) + (await clear()) - BASE) / BigInt(size);
}
