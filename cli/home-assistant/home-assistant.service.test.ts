/** A home in Home Assistant: by its published schema, and through a real broker beside an index that comes and goes. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Bridge, startBridge, withdraw } from "./bridge.ts";
import { discoveryOf, stateOf } from "./discovery.ts";
import { askHome } from "./home.ts";

/**
 * What Home Assistant takes: its `DEVICE_DISCOVERY_SCHEMA` (components/mqtt/schemas.py) and the sensor's platform schema
 * (components/mqtt/sensor.py), with the units and state classes of components/sensor/const.py for the classes used here.
 * Stricter: what it would drop without a word is refused.
 */
const topic = z.string().regex(/^[^\s#+\0]+$/);
const classes = {
  power: { units: ["mW", "W", "kW", "MW", "GW", "TW"], states: ["measurement"] },
  energy: { units: ["mWh", "Wh", "kWh", "MWh", "GWh", "TWh"], states: ["total", "total_increasing"] },
  energy_storage: { units: ["mWh", "Wh", "kWh", "MWh", "GWh", "TWh"], states: ["measurement"] },
  // Its unit is a currency of ISO 4217.
  monetary: { units: ["IDR"], states: ["total"] },
};
const sensor = z
  .strictObject({
    platform: z.literal("sensor"),
    unique_id: z.string().min(1),
    name: z.string().min(1),
    value_template: z.string().regex(/^\{\{ value_json\.\w+ \}\}$/),
    device_class: z.enum(Object.keys(classes) as [keyof typeof classes]).optional(),
    state_class: z.enum(["measurement", "total", "total_increasing"]).optional(),
    unit_of_measurement: z.string().min(1),
  })
  .refine(
    ({ device_class, unit_of_measurement, state_class }) =>
      device_class === undefined ||
      (classes[device_class].units.includes(unit_of_measurement) &&
        (state_class === undefined || classes[device_class].states.includes(state_class))),
  );
const discovery = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string()).min(1),
    name: z.string(),
    manufacturer: z.string(),
    model: z.string(),
    serial_number: z.string(),
  }),
  origin: z.strictObject({ name: z.string() }),
  state_topic: topic,
  availability_topic: topic,
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  components: z.record(z.string(), sensor),
});

const meter = {
  serial: "home-01",
  kind: "PROSUMER",
  settledTimestamp: "1780000900",
  exportWh: "1234567",
  importWh: "9007199254740993001",
  storedWh: "0",
  sellFrom: 907,
  buyUpTo: 1_445,
  account: {
    walletWh: "1000",
    tradingWh: "200",
    ordersWh: "30",
    walletIdrs: "1000000",
    tradingIdrs: "500000",
    ordersIdrs: "20000",
    escrowIdrs: "1",
  },
  settlements: {
    items: [{ since: "1780000000", endsAt: "1780000900", exportedWh: "75", importedWh: "25" }],
  },
  community: { slots: { items: [{ price: "1122500" }] } },
};

let answer: object;
let status: number;
let index: Server;
let indexUrl: string;
const asked: string[] = [];

beforeEach(async () => {
  [answer, status] = [{ data: { meter } }, 200];
  asked.length = 0;
  index = createServer((request, response) => {
    request.on("data", (chunk) => asked.push(String(chunk)));
    request.on("end", () =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer)),
    );
  });
  await new Promise<void>((resolve) => index.listen(0, "127.0.0.1", resolve));
  indexUrl = `http://127.0.0.1:${(index.address() as AddressInfo).port}`;
});

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
  index.closeAllConnections();
  await new Promise((resolve) => index.close(resolve));
});

/** A broker on `port`, which forgets everything when it is stopped. */
async function openHouse(port = 0) {
  const aedes = await Aedes.createBroker();
  const server = createTcpServer(aedes.handle);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= new Promise<void>((resolve) => aedes.close(() => server.close(() => resolve()))));
  closings.push(stop);
  return { port: (server.address() as AddressInfo).port, aedes, stop };
}

/** Home Assistant, as far as it listens: what was kept for it, and what comes. */
async function openHomeAssistant(port: number) {
  const heard: Record<string, string> = {};
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  client.on("message", (at, payload) => (heard[at] = String(payload)));
  await client.subscribeAsync(["homeassistant/#", "enerlink-home/#"], { qos: 1 });
  closings.push(() => client.endAsync(true));
  return heard;
}

const bridgeTo = (port: number, seconds = 3_600): Bridge => ({
  serial: "home-01",
  index: indexUrl,
  broker: `mqtt://127.0.0.1:${port}`,
  username: undefined,
  password: undefined,
  prefix: "homeassistant",
  seconds,
});

const CONFIG = "homeassistant/device/enerlink-home-01/config";
const STATE = "enerlink-home/home-01/state";
const AVAILABILITY = "enerlink-home/home-01/availability";

test("announces what Home Assistant's schema takes, each sensor's value in the state", async () => {
  for (const kind of ["PROSUMER", "BATTERY", "CONSUMER", "GRID"]) {
    answer = { data: { meter: { ...meter, kind } } };
    const home = await askHome(indexUrl, "home-01");
    const { components, device } = discovery.parse(JSON.parse(JSON.stringify(discoveryOf(home, "ha"))));
    const templates = Object.values(components).map(({ value_template }) => value_template);
    expect(templates).toEqual(Object.keys(stateOf(home)).map((key) => `{{ value_json.${key} }}`));
    const ids = Object.values(components).map(({ unique_id }) => unique_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.hasOwn(components, "stored")).toBe(kind === "BATTERY");
    expect(device.model).toBe(kind.toLowerCase());
  }
});

test("shows registers, mean power, balance, price and limits to the last digit", async () => {
  expect(stateOf(await askHome(indexUrl, "home-01"))).toEqual({
    // 50 Wh net out in a quarter of an hour.
    power: "-200",
    import: "9007199254740993.001",
    export: "1234.567",
    money: "1.520001",
    tokens: "1.23",
    price: "1122.5",
    sellFrom: 907,
    buyUpTo: 1_445,
  });
  expect(JSON.parse(asked.join("")).variables).toEqual({ meter: "home-01" });
});

test("shows as unknown what is not known yet", async () => {
  const fresh = { ...meter, settledTimestamp: "0", settlements: { items: [] }, account: null };
  answer = { data: { meter: { ...fresh, community: null } } };
  const unknown = { power: null, import: null, export: null, money: null, tokens: null };
  expect(stateOf(await askHome(indexUrl, "home-01"))).toEqual({
    ...unknown,
    price: null,
    sellFrom: null,
    buyUpTo: null,
  });
  const baseline = { since: null, endsAt: "1780000900", exportedWh: "0", importedWh: "0" };
  answer = {
    data: {
      meter: {
        ...meter,
        settlements: { items: [baseline] },
        community: { slots: { items: [{ price: null }] } },
      },
    },
  };
  expect(stateOf(await askHome(indexUrl, "home-01"))).toMatchObject({ power: null, price: null });
});

test("is found by who connects later, and unavailable once it is ended", async () => {
  const house = await openHouse();
  const stop = await startBridge(bridgeTo(house.port), () => {});
  const heard = await openHomeAssistant(house.port);
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("online"));
  discovery.parse(JSON.parse(heard[CONFIG]!));
  expect(JSON.parse(heard[STATE]!)).toMatchObject({ power: "-200" });
  await stop();
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("offline"));
  await withdraw(bridgeTo(house.port));
  await vi.waitFor(() => expect([heard[CONFIG], heard[STATE], heard[AVAILABILITY]]).toEqual(["", "", ""]));
});

test("is unavailable while the index does not answer, and says so once", async () => {
  const house = await openHouse();
  const said: string[] = [];
  closings.push(await startBridge(bridgeTo(house.port, 0.05), (text) => said.push(text)));
  const heard = await openHomeAssistant(house.port);
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("online"));
  [answer, status] = [{}, 503];
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("offline"));
  const asked = () => said.filter((text) => text.includes("503"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(asked()).toHaveLength(1);
  [answer, status] = [{ data: { meter: { ...meter, exportWh: "2000000" } } }, 200];
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("online"));
  await vi.waitFor(() => expect(JSON.parse(heard[STATE]!).export).toBe("2000"));
  expect(said.at(-1)).toBe("the index answers again");
});

test("announces itself again to a broker that has lost everything, and goes offline when it is cut off", async () => {
  const first = await openHouse();
  closings.push(await startBridge(bridgeTo(first.port), () => {}));
  await first.stop();
  const second = await openHouse(first.port);
  const heard = await openHomeAssistant(second.port);
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("online"));
  expect(heard[CONFIG]).toBeDefined();
  // Cut off without a word: its will speaks.
  for (const client of Object.values((second.aedes as unknown as { clients: Record<string, Cut> }).clients))
    if (client.id === "enerlink-home-home-01") client.conn.destroy();
  await vi.waitFor(() => expect(heard[AVAILABILITY]).toBe("offline"));
});
type Cut = { id: string; conn: { destroy: () => void } };

test("does not start without its index, its meter or its broker, and says which", async () => {
  const { port, stop } = await openHouse();
  const start = (bridge: Bridge) => startBridge(bridge, () => {});
  await expect(start({ ...bridgeTo(port), index: "http://127.0.0.1:9" })).rejects.toThrow(
    "--index http://127.0.0.1:9: no index answers there",
  );
  answer = { data: { meter: null } };
  await expect(start(bridgeTo(port))).rejects.toThrow("No meter home-01 is registered");
  answer = { data: { meter } };
  await stop();
  await expect(start(bridgeTo(port))).rejects.toThrow(`--broker mqtt://127.0.0.1:${port}: `);
});
