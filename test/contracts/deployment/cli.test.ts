/** The commands as people run them: processes against a node whose clock lies days in the past. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { contractSources, readDeployment } from "@enerlink/protocol/deployment";
import { meterLabel } from "@enerlink/protocol/labels";
import hre from "hardhat";
import { enerlink } from "../../../cli/commands.ts";
import { readPublicKey } from "../../../cli/options.ts";
import { deviceKey } from "../metering/system.ts";

/** A development chain besides the one that `pnpm start` runs. */
const CHAIN = 31_338;
const OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
/** Whose key the command line uses on a development chain. */
const OPERATOR = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const contracts = new URL("../../../contracts/", import.meta.url);
const labelOf = (serial: string) => meterLabel({ serial, kind: "prosumer", key: deviceKey(serial) });
const folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), "enerlink-cli-"))}/`);

describe("the command line", () => {
  let server: Awaited<ReturnType<typeof hre.network.createServer>>;
  let rpcUrl: string;

  const file = fileURLToPath(new URL("../cli/enerlink.ts", contracts));
  function run(args: string[], environment: Record<string, string> = {}) {
    // Compiled once: each command is a process of its own.
    const compiled = { NODE_COMPILE_CACHE: fileURLToPath(new URL("compiled/", folder)) };
    const env = { PATH: process.env.PATH, RPC_URL: rpcUrl, ...compiled, ...environment };
    return new Promise<{ code: number; output: string }>((resolve) => {
      execFile(process.execPath, [file, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? 1 : 0, output: stdout + stderr }),
      );
    });
  }

  async function ok(args: string[], environment: Record<string, string> = {}): Promise<string> {
    const { code, output } = await run(args, environment);
    assert.equal(code, 0, output);
    return output;
  }

  /** What a program is answered. */
  // biome-ignore lint/suspicious/noExplicitAny: what the tests are about.
  const ask = async (...args: string[]): Promise<any> => JSON.parse(await ok([...args, "--json"]));

  async function fails(args: string[], message: string | RegExp, environment: Record<string, string> = {}) {
    const { code, output } = await run(args, environment);
    assert.equal(code, 1, output);
    if (typeof message === "string") assert.equal(output.trim(), message);
    else assert.match(output, message);
  }

  before(async () => {
    server = await hre.network.createServer(
      {
        network: "default",
        override: {
          chainId: CHAIN,
          initialDate: new Date(Date.now() - 9 * 86_400_000),
          loggingEnabled: false,
        },
      },
      "127.0.0.1",
      0,
    );
    const { address, port } = await server.listen();
    rpcUrl = `http://${address}:${port}`;
    const deployed = await ask("deploy");
    assert.deepEqual(Object.keys(deployed.contracts).toSorted(), Object.keys(contractSources).toSorted());
  });

  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
    await rm(new URL(`deployments/${CHAIN}.json`, contracts), { force: true });
    await rm(new URL(`ignition/deployments/chain-${CHAIN}/`, contracts), { recursive: true, force: true });
  });

  it("deploys and records where", () => {
    const deployment = readDeployment(CHAIN, {});
    assert.equal(deployment.startBlock, 1);
    assert.deepEqual(Object.keys(deployment.contracts).toSorted(), Object.keys(contractSources).toSorted());
  });

  it("verifies the deployment, and fails on a difference", async () => {
    assert.deepEqual(await run(["deploy", "--check"]), {
      code: 0,
      output: `0 differences on chain ${CHAIN}\n`,
    });
    const { code, output } = await run(["deploy", "--check"], { ENERGY_TRADING_MIN_PRICE: "2" });
    assert.equal(code, 1);
    assert.match(output, /energyMarket.minimumPrice\(\) is 1000, not 2000/);
    const answer = await run(["deploy", "--check", "--json"], { ENERGY_TRADING_MIN_PRICE: "2" });
    assert.equal(answer.code, 1);
    assert.equal(JSON.parse(answer.output).differences.length, 1);
  });

  it("knows what was changed on purpose, and nothing else by it", async () => {
    const check = (...said: string[]) => {
      const options = said.flatMap((one) => ["--on-purpose", one]);
      return run(["deploy", "--check", ...options], { ENERGY_TRADING_MIN_PRICE: "2" });
    };
    const price = "energyMarket.minimumPrice()";
    assert.deepEqual(await check(`${price} is 1000`), {
      code: 0,
      output: `${price} is 1000, not 2000: on purpose\n0 differences on chain ${CHAIN}, and 1 on purpose\n`,
    });
    const over = "meterRegistry.unsignedSettlement() is true";
    assert.deepEqual(await check(`${price} is 100`, over), {
      code: 1,
      output: [
        `${price} is 1000, not 2000`,
        `"${price} is 100" is on purpose, and no difference`,
        `"${over}" is on purpose, and no difference`,
        `3 differences on chain ${CHAIN}\n`,
      ].join("\n"),
    });
    await fails(["deploy", "--on-purpose", over], "--on-purpose is for --check: nothing was deployed");
  });

  it("registers, transfers, shows, suspends and resumes a meter", async () => {
    const { x, y } = deviceKey("home-1");
    const register = ["meter", "register", "--serial", "home-1", "--owner", OWNER, "--kind", "prosumer"];
    const rest = [
      "--cell",
      "-6.2,106.8",
      "--connection",
      "pole 7",
      "--export-watts",
      "5000",
      "--import-watts",
      "7700",
    ];
    const key = ["--public-key", x + y.slice(2)];
    assert.match(
      await ok([...register, ...rest, ...key, "--credit-kwh", "12.5"]),
      /^home-1 is registered for 0x7099/,
    );
    const words = await ok(["meter", "show", "home-1"]);
    assert.match(words, /^meter +home-1 \(number 1\), prosumer, active$/m);
    assert.match(words, /^rated +5000 W to the grid, 7700 W from it$/m);
    assert.match(words, /^cell +878c106a4ffffff \(resolution 7, around -6\.\d+, 106\.\d+\)$/m);
    assert.match(words, /^debt +0 kWh of 12\.5 kWh credit$/m);
    const show = () => ask("meter", "show", "home-1");
    const { exportWatts, importWatts, creditWh, settledUntil } = await show();
    assert.deepEqual([exportWatts, importWatts, creditWh, settledUntil], [5_000, 7_700, "12500", null]);
    await fails([...register, ...rest, ...key], "The contract refuses: MeterExists (meterId home-1)");
    // The operator's key is the registrar's: it may ask another to accept a meter that nobody has accepted.
    const toOperator = ["meter", "transfer", "home-1", "--to", OPERATOR];
    const { owner, pendingOwner } = await show();
    assert.deepEqual([owner, pendingOwner], [null, OWNER]);
    await fails(["meter", "accept", "home-1"], /^The contract refuses: NotPendingOwner/);
    const offered = await ask(...toOperator);
    assert.deepEqual([offered.pendingOwner, offered.acceptableFrom], [OPERATOR, null]);
    assert.match(await ok(["meter", "accept", "home-1"]), /^home-1 is accepted/);
    assert.equal((await show()).owner, OPERATOR);
    assert.equal((await ask("meter", "transfer", "home-1", "--to", "none")).pendingOwner, null);
    assert.equal((await ask("meter", "suspend", "home-1")).status, "suspended");
    assert.equal((await show()).status, "suspended");
    assert.equal((await ask("meter", "resume", "home-1")).status, "active");
    await fails(["meter", "show", "home-2"], "No meter home-2 is registered");
  });

  it("changes a meter's rating, key and epoch, previewed first, and says what the role must announce", async () => {
    const rating = ["meter", "rating", "home-1", "--export-watts", "4000", "--import-watts", "7700"];
    assert.match(await ok([...rating, "--preview"]), /^would do at once: home-1 is rated 4000 W/);
    const rated = async () => (await ask("meter", "show", "home-1")).exportWatts;
    assert.equal(await rated(), 5_000);
    assert.match((await ask(...rating)).transactionHash, /^0x[0-9a-f]{64}$/);
    assert.equal(await rated(), 4_000);
    const { x, y } = deviceKey("home-1b");
    const key = ["--public-key", x + y.slice(2)];
    await fails(["meter", "accept-key", "home-1", ...key], /^The contract refuses: /);
    await ask("meter", "key", "home-1", ...key);
    await ask("meter", "accept-key", "home-1", ...key);
    await fails(
      ["meter", "accept-epoch", "home-1"],
      "The contract refuses: NoEpochProposed (meterId home-1)",
    );
    await ask("meter", "propose-epoch", "home-1");
    assert.match((await ask("meter", "withdraw-epoch", "home-1")).does, /^no epoch is proposed for home-1/);
    await ask("meter", "propose-epoch", "home-1");
    const stranger = { PRIVATE_KEY: `0x${"11".repeat(32)}` };
    await fails(
      ["meter", "withdraw-epoch", "home-1"],
      /does not hold the role that may do this\n$/,
      stranger,
    );
    await fails(["meter", "declare-epoch", "home-1"], /^The contract refuses: EpochNotDeclarable/);
    await ask("meter", "accept-epoch", "home-1");
    assert.equal((await ask("meter", "show", "home-1")).epoch, 2);
    await ask("meter", "unsigned", "allow");
    await fails(["meter", "unsigned", "forbid"], /does not hold the role that may do this\n$/, stranger);
    await fails(["meter", "why", "home-9", "--node", "http://127.0.0.1:9"], /^No meter home-9 is registered/);
    await fails(
      ["meter", "why", "home-1", "--node", "http://127.0.0.1:9"],
      /no oracle node answers there\n$/,
    );
    await fails(
      ["meter", "why", "home-1", "--node", "localhost"],
      "--node: must be http://host:port or https://host",
    );
  });

  it("makes a community, sets its terms, admits a meter, and says why that cannot join yet", async () => {
    const terms = ["--retail", "1445", "--feed-in", "800", "--fee", "100"];
    const create = ["community", "create", "--utility", OPERATOR, "--grid-operator", OPERATOR, ...terms];
    await fails(create, `The contract refuses: NoAccount (owner ${OPERATOR})`);
    assert.match((await ask("community", "authorize")).transactionHash, /^0x[0-9a-f]{64}$/);
    assert.equal((await ask(...create)).communityId, 1);
    await fails(["community", "show", "2"], "there is no community 2");
    await fails(
      ["community", "join", "home-1", "--to", "1"],
      "The contract refuses: NotAdmitted (meterId home-1, communityId 1)",
    );
    await fails(["community", "limits", "home-1"], "home-1 is no member of a community");
    assert.match(await ok(["community", "accept", "1"]), /^community 1: /);
    const admitted = await ask("community", "admit", "home-1", "--to", "1");
    assert.deepEqual([admitted.communityId, admitted.retail, admitted.feedIn], [1, 1_445, 800]);
    await fails(
      ["community", "join", "home-1", "--to", "1"],
      "The contract refuses: NoBaseline (meterId home-1)",
    );
    const words = await ok(["community", "show", "1"]);
    assert.match(words, /^community 1: retail 1445, .*slots of 3600 s, no slot is cleared yet$/m);
    const community = await ask("community", "show", "1");
    assert.deepEqual([community.slot, community.clearedTo, community.members], [3_600, null, []]);
    await fails(
      ["community", "clear", "1"],
      /^The contract refuses: NobodyRead \(communityId 1, slotEnd \S+Z\)\s*$/,
    );
    assert.equal((await ask("community", "slots", "1", "--seconds", "60")).slot, 60);
    assert.match(await ok(["community", "fee", "1", "--fee", "120"]), /^community 1: /);
    await fails(["community", "fee", "1", "--fee", "501"], /^--fee "501": a whole number from 0 to 500/);
    await fails(
      ["community", "tariff", "1", "--retail", "1.5", "--feed-in", "1"],
      /^--retail "1.5": a whole number/,
    );
    await fails(
      ["community", "clear", "1", "--slot-end", "2026-11-27T08:00:30Z"],
      /^The contract refuses: NotSlotEnd \(slotEnd 2026-11-27T08:00:30.000Z, slot 60 s\)/,
    );
    await fails(["community", "clear", "1", "--slot-end", "noon"], /^--slot-end "noon": a time such as/);
    await fails(["community", "quit", "home-1"], "The contract refuses: NotMember (meterId home-1)");
  });

  it("registers a meter by its label, for the account whose code is shown", async () => {
    const codeOf = (chain: number) => [
      "--label",
      labelOf("home-9"),
      "--owner",
      `ethereum:${OWNER.toLowerCase()}@${chain}`,
    ];
    const codes = codeOf(CHAIN);
    const place = ["--cell", "-6.2,106.8", "--connection", "pole 9"];
    await fails(
      ["meter", "register", ...codes, ...place],
      "--import-watts or --export-watts: more than 0 W for a prosumer that settles; else every reading is impossible",
    );
    place.push("--import-watts", "2200");
    await fails(
      ["meter", "register", ...codeOf(1), ...place],
      `--owner: the code is of an account on chain 1, and this is chain ${CHAIN}; the account's owner has to open the dApp of this chain`,
    );
    const registered = await ask("meter", "register", ...codes, ...place);
    assert.deepEqual([registered.pendingOwner, registered.label], [OWNER, labelOf("home-9")]);
    const { kind, status, pendingOwner } = await ask("meter", "show", "home-9");
    assert.deepEqual([kind, status, pendingOwner], ["prosumer", "active", OWNER]);
  });

  it("mints IDRS once a bank transfer", async () => {
    const mint = ["idrs", "mint", "--to", OWNER, "--amount", "250000.5", "--reference", "transfer 1"];
    assert.match(await ok(mint), /^250000.5 IDRS are minted for 0x7099/);
    await fails(
      mint,
      `The contract refuses: BankReferenceUsed (bankReference 0x7472616e736665722031${"0".repeat(44)})`,
    );
    assert.match(await ok(["status"]), /^IDRS +250000.5 rupiah in circulation$/m);
    const { chainId, rupiahIdrs, committee } = await ask("status");
    assert.deepEqual([chainId, rupiahIdrs, committee.quorum], [CHAIN, "250000500000", 1]);
    const refused = await run([...mint, "--json"]);
    assert.deepEqual([refused.code, JSON.parse(refused.output).error.name], [1, "BankReferenceUsed"]);
  });

  it("names the option and what is allowed", async () => {
    const home3 = ["--serial", "home-3", "--owner", OWNER, "--kind", "prosumer", "--trust", "C"];
    const refused: [string[], string | RegExp][] = [
      [[], "Missing required arguments: owner, cell"],
      [["--owner", OWNER, "--cell", "0,0"], "--serial is needed, or the device's --label"],
      [["--owner", OWNER, "--cell", "0,0", "--serial", "x"], "--kind is needed, or the device's --label"],
      [
        ["--owner", "me", "--cell", "0,0"],
        /^--owner "me": an address: .* or an account's code \(ethereum:0x…@chain\)$/,
      ],
      [
        ["--label", "enerlink:meter?serial=x", "--owner", OWNER, "--cell", "0,0"],
        /^--label "enerlink:meter\?serial=x": kind must stand in the label once/,
      ],
      [[...home3, "--label", labelOf("home-4"), "--cell", "0,0"], "--serial stands in --label"],
      [
        ["--serial", "ü", "--owner", OWNER, "--kind", "grid", "--cell", "0,0"],
        /^--serial "ü": a serial is 1 to 32 characters of A-Z, a-z, 0-9 and -/,
      ],
      [
        ["--serial", "x", "--owner", OWNER, "--kind", "windmill", "--cell", "0,0"],
        '--kind "windmill": one of consumer, prosumer, battery, grid',
      ],
      [[...home3, "--cell", "91,0"], '--cell "91,0": latitude is -90 to 90 degrees'],
      [[...home3, "--cell", "0,181"], '--cell "0,181": longitude is -180 to 180 degrees'],
      [[...home3, "--cell", "878c106a4fffff0"], /an H3 cell such as 878c106a4ffffff, or latitude,longitude/],
      [[...home3, "--cell", "888c106a41fffff"], /the resolution is 0 to 7.* use 878c106a4ffffff/],
      [
        [...home3, "--cell", "0,0", "--export-watts", "1.5"],
        '--export-watts "1.5": whole watts, 0 to 4294967295',
      ],
      [
        [...home3, "--cell", "0,0", "--import-watts", "4294967296"],
        /^--import-watts "4294967296": whole watts/,
      ],
      [
        [...home3, "--cell", "0,0", "--credit-kwh", "0.0001"],
        /^--credit-kwh "0.0001": kWh with at most 3 decimals/,
      ],
      [[...home3, "--cell", "0,0", "--capacity-kwh", "5"], /--capacity-kwh: a battery has more than 0 kWh/],
      [[...home3, "--trust", "A", "--cell", "0,0"], "--public-key is needed for trust class A"],
      [[...home3, "--cell", "0,0", "--public-key", "1".repeat(128)], /not on the curve P-256/],
      [
        [...home3, "--cell", "0,0", "--public-key", "key.pem"],
        /128 hexadecimal digits .* or the name of a PEM file/,
      ],
    ];
    for (const [args, message] of refused) {
      await assert.rejects(enerlink(["meter", "register", ...args]), { message }, args.join(" "));
    }
    await assert.rejects(enerlink(["meter", "sell"]), /Unknown argument: sell/);
    const mint = ["idrs", "mint", "--to", OWNER, "--reference", "x", "--amount"];
    await assert.rejects(enerlink([...mint, "0"]), /--amount "0": more than 0 rupiah/);
    await assert.rejects(
      enerlink([...mint, "1.0000001"]),
      /--amount "1.0000001": rupiah with at most 6 decimals/,
    );
    await assert.rejects(
      enerlink(["idrs", "mint", "--to", "0x1"]),
      /--to "0x1": an address: 0x and 40 hexadecimal digits/,
    );
    await fails(["sell"], "Unknown argument: sell");
  });

  it("reads a public key from a PEM file", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    const file = fileURLToPath(new URL("device.pem", folder));
    writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
    const hex = (part: string) => `0x${Buffer.from(part, "base64url").toString("hex")}`;
    assert.deepEqual(readPublicKey("public-key", file), { keyX: hex(x!), keyY: hex(y!) });
    for (const type of ["pkcs8", "sec1"] as const) {
      writeFileSync(file, privateKey.export({ type, format: "pem" }));
      assert.throws(() => readPublicKey("public-key", file), /this is the private key/);
    }
  });

  it("replaces a member of the committee, pauses and resumes it", async () => {
    const { committee } = await ask("status");
    const set = ["committee", "set", "--members", `${OWNER}, ${committee.members.join()}`];
    const quorum = String(Math.floor((committee.members.length + 1) / 2) + 1);
    await fails(
      [...set, "--quorum", "1"],
      /^--quorum 1: more than half of the \d members, and not more than all$/m,
    );
    await fails(
      ["committee", "set", "--members", `${OWNER},${OWNER}`, "--quorum", "2"],
      /addresses, each once$/m,
    );
    assert.match(await ok([...set, "--quorum", quorum, "--preview"]), /^would do at once: \d of 0x/);
    assert.deepEqual((await ask("status")).committee, committee);
    await ok([...set, "--quorum", quorum]);
    const changed = (await ask("status")).committee;
    assert.deepEqual(new Set(changed.members), new Set([OWNER, ...committee.members]));
    assert.equal(changed.configuration, committee.configuration + 1);
    await ok(["committee", "set", "--members", committee.members.join(), "--quorum", `${committee.quorum}`]);
    for (const [what, settles] of [
      ["pause", "missing"],
      ["resume", "good"],
    ] as const) {
      await ok(["committee", what]);
      const { output } = await run(["doctor", "--json"]);
      const { findings } = JSON.parse(output);
      const found = findings.find(({ check }: { check: string }) => check === "settlement");
      assert.equal(found.state, settles);
    }
  });

  it("says when the account may not, or no chain answers", async () => {
    await fails(["meter", "suspend", "home-1"], `${OWNER} does not hold the role that may do this`, {
      // Hardhat's public account 1.
      PRIVATE_KEY: "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    });
    await fails(["status"], "RPC_URL http://127.0.0.1:9: no chain answers there", {
      RPC_URL: "http://127.0.0.1:9",
    });
  });

  it("explains itself", async () => {
    assert.match(await ok(["--help"]), /^enerlink <command>: run and operate EnerLink/);
    assert.match(await ok(["meter", "register", "--help"]), /--cell +H3 cell of resolution 0 to 7/);
    await fails([], "Say what to do; --help lists the commands.");
    await fails(
      ["meter"],
      "meter: register, accept, transfer, suspend, resume, rating, trust, key, accept-key, propose-epoch, accept-epoch, withdraw-epoch, declare-epoch, unsigned, correct, accept-correction, withdraw-correction, settle, show or why",
    );
    assert.match(await ok(["completion"]), /enerlink/);
  });
});
