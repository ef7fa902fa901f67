/**
 * A member that lies in valid messages: beside what its program says, its key signs proposals that are not right, and
 * whatever another member approves of them it brings to the chain itself.
 */
import { oracleCommitteeAbi, settlementBatchTypedData } from "@enerlink/protocol";
import {
  committeeTopic,
  type Item,
  readApproval,
  readCommitteeTopic,
  seal,
} from "@enerlink/protocol/wire/committee";
import { encodeFunctionData, type Hex } from "viem";
import { batchOf } from "../src/committee/round.ts";
import { slotEndOf, windowEnd } from "../src/rules/windows.ts";
import { CHAIN_ID, CONFIGURATION, contracts, SLOT, TOLERANCE } from "./contracts.ts";
import { makeAccount } from "./keys.ts";
import type { World } from "./life.ts";
import { WINDOW } from "./member.ts";

const domain = { chainId: CHAIN_ID, committee: contracts.oracleCommittee };
const PAYER = "0x00000000000000000000000000000000000000bf";

/** What it proposes of the readings that it has heard of a meter, the newest first. */
const strategies: readonly ((heard: World["checks"]["heard"], now: number) => Item[])[] = [
  // The newest, though its window is open.
  (heard) => heard.flatMap((of) => of.slice(-1)).map((reading) => item(reading)),
  // One before the newest, as if it were its window's last.
  (heard) => heard.flatMap((of) => of.slice(-2, -1)).map((reading) => item(reading)),
  (heard) => heard.flatMap((of) => of.slice(-3, -2)).map((reading) => item(reading)),
  // For another window.
  (heard) =>
    heard
      .flatMap((of) => of.slice(-2, -1))
      .map((reading) => ({ ...item(reading), windowEnd: item(reading).windowEnd + WINDOW })),
  // Registers that the meter never showed.
  (heard) =>
    heard
      .flatMap((of) => of.slice(-4, -3))
      .map((reading) => item({ ...reading, exportWh: reading.exportWh + 40n })),
  // By hand, in the middle of a window.
  (heard) =>
    heard.flatMap((of) => of.slice(-2, -1)).map((reading) => ({ windowEnd: reading.timestamp, reading })),
];

const slots = { length: SLOT, tolerance: TOLERANCE };

function item(reading: Item["reading"]): Item {
  const slotted = reading.serial.startsWith("slot");
  const end = slotted ? slotEndOf(reading.timestamp, slots) : windowEnd(reading.timestamp, WINDOW);
  return { windowEnd: end ?? reading.timestamp, reading };
}

/** Of its own account. */
const nonces = new WeakMap<World, number>();

export function lie(strategy: number, world: World): void {
  const { scheduler, broker, chain, members, checks, log } = world;
  const liar = members.at(-1)!;
  checks.lies(liar.name);
  const account = makeAccount(liar.address);
  const payer = makeAccount(PAYER);
  const now = Math.floor(scheduler.now() / 1_000);
  for (const one of strategies[strategy]!(checks.heard, now)) {
    const deadline = BigInt(now + 3_600);
    const batch = batchOf(domain, CONFIGURATION, [one], deadline);
    log(
      liar.name,
      `lies: ${one.reading.serial} at ${one.reading.timestamp % 1_000} for the window until ${one.windowEnd % 1_000}`,
    );
    broker.hear(async (topic, payload) => {
      const from = readCommitteeTopic(topic);
      if (from?.kind !== "approval" || from.sender === liar.address.toLowerCase()) return;
      const approval = readApproval(payload);
      if (approval.batch !== batch.hash) return;
      log(
        liar.name,
        `lies: ${members.find(({ address }) => address.toLowerCase() === from.sender)?.name} has approved it`,
      );
      const typed = settlementBatchTypedData(CHAIN_ID, domain.committee, {
        reports: batch.reports,
        deadline,
        configuration: CONFIGURATION,
      });
      const own = await account.signTypedData(typed);
      const pairs: [string, Hex][] = [
        [liar.address.toLowerCase(), own],
        [from.sender, approval.signature],
      ];
      const signatures = pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signature]) => signature);
      const data = encodeFunctionData({
        abi: oracleCommitteeAbi,
        functionName: "submit",
        args: [batch.reports, deadline, signatures],
      });
      const nonce = nonces.get(world) ?? 0;
      nonces.set(world, nonce + 1);
      const call = { nonce, to: domain.committee, data, gas: 1_000_000n, maxFeePerGas: 10n ** 12n };
      chain.take((await payer.signTransaction(call as never)) as Hex);
    });
    void seal(domain, account, "proposal", { deadline, configuration: CONFIGURATION, items: [one] }).then(
      (text) => broker.publish(committeeTopic(liar.address, "proposal"), Buffer.from(text), 0),
    );
  }
}
