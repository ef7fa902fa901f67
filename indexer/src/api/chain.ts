/** The chain itself, for what the index does not know: whether a transaction would succeed. */
import { energyMarketAbi, energyTokenAbi, rupiahTokenAbi } from "@enerlink/protocol";
import { readDeployment } from "@enerlink/protocol/deployment";
import { type Abi, createPublicClient, fallback, http } from "viem";
import { readSettings } from "../../lib/settings.ts";
import config from "../../ponder.config.ts";

const settings = readSettings();
export const deployed = readDeployment(settings.chainId);

export const { chainId } = settings;
export const contracts = {
  energyMarket: config.contracts.EnergyMarket.address,
  energyToken: config.contracts.EnergyToken.address,
  rupiahToken: config.contracts.RupiahToken.address,
};
export const client = createPublicClient({
  transport: fallback(settings.rpcUrls.map((url) => http(url, { timeout: 10_000 }))),
});

const errorsOf = (abi: Abi) => abi.filter(({ type }) => type === "error");

/** The market's functions, with the tokens' errors, which its pulls pass on. */
export const marketAbi: Abi = [...energyMarketAbi, ...errorsOf(energyTokenAbi), ...errorsOf(rupiahTokenAbi)];
export { energyTokenAbi };
