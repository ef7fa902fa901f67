export { type Device, powerOf, type Telemetry, useDevices } from "./device.ts";
