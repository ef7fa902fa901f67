/**
 * A fleet of simulated meters: homes that replay real registers, batteries that obey commands, and the grid's own
 * meter, each signing and speaking MQTT for itself, exactly as a real one would.
 */
export type { BatteryOptions } from "./battery.ts";
export { type DeviceKey, deviceKey } from "./device-key.ts";
export { type Fleet, type FleetOptions, type LiveOptions, makeFleet } from "./fleet.ts";
export { type Home, type HourlyRegisters, loadHomes, shiftedHome } from "./homes.ts";
export { type OwnBatteryOptions, withOwnBattery } from "./own-battery.ts";
