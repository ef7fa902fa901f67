/** The storage tables in the contracts' documentation are the compiler's own layout. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Type = {
  encoding: string;
  numberOfBytes: string;
  base?: string;
  value?: string;
  members?: Variable[];
};
type Variable = { label: string; slot: string; offset: number; type: string };
type Layout = { storage: Variable[]; types: Record<string, Type> | null };

/** Files whose tables together describe a deployed contract, in the order in which it inherits them. */
const documented: Record<string, string[]> = {
  "market/EnergyMarket": ["market/Accounts", "market/OrderBook", "market/OfferBoard", "market/Modules"],
  "metering/MeterRegistry": ["metering/MeterRegistry"],
  "metering/EnergyConverter": [
    "metering/Reporters",
    "metering/Settlement",
    "metering/Epochs",
    "metering/Slots",
    "metering/Corrections",
  ],
  "metering/RootCommittee": ["metering/OracleCommittee", "metering/RootCommittee"],
  "metering/DeviceReporter": ["metering/DeviceReporter"],
  "metering/FunctionsReporter": ["metering/FunctionsReporter"],
  "metering/EnergyCertificates": ["metering/EnergyCertificates"],
  "pool/SlotPool": ["pool/Communities"],
  "tokens/RupiahToken": ["tokens/RupiahToken"],
  "tokens/RupiahDesk": ["tokens/RupiahDesk"],
  "tokens/Faucet": ["tokens/Faucet"],
  "accounts/HomeAccount": ["accounts/HomeAccount"],
};

const sources = new URL("./src/", import.meta.url);
const artifacts = new URL("../artifacts/", import.meta.url);

function readLayouts(contract: string): { own: Layout; inherited: Set<string> } {
  const name = contract.split("/").at(-1)!;
  const artifact = new URL(`contracts/src/${contract}.sol/${name}.json`, artifacts);
  const { buildInfoId } = JSON.parse(readFileSync(artifact, "utf8"));
  const { output } = JSON.parse(
    readFileSync(new URL(`build-info/${buildInfoId}.output.json`, artifacts), "utf8"),
  );
  const inherited = Object.entries<Record<string, { storageLayout: Layout }>>(output.contracts)
    .filter(([file]) => file.startsWith("npm/"))
    .flatMap(([, inFile]) => Object.values(inFile))
    .flatMap(({ storageLayout }) => storageLayout.storage.map(({ label }) => label));
  return {
    own: output.contracts[`project/contracts/src/${contract}.sol`][name].storageLayout,
    inherited: new Set(inherited),
  };
}

/** The rows that a table must have: `slot | variable | bits`, one for each word of a variable. */
function rowsOf({ storage, types }: Layout, inherited: Set<string>): string[] {
  const typeOf = (name: string) => types![name]!;

  /** What a mapping or an array holds in the end, and whether it is an array within a struct. */
  function element(name: string): Type {
    const { value, base } = typeOf(name);
    return value || base ? element((value ?? base)!) : typeOf(name);
  }

  /** Fields of a type by word. */
  function words(type: Type): string[] {
    const fields: string[][] = [];
    for (const { label, slot, type: name } of type.members ?? []) {
      const inner = typeOf(name);
      if (inner.members) {
        for (const [index, word] of words(inner).entries()) fields[Number(slot) + index] = [word];
      } else {
        const bits = `${label} ${bitsOf(element(name))}${inner.base ? " each" : ""}`;
        fields[Number(slot)] = [...(fields[Number(slot)] ?? []), bits];
      }
    }
    return fields.map((word) => word.join(", "));
  }

  return storage
    .filter(({ label }) => !inherited.has(label))
    .flatMap(({ label, slot, type }) => {
      const held = element(type);
      if (!held.members) return [`${slot} | ${label} | ${bitsOf(held)}`];
      return words(held).map(
        (word, index) => `${slot} | ${label}${index > 0 ? ` + ${index}` : ""} | ${word}`,
      );
    });
}

function bitsOf({ encoding, numberOfBytes }: Type): string {
  return encoding === "bytes" ? "text" : String(8 * Number(numberOfBytes));
}

/** The rows of the tables in `files`, without keys and remarks: `/// | 0 | `_accounts[owner]` | number 32; ... |`. */
function documentedRows(files: string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(new URL(`${file}.sol`, sources), "utf8");
    const row = /^\/\/\/ \| *(\d+) *\| `(\w+)[^`]*`((?: \+ \d+)?) *\| ([^|;]*?) *(?:;[^|]*)?\|$/gm;
    const rows = new Map<string, string>();
    for (const [, slot, label, word, bits] of text.matchAll(row)) {
      const key = `${slot} | ${label}${word} | `;
      // A word with many fields takes several lines.
      rows.set(key, rows.has(key) ? `${rows.get(key)}, ${bits}` : bits!);
    }
    return [...rows].map((parts) => parts.join(""));
  });
}

describe("storage layout", () => {
  for (const [contract, files] of Object.entries(documented)) {
    it(`of ${contract} is as its table says`, () => {
      const { own, inherited } = readLayouts(contract);
      expect(documentedRows(files)).toEqual(rowsOf(own, inherited));
    });
  }

  it("of every other contract is empty", () => {
    const contracts = ["governance", "market", "metering", "pool", "tokens"].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, sources)).map((file) => `${folder}/${file.replace(".sol", "")}`),
    );
    const described = new Set([...Object.keys(documented), ...Object.values(documented).flat()]);
    for (const contract of contracts.filter((name) => !described.has(name))) {
      const source = readFileSync(new URL(`${contract}.sol`, sources), "utf8");
      if (!/^contract /m.test(source)) continue;
      const { own, inherited } = readLayouts(contract);
      expect(rowsOf(own, inherited), contract).toEqual([]);
    }
  });
});
