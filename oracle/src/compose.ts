/** Builds a node's parts, each from those before it: wiring, and nothing that happens. */

import { committeeTopic, type Item } from "@enerlink/protocol/wire/committee";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import { makeAsking } from "./adapters/asking.ts";
import { makeAlerts } from "./alerts/alerts.ts";
import { makeClock } from "./alerts/clock.ts";
import { makeWebhook } from "./alerts/webhook.ts";
import { makeAccounts } from "./auth/accounts.ts";
import { makeHashSignedBy } from "./auth/contract-signatures.ts";
import { makeBell } from "./chain/bell.ts";
import { type FinalBlock, makeFollower } from "./chain/follow.ts";
import { makeMirror } from "./chain/mirror.ts";
import { makeCommands } from "./commands/commands.ts";
import { makeFollowUps } from "./commands/followups.ts";
import { makeCommandLedger } from "./commands/ledger.ts";
import { makeQuorum } from "./commands/quorum.ts";
import { makeTrades } from "./commands/trades.ts";
import { makeWishes } from "./commands/wish.ts";
import { makeCommittee } from "./committee/committee.ts";
import { makeConfirm } from "./committee/confirm.ts";
import { makeDisputes } from "./committee/disputes.ts";
import { makeForgotten } from "./committee/forgotten.ts";
import { makeMembers } from "./committee/members.ts";
import { makeOrder } from "./committee/order.ts";
import { makeProbe } from "./committee/probe.ts";
import { makeSiblings } from "./committee/siblings.ts";
import { makeSignedReports } from "./committee/signed.ts";
import { startedHappening } from "./events/chain-events.ts";
import { makeEvents } from "./events/events.ts";
import { makeTeller } from "./events/teller.ts";
import type { Ground } from "./ground.ts";
import { makeInbox } from "./intake/inbox.ts";
import { makeIntake } from "./intake/intake.ts";
import { makeBackup } from "./keeping/backup.ts";
import { makeRollups } from "./keeping/rollups.ts";
import { makeCleared } from "./ledger/cleared.ts";
import { makeReadings } from "./ledger/readings.ts";
import { makeRoots } from "./ledger/roots.ts";
import { makeSettlements } from "./ledger/settlements.ts";
import { makeBalance } from "./meters/balance.ts";
import { makeHolds } from "./meters/holds.ts";
import { makeLevelStore } from "./meters/level-store.ts";
import { makePower } from "./meters/power.ts";
import { makePresence } from "./meters/presence.ts";
import { makeBroker } from "./mqtt/client.ts";
import { makeRelayLedger } from "./relay/ledger.ts";
import { makeRelayMembership } from "./relay/policy.ts";
import { makeRelay } from "./relay/relay.ts";
import { makeClearing } from "./settlement/clearing.ts";
import { makeOutcomes } from "./settlement/outcomes.ts";
import { makeProofs } from "./settlement/proofs.ts";
import { isRooted, makeRootKeeper } from "./settlement/roots.ts";
import { makeSettler } from "./settlement/settler.ts";
import { meta, setMeta } from "./store/database.ts";
import { makeOutbox } from "./transactions/outbox.ts";
import { makeSender } from "./transactions/sender.ts";
import { makeVitals } from "./vitals.ts";

/** What others are told, and how much of what happens. */
function composeTelling({ config, database, client, deployment, metrics, log }: Ground) {
  const events = makeEvents({ database });
  const part = log.child({ part: "alerts" });
  const webhook =
    config.alertWebhook && makeWebhook({ database, ...config.alertWebhook, metrics, log: part });
  const alerts = makeAlerts({ database, webhook: webhook !== undefined, events, metrics, log: part });
  return {
    metrics,
    events,
    webhook,
    alerts,
    teller: makeTeller({ database, client, deployment, events }),
    /** This node has put its name to these reports. */
    tellStarted: (items: readonly Item[]) =>
      events.tell(...items.map(({ reading }) => startedHappening(reading))),
  };
}

async function composeChain(ground: Ground) {
  const { config, settings, client, chainId, deployment, database, owns } = ground;
  const { meterRegistry, energyConverter, oracleCommittee, energyMarket, slotPool } = deployment.contracts;
  const log = ground.log.child({ part: "chain" });
  const mirror = await makeMirror({ client, deployment, owns, log });
  const follower = makeFollower({
    client,
    chainId,
    addresses: [meterRegistry, energyConverter, oracleCommittee, energyMarket, slotPool],
    startBlock: BigInt(deployment.startBlock),
    final: readFinalBlock(meta(database, "final")),
    acceptFork: config.acceptFork,
    pollInterval: settings.pollInterval,
    bell: config.rpcWsUrl === undefined ? undefined : makeBell({ url: config.rpcWsUrl, log }),
    finality: settings.finality,
    remember: ({ number, hash }) => setMeta(database, "final", `${number} ${hash}`),
    log,
  });
  return {
    mirror,
    follower,
    halted: () => follower.halted() !== undefined,
    blockTime: () => follower.head().timestamp,
  };
}

function readFinalBlock(text: string | undefined): FinalBlock | undefined {
  const [number, hash] = text?.split(" ") ?? [];
  return number === undefined ? undefined : { number: BigInt(number), hash: hash as FinalBlock["hash"] };
}

type Told = ReturnType<typeof composeTelling>;
type Followed = Awaited<ReturnType<typeof composeChain>>;

/** What is known of the meters, and the way in for what they say. */
function composeMetering(ground: Ground, { alerts, metrics }: Told, { mirror }: Followed) {
  const { config, settings, database, domain, devices } = ground;
  const log = ground.log.child({ part: "meters" });
  const interval = settings.settlementInterval;
  const readings = makeReadings(database);
  const holds = makeHolds({ database, alerts, metrics, log });
  const rooted = ({ serial }: { serial: string }) => config.roots !== undefined && isRooted(mirror, serial);
  const settlements = makeSettlements({ database, interval, rooted });
  const power = makePower();
  const levels = makeLevelStore(database);
  const presence = makePresence({
    interval: (serial) => devices.ofSerial(serial)?.binding.heartbeat ?? config.heartbeatInterval,
    alerts,
    metrics,
    log,
  });
  for (const { binding, unheard } of devices.all) presence.unheard(binding.serial, unheard());
  const known = { database, domain, mirror, readings, holds, levels, settlements, power };
  return {
    readings,
    holds,
    settlements,
    power,
    presence,
    intake: makeIntake({ ...known, interval, metrics, log }),
    // Of a feeder whose meters are not all here nothing can be said.
    checkBalance:
      config.shard.count === 1 ? makeBalance({ database, mirror, interval, alerts, metrics }) : () => {},
  };
}

/** The outbox of one of the node's accounts. */
function composeTransactions(
  ground: Ground,
  account: Ground["account"],
  { metrics }: Told,
  { follower, halted }: Followed,
) {
  const { config, settings, client, chainId, broadcast, database } = ground;
  const log = ground.log.child({ part: "transactions" });
  const { head, final } = follower;
  const { patience } = settings;
  const { maxFee } = config;
  const sender = makeSender({ client, account, chainId, head, broadcast, maxFee, patience, metrics, log });
  return makeOutbox({ database, client, sender, head, final, patience, halted, metrics, log });
}

/** Pays for what households sign, where this node does. */
function composeRelay(ground: Ground, told: Told, followed: Followed) {
  const { config, payer, client, deployment, database, log } = ground;
  if (!config.relay || !payer) return undefined;
  const outbox = composeTransactions(ground, payer, told, followed);
  return {
    outbox,
    ...makeRelay({
      client,
      deployment,
      outbox,
      ledger: makeRelayLedger(database),
      budget: config.relay.budget,
      isMember: makeRelayMembership(followed.mirror),
      metrics: told.metrics,
      log: log.child({ part: "relay" }),
    }),
  };
}

/** Who this node is, how it is reached, and who the others are. */
function composeConnection(ground: Ground, { metrics }: Told, { mirror }: Followed) {
  const { config, settings, signer, log } = ground;
  const { shard } = config;
  const { number } = shard;
  const members = makeMembers({
    self: signer.address,
    committee: mirror.committee,
    takeover: settings.takeover,
  });
  const broker = makeBroker({
    ...config.mqtt,
    // Fixed, so that the broker keeps what comes in while this node is away.
    // The first half of a shard has its number, and its session.
    clientId: `enerlink-oracle-${signer.address.slice(2, 10).toLowerCase()}${number === 1 ? "" : `-${number}`}`,
    ownTopic: committeeTopic(signer.address, "probe", shard),
    metrics,
    log: log.child({ part: "mqtt" }),
  });
  const siblings = makeSiblings({ shard });
  return { members, siblings, broker, clock: makeClock({ peers: members.offsets }) };
}

type Metered = ReturnType<typeof composeMetering>;
type Connected = ReturnType<typeof composeConnection>;

/** Which report may go to the chain before another, and what clears the slots that some of them wait for. */
function composeOrder(
  ground: Ground,
  told: Told,
  followed: Followed,
  { settlements }: Metered,
  { members, siblings }: Connected,
  outbox: ReturnType<typeof composeTransactions>,
) {
  const { database, client, deployment } = ground;
  const log = ground.log.child({ part: "settlement" });
  const { mirror } = followed;
  const common = { ...told, ...followed, settlements, members, siblings, outbox };
  const clearing = makeClearing({ ...common, database, client, deployment, log });
  return { clearing, order: makeOrder({ mirror, settlements, isOverdue: clearing.isOverdue }) };
}

function composeCommittee(
  ground: Ground,
  { metrics }: Told,
  { mirror, halted, blockTime }: Followed,
  metered: Metered,
  { members, siblings, broker, order, clearing }: Connected & ReturnType<typeof composeOrder>,
  failed: (error: unknown) => void,
) {
  const { config, settings, database, client, signer, chainId, deployment, owns } = ground;
  const { shard } = config;
  const log = ground.log.child({ part: "committee" });
  const domain = { chainId, committee: deployment.contracts.oracleCommittee };
  const self = signer.address;
  const interval = settings.settlementInterval;
  const signed = makeSignedReports(database, interval, (serial) => mirror.meter(serial)?.slots, owns);
  // Not kept by the broker for a member that is away: whoever leads asks again.
  const publish = (topic: string, text: string) => broker.publish(topic, text, 0);
  const probe = makeProbe({ self, shard, publish, log });
  const kept = 2_000 * Math.max(86_400, config.roots?.every ?? 0);
  const roots = makeRoots({ database, committee: domain.committee, kept, metrics, log });
  return {
    signed,
    roots,
    probe,
    forgotten: makeForgotten({
      ...{ client, domain, self, shards: shard.count },
      ...{ knows: signed.knows, rootOf: roots.signed },
    }),
    committee: makeCommittee({
      domain,
      signer,
      shard,
      mirror,
      members,
      siblings,
      openSlots: clearing.openSlots,
      signed,
      roots,
      confirm: makeConfirm({ ...metered, database, domain: ground.domain, mirror, order, interval }),
      disputes: makeDisputes({ database, metrics, log }),
      probe,
      blockTime,
      halted: () => halted() || siblings.rival() !== undefined,
      publish,
      failed,
      metrics,
      log,
    }),
  };
}

type Composed = Told & Followed & Metered & Connected & ReturnType<typeof composeCommittee>;

/** Roots of windows, and what they are settled by, where this node works by them. */
function composeRoots(
  { config, settings, client, deployment, log }: Ground,
  parts: Composed & { outbox: ReturnType<typeof composeTransactions> },
  flush: () => void,
) {
  if (!config.roots) {
    // It may have worked by them until it was started: the newest of each meter carries what the others would have.
    for (const { id } of parts.settlements.newestOfRoots(Number.MAX_SAFE_INTEGER))
      parts.settlements.toBatch(id);
    return undefined;
  }
  const common = { ...parts, client, deployment, log: log.child({ part: "settlement" }) };
  return {
    keeper: makeRootKeeper({
      ...common,
      isExpected: parts.presence.isExpected,
      linger: settings.rootLinger,
    }),
    proofs: makeProofs({
      ...common,
      takeover: settings.takeover,
      interval: settings.settlementInterval,
      every: config.roots.every,
      started: parts.tellStarted,
      flush,
    }),
  };
}

/** Has the other members sign commands, and signs theirs. */
function composeQuorum(
  { config, client, database, domain, signer, log }: Ground,
  { mirror, halted }: Followed,
  { members, siblings }: Connected,
  { committee }: ReturnType<typeof composeCommittee>,
) {
  const ledger = makeCommandLedger(database);
  const { isOperator } = makeAccounts({ database, operators: config.operators });
  const hashSignedBy = makeHashSignedBy(client);
  const quorum = makeQuorum({
    ...{ domain, signer, mirror, members, ledger, say: committee.say },
    halted: () => halted() || siblings.rival() !== undefined,
    wishes: makeWishes({ domain, isOperator, hashSignedBy, ledger }),
    log: log.child({ part: "commands" }),
  });
  committee.hears(quorum.handlers);
  return quorum;
}

/** What goes to devices, and what follows from the chain for them. */
function composeCommands(
  ground: Ground,
  { alerts, events, metrics }: Told,
  { mirror, blockTime }: Followed,
  { settlements }: Metered,
  { members, broker, quorum }: Connected & { quorum: ReturnType<typeof composeQuorum> },
  outbox: ReturnType<typeof composeTransactions>,
) {
  const { config, database, client, deployment, domain, signer, owns } = ground;
  const log = ground.log.child({ part: "commands" });
  const { leads } = members;
  const publish = (serial: string, text: string) => broker.publish(meterTopic(serial, "command"), text);
  const commands = makeCommands({ database, domain, signer, publish, leads, quorum, metrics, log });
  const { energyConverter, oracleCommittee } = deployment.contracts;
  const { displayReset, creditCutOff } = config;
  return {
    commands,
    trades: makeTrades({
      ...{ database, client, deployment, commands, settlements, outbox, owns, alerts, leads, blockTime },
      log: ground.log.child({ part: "trades" }),
    }),
    followUps: makeFollowUps({
      ...{
        energyConverter,
        oracleCommittee,
        mirror,
        commands,
        events,
        displayReset,
        creditCutOff,
        blockTime,
      },
      log,
    }),
  };
}

export type Parts = Awaited<ReturnType<typeof compose>>;

/**
 * A node that stands still: nothing is read, signed or sent until it is started.
 * `failed` is called when it cannot go on, for example because its store is full.
 */
export async function compose(ground: Ground, failed: (error: unknown) => void) {
  const { config, settings, database, client, deployment, devices, log } = ground;
  const told = composeTelling(ground);
  const followed = await composeChain(ground);
  const metered = composeMetering(ground, told, followed);
  const connected = composeConnection(ground, told, followed);
  const outbox = composeTransactions(ground, ground.account, told, followed);
  const ordered = composeOrder(ground, told, followed, metered, connected, outbox);
  const agreed = composeCommittee(ground, told, followed, metered, { ...connected, ...ordered }, failed);
  const quorum = composeQuorum(ground, followed, connected, agreed);
  const commanded = composeCommands(ground, told, followed, metered, { ...connected, quorum }, outbox);
  const parts = {
    ...told,
    ...followed,
    ...metered,
    ...connected,
    ...ordered,
    ...agreed,
    ...commanded,
    outbox,
  };
  const { metrics, settlements, broker } = parts;

  const settling = log.child({ part: "settlement" });
  const { energyConverter, slotPool } = deployment.contracts;
  const outcomes = makeOutcomes({ database, energyConverter, settlements, metrics, log: settling });
  const cleared = makeCleared({ database, slotPool, metrics, log: settling });
  const settler = makeSettler({
    ...{ ...parts, database, client, deployment, outcomes, cleared },
    takeover: settings.takeover,
    linger: config.settlementLinger,
    isExpected: parts.presence.isExpected,
    started: parts.tellStarted,
    log: settling,
  });
  const rooted = composeRoots(ground, parts, settler.flush);
  const ask = makeAsking({
    publish: (topic, payload) => broker.publish(topic, payload, 0),
    log: log.child({ part: "mqtt" }),
  });
  const relay = composeRelay(ground, told, followed);
  const backup =
    config.backup &&
    makeBackup({ database, ...config.backup, alerts: parts.alerts, log: log.child({ part: "store" }) });
  return {
    ...parts,
    relay,
    outcomes,
    cleared,
    settler,
    rooted,
    ask,
    inbox: makeInbox({ ...parts, database, devices, settler, ask }),
    rollups: makeRollups({ database, retentionDays: config.retentionDays }),
    backup,
    vitals: makeVitals({
      ...{ ...parts, client, dataDir: config.dataDir, backup },
      payers: {
        submitter: ground.account.address,
        ...(ground.payer ? { relay: ground.payer.address } : {}),
      },
    }),
  };
}
