/** What a deployment sets, read back from the chain; and who may do what afterwards. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meterRegistryAbi } from "@enerlink/protocol";
import {
  type BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  getAddress,
  type Hex,
  zeroAddress,
} from "viem";
import { planDeployment, readDeploySettings } from "../../../contracts/parameters.ts";
import { type Role, roleFunctions, roles } from "../../../contracts/roles.ts";
import { findDifferences } from "../../../contracts/verify-deployment.ts";
import { committee, FOREVER, GENESIS, QUORUM, report, type System, startSystem } from "../metering/system.ts";

const PUBLIC_CHAIN = 4_242;
const DAY = 86_400;

/** Accounts of the chain, by index: the deployer is 0. A role that is not here is held by a contract. */
const holders = { REGISTRAR: 1, IDRS_ISSUER: 2, MARKET_OPERATOR: 3, GUARDIAN: 4 } as const satisfies Partial<
  Record<Role, number>
>;
/** Hardhat's public accounts 1 to 5. */
const addresses = [
  "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
  "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
  "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
  "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
] as const;
const separateRoles = {
  REGISTRAR: addresses[0],
  IDRS_ISSUER: addresses[1],
  MARKET_OPERATOR: addresses[2],
  GUARDIAN: addresses[3],
};
const committeeSettings = {
  COMMITTEE_MEMBERS: committee.map(({ address }) => address).join(),
  COMMITTEE_QUORUM: String(QUORUM),
};

async function differences(system: System, environment: Record<string, string> = {}): Promise<string[]> {
  const settings = readDeploySettings({ ...committeeSettings, ...environment });
  const plan = await planDeployment(settings, system.chainId, system.wallets[0]!.account.address);
  return findDifferences(system.client as never, system.deployment, plan, settings);
}

describe("a deployment on a development chain", () => {
  it("is read back as it was planned", async () => {
    const system = await startSystem();
    assert.deepEqual(await differences(system), []);
    assert.notEqual(system.deployment.contracts.faucet, undefined);
    assert.equal(system.deployment.startBlock, 1);
  });

  it("takes minimum price and the paused board from the environment", async () => {
    const environment = { ENABLE_ENERGY_TRADING: "false", ENERGY_TRADING_MIN_PRICE: "1444.70" };
    const system = await startSystem(environment);
    assert.deepEqual(await system.market.read.paused(), [false, true]);
    assert.equal(await system.market.read.minimumPrice(), 1_444_700);
    assert.deepEqual(await differences(system, environment), []);
    assert.equal((await differences(system)).length, 2);
  });

  it("shows every tampering as a difference", async () => {
    const system = await startSystem();
    const stranger = system.wallets[7]!.account.address;
    const setCell = encodeFunctionData({
      abi: meterRegistryAbi,
      functionName: "setCell",
      args: [`0x${"00".repeat(32)}`, 0n],
    });
    const tampered: [string, () => Promise<Hex>][] = [
      ["meterRegistry.ratingCap(0)", () => system.registry.write.setRatingCap([0, 7])],
      ["meterRegistry.activationDelay()", () => system.registry.write.setActivationDelay([7])],
      ["meterRegistry.unsignedSettlement()", () => system.registry.write.setUnsignedSettlement([true])],
      [
        "energyConverter.isReporter",
        () => system.converter.write.setReporter([system.devices.address, false]),
      ],
      [
        "oracleCommittee.quorum()",
        () => system.oracle.write.setCommittee([committee.map(({ address }) => address), 4]),
      ],
      ["energyMarket.minimumPrice()", () => system.market.write.setMinimumPrice([7])],
      ["energyMarket.paused()", () => system.market.write.setPaused([true, false])],
      [
        `accessManager.hasRole(2, ${getAddress(stranger)})`,
        () => system.access.write.grantRole([roles.IDRS_ISSUER, stranger, 0]),
      ],
      [
        "The role of meterRegistry.setCell",
        () =>
          system.access.write.setTargetFunctionRole([
            system.registry.address,
            [setCell.slice(0, 10) as Hex],
            roles.GUARDIAN,
          ]),
      ],
      [
        "accessManager.isTargetClosed",
        () => system.access.write.setTargetClosed([system.idrs.address, true]),
      ],
    ];
    for (const [count, [line, tamper]] of tampered.entries()) {
      await tamper();
      const found = await differences(system);
      assert.equal(found.length, count + 1, found.join("\n"));
      assert.ok(
        found.some((difference) => difference.toLowerCase().includes(line.toLowerCase())),
        `${line} is missing in\n${found.join("\n")}`,
      );
    }
  });
});

describe("roles", () => {
  it("may call their own functions and no other", async () => {
    const system = await startSystem(separateRoles);
    assert.deepEqual(await differences(system, separateRoles), []);
    const callers = {
      ...Object.fromEntries(
        Object.entries(holders).map(([role, index]) => [role, system.wallets[index]!.account.address]),
      ),
      EQUIVOCATION: system.deployment.contracts.equivocationProof,
    };
    for (const { contract, role, functions, selectors } of roleFunctions) {
      for (const [index, selector] of selectors.entries()) {
        for (const [other, caller] of Object.entries(callers)) {
          const target = system.deployment.contracts[contract];
          const [allowed] = await system.access.read.canCall([caller, target, selector]);
          assert.equal(allowed, other === role, `${other} calling ${contract}.${functions[index]}`);
        }
      }
    }
  });

  it("have the numbers of the contract", async () => {
    const { access } = await startSystem();
    assert.deepEqual(
      {
        REGISTRAR: await access.read.REGISTRAR(),
        IDRS_ISSUER: await access.read.IDRS_ISSUER(),
        MARKET_OPERATOR: await access.read.MARKET_OPERATOR(),
        GUARDIAN: await access.read.GUARDIAN(),
        EQUIVOCATION: await access.read.EQUIVOCATION(),
      },
      roles,
    );
  });
});

describe("a deployment on a public chain", () => {
  const environment = { ...separateRoles, ADMIN: addresses[4] };

  it("gives no money away, hands the administration over, and delays what changes money", async () => {
    const system = await startSystem(environment, { chainId: PUBLIC_CHAIN });
    const { access, registry, networkHelpers, wallets } = system;
    assert.deepEqual(await differences(system, environment), []);
    assert.equal(system.deployment.contracts.faucet, undefined);
    assert.deepEqual(await access.read.hasRole([0n, wallets[0]!.account.address]), [false, 0]);
    assert.deepEqual(await access.read.hasRole([0n, addresses[4]]), [true, 5 * DAY]);

    const operator = wallets[holders.MARKET_OPERATOR]!.account;
    const { viem } = system.connection;
    await viem.assertions.revertWithCustomError(
      registry.write.setActivationDelay([7], { account: operator }),
      access as never,
      "AccessManagerNotScheduled",
    );
    const data = encodeFunctionData({ abi: meterRegistryAbi, functionName: "setActivationDelay", args: [7] });
    await access.write.schedule([registry.address, data, 0], { account: operator });
    await viem.assertions.revertWithCustomError(
      registry.write.setActivationDelay([7], { account: operator }),
      access as never,
      "AccessManagerNotReady",
    );
    await networkHelpers.time.increase(2 * DAY);
    await registry.write.setActivationDelay([7], { account: operator });
    assert.equal(await registry.read.activationDelay(), 7);

    // What waits the guardian may cancel, and nobody else but who announced it, and the admin.
    const guardian = wallets[holders.GUARDIAN]!.account;
    const cancelled = [operator.address, registry.address, data] as const;
    await access.write.schedule([registry.address, data, 0], { account: operator });
    await viem.assertions.revertWithCustomError(
      access.write.cancel(cancelled, { account: wallets[holders.REGISTRAR]!.account }),
      access as never,
      "AccessManagerUnauthorizedCancel",
    );
    await access.write.cancel(cancelled, { account: guardian });
    await networkHelpers.time.increase(2 * DAY);
    await viem.assertions.revertWithCustomError(
      registry.write.setActivationDelay([7], { account: operator }),
      access as never,
      "AccessManagerNotScheduled",
    );

    // The guardian acts at once.
    await system.market.write.setPaused([true, true], { account: wallets[holders.GUARDIAN]!.account });
    await system.converter.write.pauseReporter([system.oracle.address, true], {
      account: wallets[holders.GUARDIAN]!.account,
    });
  });

  it("is refused while anybody is unnamed", async () => {
    const complete: Record<string, string> = { ...environment, ...committeeSettings };
    for (const name of [
      "REGISTRAR",
      "IDRS_ISSUER",
      "MARKET_OPERATOR",
      "GUARDIAN",
      "ADMIN",
      "COMMITTEE_MEMBERS",
    ]) {
      const { [name]: _, ...incomplete } = complete;
      await assert.rejects(
        planDeployment(readDeploySettings(incomplete), PUBLIC_CHAIN, zeroAddress),
        new RegExp(`^Error: ${name} is needed on chain ${PUBLIC_CHAIN}`),
      );
    }
  });
});

describe("ABIs", () => {
  it("name the errors of the contracts behind", async () => {
    const system = await startSystem();
    const errorOf = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => assert.fail("accepted"),
        (reason: BaseError) => reason.walk((cause) => cause instanceof ContractFunctionRevertedError),
      );
      return (error as ContractFunctionRevertedError).data?.errorName;
    };
    const home = await system.register("home-1", addresses[0]);
    const reports = [report(home, GENESIS)];
    await system.converter.write.pauseReporter([system.oracle.address, true]);
    const submission = system.oracle.simulate.submit([reports, FOREVER, await system.sign(reports)]);
    assert.equal(await errorOf(submission), "ReporterIsPaused");
    assert.equal(await errorOf(system.market.simulate.deposit([0n, 1n])), "ERC20InsufficientAllowance");
  });
});

describe("settings", () => {
  const refused: [Record<string, string>, RegExp][] = [
    [{ REGISTRAR: "0x12" }, /^Error: REGISTRAR: must be an address.*\(it is "0x12"\)$/],
    [{ RPC_URL: "ftp://x" }, /^Error: RPC_URL: must be a URL beginning with http/],
    [{ ENABLE_ENERGY_TRADING: "yes" }, /^Error: ENABLE_ENERGY_TRADING: must be true or false/],
    [{ ENERGY_TRADING_MIN_PRICE: "1e3" }, /^Error: ENERGY_TRADING_MIN_PRICE: must be 0 to 4294967.295/],
    [{ ENERGY_TRADING_MIN_PRICE: "4294967.296" }, /must be 0 to 4294967.295/],
    [{ COMMITTEE_QUORUM: "x" }, /^Error: COMMITTEE_QUORUM: must be a whole number from 1 to 32/],
    [{ COMMITTEE_QUORUM: "0" }, /^Error: COMMITTEE_QUORUM: must be a whole number from 1 to 32/],
    [{ COMMITTEE_MEMBERS: "0x1,0x2" }, /^Error: COMMITTEE_MEMBERS: must be an address/],
    [{ PRIVATE_KEY: "0x1234" }, /^Error: PRIVATE_KEY: must be 0x and 64 hexadecimal digits$/],
  ];
  for (const [environment, message] of refused) {
    it(`refuse ${Object.entries(environment).join()}`, () => {
      assert.throws(() => readDeploySettings(environment), message);
    });
  }

  it("refuse a quorum of half the members or less, and of more than all", async () => {
    for (const quorum of ["2", "6"]) {
      const settings = readDeploySettings({ ...committeeSettings, COMMITTEE_QUORUM: quorum });
      await assert.rejects(
        planDeployment(settings, 31_337, zeroAddress),
        new RegExp(`^Error: COMMITTEE_QUORUM=${quorum}: must be 3 to 5`),
      );
    }
  });
});
