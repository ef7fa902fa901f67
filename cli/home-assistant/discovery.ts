/** How Home Assistant finds a home: one retained message that describes the device, and one with what it shows. */
import type { Home } from "./home.ts";

/** What Home Assistant needs to know of what a home shows. Kinds of values as its own energy dashboard takes them. */
const sensors: Record<keyof Home["shows"], { name: string } & Record<string, string>> = {
  power: {
    name: "Power from the grid",
    device_class: "power",
    state_class: "measurement",
    unit_of_measurement: "W",
  },
  import: {
    name: "Import",
    device_class: "energy",
    state_class: "total_increasing",
    unit_of_measurement: "kWh",
  },
  export: {
    name: "Export",
    device_class: "energy",
    state_class: "total_increasing",
    unit_of_measurement: "kWh",
  },
  stored: {
    name: "Energy in the battery",
    device_class: "energy_storage",
    state_class: "measurement",
    unit_of_measurement: "kWh",
  },
  money: { name: "Balance", device_class: "monetary", state_class: "total", unit_of_measurement: "IDR" },
  tokens: { name: "Energy tokens", state_class: "measurement", unit_of_measurement: "kWh" },
  price: { name: "Price of the latest slot", state_class: "measurement", unit_of_measurement: "IDR/kWh" },
  sellFrom: { name: "Sells from", unit_of_measurement: "IDR/kWh" },
  buyUpTo: { name: "Buys up to", unit_of_measurement: "IDR/kWh" },
};

/** Of the meter `serial`. @param prefix Home Assistant's, `homeassistant` unless it was changed there */
export const topicsOf = (serial: string, prefix: string) => ({
  discovery: `${prefix}/device/enerlink-${serial}/config`,
  state: `enerlink-home/${serial}/state`,
  availability: `enerlink-home/${serial}/availability`,
});

/** Only batteries store. */
const keysOf = ({ kind, shows }: Home) =>
  (Object.keys(shows) as (keyof Home["shows"])[]).filter((key) => key !== "stored" || kind === "BATTERY");

/** The device, as Home Assistant 2024.11 and later take it: all of its sensors in one message. */
export function discoveryOf(home: Home, prefix: string): object {
  const { serial, kind } = home;
  const topics = topicsOf(serial, prefix);
  const sensor = (key: keyof Home["shows"]) => ({
    platform: "sensor",
    unique_id: `enerlink-${serial}-${key}`,
    // Null becomes None, which Home Assistant shows as unknown.
    value_template: `{{ value_json.${key} }}`,
    ...sensors[key],
  });
  return {
    device: {
      identifiers: [`enerlink-${serial}`],
      name: `EnerLink ${serial}`,
      manufacturer: "EnerLink",
      model: kind.toLowerCase(),
      serial_number: serial,
    },
    origin: { name: "EnerLink" },
    state_topic: topics.state,
    availability_topic: topics.availability,
    qos: 1,
    components: Object.fromEntries(keysOf(home).map((key) => [key, sensor(key)])),
  };
}

export const stateOf = (home: Home): object =>
  Object.fromEntries(keysOf(home).map((key) => [key, home.shows[key]]));
