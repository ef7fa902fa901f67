/** What the contracts beside market and meters did: the rupiah desk, certificates. */
import { maxUint256, zeroAddress } from "viem";
import { expect, test } from "vitest";
import type { World } from "./index.service.test.ts";

export const beside = (world: World) => () => {
  test("rates, caps and purchases of the rupiah desk", async () => {
    const { harness } = world;
    const token = harness.contracts.energy.address;
    const until = (await harness.now()) + 86_400;
    await harness.send(0, "desk", "postRate", [token, 1_500_000_000n, until, 9_000_000_000n]);
    await harness.send(1, "energy", "approve", [harness.contracts.desk.address, maxUint256]);
    await harness.send(1, "desk", "buy", [token, 2_000n, 3_000_000_000n, harness.address(2)]);
    await harness.caughtUp();
    const { deskRates, deskPurchases } = await harness.query(
      "{ deskRates { items { token decimals idrsPerToken until remainingIdrs } } deskPurchases { items { token payer account treasury amount idrs } } }",
    );
    expect(deskRates.items).toEqual([
      {
        token: token.toLowerCase(),
        decimals: 3,
        idrsPerToken: "1500000000",
        until: String(until),
        remainingIdrs: "6000000000",
      },
    ]);
    expect((await harness.read("desk", "rate", [token])).remainingIdrs).toBe(6_000_000_000n);
    expect(deskPurchases.items).toEqual([
      {
        token: token.toLowerCase(),
        payer: harness.address(1).toLowerCase(),
        account: harness.address(2).toLowerCase(),
        treasury: harness.address(0).toLowerCase(),
        amount: "2000",
        idrs: "3000000000",
      },
    ]);
    await harness.send(0, "desk", "withdrawRate", [token]);
    await harness.caughtUp();
    const after = await harness.query("{ deskRates { items { idrsPerToken remainingIdrs } } }");
    expect(after.deskRates.items).toEqual([{ idrsPerToken: "0", remainingIdrs: "0" }]);
  });

  test("certificates issued, held and used up", async () => {
    const { harness, activity } = world;
    const roof = activity.meters[0]!;
    const [owner, buyer] = [harness.address(roof.owner), harness.address(5)];
    async function settle(exportWh: bigint) {
      roof.exportWh += exportWh;
      await harness.pass(900);
      const { id: meterId, importWh, epoch } = roof;
      const timestamp = await harness.now();
      await harness.settle([{ meterId, exportWh: roof.exportWh, importWh, storedWh: 0n, timestamp, epoch }]);
      await harness.send(4, "certificates", "issue", [meterId]);
      return timestamp;
    }
    const start = await settle(0n);
    const end = await settle(700n);
    const number = BigInt((await harness.read("registry", "meter", [roof.id])).number);
    const id = (number << 80n) | (BigInt(start) << 40n) | BigInt(end);
    await harness.send(roof.owner, "certificates", "safeTransferFrom", [owner, buyer, id, 300n, "0x"]);
    await harness.send(roof.owner, "certificates", "safeBatchTransferFrom", [
      owner,
      buyer,
      [id, id],
      [50n, 50n],
      "0x",
    ]);
    await harness.send(5, "certificates", "retire", [id, 100n, "Warung Sari"]);
    await harness.caughtUp();
    const { certificates, certificateHoldings, certificateRetirements, certificatePeriods } =
      await harness.query(`{
        certificates { items { id meterId owner start end wattHours retiredWh } }
        certificateHoldings { items { certificateId account wattHours } }
        certificateRetirements { items { certificateId holder wattHours beneficiary } }
        certificatePeriods { items { meterId owner start epoch exportWh } }
      }`);
    expect(certificates.items).toEqual([
      {
        id: String(id),
        meterId: roof.id,
        owner: owner.toLowerCase(),
        start: String(start),
        end: String(end),
        wattHours: "700",
        retiredWh: "100",
      },
    ]);
    for (const { account, wattHours } of certificateHoldings.items) {
      expect(account).not.toBe(zeroAddress);
      expect(String(await harness.read("certificates", "balanceOf", [account, id]))).toBe(wattHours);
    }
    expect(certificateHoldings.items).toHaveLength(2);
    expect(certificateRetirements.items).toEqual([
      {
        certificateId: String(id),
        holder: buyer.toLowerCase(),
        wattHours: "100",
        beneficiary: "Warung Sari",
      },
    ]);
    expect(certificatePeriods.items).toEqual([
      {
        meterId: roof.id,
        owner: owner.toLowerCase(),
        start: String(end),
        epoch: roof.epoch,
        exportWh: String(roof.exportWh),
      },
    ]);
  });
};
