/** The real contracts on a chain of their own, for tests that need whole transactions. */
import { MeterKind, TrustClass } from "@enerlink/protocol";
import type { NetworkConnection } from "hardhat/types/network";
import { type Address, getAddress, type Hash, type Hex, keccak256, numberToHex, stringToHex } from "viem";

/** Jakarta, H3 resolution 7. */
export const CELL = 0x878c106a4ffffffn;
/** The generator of P-256: any point on the curve does for a device key. */
const KEY_X = "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const KEY_Y = "0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const LARGEST = 2 ** 32 - 1;
/** A fixed time, so that calldata and with it gas is the same in every run. */
const START = 1_900_000_000;

export type MarketSystem = Awaited<ReturnType<typeof deployMarket>>;

/** Deploys and wires everything; the first account holds every role and is a reporter. */
export async function deployMarket({ viem, networkHelpers }: NetworkConnection) {
  await networkHelpers.time.increaseTo(START);
  const client = await viem.getPublicClient();
  const [operator] = await viem.getWalletClients();
  const access = await viem.deployContract("MarketAccess", [operator!.account.address]);
  const registry = await viem.deployContract("MeterRegistry", [
    access.address,
    0,
    [LARGEST, LARGEST, LARGEST, LARGEST],
  ]);
  const converter = await viem.deployContract("EnergyConverter", [access.address, registry.address, 3]);
  await registry.write.setConverter([converter.address]);
  const energyToken = await viem.getContractAt("EnergyToken", await converter.read.energyToken());
  const rupiahToken = await viem.deployContract("RupiahToken", [access.address]);
  const market = await viem.deployContract("EnergyMarket", [
    access.address,
    registry.address,
    converter.address,
    energyToken.address,
    rupiahToken.address,
    1_000,
    false,
  ]);
  await converter.write.setMarket([market.address]);
  await converter.write.setReporter([operator!.account.address, true]);

  let references = 0n;

  /** Impersonates an address that can pay for gas. */
  async function actor(index: number): Promise<Address> {
    const address = getAddress(numberToHex(0xac_0000n + BigInt(index), { size: 20 }));
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    return address;
  }

  /** ETK as the converter mints it, IDRS as its issuer does. */
  async function mint(account: Address, energyWh: bigint, idrs: bigint): Promise<void> {
    await networkHelpers.impersonateAccount(converter.address);
    await networkHelpers.setBalance(converter.address, 10n ** 18n);
    if (energyWh > 0n) await energyToken.write.mint([account, energyWh], { account: converter.address });
    references += 1n;
    if (idrs > 0n) await rupiahToken.write.deposit([account, idrs, numberToHex(references, { size: 32 })]);
  }

  /** Tokens left in the wallet with allowances. */
  async function give(account: Address, energyWh: bigint, idrs: bigint): Promise<void> {
    await mint(account, energyWh, idrs);
    await energyToken.write.approve([market.address, 2n ** 256n - 1n], { account });
    await rupiahToken.write.approve([market.address, 2n ** 256n - 1n], { account });
  }

  /** An account with a trading balance. */
  async function fund(account: Address, energyWh: bigint, idrs: bigint): Promise<void> {
    await give(account, energyWh, idrs);
    await market.write.deposit([energyWh, idrs], { account });
  }

  /** A battery whose baseline is settled. */
  async function addBattery(serial: string, owner: Address, capacityWh: bigint): Promise<Hex> {
    const meterId = stringToHex(serial, { size: 32 });
    await registry.write.register([
      {
        meterId,
        owner,
        kind: MeterKind.Battery,
        trust: TrustClass.A,
        connectionPoint: keccak256(meterId),
        exportWatts: 4_000_000_000,
        importWatts: 4_000_000_000,
        capacityWh,
        creditWh: 0n,
        h3Cell: CELL,
        keyX: KEY_X,
        keyY: KEY_Y,
      },
    ]);
    await registry.write.acceptMeter([meterId, 0n], { account: owner });
    await settle(meterId, 0n, capacityWh);
    return meterId;
  }

  /** Settles a report a minute later than the last block. */
  async function settle(meterId: Hex, exportWh: bigint, storedWh: bigint): Promise<Hash> {
    await networkHelpers.time.increase(60);
    const timestamp = await networkHelpers.time.latest();
    return converter.write.settle([[{ meterId, exportWh, importWh: 0n, storedWh, timestamp, epoch: 1 }]]);
  }

  /** The whole transaction's gas, refunds included. */
  async function gasOf(transaction: Promise<Hash>): Promise<bigint> {
    const receipt = await client.waitForTransactionReceipt({ hash: await transaction });
    if (receipt.status !== "success") throw new Error(`transaction ${receipt.transactionHash} reverted`);
    return receipt.gasUsed;
  }

  return {
    client,
    wallets: viem.getWalletClients,
    operator: operator!.account.address,
    access,
    registry,
    converter,
    energyToken,
    rupiahToken,
    market,
    actor,
    mint,
    give,
    fund,
    addBattery,
    settle,
    now: networkHelpers.time.latest,
    wait: networkHelpers.time.increase,
    gasOf,
  };
}
