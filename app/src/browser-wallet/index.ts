export { BROWSER_CONNECTOR, browserConnector, browserConnectorId } from "./connector.ts";
export { useVault } from "./vault.ts";
