/** The trees that nodes build, against the contract that checks them. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { MeterKind, merkleTree, type Report, registersRootTypedData, reportLeaf } from "@enerlink/protocol";
import type { Hex } from "viem";
import { committee, FOREVER, GENESIS, QUORUM, report, type System, startSystem } from "./system.ts";

const METERS = 5;

describe("a root that nodes build", () => {
  let system: System;
  let now = GENESIS + 7_200;
  let reports: Report[];

  /** Commits the root over `all` for the window that ended at `now`. */
  async function commit(all: readonly Report[]) {
    const tree = merkleTree(all.map((one) => reportLeaf(one)));
    const configuration = await system.oracle.read.configuration();
    const message = { root: tree.root, windowEnd: now, deadline: FOREVER, configuration };
    const data = registersRootTypedData(system.chainId, system.oracle.address, message);
    const signatures = await Promise.all(
      committee.slice(0, QUORUM).map((member) => member.signTypedData(data)),
    );
    await system.oracle.write.commitRoot([tree.root, now, FOREVER, signatures]);
    assert.equal(await system.oracle.read.rootOf([now]), tree.root.slice(0, 58));
    return tree;
  }
  const settledAt = async ({ meterId }: Report) => (await system.converter.read.settled([meterId]))[4];

  beforeEach(async () => {
    system = await startSystem();
    const ids: Hex[] = [];
    for (let n = 1; n <= METERS; n++)
      ids.push(
        await system.register(`home-${n}`, system.wallets[n]!.account.address, { kind: MeterKind.Prosumer }),
      );
    await system.networkHelpers.time.setNextBlockTimestamp(GENESIS + 3_600);
    await system.settle(ids.map((id) => report(id, GENESIS + 3_600)));
    now = GENESIS + 7_200;
    await system.networkHelpers.time.increaseTo(now);
    reports = ids.map((id, index) => report(id, now, { exportWh: BigInt(1_000 + index) }));
  });

  it("has the leaves that the contract has", async () => {
    for (const one of reports) assert.equal(reportLeaf(one), await system.oracle.read.leaf([one]));
  });

  it("settles each of any number of meters by its own proof", async () => {
    for (let count = 1; count <= METERS; count++) {
      const all = reports.slice(0, count).map((one) => ({ ...one, timestamp: now }));
      const tree = await commit(all);
      for (const [index, one] of all.entries()) {
        await system.oracle.write.settleProven([one, now, tree.proof(index)], {
          account: system.wallets[6]!.account,
        });
        assert.equal(await settledAt(one), now);
      }
      now += 60;
      await system.networkHelpers.time.increaseTo(now);
    }
  });

  it("settles any of them by one proof", async () => {
    for (let bits = 1; bits < 2 ** METERS; bits++) {
      const all = reports.map((one) => ({ ...one, timestamp: now }));
      const tree = await commit(all);
      const { order, proof, flags } = tree.multiProof(
        all.map((_, index) => index).filter((index) => (bits >> index) & 1),
      );
      const chosen = order.map((index) => all[index]!);
      await system.oracle.write.settleAllProven([chosen, now, proof, flags]);
      for (const one of all)
        assert.equal(
          (await settledAt(one)) === now,
          chosen.includes(one),
          `${bits.toString(2)} ${one.meterId}`,
        );
      now += 60;
      await system.networkHelpers.time.increaseTo(now);
    }
  });

  it("lets nothing through that it is not of", async () => {
    const tree = await commit(reports);
    const other = { ...reports[0]!, exportWh: 10n ** 9n };
    await system.connection.viem.assertions.revertWithCustomErrorWithArgs(
      system.oracle.write.settleProven([other, now, tree.proof(0)]),
      system.oracle as never,
      "WrongProof",
      [now, other.meterId],
    );
  });
});
