/** How an oracle node stands, by what it says of itself: `/ready` and `/metrics`. */
import { MOST_OFFSET } from "../../oracle/src/alerts/clock.ts";
import type { Figures } from "./figures.ts";
import { behind, type Check, good, missing, spanOf, unsafe, type Verdict } from "./finding.ts";

export type NodeSeen = {
  /** Undefined where it does not answer. */
  answer: { reasons: string[]; figures: Figures } | undefined;
  /** Why, if it does not. */
  failure: string;
  /** This program's version. */
  version: string;
  /** What the chain says of the committee; undefined where it does not answer. */
  committee: { members: number; quorum: number } | undefined;
  /** Unix seconds. */
  now: number;
};

/** As the alerts have them (deploy/prometheus/alerts.yml). */
const LITTLE_ETHER = 0.05;
const LITTLE_DISK = 1e9;
const OLD_COPY = 2 * 86_400;

type Answer = NonNullable<NodeSeen["answer"]>;
type Of = (answer: Answer, seen: NodeSeen) => Verdict | undefined;
const UPGRADE = "it is of another version, or /metrics is another program's: docs/production.md, Upgrades";

/** Of a node that answers. */
const of =
  (look: Of): Check<NodeSeen>[1] =>
  (seen) =>
    seen.answer && look(seen.answer, seen);

/** About one figure, without which the node is not what it should be. */
const about = (name: string, look: (value: number, seen: NodeSeen) => Verdict) =>
  of(({ figures }, seen) => {
    const value = figures.one(name);
    return value === undefined ? missing(`shows no ${name}`, UPGRADE) : look(value, seen);
  });

/** Alerts that a check of its own tells of. */
const TOLD_ELSEWHERE = new Set(["chain", "broker", "committee", "clock", "halted"]);

const voices: Of = ({ figures }, { committee }) => {
  const there = figures.one("enerlink_committee_members_there");
  if (there === undefined || !committee) return undefined;
  const found = `${there} of ${committee.members} members there, ${committee.quorum} have to sign`;
  if (there < committee.quorum)
    return missing(found, "nothing settles: start the other members, or call their operators");
  if (there < committee.members)
    return behind(found, "find the silent member; the quorum still settles (runbook, MemberMissing)");
  return good(found);
};

const version: Of = ({ figures }, { version }) => {
  const [[found] = []] = figures.by("enerlink_build_info", "version");
  if (found === undefined) return missing("shows no enerlink_build_info", UPGRADE);
  return found === version
    ? good(found)
    : behind(`${found}, and this program is ${version}`, "docs/production.md, Upgrades");
};

const accounts: Of = ({ figures }) => {
  const balances = figures.by("enerlink_account_balance_ether", "account");
  if (balances.length === 0)
    return missing("shows no account that pays", "look at its log: does the chain answer?");
  const found = balances.map(([account, ether]) => `${account} ${ether} ether`).join(", ");
  const least = Math.min(...balances.map(([, ether]) => ether));
  if (least === 0) return missing(found, "send ether to the account that has none: it can pay for nothing");
  return least < LITTLE_ETHER
    ? behind(found, `send ether to what has less than ${LITTLE_ETHER} (runbook, SubmitterLow)`)
    : good(found);
};

const alerts: Of = ({ figures }) => {
  const open = figures
    .by("enerlink_alerts_open", "kind")
    .filter(([kind, count]) => count > 0 && !TOLD_ELSEWHERE.has(kind));
  if (open.length === 0) return good("none other lasts");
  const found = open.map(([kind, count]) => `${count} ${kind}`).join(", ");
  return behind(found, "GET /api/v1/alerts says of whom and why; docs/runbook.md what to do");
};

export const nodeChecks: readonly Check<NodeSeen>[] = [
  [
    "answers",
    ({ answer, failure }) =>
      answer
        ? good("/ready and /metrics answer")
        : missing(failure, "start it, or name where it is with --node (runbook, OracleDown)"),
  ],
  [
    "ready",
    of(({ reasons }) =>
      reasons.length === 0
        ? good("does its work")
        : missing(reasons.join("; "), "docs/runbook.md has a line for each reason"),
    ),
  ],
  ["version", of(version)],
  [
    "chain",
    about("enerlink_halted", (halted) =>
      halted === 0
        ? good("not halted")
        : unsafe(
            "the chain took back what was final",
            "compare its block with another node of the chain (runbook, OracleHalted)",
          ),
    ),
  ],
  [
    "broker",
    about("enerlink_broker_connected", (connected) =>
      connected === 1
        ? good("connected")
        : missing("not connected", "/ready says why (runbook, OracleWithoutBroker)"),
    ),
  ],
  ["committee", of(voices)],
  [
    "clock",
    about("enerlink_clock_offset_seconds", (offset) => {
      const found =
        offset === 0 ? "as the others'" : `${Math.abs(offset)} s ${offset > 0 ? "behind" : "ahead"}`;
      return Math.abs(offset) <= MOST_OFFSET
        ? good(found)
        : unsafe(found, "set the machine's clock, and have a time service keep it (chronyc tracking)");
    }),
  ],
  ["ether", of(accounts)],
  [
    "copies",
    about("enerlink_last_backup_timestamp_seconds", (at, { now }) => {
      if (at === 0)
        return missing(
          "no copy of the store",
          "set BACKUP_DIR, on another disk, and take one with kill -USR2",
        );
      const found = `the newest is ${spanOf(Math.max(0, now - at))} old`;
      return now - at > OLD_COPY
        ? behind(found, "look for BackupFailed in its log (runbook, BackupOld)")
        : good(found);
    }),
  ],
  [
    "disk",
    about("enerlink_disk_free_bytes", (bytes) => {
      const found = `${(bytes / 1e9).toFixed(1)} GB free`;
      return bytes < LITTLE_DISK
        ? unsafe(found, "make room: a node whose store cannot be written stops (runbook, DiskFilling)")
        : good(found);
    }),
  ],
  [
    "signs",
    about("enerlink_signs_from_timestamp_seconds", (from, { now }) =>
      from > now
        ? behind(
            `nothing of windows that began before ${new Date(from * 1_000).toISOString()}`,
            "expected for one window after a restore (runbook, SignsNothing)",
          )
        : good("all that it sees"),
    ),
  ],
  [
    "slots",
    about("enerlink_slots_overdue", (overdue) =>
      overdue > 0
        ? behind(`${overdue} could have been cleared minutes ago`, "/ready says why (runbook, SlotsOverdue)")
        : good("none overdue"),
    ),
  ],
  ["alerts", of(alerts)],
];
