import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import {
  type Command,
  commandArguments,
  commandHash,
  commandNames,
  commandOfWish,
  commandSigners,
  commandText,
  needsQuorum,
  parseCommand,
  signCommand,
} from "./command.ts";

const domain = { chainId: 31_337, registry: "0x5FbDB2315678afecb367f032d93F642f64180aa3" } as const;
const [first, second] = ["1", "2"].map((digit) => privateKeyToAccount(`0x${digit.repeat(64)}`)) as [
  ReturnType<typeof privateKeyToAccount>,
  ReturnType<typeof privateKeyToAccount>,
];
const command: Command = {
  id: "one",
  name: "relay",
  arguments: { state: "off" },
  nonce: 1_795_000_000_000n,
  deadline: 1_795_000_300,
  tradeId: undefined,
};
const bytes = (text: string) => new TextEncoder().encode(text);

test("what switches power needs the quorum, and nothing else does", () => {
  expect(commandNames.filter(needsQuorum)).toEqual(["grid", "relay", "committee"]);
});

describe("the two forms", () => {
  test("come back from the wire as they were sent; the first shows one signature and no version", async () => {
    const signed = await signCommand(domain, "home-01", command, first);
    expect(parseCommand(bytes(commandText(signed)))).toEqual(signed);
    expect(JSON.parse(commandText(signed))).not.toHaveProperty("version");
    for (const signatures of [[], [signed.signature]]) {
      const joint = { ...signed, signatures };
      expect(JSON.parse(commandText(joint))).toMatchObject({ version: 2, signature: signed.signature });
      expect(parseCommand(bytes(commandText(joint)))).toEqual(joint);
    }
    // What says no version has one signature, whatever else it brings.
    const { version: _, ...bare } = JSON.parse(commandText({ ...signed, signatures: [signed.signature] }));
    expect(parseCommand(bytes(JSON.stringify(bare)))).toEqual(signed);
  });

  test.each<[string, object, string]>([
    ["another version", { version: 3 }, "version: must be 2, or left out"],
    ["a signature that is none", { version: 2, signatures: ["0x12"] }, "signatures.0: must be 65 bytes"],
    [
      "more than members there can be",
      { version: 2, signatures: Array(33).fill(`0x${"0".repeat(130)}`) },
      "signatures:",
    ],
  ])("are refused with %s", async (_, change, message) => {
    const text = commandText(await signCommand(domain, "home-01", command, first));
    expect(() => parseCommand(bytes(JSON.stringify({ ...JSON.parse(text), ...change })))).toThrow(message);
  });
});

test("several sign one digest, which all that a command says and whose it is goes into", async () => {
  const signed = await signCommand(domain, "home-01", command, first);
  const { signature } = await signCommand(domain, "home-01", command, second);
  const joint = { ...signed, signatures: [signature, signature] };
  const both = new Set([first, second].map(({ address }) => address.toLowerCase()));
  expect(await commandSigners(domain, "home-01", joint)).toEqual(both);
  expect(await commandSigners(domain, "home-02", joint)).not.toEqual(both);
  const changes: Partial<Command>[] = [
    { id: "two" },
    { name: "grid" },
    { arguments: { state: "on" } },
    { nonce: command.nonce + 1n },
    { deadline: command.deadline + 1 },
    { tradeId: 1n },
  ];
  const others = changes.map((change) => commandHash(domain, "home-01", { ...command, ...change }));
  const elsewhere = [
    commandHash(domain, "home-02", command),
    commandHash({ ...domain, chainId: 1 }, "home-01", command),
  ];
  const own = commandHash(domain, "home-01", command);
  expect(new Set([own, ...others, ...elsewhere]).size).toBe(9);
});

test("a wish is one command, whoever is asked for it, and another wish is another", () => {
  const { id, name, arguments: values, nonce, deadline } = commandOfWish(domain, "home-01", command);
  expect({ name, values, nonce, deadline }).toEqual({
    ...{ name: command.name, values: command.arguments, nonce: command.nonce, deadline: command.deadline },
  });
  expect(id).toMatch(/^wish-[0-9a-f]{32}$/);
  expect(commandOfWish(domain, "home-01", { ...command }).id).toBe(id);
  const others = [
    commandOfWish(domain, "home-02", command),
    commandOfWish({ ...domain, chainId: 1 }, "home-01", command),
    commandOfWish(domain, "home-01", { ...command, arguments: { state: "on" } }),
    commandOfWish(domain, "home-01", { ...command, nonce: command.nonce + 1n }),
    commandOfWish(domain, "home-01", { ...command, deadline: command.deadline + 1 }),
  ].map((other) => other.id);
  expect(new Set([id, ...others]).size).toBe(6);
});

test.each<[string, string]>([
  ["in other letters", "0x00000000000000000000000000000000000000AB"],
  ["out of order", `0x${"2".repeat(40)},0x${"1".repeat(40)}`],
  ["twice", `0x${"1".repeat(40)},0x${"1".repeat(40)}`],
  ["with a space", `0x${"1".repeat(40)}, 0x${"2".repeat(40)}`],
  ["none at all", ""],
])("a committee's members are refused %s", (_, members) => {
  const told = { members, quorum: 1n, configuration: 2n };
  expect(commandArguments.committee.safeParse(told).success).toBe(false);
  const right = { ...told, members: `0x${"1".repeat(40)},0x${"2".repeat(40)}` };
  expect(commandArguments.committee.safeParse(right).success).toBe(true);
});
