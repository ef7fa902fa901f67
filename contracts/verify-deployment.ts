/**
 * Reads a deployment back from its chain and compares roles, wiring and settings with what `deploy.ts` sets, in the
 * environment of the deployment: `enerlink deploy --check`.
 */

import {
  accessManagerAbi,
  deviceReporterAbi,
  energyCertificatesAbi,
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  equivocationProofAbi,
  functionsReporterAbi,
  homeAccountFactoryAbi,
  meterRegistryAbi,
  oracleCommitteeAbi,
  rupiahDeskAbi,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import { type Deployment, readDeployment } from "@enerlink/protocol/deployment";
import {
  type Abi,
  type AbiFunction,
  type Address,
  createPublicClient,
  http,
  type PublicClient,
  parseAbiItem,
  toFunctionSelector,
} from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { type DeploySettings, type Plan, planDeployment, readDeploySettings } from "./parameters.ts";
import { ADMIN, roleFunctions, roles, vetoed } from "./roles.ts";

const abis = {
  accessManager: accessManagerAbi,
  energyToken: energyTokenAbi,
  rupiahToken: rupiahTokenAbi,
  rupiahDesk: rupiahDeskAbi,
  meterRegistry: meterRegistryAbi,
  energyConverter: energyConverterAbi,
  oracleCommittee: oracleCommitteeAbi,
  deviceReporter: deviceReporterAbi,
  functionsReporter: functionsReporterAbi,
  equivocationProof: equivocationProofAbi,
  energyCertificates: energyCertificatesAbi,
  energyMarket: energyMarketAbi,
  slotPool: slotPoolAbi,
  homeAccountFactory: homeAccountFactoryAbi,
} as const satisfies Partial<Record<keyof Deployment["contracts"], Abi>>;
type Name = keyof typeof abis;

type Settled = Plan["EnerLink"];
type Check = ReturnType<typeof makeCheck>;

/** Compares what the chain says with what was wanted, and keeps what differs. */
function makeCheck(client: PublicClient, at: Deployment["contracts"]) {
  const differences: string[] = [];

  function compare(what: string, found: unknown, wanted: unknown): void {
    const [text, wantedText] = [found, wanted].map((value) =>
      JSON.stringify(value, bigintText).toLowerCase(),
    );
    if (text !== wantedText) differences.push(`${what} is ${text}, not ${wantedText}`);
  }
  async function read(contract: Name, functionName: string, args: unknown[] = []): Promise<unknown> {
    return client.readContract({ address: at[contract], abi: abis[contract] as Abi, functionName, args });
  }
  async function expect(contract: Name, functionName: string, wanted: unknown, args: unknown[] = []) {
    const what = `${contract}.${functionName}(${args.join(", ")})`;
    compare(what, await read(contract, functionName, args).catch(() => "unreadable"), wanted);
  }
  return { compare, read, expect, differences };
}

async function checkWiring({ expect }: Check, at: Deployment["contracts"]): Promise<void> {
  const managed = [
    "rupiahToken",
    "rupiahDesk",
    "meterRegistry",
    "energyConverter",
    "oracleCommittee",
    "functionsReporter",
    "energyMarket",
    "slotPool",
  ];
  for (const name of managed as Name[]) await expect(name, "authority", at.accessManager);
  await expect("meterRegistry", "converter", at.energyConverter);
  await expect("energyConverter", "registry", at.meterRegistry);
  await expect("energyConverter", "energyToken", at.energyToken);
  await expect("energyConverter", "market", at.energyMarket);
  await expect("energyConverter", "pool", at.slotPool);
  await expect("energyToken", "converter", at.energyConverter);
  for (const name of ["oracleCommittee", "deviceReporter", "functionsReporter"] as const) {
    await expect(name, "converter", at.energyConverter);
    await expect("energyConverter", "isReporter", true, [at[name]]);
  }
  for (const name of [
    "deviceReporter",
    "functionsReporter",
    "equivocationProof",
    "energyCertificates",
  ] as const)
    await expect(name, "registry", at.meterRegistry);
  await expect("energyCertificates", "converter", at.energyConverter);
  await expect("energyMarket", "registry", at.meterRegistry);
  await expect("energyMarket", "converter", at.energyConverter);
  await expect("energyMarket", "energyToken", at.energyToken);
  for (const name of ["energyMarket", "rupiahDesk"] as const)
    await expect(name, "rupiahToken", at.rupiahToken);
  await expect("homeAccountFactory", "implementation", at.homeAccount);
}

async function checkSettings({ expect }: Check, settled: Settled): Promise<void> {
  await expect("energyToken", "decimals", settled.energyDecimals);
  await expect("meterRegistry", "activationDelay", settled.activationDelay);
  await expect("meterRegistry", "unsignedSettlement", false);
  for (const [kind, watts] of settled.ratingCaps.entries())
    await expect("meterRegistry", "ratingCap", watts, [kind]);
  await expect("oracleCommittee", "members", settled.committeeMembers);
  await expect("oracleCommittee", "quorum", settled.committeeQuorum);
  await expect("deviceReporter", "silence", settled.silence);
  await expect("functionsReporter", "router", settled.functionsRouter);
  await expect("rupiahDesk", "treasury", settled.treasury);
  await expect("rupiahDesk", "paused", false);
  for (const [index, name] of ["SLOT", "TOLERANCE", "PATIENCE", "NOTICE", "STEEPNESS"].entries())
    await expect("slotPool", name, settled.slots[index]);
  await expect("slotPool", "ADJUSTABLE", settled.slotsAdjustable);
  await expect("energyMarket", "minimumPrice", Number(settled.minimumPrice));
  await expect("energyMarket", "paused", [false, settled.boardPaused]);
}

/** Which role may call what: also that every other function is left to the admin. */
async function checkRoles({ expect, read, compare }: Check, at: Deployment["contracts"]): Promise<void> {
  for (const contract of [...new Set(roleFunctions.map((grant) => grant.contract))]) {
    await expect("accessManager", "isTargetClosed", false, [at[contract]]);
    const changing = (abis[contract] as Abi).filter(
      (item): item is AbiFunction =>
        item.type === "function" &&
        (item.stateMutability === "nonpayable" || item.stateMutability === "payable"),
    );
    for (const item of changing) {
      const grant = roleFunctions.find(
        (one) => one.contract === contract && one.functions.includes(item.name),
      );
      const found = await read("accessManager", "getTargetFunctionRole", [
        at[contract],
        toFunctionSelector(item),
      ]);
      compare(`The role of ${contract}.${item.name}`, found, grant ? roles[grant.role] : ADMIN);
    }
  }
}

/** Who holds which role, and nobody else. */
async function checkHolders(
  { expect }: Check,
  client: PublicClient,
  deployment: Deployment,
  plan: Plan,
  settings: Pick<DeploySettings, "ADMIN">,
): Promise<void> {
  const at = deployment.contracts;
  const settled = plan.EnerLink;
  const holders: { role: bigint; account: Address; delay: number }[] = [
    { role: roles.REGISTRAR, account: settled.registrar, delay: settled.registrarDelay },
    { role: roles.IDRS_ISSUER, account: settled.idrsIssuer, delay: settled.idrsIssuerDelay },
    { role: roles.MARKET_OPERATOR, account: settled.marketOperator, delay: settled.marketOperatorDelay },
    { role: roles.GUARDIAN, account: settled.guardian, delay: 0 },
    { role: roles.EQUIVOCATION, account: at.equivocationProof, delay: 0 },
    { role: ADMIN, account: plan.Handover.admin, delay: settings.ADMIN ? plan.Handover.adminDelay : 0 },
    { role: roles.IDRS_ISSUER, account: at.rupiahDesk, delay: 0 },
    ...(at.faucet ? [{ role: roles.IDRS_ISSUER, account: at.faucet, delay: 0 }] : []),
  ];
  for (const [name, role] of Object.entries(roles)) {
    const veto = vetoed.some((one) => one === name) ? roles.GUARDIAN : ADMIN;
    await expect("accessManager", "getRoleGuardian", veto, [role]);
  }
  for (const { role, account, delay } of holders) {
    await expect("accessManager", "hasRole", [true, delay], [role, account]);
  }
  const granted = await client.getLogs({
    address: at.accessManager,
    event: parseAbiItem(
      "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
    ),
    fromBlock: BigInt(deployment.startBlock),
  });
  for (const { args } of granted) {
    const { roleId, account } = args;
    if (holders.some((holder) => holder.role === roleId && holder.account === account)) continue;
    await expect("accessManager", "hasRole", [false, 0], [roleId, account]);
  }
}

/** One line a difference between the chain and `plan`; none when they agree. */
export async function findDifferences(
  client: PublicClient,
  deployment: Deployment,
  plan: Plan,
  settings: Pick<DeploySettings, "ADMIN">,
): Promise<string[]> {
  const at = deployment.contracts;
  const check = makeCheck(client, at);
  const genesis = await client.getBlock({ blockNumber: 0n });
  check.compare("The hash of block 0", genesis.hash, deployment.genesisHash);
  await checkWiring(check, at);
  await checkSettings(check, plan.EnerLink);
  await checkRoles(check, at);
  await checkHolders(check, client, deployment, plan, settings);
  return check.differences;
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/**
 * Parts what was changed on purpose since the deployment from what nobody has explained.
 * @param onPurpose how it stands on the chain, in the check's own words: `energyMarket.minimumPrice() is 2000`
 * @returns the differences that are left, what is on purpose and no difference (any more) among them, and those that are known
 */
export function partOnPurpose(
  found: readonly string[],
  onPurpose: readonly string[],
): { differences: string[]; onPurpose: string[] } {
  const isSo = (difference: string, said: string) => difference.startsWith(`${said}, not `);
  const over = onPurpose.filter((said) => !found.some((difference) => isSo(difference, said)));
  const isKnown = (difference: string) => onPurpose.some((said) => isSo(difference, said));
  return {
    differences: [
      ...found.filter((difference) => !isKnown(difference)),
      ...over.map((said) => `"${said}" is on purpose, and no difference`),
    ],
    onPurpose: found.filter(isKnown),
  };
}

/** What the recorded deployment differs in from what the environment asks for. */
export async function checkRecorded(): Promise<{ chainId: number; differences: string[] }> {
  const settings = readDeploySettings();
  const client = createPublicClient({ transport: http(settings.RPC_URL[0], { batch: true }) });
  const chainId = await client.getChainId();
  const [first] = settings.PRIVATE_KEY
    ? [privateKeyToAddress(settings.PRIVATE_KEY as `0x${string}`)]
    : ((await client.request({ method: "eth_accounts" as never })) as Address[]);
  if (first === undefined) throw new Error(`PRIVATE_KEY is needed: ${settings.RPC_URL[0]} has no account`);
  const plan = await planDeployment(settings, chainId, first);
  return { chainId, differences: await findDifferences(client, readDeployment(chainId), plan, settings) };
}
