/**
 * What a slot costs a member, by community size: its share of the committee's batch that settles everybody and of the
 * clearing. Where that comes in a second transaction, only one of the two bases of 21,000 is counted.
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
    const [together, apart] = await measureSlot(system, size);
    figures.set(`settle and clear a slot, each of ${size} members`, [together]);
    figures.set(`settle, then clear a slot in a second transaction, each of ${size} members`, [apart]);
    await system.connection.close();
  }
  return figures;
}

async function measureSlot(system: Awaited<ReturnType<typeof startSystem>>, size: number) {
  const {
    networkHelpers,
    register,
    settle,
    settleAndClear,
    market,
    pool,
    idrs,
    etk,
    converter,
    client,
    wallets,
  } = system;
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
  await pool.write.acceptCommunity([1]);

  const meters: Hex[] = [];
  for (const [index, owner] of openAccounts.entries()) {
    meters.push(await register(`home-${index}`, owner, { kind: MeterKind.Prosumer }));
    await market.write.depositFor([owner, 0n, 10n ** 15n]);
    await market.write.authorizeModule([pool.address, true], { account: owner });
  }
  let now = GENESIS + 86_400;
  const registers = meters.map((id) => report(id, 0, { exportWh: 1_234_567n, importWh: 7_654_321n }));
  const next = async (step: (index: number) => readonly [bigint, bigint]) => {
    now += SLOT;
    await networkHelpers.time.setNextBlockTimestamp(now);
    for (const [index, one] of registers.entries()) {
      const [exportedWh, importedWh] = step(index);
      one.exportWh += exportedWh;
      one.importWh += importedWh;
      one.timestamp = now;
    }
  };
  await next(() => [0n, 0n]);
  await settle(registers);
  for (const [index, owner] of openAccounts.entries()) {
    await pool.write.admit([meters[index]!, 1]);
    await pool.write.join([meters[index]!, 1, 1, 65_535], { account: owner });
  }
  // A third sells, two thirds buy; every word was written before.
  const mixed = (index: number) => (index % 3 === 0 ? ([1_500n, 0n] as const) : ([0n, 1_300n] as const));
  const together = async () => {
    await next(mixed);
    return settleAndClear(registers, 1, now);
  };
  const apart = async () => {
    await next(mixed);
    const settled = await settle(registers);
    const hash = await pool.write.clear([1, now]);
    return settled + (await client.getTransactionReceipt({ hash })).gasUsed;
  };
  await together();
  await together();
  return [(await together()) / BigInt(size), ((await apart()) - BASE) / BigInt(size)] as const;
}
