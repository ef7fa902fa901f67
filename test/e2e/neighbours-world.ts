/**
 * A neighbourhood of a test's own: a chain and an index, no oracle; what its meters count, and when a slot ends, the test
 * says. Nothing in it depends on the hour.
 */
import { generateKeyPairSync } from "node:crypto";
import {
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  MeterKind,
  meterId,
  meterRegistryAbi,
  oracleCommitteeAbi,
  parseIdr,
  type Report,
  rupiahTokenAbi,
  settlementBatchTypedData,
  slotPoolAbi,
  TrustClass,
} from "@enerlink/protocol";
import { hardhat } from "@enerlink/protocol/chains";
import { type Abi, type Address, bytesToHex, encodeFunctionData, stringToHex } from "viem";
import { makeIndex } from "../../indexer/test/index-process.ts";
import { bank, homes, type LocalAccount, operator, utility } from "../../local/accounts.ts";
import { CELL } from "../system/own-meter.ts";
import { startQuietChain } from "./quiet-chain.ts";

/** What everybody agreed on, IDR/kWh. */
export const TERMS = { retail: 1_445, feedIn: 900, fee: 100 };
/** Neighbours from the start, and who may become one. */
export const SELLER = homes[0]!;
export const BUYER = homes[1]!;
export const NEWCOMER = homes[2]!;
/** A home that stays outside: what it gives becomes energy that it may sell. */
export const TRADER = homes[3]!;
const METERS = [SELLER, BUYER, NEWCOMER, TRADER];
export const DEPOSIT_IDRS = parseIdr("300000");
const UTILITY_IDRS = parseIdr("10000000");
/** The chain begins so long ago that no slot of the tests lies ahead of a browser's clock. */
const BEHIND = 36 * 3_600;

type Call = { address: Address; abi: Abi; functionName: string; args: readonly unknown[] };

/** Not estimated: what is cheap in one second's block may cost more in the next second's. */
const GAS = 5_000_000n;

export type NeighboursWorld = Awaited<ReturnType<typeof makeNeighbours>>;

export async function makeNeighbours() {
  const chain = await startQuietChain(BEHIND);
  const { client, deployment } = chain;
  await client.setAutomine(true);
  const at = deployment.contracts;
  const pool = { address: at.slotPool, abi: slotPoolAbi } as const;
  const market = { address: at.energyMarket, abi: energyMarketAbi } as const;
  const write = ({ account }: Pick<LocalAccount, "account">, call: Call) =>
    chain.send(account, call.address, encodeFunctionData(call), GAS);
  const read = <T>(call: Call) => client.readContract(call) as Promise<T>;
  const registers = new Map(METERS.map(({ name }) => [name, { exportWh: 1_000n, importWh: 5_000n }]));

  async function addMeter(owner: LocalAccount): Promise<void> {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    const id = meterId(owner.name);
    const registration = {
      meterId: id,
      owner: owner.account.address,
      kind: MeterKind.Prosumer,
      trust: TrustClass.A,
      connectionPoint: id,
      exportWatts: 11_000,
      importWatts: 11_000,
      capacityWh: 0n,
      creditWh: 50_000n,
      h3Cell: BigInt(`0x${CELL}`),
      keyX: bytesToHex(Buffer.from(x!, "base64url")),
      keyY: bytesToHex(Buffer.from(y!, "base64url")),
    };
    const registry = { address: at.meterRegistry, abi: meterRegistryAbi } as const;
    await write(operator, { ...registry, functionName: "register", args: [registration] });
    await write(owner, { ...registry, functionName: "acceptMeter", args: [id, 0n] });
  }

  /** Everybody's registers, read at `timestamp`, under the committee's one signature. */
  async function settle(timestamp: number): Promise<void> {
    const committee = { address: at.oracleCommittee, abi: oracleCommitteeAbi } as const;
    const reports: Report[] = METERS.map(({ name }) => ({
      meterId: meterId(name),
      ...registers.get(name)!,
      storedWh: 0n,
      timestamp,
      epoch: 1,
    }));
    const deadline = BigInt(timestamp + 3_600);
    const configuration = await read<number>({ ...committee, functionName: "configuration", args: [] });
    const batch = { reports, deadline, configuration };
    const signature = await operator.account.signTypedData(
      settlementBatchTypedData(hardhat.id, committee.address, batch),
    );
    await write(operator, { ...committee, functionName: "submit", args: [reports, deadline, [signature]] });
  }

  const now = async () => Number((await client.getBlock()).timestamp);
  const passUntil = async (timestamp: number) => {
    await client.setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
    await client.mine({ blocks: 1 });
  };

  async function lay(owner: LocalAccount, idrs: bigint): Promise<void> {
    await chain.allow(owner);
    await write(owner, { ...market, functionName: "deposit", args: [0n, idrs] });
    await write(owner, { ...market, functionName: "authorizeModule", args: [pool.address, true] });
  }

  async function found(): Promise<void> {
    const money = [utility.account.address, UTILITY_IDRS, stringToHex("utility", { size: 32 })] as const;
    await write(bank, {
      address: at.rupiahToken,
      abi: rupiahTokenAbi,
      functionName: "deposit",
      args: money,
    });
    await lay(utility, UTILITY_IDRS);
    // Opens the account that gets the fee.
    await write(operator, { ...market, functionName: "authorizeModule", args: [pool.address, true] });
    const { retail, feedIn, fee } = TERMS;
    const args = [utility.account.address, operator.account.address, retail, feedIn, fee] as const;
    await write(operator, { ...pool, functionName: "createCommunity", args });
    await write(utility, { ...pool, functionName: "acceptCommunity", args: [1] });
    for (const owner of [SELLER, BUYER, NEWCOMER])
      await write(operator, { ...pool, functionName: "admit", args: [meterId(owner.name), 1] });
    for (const owner of [SELLER, BUYER]) {
      await lay(owner, DEPOSIT_IDRS);
      const joined = [meterId(owner.name), 1, TERMS.feedIn, TERMS.retail] as const;
      await write(owner, { ...pool, functionName: "join", args: joined });
    }
  }

  /** What a home draws before it shares is owed where it owns no energy: the newcomer has given its own away. */
  async function giveAway(owner: LocalAccount, to: LocalAccount): Promise<void> {
    const token = { address: at.energyToken, abi: energyTokenAbi } as const;
    const all = await read<bigint>({ ...token, functionName: "balanceOf", args: [owner.account.address] });
    await write(owner, { ...token, functionName: "transfer", args: [to.account.address, all] });
  }

  for (const owner of METERS) await addMeter(owner);
  await giveAway(NEWCOMER, TRADER);
  const { slot: length } = { slot: Number(await read<number>({ ...pool, functionName: "SLOT", args: [] })) };

  /**
   * One slot after the other: time passes to its end, everybody is read, and it is cleared.
   * @param counted What each home gave (positive) or drew (negative) in it, Wh; 0 of who is not named
   * @returns its end, unix seconds
   */
  async function slot(counted: Readonly<Record<string, number>>): Promise<number> {
    // No block of the chain's own comes between what it says and what it is told: its time would be past the slot's end.
    await chain.hold();
    const end = (Math.floor((await now()) / length) + 1) * length;
    for (const [name, wattHours] of Object.entries(counted)) {
      const before = registers.get(name)!;
      const [out, into] = wattHours > 0 ? [wattHours, 0] : [0, -wattHours];
      registers.set(name, {
        exportWh: before.exportWh + BigInt(out),
        importWh: before.importWh + BigInt(into),
      });
    }
    await passUntil(end + 1);
    await settle(end);
    await write(operator, { ...pool, functionName: "clear", args: [1, end] });
    await chain.go();
    return end;
  }

  // The baseline, which has to be later than the meters' acceptance.
  await chain.hold();
  const begin = (Math.floor((await now()) / length) + 1) * length;
  await passUntil(begin + 1);
  await settle(begin);
  await chain.go();
  await found();

  const index = await makeIndex({
    chain: { rpcUrl: chain.rpcUrl, client },
    environment: { CHAIN_ID: String(hardhat.id), DEPLOYMENTS_DIR: chain.folder },
  });
  return {
    chain,
    index,
    slot,
    /** What an account may spend in the market, IDRS base units. */
    tradingIdrs: async ({ account }: LocalAccount) =>
      (
        await read<[bigint, bigint]>({
          ...market,
          functionName: "tradingBalance",
          args: [account.address],
        })
      )[1],
    /** What a home owes, Wh. */
    owedWh: async ({ name }: LocalAccount) =>
      (
        await read<[bigint, bigint, bigint]>({
          address: at.energyConverter,
          abi: energyConverterAbi,
          functionName: "settled",
          args: [meterId(name)],
        })
      )[2],
    async close() {
      await index.stop();
      await chain.stop();
    },
  };
}
