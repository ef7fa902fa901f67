/** Puts the oracle together: one node, its store, its broker, its chain. */
import { readDeployment } from "@enerlink/protocol/deployment";
import { type Log, messageOf } from "@enerlink/service/log";
import { makeTrouble, retried } from "@enerlink/service/trouble";
import { createPublicClient, fallback, type Hash, http } from "viem";
import { makeAsking } from "./adapters/asking.ts";
import { readDevices } from "./adapters/devices.ts";
import { makeAlerts } from "./alerts/alerts.ts";
import { makeClock } from "./alerts/clock.ts";
import { makeChainAlerts } from "./alerts/from-chain.ts";
import { makeObstacles } from "./alerts/obstacles.ts";
import { makeWebhook } from "./alerts/webhook.ts";
import { makeAccounts } from "./auth/accounts.ts";
import { type FinalBlock, makeFollower } from "./chain/follow.ts";
import { makeMirror } from "./chain/mirror.ts";
import { makeCommands } from "./commands/commands.ts";
import { makeFollowUps } from "./commands/followups.ts";
import { makeTrades } from "./commands/trades.ts";
import { makeCommittee } from "./committee/committee.ts";
import { makeConfirm } from "./committee/confirm.ts";
import { makeDisputes } from "./committee/disputes.ts";
import { makeForgotten } from "./committee/forgotten.ts";
import { HELLO_EVERY, makeMembers } from "./committee/members.ts";
import { makeProbe } from "./committee/probe.ts";
import { makeSignedReports } from "./committee/signed.ts";
import { type Config, chainSettings } from "./config.ts";
import { hostOf } from "./edge/listen.ts";
import { startedHappening } from "./events/chain-events.ts";
import { makeEvents } from "./events/events.ts";
import { makeTeller } from "./events/teller.ts";
import { makeActs } from "./http/acts.ts";
import { startServer } from "./http/server.ts";
import { commandBody } from "./http/views.ts";
import { makeInbox } from "./intake/inbox.ts";
import { makeIntake } from "./intake/intake.ts";
import { makeBackup } from "./keeping/backup.ts";
import { makeRollups } from "./keeping/rollups.ts";
import { openKey } from "./keys/keys.ts";
import { makeReadings } from "./ledger/readings.ts";
import { makeSettlements } from "./ledger/settlements.ts";
import { makeBalance } from "./meters/balance.ts";
import { makeHolds } from "./meters/holds.ts";
import { makeLevelStore } from "./meters/level-store.ts";
import { tellOffline } from "./meters/offline.ts";
import { makePower } from "./meters/power.ts";
import { makePresence } from "./meters/presence.ts";
import { makeMetrics } from "./metrics.ts";
import { type Broker, connectBroker, type Message, TOPIC_PREFIX } from "./mqtt/client.ts";
import { makeByHand } from "./settlement/by-hand.ts";
import { makeHistory } from "./settlement/history.ts";
import { makeOutcomes } from "./settlement/outcomes.ts";
import { makeSettler } from "./settlement/settler.ts";
import { meta, openDatabase, setMeta } from "./store/database.ts";
import { makeOutbox } from "./transactions/outbox.ts";
import { makeSender } from "./transactions/sender.ts";
import { COMMITTEE_TOPICS, type Item, isCommitteeTopic } from "./wire/committee.ts";

/** How often what waits on time alone is looked at, milliseconds. */
const TICK = 1_000;

export type App = Awaited<ReturnType<typeof startApp>>;

/**
 * Starts a node; resolves when it takes readings and answers HTTP.
 * `failed` is called when it cannot go on, for example because its store is full; `hide` keeps a secret out of the log.
 * @throws when a setting, the chain, the deployment, the store or the broker is not as it must be.
 */
export async function startApp(
  config: Config,
  { log, hide, failed }: { log: Log; hide: (secret: string) => void; failed: (error: unknown) => void },
) {
  const speak = log.child({ part: "oracle" });
  const devices = readDevices(config.meterBindings);
  const nodes = config.rpcUrls.map((url) => http(url, { timeout: 10_000, retryCount: 1 }));
  const client = createPublicClient({ transport: fallback(nodes) });
  const chainId = await client.getChainId().catch((error) => {
    throw new Error(`RPC_URL: no chain answers at ${config.rpcUrls.join(", ")} (${messageOf(error)})`);
  });
  const each = nodes.map((transport) => createPublicClient({ transport }));
  const settings = chainSettings(config, chainId);
  const deployment = readDeployment(chainId);
  const genesis = await client.getBlock({ blockNumber: 0n });
  if (genesis.hash !== deployment.genesisHash) {
    throw new Error(
      `The chain at RPC_URL is not the one that the contracts were deployed on: its block 0 is ${genesis.hash}, ` +
        `the deployment's ${deployment.genesisHash}. Deploy again, or point RPC_URL at the right chain.`,
    );
  }
  const { meterRegistry, energyConverter, oracleCommittee, energyMarket } = deployment.contracts;
  const domain = { chainId, registry: meterRegistry };
  const { development } = settings;
  const signer = await openKey(config.signer, { chainId, development }, hide);
  const account = await openKey(config.submitter, { chainId, development }, hide);

  const database = openDatabase(
    config.dataDir,
    { chainId, genesisHash: genesis.hash },
    log.child({ part: "store" }),
  );
  const stops: (() => unknown)[] = [() => database.close()];
  /** Undoes what was started, last first. */
  async function stop(): Promise<void> {
    for (const undo of stops.splice(0).reverse()) await undo();
  }

  let broker: Broker | undefined;
  try {
    const metrics = makeMetrics();
    const events = makeEvents({ database });
    const alerts = makeAlerts({
      database,
      webhook: config.alertWebhook !== undefined,
      events,
      metrics,
      log: log.child({ part: "alerts" }),
    });
    const webhook =
      config.alertWebhook &&
      makeWebhook({ database, ...config.alertWebhook, log: log.child({ part: "alerts" }) });
    const teller = makeTeller({ database, client, deployment, events });
    /** This node has put its name to these reports. */
    const tellStarted = (items: readonly Item[]) =>
      events.tell(...items.map(({ reading }) => startedHappening(reading)));
    const mirror = await makeMirror({ client, deployment, log: log.child({ part: "chain" }) });
    const follower = makeFollower({
      client,
      chainId,
      addresses: [meterRegistry, energyConverter, oracleCommittee, energyMarket],
      startBlock: BigInt(deployment.startBlock),
      final: readFinalBlock(meta(database, "final")),
      acceptFork: config.acceptFork,
      pollInterval: settings.pollInterval,
      finality: settings.finality,
      remember: ({ number, hash }) => setMeta(database, "final", `${number} ${hash}`),
      log: log.child({ part: "chain" }),
    });
    const halted = () => follower.halted() !== undefined;
    const blockTime = () => follower.head().timestamp;
    const readings = makeReadings(database);
    const holds = makeHolds({ database, alerts, metrics, log: log.child({ part: "meters" }) });
    const settlements = makeSettlements({ database, interval: settings.settlementInterval });
    const presence = makePresence({
      interval: (serial) => devices.ofSerial(serial)?.binding.heartbeat ?? config.heartbeatInterval,
      alerts,
      metrics,
      log: log.child({ part: "meters" }),
    });
    stops.push(tellOffline(events, presence));
    const outbox = makeOutbox({
      database,
      client,
      sender: makeSender({
        client,
        account,
        chainId,
        head: follower.head,
        broadcast: (serializedTransaction) =>
          Promise.any(each.map((node) => node.sendRawTransaction({ serializedTransaction }))),
        maxFee: config.maxFee,
        patience: settings.patience,
        metrics,
        log: log.child({ part: "transactions" }),
      }),
      head: follower.head,
      final: follower.final,
      patience: settings.patience,
      halted,
      metrics,
      log: log.child({ part: "transactions" }),
    });
    const members = makeMembers({
      self: signer.address,
      committee: mirror.committee,
      takeover: settings.takeover,
    });
    const clock = makeClock({ peers: members.offsets });
    const signed = makeSignedReports(database, settings.settlementInterval);
    const power = makePower();
    const intake = makeIntake({
      database,
      domain,
      mirror,
      readings,
      holds,
      levels: makeLevelStore(database),
      settlements,
      power,
      interval: settings.settlementInterval,
      metrics,
      log: log.child({ part: "meters" }),
    });
    const forgotten = makeForgotten({
      client,
      domain: { chainId, committee: oracleCommittee },
      self: signer.address,
      knows: signed.knows,
    });
    // Not kept by the broker for a member that is away: whoever leads asks again.
    const tellMembers = async (topic: string, text: string) => {
      if (!broker?.connected()) throw new Error("the broker is not connected");
      await broker.publish(topic, text, 0);
    };
    const probe = makeProbe({
      self: signer.address,
      publish: tellMembers,
      log: log.child({ part: "committee" }),
    });
    const committee = makeCommittee({
      domain: { chainId, committee: oracleCommittee },
      signer,
      mirror,
      members,
      signed,
      confirm: makeConfirm({
        database,
        domain,
        mirror,
        readings,
        holds,
        settlements,
        intake,
        interval: settings.settlementInterval,
      }),
      disputes: makeDisputes({ database, metrics, log: log.child({ part: "committee" }) }),
      probe,
      blockTime,
      halted,
      publish: tellMembers,
      approved: (items, proposer) => {
        tellStarted(items);
        settler.leave(items, proposer);
      },
      failed,
      metrics,
      log: log.child({ part: "committee" }),
    });
    const outcomes = makeOutcomes({
      database,
      energyConverter,
      settlements,
      metrics,
      log: log.child({ part: "settlement" }),
    });
    const settler = makeSettler({
      database,
      client,
      deployment,
      mirror,
      settlements,
      outcomes,
      outbox,
      committee,
      members,
      takeover: settings.takeover,
      linger: config.settlementLinger,
      isExpected: presence.isExpected,
      started: tellStarted,
      metrics,
      log: log.child({ part: "settlement" }),
    });
    const commands = makeCommands({
      database,
      domain,
      signer,
      publish: async (serial, text) => {
        if (!broker?.connected()) throw new Error("the broker is not connected");
        await broker.publish(`${TOPIC_PREFIX}/${serial}/command`, text);
      },
      leads: members.leads,
      metrics,
      log: log.child({ part: "commands" }),
    });
    const trades = makeTrades({
      database,
      client,
      deployment,
      commands,
      settlements,
      outbox,
      leads: members.leads,
      blockTime,
      log: log.child({ part: "trades" }),
    });
    const rollups = makeRollups({ database, retentionDays: config.retentionDays });
    const backup =
      config.backup && makeBackup({ database, ...config.backup, alerts, log: log.child({ part: "store" }) });
    if (backup) {
      const copyNow = () => void backup.take();
      process.on("SIGUSR2", copyNow);
      stops.push(backup.stop, () => void process.off("SIGUSR2", copyNow));
    }
    const checkBalance = makeBalance({
      database,
      mirror,
      interval: settings.settlementInterval,
      alerts,
      metrics,
    });
    const followUps = makeFollowUps({
      energyConverter,
      mirror,
      commands,
      events,
      displayReset: config.displayReset,
      creditCutOff: config.creditCutOff,
      blockTime,
      log: log.child({ part: "commands" }),
    });
    stops.push(followUps.stop);
    const inbox = makeInbox({
      database,
      devices,
      mirror,
      intake,
      presence,
      holds,
      power,
      commands,
      settler,
      ask: makeAsking({
        publish: async (topic, payload) => broker?.publish(topic, payload, 0),
        log: log.child({ part: "mqtt" }),
      }),
      metrics,
    });

    /** Work that is done again in a moment when it fails; each says its own trouble. */
    const again = (what: string, work: () => Promise<unknown>) => {
      const trouble = makeTrouble(what, speak);
      return () => void retried(trouble, (async () => work())());
    };
    const checkTrades = again("seeing to trades", trades.check);
    const checkCommands = again("seeing to commands", commands.check);
    const reconcile = again("seeing to transactions", () => outbox.reconcile());
    const sendAlerts = again("sending alerts", async () => webhook?.check());
    const tellFinal = again("telling events", async () => {
      const final = halted() ? undefined : follower.final();
      if (final) await teller.tell(final.number);
    });

    follower.onReorganisation(outcomes.reorganised);
    follower.onReorganisation(mirror.reorganised);
    follower.onReorganisation(teller.reorganised);
    follower.onLogs(mirror.onLogs);
    follower.onLogs(forgotten.onLogs);
    follower.onLogs(settler.onLogs);
    follower.onLogs(trades.onLogs);
    follower.onLogs(followUps.onLogs);
    follower.onLogs(makeChainAlerts({ energyConverter, alerts }));
    follower.onHead(async ({ number, timestamp }, { reorganised }) => {
      metrics.head.set(Number(number));
      // A development chain plays days that are over.
      if (!development) clock.head(timestamp);
      const final = follower.final();
      if (final) outcomes.finalUpTo(final.number);
      tellFinal();
      if (reorganised) await mirror.refresh();
      await outbox.reconcile(reorganised);
      // Trades read much of the chain: the next head does not wait for them.
      checkTrades();
    });

    await follower.start();
    stops.push(follower.stop);
    if (await forgotten.check()) signed.forget(Math.max(Math.floor(Date.now() / 1_000), Number(blockTime())));
    const signsFrom = signed.signsFrom();
    if (signsFrom !== undefined && signsFrom > Date.now() / 1_000)
      speak.warn(
        `the store does not know all that was signed: of windows that began before ${new Date(signsFrom * 1_000).toISOString()} nothing is signed`,
      );
    stops.push(outbox.stop, settler.stop, trades.stop, teller.stop);
    await outbox.start();

    const connection = await connectBroker({
      ...config.mqtt,
      // Fixed, so that the broker keeps what comes in while this node is away.
      clientId: `enerlink-oracle-${signer.address.slice(2, 10).toLowerCase()}`,
      foreignTopics: [...devices.topics, COMMITTEE_TOPICS],
      handle: async (group) => {
        const [fromMembers, others] = [[], []] as [Message[], Message[]];
        for (const message of group) (isCommitteeTopic(message.topic) ? fromMembers : others).push(message);
        await inbox(others);
        // A proposal is looked at once the readings before it are stored.
        for (const message of fromMembers) committee.receive(message);
      },
      failed,
      metrics,
      log: log.child({ part: "mqtt" }),
    });
    broker = connection;
    stops.push(connection.stop, committee.stop);
    settler.flush();

    commands.onConcluded((command) => events.emit("command_concluded", commandBody(command)));
    const obstacles = makeObstacles(
      {
        halted: follower.halted,
        chain: () => {
          if (!follower.healthy()) return "the chain does not answer";
          return follower.age() > settings.longestPause ? "the chain brings no new block" : undefined;
        },
        broker: connection.obstacle,
        committee: () => members.obstacle() ?? probe.obstacle(),
        clock: clock.obstacle,
        transactions: () => outbox.obstacle() ?? settler.obstacle(),
      },
      { alerts },
    );
    // One write to disk when a whole village goes silent.
    const checkPresence = database.transaction(() =>
      presence.check(mirror.meters().map(({ serial }) => serial)),
    );
    const tick = setInterval(() => {
      checkPresence();
      metrics.membersThere.set(members.there().length);
      metrics.halted.set(halted() ? 1 : 0);
      metrics.clockOffset.set(clock.offset());
      obstacles.check();
      checkBalance();
      backup?.check();
      rollups.check();
      events.check();
      sendAlerts();
      if (halted()) return;
      for (const check of [checkCommands, reconcile, checkTrades, tellFinal]) check();
    }, TICK);
    stops.push(rollups.stop, () => clearInterval(tick));
    const greet = () => {
      if (mirror.committee().members.length > 1) void committee.hello();
    };
    greet();
    if (mirror.committee().members.length > 1) void probe.send();
    stops.push(probe.stop);
    const greeting = setInterval(greet, HELLO_EVERY);
    stops.push(() => clearInterval(greeting));

    const byHand = makeByHand({
      meterOf: mirror.meter,
      readings,
      holds,
      settlements,
      history: makeHistory(database),
      settler,
    });
    const accounts = makeAccounts({ database, operators: config.operators });
    const acts = makeActs({ accounts, commands, byHand, obstacles: obstacles.reasons, metrics });
    const listening = await startServer(
      {
        node: String(config.port),
        production: config.production,
        openReadings: config.openReadings ?? development,
        frontendUrls: config.frontendUrls,
        trustedProxies: config.trustedProxies,
        domain,
        dataDir: config.dataDir,
        rpcUrls: config.rpcUrls,
        operators: config.operators,
        publicUrl: config.publicUrl,
        host: config.host,
        port: config.port,
        settlementInterval: settings.settlementInterval,
      },
      { mirror, presence, events, acts, log: log.child({ part: "http" }) },
    );
    stops.push(listening.stop);

    const known = mirror.meters().length;
    speak.info(
      `ready on http://${hostOf(listening)}: chain ${chainId}, ${known} meters, windows of ${settings.settlementInterval} s`,
    );
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readFinalBlock(text: string | undefined): FinalBlock | undefined {
  const [number, hash] = text?.split(" ") ?? [];
  return number === undefined ? undefined : { number: BigInt(number), hash: hash as Hash };
}
