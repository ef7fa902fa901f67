/** Figures for Prometheus. Every label value that can occur starts at zero, so that a first occurrence is a change. */

import { refusalReasons } from "@enerlink/protocol/wire/committee";
import { Counter, Gauge, Registry } from "prom-client";
import { refusals } from "./rules/relaying.ts";
import { flags, rejectReasons } from "./rules/validation.ts";

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
  return { counter, gauge, gaugeBy, memory };
}
type Tools = ReturnType<typeof makeTools>;

/** What meters say, and what they are told. */
const makeReadings = ({ counter, gauge, gaugeBy }: Tools) => ({
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
  metersOffline: gauge("enerlink_meters_offline", "Meters that are offline or lost"),
  commands: counter("enerlink_commands_total", "Commands to meters, by outcome", "outcome", [
    "done",
    "rejected",
    "expired",
  ]),
});

/** What goes to the chain, and how it stands. */
const makeChain = ({ counter, gauge }: Tools) => ({
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
  halted: gauge(
    "enerlink_halted",
    "1 when the chain took back what was final, so that nothing is signed or sent",
  ),
});

/** How this node and the others are. */
const makeCommittee = ({ counter, gauge, gaugeBy }: Tools) => ({
  committeeMessages: counter(
    "enerlink_committee_messages_total",
    "Messages of other members, by kind or by what is wrong with them",
    "outcome",
    ["proposal", "approval", "refusal", "hello", "outdated", "stranger", "forged", "malformed", "dropped"],
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
});

export type Metrics = ReturnType<typeof makeMetrics>;

export function makeMetrics() {
  const registry = new Registry();
  const tools = makeTools([registry]);
  // Under the names that Node programs give them.
  tools.memory("process_resident_memory_bytes", "Resident memory, bytes", "rss");
  tools.memory("nodejs_heap_size_used_bytes", "What the program's own objects take, bytes", "heapUsed");
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    ...makeReadings(tools),
    ...makeChain(tools),
    ...makeCommittee(tools),
  };
}
