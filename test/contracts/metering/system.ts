/** The whole deployed system on a chain in the process, with a committee of five whose keys the test holds. */
import { createECDH } from "node:crypto";
import {
  accessManagerAbi,
  deviceReporterAbi,
  energyCertificatesAbi,
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  equivocationProofAbi,
  functionsReporterAbi,
  MeterKind,
  meterId,
  meterRegistryAbi,
  oracleCommitteeAbi,
  type Report,
  rupiahDeskAbi,
  rupiahTokenAbi,
  settlementBatchTypedData,
  slotPoolAbi,
  TrustClass,
} from "@enerlink/protocol";
import hre from "hardhat";
import {
  type Address,
  bytesToHex,
  getAddress,
  getContract,
  type Hex,
  hexToBytes,
  keccak256,
  toHex,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { deploy } from "../../../contracts/deploy.ts";
import { readDeploySettings } from "../../../contracts/parameters.ts";

export const QUORUM = 3;
/** When the test's chain begins, unix seconds. */
export const GENESIS = 1_767_225_600;
export const FOREVER = 2n ** 64n - 1n;
/** A cell of resolution 7 in Jakarta. */
export const CELL = 0x878c10ad1ffffffn;

/** Ascending by address, as the committee wants its members and signatures. */
export const committee: PrivateKeyAccount[] = [1, 2, 3, 4, 5]
  .map((n) => privateKeyToAccount(keccak256(toHex(`member ${n}`))))
  .toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));

/** A P-256 key pair that depends on `name` alone. */
export function deviceKey(name: string): { d: Hex; x: Hex; y: Hex } {
  const curve = createECDH("prime256v1");
  const d = keccak256(toHex(`device ${name}`));
  curve.setPrivateKey(hexToBytes(d));
  const point = curve.getPublicKey();
  return { d, x: bytesToHex(point.subarray(1, 33)), y: bytesToHex(point.subarray(33, 65)) };
}

export type System = Awaited<ReturnType<typeof startSystem>>;

/** Deploys as `deploy.ts` does, on a new chain. The first account holds every role. */
export async function startSystem(
  environment: Record<string, string> = {},
  chain: { chainId?: number; hardfork?: string } = {},
) {
  const connection = await hre.network.create({
    network: "default",
    override: { ...chain, initialDate: new Date(GENESIS * 1_000) },
  });
  const deployment = await deploy(
    connection,
    readDeploySettings({
      COMMITTEE_MEMBERS: committee.map(({ address }) => address).join(),
      COMMITTEE_QUORUM: String(QUORUM),
      ...environment,
    }),
  );
  const { viem, networkHelpers } = connection;
  const at = deployment.contracts;
  const client = await viem.getPublicClient();
  const wallets = await viem.getWalletClients();
  if (wallets[0] === undefined) throw new Error("the chain has no account");
  const chainId = deployment.chainId;
  const both = { public: client, wallet: wallets[0] };
  const contracts = {
    access: getContract({ address: at.accessManager, abi: accessManagerAbi, client: both }),
    etk: getContract({ address: at.energyToken, abi: energyTokenAbi, client: both }),
    idrs: getContract({ address: at.rupiahToken, abi: rupiahTokenAbi, client: both }),
    desk: getContract({ address: at.rupiahDesk, abi: rupiahDeskAbi, client: both }),
    registry: getContract({ address: at.meterRegistry, abi: meterRegistryAbi, client: both }),
    converter: getContract({ address: at.energyConverter, abi: energyConverterAbi, client: both }),
    oracle: getContract({ address: at.oracleCommittee, abi: oracleCommitteeAbi, client: both }),
    devices: getContract({ address: at.deviceReporter, abi: deviceReporterAbi, client: both }),
    functions: getContract({ address: at.functionsReporter, abi: functionsReporterAbi, client: both }),
    equivocations: getContract({
      address: at.equivocationProof,
      abi: equivocationProofAbi,
      client: both,
    }),
    certificates: getContract({
      address: at.energyCertificates,
      abi: energyCertificatesAbi,
      client: both,
    }),
    pool: getContract({ address: at.slotPool, abi: slotPoolAbi, client: both }),
    market: getContract({ address: at.energyMarket, abi: energyMarketAbi, client: both }),
  };

  /** Registers a meter that settles, accepted by `owner`, an account of the chain; what is not named is an ordinary home's. */
  async function register(
    serial: string,
    owner: Address,
    fields: Record<string, unknown> = {},
  ): Promise<Hex> {
    const key = deviceKey(serial);
    const registration = {
      meterId: meterId(serial),
      owner: getAddress(owner),
      kind: MeterKind.Prosumer as number,
      trust: TrustClass.A as number,
      connectionPoint: keccak256(toHex(serial)),
      exportWatts: 10_000,
      importWatts: 10_000,
      capacityWh: 0n,
      creditWh: 10_000n,
      h3Cell: CELL,
      keyX: key.x,
      keyY: key.y,
      ...fields,
    };
    await contracts.registry.write.register([registration]);
    await networkHelpers.impersonateAccount(registration.owner);
    await networkHelpers.setBalance(registration.owner, 10n ** 18n);
    await contracts.registry.write.acceptMeter([registration.meterId, 0n], { account: registration.owner });
    return registration.meterId;
  }

  async function sign(
    reports: readonly Report[],
    signers = committee.slice(0, QUORUM),
    deadline = FOREVER,
  ): Promise<Hex[]> {
    const configuration = await contracts.oracle.read.configuration();
    const data = settlementBatchTypedData(chainId, at.oracleCommittee, { reports, deadline, configuration });
    return Promise.all(signers.map((signer) => signer.signTypedData(data)));
  }

  /** Settles through the committee. @returns the gas of the whole transaction */
  async function settle(reports: readonly Report[]): Promise<bigint> {
    const hash = await contracts.oracle.write.submit([reports, FOREVER, await sign(reports)]);
    return (await client.getTransactionReceipt({ hash })).gasUsed;
  }

  /** Settles and clears in one transaction. @returns its gas */
  async function settleAndClear(
    reports: readonly Report[],
    communityId: number,
    slotEnd: number,
  ): Promise<bigint> {
    const signatures = await sign(reports);
    const args = [reports, FOREVER, signatures, communityId, slotEnd] as const;
    const hash = await contracts.oracle.write.submitAndClear(args);
    return (await client.getTransactionReceipt({ hash })).gasUsed;
  }

  return {
    connection,
    networkHelpers,
    deployment,
    client,
    wallets,
    chainId,
    ...contracts,
    register,
    sign,
    settle,
    settleAndClear,
  };
}

/** A report with nothing counted, at `timestamp`. */
export function report(id: Hex, timestamp: number, fields: Partial<Report> = {}): Report {
  return { meterId: id, exportWh: 0n, importWh: 0n, storedWh: 0n, timestamp, epoch: 1, ...fields };
}
