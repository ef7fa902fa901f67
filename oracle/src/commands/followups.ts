/**
 * What devices are told because of what happened on the chain: their new register epoch, and who their committee is; by setting, to zero their
 * display once a settlement is final, and to draw nothing from the grid while a debt is beyond its credit. Every member queues the same command under the same id; one of them sends it.
 */
import { energyConverterAbi, oracleCommitteeAbi, serialOf } from "@enerlink/protocol";
import { type CommandArguments, type CommandName, membersText } from "@enerlink/protocol/wire/command";
import type { Log } from "@enerlink/service/log";
import { type Address, isAddressEqual } from "viem";
import { debtsIn } from "../chain/debts.ts";
import type { LogListener } from "../chain/follow.ts";
import { type Logs, parseEventLogs } from "../chain/logs.ts";
import type { Committee, Meter, Mirror } from "../chain/mirror.ts";
import type { Events } from "../events/events.ts";
import { time } from "../seams/time.ts";
import type { Commands } from "./commands.ts";

/** Seconds for which the commands hold: a device that is away for longer is told by an operator. */
const EPOCH_LIFE = 7 * 86_400;
const COMMITTEE_LIFE = 7 * 86_400;
const RESET_LIFE = 900;
const CREDIT_LIFE = 86_400;
/** Of a meter's latest commands, so many are looked through for the last cut or its end. */
const LOOKED_BACK = 100;

const told = ({ members, quorum, configuration }: Committee): CommandArguments => ({
  members: membersText(members),
  quorum: BigInt(quorum),
  configuration: BigInt(configuration),
});

const isChange = (logs: Logs, oracleCommittee: Address): boolean =>
  parseEventLogs({ abi: oracleCommitteeAbi, logs, eventName: "CommitteeChanged" }).some(({ address }) =>
    isAddressEqual(address, oracleCommittee),
  );

export function makeFollowUps({
  energyConverter,
  oracleCommittee,
  mirror,
  commands,
  events,
  displayReset,
  creditCutOff,
  blockTime,
  log,
  now = time.now,
}: {
  energyConverter: Address;
  oracleCommittee: Address;
  mirror: Pick<Mirror, "meter" | "meters" | "committee">;
  commands: Pick<Commands, "queue" | "page">;
  events: Pick<Events, "subscribe">;
  /** Whether devices zero their display once a settlement is final. */
  displayReset: boolean;
  /** Whether a meter whose debt is beyond its credit is cut off from import, until all of it is repaid. */
  creditCutOff: boolean;
  /** The latest block's time, unix seconds. */
  blockTime: () => bigint;
  log: Log;
  now?: () => number;
}): { onLogs: LogListener; stop: () => void } {
  async function tell(meter: Meter, id: string, name: CommandName, values: CommandArguments, life: number) {
    // A device that does not sign does not know our commands.
    if (!meter.key) return;
    const deadline = Math.floor(now() / 1_000) + life;
    await commands.queue({ serial: meter.serial, name, values, deadline, id, requestedBy: "chain" });
  }

  /** Cuts a meter off from import, or ends that; only what changes is sent. The transaction names the occasion. */
  async function setCutOff(serial: string, wanted: boolean, transaction: string): Promise<void> {
    const meter = mirror.meter(serial);
    if (!creditCutOff || !meter) return;
    const last = commands.page(serial, LOOKED_BACK).find(({ id }) => id.startsWith(`credit-${serial}-`));
    if ((last?.arguments.mode === "export") === wanted) return;
    const id = `credit-${serial}-${transaction.slice(2, 18)}`;
    await tell(meter, id, "grid", { mode: wanted ? "export" : "both" }, CREDIT_LIFE);
  }

  /** Every device that signs is told who may switch it from now on. */
  async function tellCommittee(): Promise<void> {
    const committee = mirror.committee();
    // A device begins with the committee that it was given.
    if (committee.configuration === 1) return;
    for (const meter of mirror.meters()) {
      const id = `committee-${meter.serial}-${committee.configuration}`;
      await tell(meter, id, "committee", told(committee), COMMITTEE_LIFE);
    }
  }

  const onLogs: LogListener = async (logs) => {
    // By what the chain says now: a change that is over concerns nobody.
    if (isChange(logs, oracleCommittee)) await tellCommittee();
    for (const entry of parseEventLogs({ abi: energyConverterAbi, logs, eventName: "EpochDeclared" })) {
      if (!isAddressEqual(entry.address, energyConverter)) continue;
      const meter = mirror.meter(serialOf(entry.args.meterId));
      // A device begins in its first epoch by itself; an epoch that is over concerns nobody.
      if (!meter || entry.args.epoch === 1 || meter.epoch !== entry.args.epoch) continue;
      const { serial, epoch } = meter;
      await tell(meter, `epoch-${serial}-${epoch}`, "epoch", { epoch: BigInt(epoch) }, EPOCH_LIFE);
    }
    for (const { serial, debtWh, beyondCredit, transactionHash } of debtsIn(logs, energyConverter, mirror)) {
      // Not before all is repaid: at the limit it would be cut off and let in again and again.
      if (beyondCredit || debtWh === 0n) await setCutOff(serial, beyondCredit, transactionHash);
    }
  };

  const stop = events.subscribe(({ event, data }) => {
    if (!displayReset || event !== "settlement_completed" || data.state !== "settled") return;
    // After a long absence: what the display shows belongs to a later settlement.
    if (Number(blockTime()) - Date.parse(String(data.blockTime)) / 1_000 > RESET_LIFE) return;
    const meter = mirror.meter(String(data.meterId));
    // The transaction is the same for every member.
    const settlement = String(data.transactionHash).slice(2, 18);
    if (meter)
      tell(meter, `reset-${meter.serial}-${settlement}`, "display-reset", {}, RESET_LIFE).catch((error) =>
        log.warn({ err: error, serial: meter.serial }, "a meter could not be told to zero its display"),
      );
  });

  return { onLogs, stop };
}
