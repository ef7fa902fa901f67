/** Logs are read as viem reads them, whatever else is among them. */
import { energyConverterAbi, energyMarketAbi, meterRegistryAbi, slotPoolAbi } from "@enerlink/protocol";
import {
  type Abi,
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  type Log,
  numberToHex,
  padHex,
  parseEventLogs as viemParses,
} from "viem";
import { expect, test } from "vitest";
import { parseEventLogs } from "./logs.ts";

const abi = [...energyConverterAbi, ...energyMarketAbi, ...slotPoolAbi] as const satisfies Abi;

const values: Record<string, unknown> = {
  address: padHex("0x7", { size: 20 }),
  bool: true,
  string: "text",
  bytes: "0x0102",
};

type Parameter = AbiEvent["inputs"][number];

function something({ type, ...rest }: Parameter): unknown {
  if (type.endsWith("[]")) return [something({ ...rest, type: type.slice(0, -2) } as Parameter)];
  if (type === "tuple") return argumentsOf((rest as { components: Parameter[] }).components);
  if (type in values) return values[type];
  const [, kind, size] = /^(u?int|bytes)(\d+)$/.exec(type)!;
  if (kind === "bytes") return numberToHex(9, { size: Number(size) });
  return Number(size) > 48 ? 5n : 5;
}

const argumentsOf = (parameters: readonly Parameter[]) =>
  Object.fromEntries(parameters.map((parameter) => [parameter.name!, something(parameter)]));

function logOf(event: AbiEvent): Log<bigint, number, false> {
  const args = argumentsOf(event.inputs);
  const open = event.inputs.filter(({ indexed }) => !indexed);
  return {
    ...{ address: padHex("0x1", { size: 20 }), blockNumber: 1n, blockHash: "0x", transactionHash: "0x" },
    ...{ transactionIndex: 0, logIndex: 0, removed: false },
    topics: encodeEventTopics({ abi: [event], args } as never) as [Hex],
    data: encodeAbiParameters(open, open.map(({ name }) => args[name!]) as never),
  } as unknown as Log<bigint, number, false>;
}

const eventsOf = (of: Abi) => of.filter((item) => item.type === "event");
const logs = eventsOf([...abi, ...meterRegistryAbi]).map(logOf);

test("every event is found that viem finds, and none of other contracts", () => {
  const found = parseEventLogs({ abi, logs });
  expect(found).toEqual(viemParses({ abi, logs }));
  expect(new Set(found.map(({ eventName }) => eventName))).toEqual(
    new Set(eventsOf(abi).map(({ name }) => name)),
  );
});

test("of one name only, and of no logs nothing", () => {
  const named = { abi, eventName: "MeterSettled", logs } as const;
  expect(parseEventLogs(named)).toEqual(viemParses(named));
  expect(parseEventLogs(named)).toHaveLength(1);
  expect(parseEventLogs({ abi, logs: [] })).toEqual([]);
});

test("of those that are asked for by name, one name or several", () => {
  for (const eventName of ["MeterSettled", ["ReportSkipped", "SlotCleared"]] as const) {
    const asked = { abi, logs, eventName: eventName as "MeterSettled" };
    const found = parseEventLogs(asked);
    expect(found.length).toBe([eventName].flat().length);
    expect(found).toEqual(viemParses(asked));
  }
});

test("a log that is looked at again, by this ABI or another, says the same", () => {
  const once = parseEventLogs({ abi, logs });
  expect(parseEventLogs({ abi: meterRegistryAbi, logs })).toEqual(
    viemParses({ abi: meterRegistryAbi, logs }),
  );
  expect(parseEventLogs({ abi, logs })).toEqual(once);
});
