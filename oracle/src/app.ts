/** Puts the oracle together: one node, its store, its broker, its chain. */
import { readDeployment } from "@enerlink/contracts/deployment";
import { serve } from "@hono/node-server";
import { createPublicClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { WebSocketServer } from "ws";
import { readBindings } from "./adapters/bindings.ts";
import { makeFollower } from "./chain/follow.ts";
import { makeMirror } from "./chain/mirror.ts";
import { makeCommands } from "./commands/commands.ts";
import { makeTrades } from "./commands/trades.ts";
import { type Config, chainSettings } from "./config.ts";
import { makeEvents } from "./events.ts";
import { makeApi } from "./http/api.ts";
import { makeLog, messageOf } from "./log.ts";
import { makeHolds } from "./meters/holds.ts";
import { makeInbox } from "./meters/inbox.ts";
import { makeIntake } from "./meters/intake.ts";
import { makePresence } from "./meters/presence.ts";
import { makeReadings } from "./meters/readings.ts";
import { makeMetrics } from "./metrics.ts";
import { type Broker, connectBroker, TOPIC_PREFIX } from "./mqtt/client.ts";
import { makeSettlements } from "./settlement/settlements.ts";
import { makeSettler } from "./settlement/settler.ts";
import { meta, openDatabase, setMeta } from "./store/database.ts";
import { makeOutbox } from "./transactions/outbox.ts";

/** How often what waits on time alone is looked at, milliseconds. */
const TICK = 1_000;

export type App = Awaited<ReturnType<typeof startApp>>;

/**
 * Starts a node; resolves when it takes readings and answers HTTP.
 * `failed` is called when it cannot go on, for example because its store is full.
 * @throws when a setting, the chain, the deployment, the store or the broker is not as it must be.
 */
export async function startApp(config: Config, failed: (error: unknown) => void) {
  const log = makeLog(config.logLevel);
  const bindings = readBindings(config.meterBindings);
  const client = createPublicClient({ transport: http(config.rpcUrl, { timeout: 10_000, retryCount: 1 }) });
  const chainId = await client.getChainId().catch((error) => {
    throw new Error(`RPC_URL: no chain answers at ${config.rpcUrl} (${messageOf(error)})`);
  });
  const { finalityBlocks, pollInterval } = chainSettings(config, chainId);
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
  const account = privateKeyToAccount(config.privateKey);
  const signers = config.signerKeys.map((key) => privateKeyToAccount(key));

  const database = openDatabase(config.dataDir, { chainId, genesisHash: genesis.hash }, log.for("store"));
  const stops: (() => unknown)[] = [() => database.close()];
  /** Undoes what was started, last first. */
  async function stop(): Promise<void> {
    for (const undo of stops.splice(0).reverse()) await undo();
  }

  let broker: Broker | undefined;
  try {
    const metrics = makeMetrics();
    const events = makeEvents();
    const mirror = await makeMirror({ client, deployment, log: log.for("chain") });
    const remembered = meta(database, "logs");
    const follower = makeFollower({
      client,
      addresses: [meterRegistry, energyConverter, oracleCommittee, energyMarket],
      fromBlock: remembered === undefined ? BigInt(deployment.startBlock) : BigInt(remembered) + 1n,
      pollInterval,
      finalityBlocks,
      remember: (block) => setMeta(database, "logs", block.toString()),
      log: log.for("chain"),
    });
    const blockTime = () => follower.head().timestamp;
    const readings = makeReadings(database);
    const holds = makeHolds({ database, metrics, log: log.for("meters") });
    const settlements = makeSettlements({ database, interval: config.settlementInterval });
    const presence = makePresence({
      interval: (serial) => bindings.ofSerial(serial)?.heartbeat ?? config.heartbeatInterval,
      events,
      metrics,
      log: log.for("meters"),
    });
    const outbox = makeOutbox({
      database,
      client,
      account,
      chainId,
      head: follower.head,
      finalityBlocks,
      events,
      metrics,
      log: log.for("transactions"),
    });
    const settler = makeSettler({
      database,
      deployment,
      mirror,
      settlements,
      outbox,
      signers,
      linger: config.settlementLinger,
      blockTime,
      isExpected: presence.isExpected,
      events,
      metrics,
      log: log.for("settlement"),
    });
    const commands = makeCommands({
      database,
      domain,
      signer: signers[0]!,
      publish: async (serial, text) => {
        if (!broker?.connected()) throw new Error("the broker is not connected");
        await broker.publish(`${TOPIC_PREFIX}/${serial}/command`, text);
      },
      metrics,
      log: log.for("commands"),
    });
    const trades = makeTrades({
      database,
      client,
      deployment,
      commands,
      settlements,
      outbox,
      blockTime,
      log: log.for("trades"),
    });
    const intake = makeIntake({
      database,
      domain,
      mirror,
      readings,
      holds,
      settlements,
      interval: config.settlementInterval,
      metrics,
      log: log.for("meters"),
    });

    const inbox = makeInbox({ database, bindings, mirror, intake, presence, commands, settler, metrics });

    let trouble = "";
    /** Work that is done again in a moment when it fails; the same failure is said once. */
    function retried(work: Promise<unknown>): void {
      work.then(
        () => {
          trouble = "";
        },
        (error) => {
          const text = messageOf(error);
          if (text !== trouble) log.warn(`${text}; trying again`);
          trouble = text;
        },
      );
    }

    follower.onLogs(mirror.onLogs);
    follower.onLogs(trades.onLogs);
    follower.onHead(async ({ number }, { reorganised }) => {
      metrics.head.set(Number(number));
      if (reorganised) await mirror.refresh();
      await outbox.reconcile(reorganised);
      // Trades read much of the chain: the next head does not wait for them.
      retried(trades.check());
    });

    await follower.start();
    stops.push(follower.stop);
    stops.push(outbox.stop, settler.stop, trades.stop);
    await outbox.start();

    const connection = await connectBroker({
      ...config.mqtt,
      // Fixed, so that the broker keeps what comes in while this node is away; one for each member.
      clientId: `enerlink-oracle-${signers[0]!.address.slice(2, 10).toLowerCase()}`,
      foreignTopics: bindings.topics,
      handle: inbox,
      failed,
      metrics,
      log: log.for("mqtt"),
    });
    broker = connection;
    stops.push(connection.stop);
    settler.flush();

    const tick = setInterval(() => {
      presence.check(mirror.meters().map(({ serial }) => serial));
      retried(Promise.all([commands.check(), outbox.reconcile(), trades.check()]));
    }, TICK);
    stops.push(() => clearInterval(tick));

    const api = makeApi({
      domain,
      mirror,
      readings,
      holds,
      presence,
      settlements,
      settler,
      commands,
      // A development chain has no secrets to keep: whoever reaches the port may settle and command.
      authorize: () => {},
      obstacles: () =>
        [
          follower.healthy() ? undefined : "the chain does not answer",
          connection.connected() ? undefined : "the broker is not connected",
          settler.obstacle(),
        ].filter((reason) => reason !== undefined),
      frontendUrls: config.frontendUrls,
      events,
      metrics,
      log: log.for("http"),
    });
    const { server, port } = await listen(api.fetch, config.port);
    stops.push(() => {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    });

    const known = mirror.meters().length;
    log.info(
      `ready on http://127.0.0.1:${port}: chain ${chainId}, ${known} meters, windows of ${config.settlementInterval} s`,
    );
    return { port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type WebSocketServerLike = NonNullable<NonNullable<Parameters<typeof serve>[0]["websocket"]>["server"]>;

function listen(fetch: Parameters<typeof serve>[0]["fetch"], port: number) {
  // The two packages' types differ in one optional property only.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 }) as WebSocketServerLike;
  return new Promise<{ server: ReturnType<typeof serve>; port: number }>((resolve, reject) => {
    const server = serve({ fetch, port, websocket: { server: sockets } }, (info) =>
      resolve({ server, port: info.port }),
    );
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new Error(`PORT: ${port} is in use by another program`) : error);
    });
  });
}
