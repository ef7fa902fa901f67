/**
 * What a settlement costs, as whole transactions in the steady state: every word was written before, every owner holds
 * tokens. `gas.json` is the record: a change of the code that moves a figure by more than one percent renews it with
 * UPDATE_GAS=true.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { before, describe, it } from "node:test";
import { type Address, getAddress, type Hex, keccak256, toHex } from "viem";
import type { Report } from "../../../contracts/settlement.ts";
import { GENESIS, Kind, report, type System, startSystem } from "./system.ts";

const BATCH = 100;
const file = new URL("./gas.json", import.meta.url);
/** Highest allowed, gas: DESIGN.md section 4. */
const budgets: Record<string, number> = {
  aloneMint: 87_000,
  batchMintEach: 24_500,
  batchBurnEach: 24_500,
  batchStoredChangedEach: 30_000,
  batchTradingBalanceEach: 33_000,
};

describe("gas of a settlement", () => {
  const measured: Record<string, number> = {};
  let system: System;
  let meters: Hex[];
  let owners: Address[];
  let now: number;
  let registers: Report[];

  /** Adds to every meter's registers an hour later, settles them in one batch, and answers gas per report. */
  async function batch(
    exportWh: bigint,
    importWh: bigint,
    storedWh = (previous: bigint) => previous,
  ): Promise<number> {
    now += 3_600;
    await system.networkHelpers.time.setNextBlockTimestamp(now);
    registers = registers.map((previous) => ({
      ...previous,
      exportWh: previous.exportWh + exportWh,
      importWh: previous.importWh + importWh,
      storedWh: storedWh(previous.storedWh),
      timestamp: now,
    }));
    const gas = await system.settle(registers);
    return Math.ceil(Number(gas) / BATCH);
  }

  before(async () => {
    system = await startSystem();
    owners = Array.from({ length: BATCH }, (_, i) =>
      getAddress(keccak256(toHex(`owner ${i}`)).slice(0, 42) as Hex),
    );
    meters = [];
    for (const [i, owner] of owners.entries()) {
      meters.push(await system.register(`home-${i}`, owner, { kind: Kind.Battery, capacityWh: 100_000n }));
    }
    now = GENESIS + 86_400;
    registers = meters.map((id) =>
      report(id, 0, { exportWh: 1_234_567n, importWh: 7_654_321n, storedWh: 50_000n }),
    );
    await batch(0n, 0n);
    await batch(5_000n, 0n);
  });

  it("of one report alone, signed by 3 of 5", async () => {
    now += 3_600;
    await system.networkHelpers.time.setNextBlockTimestamp(now);
    const alone = { ...registers[0]!, exportWh: registers[0]!.exportWh + 1_000n, timestamp: now };
    registers[0] = alone;
    measured.aloneMint = Number(await system.settle([alone]));
  });

  it("of each report of 100 that mint", async () => {
    measured.batchMintEach = await batch(2_000n, 500n);
  });

  it("of each report of 100 that burn from the wallet", async () => {
    measured.batchBurnEach = await batch(500n, 2_000n);
  });

  it("of each report of 100 that mint and change the stored energy", async () => {
    measured.batchStoredChangedEach = await batch(2_000n, 0n, (stored) => stored - 2_000n);
  });

  it("of each report of 100 that burn from the wallet and the trading balance", async () => {
    for (const owner of owners) {
      await system.networkHelpers.setBalance(owner, 10n ** 18n);
      await system.networkHelpers.impersonateAccount(owner);
      const account = owner;
      await system.etk.write.approve([system.market.address, 2n ** 256n - 1n], { account });
      const wallet = await system.etk.read.balanceOf([owner]);
      await system.market.write.deposit([wallet - 1_000n, 0n], { account });
    }
    measured.batchTradingBalanceEach = await batch(0n, 1_500n);
    assert.equal(await system.etk.read.balanceOf([owners[7]!]), 0n);
  });

  it("is within the budgets and as recorded", async () => {
    for (const [name, gas] of Object.entries(measured)) {
      assert.ok(gas <= budgets[name]!, `${name} takes ${gas} gas, at most ${budgets[name]} are allowed`);
    }
    if (process.env.UPDATE_GAS === "true") await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`);
    const recorded: Record<string, number> = JSON.parse(await readFile(file, "utf8"));
    assert.deepEqual(Object.keys(measured), Object.keys(recorded));
    for (const [name, gas] of Object.entries(measured)) {
      const before = recorded[name]!;
      assert.ok(Math.abs(gas - before) <= before / 100, `${name} takes ${gas} gas, recorded are ${before}`);
    }
  });
});
