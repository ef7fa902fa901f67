/** The way out when the oracle is away: a reading signed as a meter's secure element signs, against the real chain. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { before, beforeEach, describe, it } from "node:test";
import { type Report, TrustClass } from "@enerlink/protocol";
import { bytesToHex, type Hex, hexToBytes, numberToHex, toHex } from "viem";
import { message, signed } from "./signing.ts";
import { committee, deviceKey, GENESIS, report, type System, startSystem } from "./system.ts";

const DAY = 86_400;

describe("a meter's own reading", () => {
  let system: System;
  let home: Hex;
  let now: number;
  let item: Report;

  const refuses = (call: Promise<unknown>, error: string, args: unknown[]) =>
    system.connection.viem.assertions.revertWithCustomErrorWithArgs(
      call,
      system.devices as never,
      error,
      args,
    );

  before(async () => {
    system = await startSystem();
    home = await system.register("home-1", system.wallets[1]!.account.address);
    await system.networkHelpers.time.setNextBlockTimestamp(GENESIS + 3_600);
    await system.settle([report(home, GENESIS + 3_600)]);
    now = GENESIS + 3_600 + DAY;
    item = report(home, now - 60, { exportWh: 5_000n, importWh: 1_000n, storedWh: 7n });
    await system.networkHelpers.time.increaseTo(now);
  });

  let snapshot: Awaited<ReturnType<System["networkHelpers"]["takeSnapshot"]>> | undefined;
  beforeEach(async () => {
    await snapshot?.restore();
    snapshot = await system.networkHelpers.takeSnapshot();
  });

  it("is hashed as published", async () => {
    const digest = createHash("sha256")
      .update(message(system, item, 9n))
      .digest();
    assert.equal(await system.devices.read.readingDigest([item, 9n]), bytesToHex(digest));
  });

  it("settles, whoever submits it", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.devices.write.submit([item, 9n, r, s], { account: system.wallets[5]!.account });
    assert.equal(await system.etk.read.balanceOf([system.wallets[1]!.account.address]), 4_000n);
    const [exportWh, , , storedWh] = await system.converter.read.settled([home]);
    assert.deepEqual([exportWh, storedWh], [5_000n, 7n]);
  });

  it("moves nothing a second time", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.devices.write.submit([item, 9n, r, s]);
    await refuses(system.devices.write.submit([item, 9n, r, s]), "ReadingRejected", [home, 7]);
    await system.networkHelpers.time.increase(DAY);
    await refuses(system.devices.write.submit([item, 9n, r, s]), "ReadingRejected", [home, 7]);
  });

  // Attack: whoever holds an earlier reading submits it first, and the owner's latest waits for another day.
  it("is not held up by an earlier one, whoever submits that", async () => {
    assert.equal(await system.devices.read.allowedAt([home]), BigInt(now));
    const earlier = { ...item, exportWh: 4_000n, timestamp: now - 600 };
    const first = signed("home-1", message(system, earlier, 8n));
    const stranger = { account: system.wallets[5]!.account };
    await system.devices.write.submit([earlier, 8n, first.r, first.s], stranger);
    assert.equal(await system.devices.read.allowedAt([home]), BigInt(now));
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.devices.write.submit([item, 9n, r, s]);
    assert.equal((await system.converter.read.settled([home]))[0], 5_000n);
  });

  it("waits anew once another reporter has settled the meter after it", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.devices.write.submit([item, 9n, r, s]);
    const heard = await system.networkHelpers.time.latest();
    await system.settle([report(home, heard, { exportWh: 5_100n, importWh: 1_000n })]);
    const later = report(home, heard + 600, { exportWh: 5_200n, importWh: 1_000n });
    const next = signed("home-1", message(system, later, 10n));
    await system.networkHelpers.time.increase(600);
    await refuses(system.devices.write.submit([later, 10n, next.r, next.s]), "NotSilent", [
      home,
      BigInt(heard + DAY),
    ]);
    assert.equal(await system.devices.read.allowedAt([home]), BigInt(heard + DAY));
  });

  it("waits while the committee is alive", async () => {
    await system.settle([report(home, now - 30)]);
    const late = { ...item, timestamp: now + 60 };
    const { r, s } = signed("home-1", message(system, late, 9n));
    await refuses(system.devices.write.submit([late, 9n, r, s]), "NotSilent", [home, BigInt(now - 30 + DAY)]);
  });

  it("waits a day after a registration", async () => {
    const fresh = await system.register("home-2", system.wallets[1]!.account.address);
    const { epochDeclaredAt } = await system.registry.read.meter([fresh]);
    const first = report(fresh, epochDeclaredAt + 60);
    const { r, s } = signed("home-2", message(system, first, 0n));
    await refuses(system.devices.write.submit([first, 0n, r, s]), "NotSilent", [
      fresh,
      BigInt(epochDeclaredAt + DAY),
    ]);
  });

  it("needs the highest trust", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.registry.write.setTrust([home, TrustClass.B]);
    await refuses(system.devices.write.submit([item, 9n, r, s]), "NotHighestTrust", [home]);
    const nobody = { ...item, meterId: toHex("nobody", { size: 32 }) };
    await refuses(system.devices.write.submit([nobody, 9n, r, s]), "NotHighestTrust", [nobody.meterId]);
  });

  it("has its signature in the lower half only", async () => {
    const { r, high } = signed("home-1", message(system, item, 9n));
    await refuses(system.devices.write.submit([item, 9n, r, high]), "HighS", [high]);
  });

  it("is refused when any signed value, the key or the deployment differs", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    const changed: [Report, bigint][] = [
      [item, 10n],
      [{ ...item, exportWh: 5_001n }, 9n],
      [{ ...item, importWh: 999n }, 9n],
      [{ ...item, storedWh: 8n }, 9n],
      [{ ...item, timestamp: item.timestamp + 1 }, 9n],
      [{ ...item, epoch: 2 }, 9n],
    ];
    for (const [other, sequence] of changed) {
      await refuses(system.devices.write.submit([other, sequence, r, s]), "WrongDeviceSignature", [home]);
    }
    const foreign = signed("home-2", message(system, item, 9n));
    await refuses(system.devices.write.submit([item, 9n, foreign.r, foreign.s]), "WrongDeviceSignature", [
      home,
    ]);
    const elsewhere = signed("home-1", message(system, item, 9n, system.market.address));
    await refuses(system.devices.write.submit([item, 9n, elsewhere.r, elsewhere.s]), "WrongDeviceSignature", [
      home,
    ]);
    const otherChain = signed("home-1", message({ ...system, chainId: 1 }, item, 9n));
    await refuses(
      system.devices.write.submit([item, 9n, otherChain.r, otherChain.s]),
      "WrongDeviceSignature",
      [home],
    );
  });

  it("is verified for many random readings, and with any bit flipped refused", async () => {
    for (let round = 0; round < 60; round++) {
      const random = () => BigInt(bytesToHex(randomBytes(5)));
      const any = { ...item, exportWh: random(), importWh: random(), storedWh: random() };
      const { r, s } = signed("home-1", message(system, any, random()));
      const sequence = random();
      // The right sequence is unknown to this signature, so it is wrong; the right one is checked below.
      await refuses(system.devices.simulate.submit([any, sequence, r, s]), "WrongDeviceSignature", [home]);
      const good = signed("home-1", message(system, any, sequence));
      await refuses(system.devices.simulate.submit([any, sequence, good.r, good.s]), "ReadingRejected", [
        home,
        10,
      ]);
      const bit = 1n << BigInt(round * 4);
      const flipped = numberToHex(BigInt(good.r) ^ bit, { size: 32 });
      await refuses(
        system.devices.simulate.submit([any, sequence, flipped, good.s]),
        "WrongDeviceSignature",
        [home],
      );
    }
  });

  it("is refused with the reason that the converter gives", async () => {
    const impossible = { ...item, exportWh: 1_000_000n };
    const { r, s } = signed("home-1", message(system, impossible, 9n));
    await refuses(system.devices.write.submit([impossible, 9n, r, s]), "ReadingRejected", [home, 10]);
    await system.registry.write.suspend([home]);
    const honest = signed("home-1", message(system, item, 9n));
    await refuses(system.devices.write.submit([item, 9n, honest.r, honest.s]), "ReadingRejected", [home, 2]);
  });

  it("changes nothing in the law: the committee continues where it ended", async () => {
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.devices.write.submit([item, 9n, r, s]);
    const later = await system.networkHelpers.time.latest();
    await system.settle([report(home, later, { exportWh: 5_100n, importWh: 1_000n })]);
    assert.equal(await system.etk.read.balanceOf([system.wallets[1]!.account.address]), 4_100n);
    assert.equal(committee.length, 5);
  });
});

describe("a reading on a chain without the P-256 precompile", () => {
  it("is verified by the contract itself", async () => {
    const system = await startSystem({}, { hardfork: "prague" });
    const home = await system.register("home-1", system.wallets[1]!.account.address);
    await system.networkHelpers.time.increase(DAY);
    const item = report(home, await system.networkHelpers.time.latest(), { exportWh: 5_000n });
    const { r, s } = signed("home-1", message(system, item, 9n));
    await system.connection.viem.assertions.revertWithCustomErrorWithArgs(
      system.devices.write.submit([item, 10n, r, s]),
      system.devices as never,
      "WrongDeviceSignature",
      [home],
    );
    await system.devices.write.submit([item, 9n, r, s]);
    assert.equal((await system.converter.read.settled([home]))[0], 5_000n);
  });
});

describe("a device's key", () => {
  it("is accepted if and only if OpenSSL finds it on the curve", async () => {
    const system = await startSystem();
    const home = await system.register("home-1", system.wallets[1]!.account.address);
    const onCurve = (x: Hex, y: Hex) => {
      const url = (hex: Hex) => Buffer.from(hexToBytes(hex)).toString("base64url");
      try {
        createPublicKey({ key: { kty: "EC", crv: "P-256", x: url(x), y: url(y) }, format: "jwk" });
        return true;
      } catch {
        return false;
      }
    };
    let accepted = 0;
    for (let i = 0; i < 200; i++) {
      const { x, y } = deviceKey(`random ${i}`);
      const mirrored = numberToHex(
        0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn - BigInt(y),
        {
          size: 32,
        },
      );
      const off = numberToHex(BigInt(y) ^ (1n << BigInt(i)), { size: 32 });
      const candidates: [Hex, Hex][] = [
        [x, y],
        [x, mirrored],
        [x, off],
        [y, x],
        [x, bytesToHex(randomBytes(32))],
      ];
      for (const [a, b] of candidates) {
        const taken = await system.registry.simulate.proposeKey([home, a, b]).then(
          () => true,
          () => false,
        );
        assert.equal(taken, onCurve(a, b), `${a} ${b}`);
        if (taken) accepted++;
      }
    }
    assert.ok(accepted >= 400);
  });
});
