export { DEMO_CHAIN_ID, type DemoAccount, loadConfig, type SystemConfig } from "./config.ts";
export { DEMO_CONNECTOR, demoConnectorId } from "./demo-connector.ts";
export { type Health, lagOf, useHealth } from "./health.ts";
export { isAway, known } from "./known.ts";
export { heardByStream, hurry } from "./pace.ts";
export { makeSystem, type System, SystemProvider, useSystem } from "./system.tsx";
export { isUnreachable } from "./unreachable.ts";
export { useIdle } from "./use-idle.ts";
export { type LiveOptions, useBlocks, useChain, useLive } from "./use-live.ts";
