/** What is indexed, from where, into which database. */
import {
  accessManagerAbi,
  deviceReporterAbi,
  energyCertificatesAbi,
  energyConverterAbi,
  energyMarketAbi,
  energyTokenAbi,
  equivocationProofAbi,
  functionsReporterAbi,
  homeAccountAbi,
  homeAccountFactoryAbi,
  meterRegistryAbi,
  oracleCommitteeAbi,
  rupiahDeskAbi,
  rupiahTokenAbi,
  slotPoolAbi,
} from "@enerlink/protocol";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import { readDeployment } from "@enerlink/protocol/deployment";
import { createConfig, factory } from "ponder";
import { getAbiItem } from "viem";
import { readSettings } from "./lib/settings.ts";

const settings = readSettings();
const { contracts, startBlock } = readDeployment(settings.chainId);
const local = isDevelopmentChain(settings.chainId);

/** Ponder begins with 20 requests a second to a provider, for fear of its limits; a local node has none. */
const LOCAL_PROVIDERS = 25;

export default createConfig({
  database: settings.databaseUrl
    ? { kind: "postgres", connectionString: settings.databaseUrl }
    : { kind: "pglite", directory: settings.databaseDir },
  chains: {
    chain: {
      id: settings.chainId,
      rpc: local ? Array(LOCAL_PROVIDERS).fill(settings.rpcUrls[0]!) : settings.rpcUrls,
      pollingInterval: settings.pollingInterval,
      // What was fetched from a chain before its restart is wrong after it.
      disableCache: local,
    },
  },
  contracts: {
    AccessManager: { chain: "chain", abi: accessManagerAbi, address: contracts.accessManager, startBlock },
    EnergyToken: { chain: "chain", abi: energyTokenAbi, address: contracts.energyToken, startBlock },
    RupiahToken: { chain: "chain", abi: rupiahTokenAbi, address: contracts.rupiahToken, startBlock },
    RupiahDesk: { chain: "chain", abi: rupiahDeskAbi, address: contracts.rupiahDesk, startBlock },
    MeterRegistry: { chain: "chain", abi: meterRegistryAbi, address: contracts.meterRegistry, startBlock },
    EnergyConverter: {
      chain: "chain",
      abi: energyConverterAbi,
      address: contracts.energyConverter,
      startBlock,
      // What it cost to bring reports.
      includeTransactionReceipts: true,
    },
    OracleCommittee: {
      chain: "chain",
      abi: oracleCommitteeAbi,
      address: contracts.oracleCommittee,
      startBlock,
    },
    DeviceReporter: { chain: "chain", abi: deviceReporterAbi, address: contracts.deviceReporter, startBlock },
    FunctionsReporter: {
      chain: "chain",
      abi: functionsReporterAbi,
      address: contracts.functionsReporter,
      startBlock,
    },
    EnergyCertificates: {
      chain: "chain",
      abi: energyCertificatesAbi,
      address: contracts.energyCertificates,
      startBlock,
    },
    EquivocationProof: {
      chain: "chain",
      abi: equivocationProofAbi,
      address: contracts.equivocationProof,
      startBlock,
    },
    SlotPool: { chain: "chain", abi: slotPoolAbi, address: contracts.slotPool, startBlock },
    EnergyMarket: { chain: "chain", abi: energyMarketAbi, address: contracts.energyMarket, startBlock },
    HomeAccountFactory: {
      chain: "chain",
      abi: homeAccountFactoryAbi,
      address: contracts.homeAccountFactory,
      startBlock,
    },
    // Whoever wants may emit such an event: those of accounts count that the factory made.
    HomeAccount: {
      chain: "chain",
      abi: homeAccountAbi,
      address: factory({
        address: contracts.homeAccountFactory,
        event: getAbiItem({ abi: homeAccountFactoryAbi, name: "AccountCreated" }),
        parameter: "account",
        startBlock,
      }),
      startBlock,
    },
  },
});
