export { askOracle } from "./client.ts";
export {
  type Device,
  type DeviceCommand,
  type HouseholdPower,
  powerOf,
  type Telemetry,
  useDevices,
} from "./device.ts";
export { useOracle } from "./use-oracle.ts";
