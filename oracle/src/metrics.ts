/** Figures for Prometheus. Every label value that can occur starts at zero, so that a first occurrence is a change. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import { refusalReasons } from "@enerlink/protocol/wire/committee";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { refusals } from "./rules/relaying.ts";
import { flags, rejectReasons } from "./rules/validation.ts";
import { VERSION } from "./version.ts";

/** How figures are made in a registry. */
function makeTools(registers: Registry[]) {
  const counter = <Label extends string>(
    name: string,
    help: string,
    label?: Label,
    values: readonly string[] = [],
  ) => {
    const result = new Counter({ name, help, registers, labelNames: label ? [label] : [] });
    for (const value of values) result.inc({ [label!]: value } as Record<Label, string>, 0);
    return result;
  };
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const memory = (name: string, help: string, of: "rss" | "heapUsed") =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(process.memoryUsage()[of]);
      },
    });
  const gaugeBy = <Label extends string>(name: string, help: string, label: Label) =>
    new Gauge({ name, help, registers, labelNames: [label] });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    label?: Label,
    values: readonly string[] = [],
  ) => {
    const result = new Histogram({ name, help, registers, buckets, labelNames: label ? [label] : [] });
    for (const value of values) result.zero({ [label!]: value } as Record<Label, string>);
    return result;
  };
  return { counter, gauge, gaugeBy, histogram, memory };
}
type Tools = ReturnType<typeof makeTools>;

/** Seconds, of what should take a moment. */
const QUICK = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What meters say, and what they are told. */
const makeReadings = ({ counter, gauge, gaugeBy, histogram }: Tools) => ({
  intake: histogram(
    "enerlink_intake_seconds",
    "How long a group of messages took from the broker to the disk",
    QUICK,
  ),
  readings: counter("enerlink_readings_total", "Readings taken in, by outcome", "outcome", [
    "accepted",
    "monitored",
    "duplicate",
    "stale",
    "late",
    "empty",
  ]),
  flags: counter(
    "enerlink_flags_total",
    "What was noted of readings that count, and of restarts",
    "flag",
    flags,
  ),
  rejects: counter("enerlink_rejects_total", "Messages refused, by reason", "reason", rejectReasons),
  metersHeld: gaugeBy(
    "enerlink_meters_held",
    "Meters whose readings do not count for now, by reason",
    "reason",
  ),
  metersRegistered: gauge("enerlink_meters_registered", "Meters that the registry has"),
  metersOnline: gauge("enerlink_meters_online", "Meters that were heard lately"),
  metersOffline: gauge("enerlink_meters_offline", "Meters that are offline or lost"),
  commands: counter("enerlink_commands_total", "Commands to meters, by outcome", "outcome", [
    "done",
    "rejected",
    "expired",
  ]),
});

/** What goes to the chain, and how it stands. */
const makeChain = ({ counter, gauge, histogram }: Tools) => ({
  settlements: counter("enerlink_settlements_total", "Reports mined, by outcome", "outcome", [
    "settled",
    "skipped",
  ]),
  pendingSettlements: gauge("enerlink_settlements_pending", "Closed windows that no transaction carries yet"),
  relayed: counter("enerlink_relayed_total", "Households' calls, by what became of them", "outcome", [
    "sent",
    "mined",
    "reverted",
    "given-up",
    ...refusals,
  ]),
  relayedGas: counter("enerlink_relayed_gas_total", "Gas paid for households"),
  transactions: counter("enerlink_transactions_total", "Transactions, by what became of them", "outcome", [
    "sent",
    "mined",
    "reverted",
    "replaced",
    "reorganised",
    "bumped",
    "capped",
    "given-up",
  ]),
  clearedSlots: counter(
    "enerlink_slots_cleared_total",
    "Slots of communities that were cleared, by whomever",
  ),
  clearingLag: gauge(
    "enerlink_clearing_lag_seconds",
    "How long ago the oldest slot ended at which somebody was read and that is not cleared; 0 when all are",
  ),
  membersWaitedFor: gauge(
    "enerlink_slot_members_waited_for",
    "Members of communities without whose readings the next slots are not cleared yet",
  ),
  slotsOverdue: gauge("enerlink_slots_overdue", "Slots that could have been cleared minutes ago"),
  head: gauge("enerlink_chain_head", "Number of the latest block seen"),
  headTime: gauge(
    "enerlink_chain_head_timestamp_seconds",
    "When the latest block seen says that it was made",
  ),
  lastSettled: gauge(
    "enerlink_last_settlement_timestamp_seconds",
    "When a settlement was last seen on the chain; 0 when none was since the start",
  ),
  readToSettled: histogram(
    "enerlink_reading_to_settled_seconds",
    "From a reading's own time until its settlement was seen on the chain",
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3_600, 86_400],
  ),
  gas: counter("enerlink_gas_total", "Gas of the node's transactions that were mined"),
  gasCost: counter("enerlink_gas_cost_ether_total", "What was paid for that gas, ether"),
  rpc: histogram(
    "enerlink_rpc_seconds",
    "How long the chain's nodes took to answer, by outcome",
    QUICK,
    "outcome",
    ["answered", "failed"],
  ),
  halted: gauge(
    "enerlink_halted",
    "1 when the chain took back what was final, so that nothing is signed or sent",
  ),
});

/** Roots of windows. */
const makeRoots = ({ counter, gauge }: Tools) => ({
  roots: counter("enerlink_roots_total", "Roots of windows, by what became of them", "outcome", [
    "committed",
    "refused",
  ]),
  rootLeaves: counter(
    "enerlink_root_reports_total",
    "Reports of windows whose roots this node had signed, by whether they are in them",
    "outcome",
    ["in", "left-out"],
  ),
  rootLag: gauge(
    "enerlink_root_lag_seconds",
    "How long ago the latest window ended whose root the chain has, while later ones wait for theirs; else 0",
  ),
});

/** How this node and the others are. */
const makeCommittee = ({ counter, gauge, gaugeBy }: Tools) => ({
  committeeMessages: counter(
    "enerlink_committee_messages_total",
    "Messages of other members, by kind or by what is wrong with them",
    "outcome",
    [
      "proposal",
      "approval",
      "refusal",
      "root",
      "hello",
      "outdated",
      "stranger",
      "forged",
      "malformed",
      "dropped",
    ],
  ),
  disputes: counter(
    "enerlink_disputes_total",
    "Reports that a member refused to sign, by reason",
    "reason",
    refusalReasons,
  ),
  membersThere: gauge("enerlink_committee_members_there", "Members that answer, this one included"),
  clockOffset: gauge(
    "enerlink_clock_offset_seconds",
    "By how much the members' clocks and the chain's are ahead of this node's",
  ),
  brokerConnected: gauge("enerlink_broker_connected", "1 while the broker is connected"),
  alertsOpen: gaugeBy("enerlink_alerts_open", "Alerts that last, by kind", "kind"),
  webhookFailures: counter("enerlink_webhook_failures_total", "Tries to send an alert that failed"),
});

/** What the node stands on: its money, its disk, its copies. */
const makeVitals = ({ gauge, gaugeBy }: Tools) => ({
  balance: gaugeBy(
    "enerlink_account_balance_ether",
    "What the node's accounts have for gas, ether, by what they pay for",
    "account",
  ),
  storeBytes: gauge("enerlink_store_bytes", "Size of the store on disk"),
  diskFree: gauge("enerlink_disk_free_bytes", "Space that the store's disk has left"),
  lastBackup: gauge(
    "enerlink_last_backup_timestamp_seconds",
    "When the newest copy of the store was made; 0 without one",
  ),
  signsFrom: gauge(
    "enerlink_signs_from_timestamp_seconds",
    "Windows that began earlier are not signed, because the store does not know what was; 0 when it knows",
  ),
});

/** One for the process, whoever asks: each would go on measuring, in 200 KB of its own, for as long as the process lasts. */
let eventLoopDelay: ReturnType<typeof monitorEventLoopDelay> | undefined;

function delayOfProcess() {
  if (eventLoopDelay) return eventLoopDelay;
  eventLoopDelay = monitorEventLoopDelay({ resolution: 20 });
  eventLoopDelay.enable();
  return eventLoopDelay;
}

/** How the process fares, under the names that Node programs give it. */
function addProcess({ memory }: Tools, registers: Registry[]): void {
  memory("process_resident_memory_bytes", "Resident memory, bytes", "rss");
  memory("nodejs_heap_size_used_bytes", "What the program's own objects take, bytes", "heapUsed");
  const delay = delayOfProcess();
  new Gauge({
    name: "nodejs_eventloop_lag_p99_seconds",
    help: "How late the thread that signs and settles did what was due, of 99 in 100, since it was asked last",
    registers,
    collect() {
      this.set(delay.percentile(99) / 1e9);
      delay.reset();
    },
  });
  new Gauge({
    name: "enerlink_build_info",
    help: "The program's version",
    registers,
    labelNames: ["version"],
  }).set({ version: VERSION }, 1);
}

export type Metrics = ReturnType<typeof makeMetrics>;

export function makeMetrics() {
  const registry = new Registry();
  const tools = makeTools([registry]);
  addProcess(tools, [registry]);
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    ...makeReadings(tools),
    ...makeChain(tools),
    ...makeRoots(tools),
    ...makeCommittee(tools),
    ...makeVitals(tools),
  };
}
