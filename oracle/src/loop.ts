/** What a node does by itself: with each head of the chain, each group of messages, each second. */

import { committeeTopics, helloTopics, isCommitteeTopic } from "@enerlink/protocol/wire/committee";
import { readMeterTopic } from "@enerlink/protocol/wire/topics";
import { makeTrouble, retried } from "@enerlink/service/trouble";
import { makeChainAlerts } from "./alerts/from-chain.ts";
import { makeObstacles } from "./alerts/obstacles.ts";
import { HELLO_EVERY } from "./committee/members.ts";
import type { Parts } from "./compose.ts";
import type { Ground } from "./ground.ts";
import { commandBody } from "./http/views.ts";
import { tellOffline } from "./meters/offline.ts";
import type { Message } from "./mqtt/client.ts";
import { time } from "./seams/time.ts";

/** How often what waits on time alone is looked at, milliseconds. */
const TICK = 1_000;

/** Says how to undo what was started. */
type Undo = (...undo: (() => unknown)[]) => void;

/** Works that are done again in a moment when they fail; each says its own trouble. */
export function makeWorks(
  { log }: Ground,
  { commands, outbox, relay, trades, clearing, rooted, webhook, teller, follower, halted }: Parts,
) {
  const again = (what: string, work: () => Promise<unknown>) => {
    const trouble = makeTrouble(what, log.child({ part: "oracle" }));
    return () => void retried(trouble, (async () => work())());
  };
  return {
    sendAlerts: again("sending alerts", async () => webhook?.check()),
    checkCommands: again("seeing to commands", commands.check),
    reconcile: again("seeing to transactions", () =>
      Promise.all([outbox.reconcile(), relay?.outbox.reconcile()]),
    ),
    checkTrades: again("seeing to trades", trades.check),
    clear: again("clearing slots", clearing.check),
    commitRoots: again("committing roots", async () => rooted?.keeper.check()),
    settleProofs: again("settling by proof", async () => rooted?.proofs.check()),
    tellFinal: again("telling events", async () => {
      const final = halted() ? undefined : follower.final();
      if (final) await teller.tell(final.number);
    }),
  };
}

type Works = ReturnType<typeof makeWorks>;
type Obstacles = ReturnType<typeof watchObstacles>;

/** Who tells whom of what happens. */
export function connect({ deployment }: Ground, parts: Parts, undo: Undo): void {
  const { events, presence, committee, settler, commands, follower, alerts } = parts;
  undo(tellOffline(events, presence));
  committee.onApproved((items, proposer) => {
    parts.tellStarted(items);
    settler.leave(items, proposer);
  });
  commands.onConcluded((command) => events.emit("command_concluded", commandBody(command)));
  for (const part of [parts.outcomes, parts.cleared, parts.roots, parts.mirror, parts.teller, parts.outbox])
    follower.onReorganisation(part.reorganised);
  if (parts.rooted) follower.onReorganisation(parts.rooted.proofs.reorganised);
  if (parts.relay) follower.onReorganisation(parts.relay.outbox.reorganised);
  for (const part of [parts.mirror, parts.forgotten, settler, parts.trades, parts.followUps])
    follower.onLogs(part.onLogs);
  follower.onLogs((logs) => void parts.roots.onLogs(logs));
  const { outOfRoots } = parts.settlements;
  for (const meter of parts.mirror.meters()) outOfRoots(meter);
  parts.mirror.onMeter(outOfRoots);
  const { energyConverter } = deployment.contracts;
  follower.onLogs(makeChainAlerts({ energyConverter, mirror: parts.mirror, alerts }));
  undo(parts.followUps.stop);
}

/** Follows the chain, and sends what was under way. Resolves when the head was read. */
export async function follow(
  ground: Ground,
  parts: Parts,
  { tellFinal, checkTrades, clear, commitRoots, settleProofs }: Works,
  undo: Undo,
): Promise<void> {
  const { follower, metrics, clock, outcomes, cleared, roots, mirror, outbox, relay, forgotten, signed } =
    parts;
  follower.onHead(async ({ number, timestamp }) => {
    metrics.head.set(Number(number));
    metrics.headTime.set(Number(timestamp));
    // A development chain plays days that are over.
    if (!ground.settings.development) clock.head(timestamp);
    const final = follower.final();
    if (final) for (const part of [outcomes, cleared, roots]) part.finalUpTo(final.number);
    tellFinal();
    await mirror.onHead(timestamp);
    await outbox.reconcile();
    await relay?.outbox.reconcile();
    // Trades read much of the chain: the next head does not wait for them.
    checkTrades();
    clear();
    commitRoots();
    settleProofs();
  });
  // What was not final may have been replaced since an earlier run has read it: the first look reads it again.
  const open = (follower.final()?.number ?? -1n) + 1n;
  for (const part of [outcomes, cleared, roots]) part.reorganised(open);
  await follower.start();
  undo(follower.stop);
  if (await forgotten.check())
    signed.forget(Math.max(Math.floor(time.now() / 1_000), Number(parts.blockTime())));
  const signsFrom = signed.signsFrom();
  if (signsFrom !== undefined && signsFrom > time.now() / 1_000)
    ground.log
      .child({ part: "committee" })
      .warn(
        `the store does not know all that was signed: of windows that began before ${new Date(signsFrom * 1_000).toISOString()} nothing is signed`,
      );
  undo(
    outbox.stop,
    () => relay?.outbox.stop(),
    parts.settler.stop,
    parts.clearing.stop,
    () => parts.rooted?.keeper.stop(),
    () => parts.rooted?.proofs.stop(),
    parts.trades.stop,
    parts.teller.stop,
  );
  await outbox.start();
  await relay?.outbox.start();
}

/** Takes in what meters and members say. */
export async function hear(ground: Ground, parts: Parts, failed: (error: unknown) => void, undo: Undo) {
  const { broker, committee, inbox, metrics } = parts;
  const { devices, config, signer, owns } = ground;
  /** Whether it is about a meter of another of the member's processes, which has it from the broker too. */
  const isOthers = ({ topic }: Message) => {
    const meter = readMeterTopic(topic);
    return meter !== undefined && !owns(meter.serial);
  };
  await broker.connect({
    foreignTopics: [...devices.topics, committeeTopics(config.shard), ...helloTopics(signer.address)],
    handle: async (group) => {
      const [fromMembers, others] = [[], []] as [Message[], Message[]];
      for (const message of group) {
        if (isCommitteeTopic(message.topic)) fromMembers.push(message);
        else if (!isOthers(message)) others.push(message);
      }
      // Most groups are a sign of life of another member, which no store waits for.
      if (others.length > 0) {
        const taken = metrics.intake.startTimer();
        await inbox(others);
        taken();
      }
      // A proposal is looked at once the readings before it are stored.
      for (const message of fromMembers) committee.receive(message);
    },
    failed,
  });
  undo(broker.stop, committee.stop);
  parts.settler.flush();
}

/** Why the node cannot do its work now. */
export function watchObstacles({ settings }: Ground, parts: Parts) {
  const { follower, broker, members, siblings, probe, clock, outbox, settler, alerts } = parts;
  return makeObstacles(
    {
      halted: follower.halted,
      chain: () => {
        if (!follower.healthy()) return "the chain does not answer";
        return follower.age() > settings.longestPause ? "the chain brings no new block" : undefined;
      },
      broker: broker.obstacle,
      committee: () => siblings.rival() ?? members.obstacle() ?? probe.obstacle(),
      clock: clock.obstacle,
      transactions: () => outbox.obstacle() ?? settler.obstacle(),
    },
    { alerts },
  );
}

/** Households may send their calls by another wallet, and the node's own work goes on: an alert, no obstacle. */
function checkRelay({ relay, alerts }: Parts): void {
  const obstacle = relay?.outbox.obstacle();
  if (obstacle === undefined) alerts.end("relay", undefined);
  else alerts.raise("relay", undefined, obstacle);
}

/** Looks each second at what waits on time alone. */
export function tick(ground: Ground, parts: Parts, works: Works, obstacles: Obstacles, undo: Undo): void {
  const { presence, mirror, metrics, members, settlements, clock, halted, backup, rollups, events } = parts;
  // One write to disk when a whole village goes silent.
  const together = ground.database.transaction((move: () => void) => move());
  // Nobody misses a meter that no owner has accepted yet.
  const expected = () => mirror.meters().flatMap(({ serial, owner }) => (owner === null ? [] : [serial]));
  const keepAlives = ground.devices.keepAlives();
  const timer = time.setInterval(() => {
    presence.check(expected(), together);
    for (const request of keepAlives) parts.ask(request);
    metrics.membersThere.set(members.there().length);
    // However long the committee is waited for, and whoever's turn it is.
    metrics.pendingSettlements.set(settlements.waiting().count);
    metrics.halted.set(halted() ? 1 : 0);
    metrics.clockOffset.set(clock.offset());
    obstacles.check();
    checkRelay(parts);
    parts.checkBalance();
    backup?.check();
    void parts.vitals.check();
    rollups.check();
    parts.roots.check();
    events.check();
    works.sendAlerts();
    if (halted()) return;
    const { checkCommands, reconcile, checkTrades, clear, commitRoots, settleProofs, tellFinal } = works;
    for (const work of [checkCommands, reconcile, checkTrades, clear, commitRoots, settleProofs, tellFinal])
      work();
  }, TICK);
  undo(rollups.stop, () => time.clear(timer));
}

/** Tells the other members that this node is there, and tries whether the broker carries what is said to them. */
export function greet({ config }: Ground, { mirror, committee, probe }: Parts, undo: Undo): void {
  const isAlone = () => mirror.committee().members.length <= 1;
  const hello = () => {
    if (!isAlone() || config.shard.count > 1) void committee.hello();
  };
  hello();
  if (!isAlone()) void probe.send();
  const greeting = time.setInterval(hello, HELLO_EVERY);
  undo(probe.stop, () => time.clear(greeting));
}

/** Copies the store when it is told to. */
export function copyOnSignal({ backup }: Parts, undo: Undo): void {
  if (!backup) return;
  const copyNow = () => void backup.take();
  process.on("SIGUSR2", copyNow);
  undo(backup.stop, () => void process.off("SIGUSR2", copyNow));
}
