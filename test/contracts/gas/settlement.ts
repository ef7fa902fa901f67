/**
 * What a settlement costs in the steady state: every word was written before, every owner holds tokens. A batch has 100
 * reports; its figures are shares of the whole transaction.
 */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { MeterKind } from "@enerlink/protocol";
import { type Address, getAddress, type Hex, keccak256, toHex } from "viem";
import { DOMAIN, merkleTree, ROOT_TYPES, reportLeaf } from "../metering/roots.ts";
import { message, signedAlike } from "../metering/signing.ts";
import { committee, FOREVER, GENESIS, QUORUM, report, startSystem } from "../metering/system.ts";

const BATCH = 100;
const WALLET_LEFT = 1_000n;

/** Gas by operation. */
export async function measureSettlement() {
  const figures = new Map<string, bigint[]>();
  const note = (operation: string, gas: bigint) => figures.set(operation, [gas]);
  const system = await startSystem();
  const { networkHelpers, register, settle, etk, market, connection } = system;

  const owners = Array.from({ length: BATCH }, (_, index) =>
    getAddress(keccak256(toHex(`owner ${index}`)).slice(0, 42) as Hex),
  );
  const meters: Hex[] = [];
  for (const [index, owner] of owners.entries()) {
    meters.push(await register(`home-${index}`, owner, { kind: MeterKind.Battery, capacityWh: 100_000n }));
  }
  let now = GENESIS + 86_400;
  const registers = meters.map((id) =>
    report(id, 0, { exportWh: 1_234_567n, importWh: 7_654_321n, storedWh: 50_000n }),
  );

  /** Adds to the registers of the first `count` meters an hour later, settles them, and answers the gas of each. */
  async function settleAll(
    change: { exportWh?: bigint; importWh?: bigint; storedWh?: bigint },
    count = BATCH,
  ): Promise<bigint> {
    now += 3_600;
    await networkHelpers.time.setNextBlockTimestamp(now);
    for (const one of registers.slice(0, count)) {
      one.exportWh += change.exportWh ?? 0n;
      one.importWh += change.importWh ?? 0n;
      one.storedWh += change.storedWh ?? 0n;
      one.timestamp = now;
    }
    const gas = await settle(registers.slice(0, count));
    return (gas + BigInt(count) - 1n) / BigInt(count);
  }

  async function leaveInWallets(wattHours: bigint): Promise<void> {
    for (const owner of owners as Address[]) {
      await networkHelpers.setBalance(owner, 10n ** 18n);
      await networkHelpers.impersonateAccount(owner);
      await etk.write.approve([market.address, 2n ** 256n - 1n], { account: owner });
      const wallet = await etk.read.balanceOf([owner]);
      await market.write.deposit([wallet - wattHours, 0n], { account: owner });
    }
  }

  async function proveEquivocation(): Promise<bigint> {
    const pair = [0n, 1n].map((more) => {
      const item = { ...registers[0]!, timestamp: now, exportWh: registers[0]!.exportWh + more };
      const { r, s } = signedAlike("home-0", message(system, item, 7n));
      return { report: item, sequence: 7n, r, s };
    });
    const hash = await system.equivocations.write.prove([pair[0]!, pair[1]!]);
    return (await system.client.getTransactionReceipt({ hash })).gasUsed;
  }

  /** ETK is the foreign token: it is an ERC-20 with decimals of its own. */
  async function buyRupiah(): Promise<bigint> {
    const { desk, client } = system;
    const [payer] = owners as [Address];
    await settleAll({ exportWh: 3_000n });
    await etk.write.approve([desk.address, 2n ** 256n - 1n], { account: payer });
    await desk.write.postRate([etk.address, 1_000_000_000n, now + 86_400, 10n ** 12n]);
    const args = [etk.address, 1_000n, 1_000_000_000n, payer] as const;
    await desk.write.buy(args, { account: payer });
    const hash = await desk.write.buy(args, { account: payer });
    return (await client.getTransactionReceipt({ hash })).gasUsed;
  }

  /** The owner accepts, and what is taken back is burned. */
  async function correctMeter(): Promise<bigint> {
    const [owner] = owners as [Address];
    const { client, converter } = system;
    let gas = 0n;
    for (const difference of [-1n, -2n]) {
      const correction = [meters[0]!, difference, 0n, keccak256(meters[0]!)] as const;
      await converter.write.proposeCorrection(correction);
      const hash = await converter.write.acceptCorrection(correction, { account: owner });
      gas = (await client.getTransactionReceipt({ hash })).gasUsed;
    }
    return gas;
  }

  /** Each id is new, so the certificate's word is always an unused one. */
  async function issueCertificate(): Promise<bigint> {
    const roof = await register("roof", owners[0]!, { kind: MeterKind.Prosumer });
    const item = report(roof, 0);
    let gas = 0n;
    for (let period = 0; period < 3; ++period) {
      now += 900;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await settle([{ ...item, timestamp: now, exportWh: BigInt(1_000 * (period + 1)) }]);
      const hash = await system.certificates.write.issue([roof]);
      gas = (await system.client.getTransactionReceipt({ hash })).gasUsed;
    }
    return gas;
  }

  /** One root over 2^17 meters, the first of which are real; the window's word was used 1,024 minutes before. */
  async function settleByRoot() {
    const { client, oracle } = system;
    const gasOf = async (hash: Hex) => (await client.getTransactionReceipt({ hash })).gasUsed;
    const configuration = await oracle.read.configuration();
    async function commit(root: Hex, windowEnd: number): Promise<bigint> {
      const message = { root, windowEnd, deadline: FOREVER, configuration };
      const signatures = await Promise.all(
        committee.slice(0, QUORUM).map((member) =>
          member.signTypedData({
            domain: { ...DOMAIN, chainId: system.chainId, verifyingContract: oracle.address },
            types: ROOT_TYPES,
            primaryType: "RegistersRoot",
            message,
          }),
        ),
      );
      return gasOf(await oracle.write.commitRoot([root, windowEnd, FOREVER, signatures]));
    }
    now += 1_024 * 60 - (now % 60);
    await networkHelpers.time.increaseTo(now);
    await commit(keccak256("0x01"), now);
    now += 1_024 * 60;
    await networkHelpers.time.increaseTo(now);
    for (const one of registers) [one.timestamp, one.exportWh] = [now, one.exportWh + 1_000n];
    const tree = merkleTree([
      ...registers.map((one) => reportLeaf(one)),
      ...Array.from(
        { length: 2 ** 17 - BATCH },
        (_, index): Hex => `0x${hash("keccak-256", `meter ${index}`)}`,
      ),
    ]);
    note("commit a root", await commit(tree.root, now));
    const [first, ...others] = registers;
    note(
      "settle by proof, 2^17 meters",
      await gasOf(await oracle.write.settleProven([first!, now, tree.proof(0)])),
    );
    const many = tree.proofOfFirst(BATCH);
    const rest = await gasOf(await oracle.write.settleAllProven([registers, now, many.proof, many.flags]));
    note("settle by one proof of 100, 2^17 meters", (rest + BigInt(BATCH) - 1n) / BigInt(BATCH));
    assert.equal(others.length, BATCH - 1);
  }

  await settleAll({});
  await settleAll({ exportWh: 5_000n });
  note("settle one report alone, 3 of 5 signatures", await settleAll({ exportWh: 1_000n }, 1));
  note("settle in a batch, minted", await settleAll({ exportWh: 2_000n, importWh: 500n }));
  note("settle in a batch, burned", await settleAll({ exportWh: 500n, importWh: 2_000n }));
  note("settle in a batch, stored energy changed", await settleAll({ exportWh: 2_000n, storedWh: -2_000n }));
  await settleByRoot();
  await leaveInWallets(WALLET_LEFT);
  note("settle in a batch, drawing on the trading balance", await settleAll({ importWh: 1_500n }));
  assert.equal(await etk.read.balanceOf([owners[7]!]), 0n);
  note("buy IDRS at the desk", await buyRupiah());
  note("issue a certificate", await issueCertificate());
  note("accept a correction", await correctMeter());
  note("prove an equivocation", await proveEquivocation());
  await connection.close();
  return figures;
}
