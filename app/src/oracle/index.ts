export { answerOf, type Device, oracleAt } from "../oracle-api/client.ts";
export { type HouseholdPower, powerOf, useDevices } from "./device.ts";
export { useOracle } from "./use-oracle.ts";
