/** What the dApp's build, its development server and the local page server are told: the environment, checked once. */
import { DEVELOPMENT_CHAINS } from "@enerlink/protocol/chains";
import { CHAIN_ID_IS, chainId, INDEXER_URL_IS, port, RPC_URL, url } from "@enerlink/service/settings";
import { z } from "zod";

export const appSettings = z.object({
  CHAIN_ID: chainId.default(DEVELOPMENT_CHAINS[0]!).describe(CHAIN_ID_IS),
  RPC_URL,
  INDEXER_URL: url("http", "https").default("http://localhost:42069").describe(INDEXER_URL_IS),
  ORACLE_URL: url("http", "https")
    .default("http://localhost:3000")
    .describe("An oracle node, as the dApp reaches it."),
  APP_PORT: port.default(5173).describe("Port of the dApp."),
});
