export { BROWSER_CONNECTOR, browserConnector, browserConnectorId } from "./connector.ts";
export { unlock, useVault } from "./vault.ts";
