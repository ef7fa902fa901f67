/**
 * The oracle's connection to the broker. Messages are taken in groups, as many as have arrived while the group before
 * them was committed, so that one write to disk serves all of them. Acknowledgements leave only after `handle` has
 * resolved, that is after what the group brought is on disk; a broker that gets none sends the message again.
 */
import type { Duplex } from "node:stream";
import { meterKinds, meterTopic } from "@enerlink/protocol/wire/topics";
import { type Log, messageOf } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { MqttClient } from "mqtt";
import type { Metrics } from "../metrics.ts";
import { network } from "../seams/network.ts";
import { type Timer, time } from "../seams/time.ts";

/** What all meters say. */
export const NATIVE_TOPICS = meterKinds.map((kind) => meterTopic("+", kind));

/**
 * `retained`: the broker kept it from before the subscription, who knows how long. `waited`: it kept it for this session
 * while the node was away.
 */
export type Message = { topic: string; payload: Buffer; retained: boolean; waited?: boolean };

/** Messages in one group, so that a flood is taken in portions. */
const LARGEST_GROUP = 1_000;
/** A connection that is lost so many times in so many milliseconds is no accident. */
const MOST_LOSSES = 3;
const LOSSES_WITHIN = 60_000;

/** A broker's answer that it is not ready for anybody (MQTT 3.1.1, section 3.2.2.3). */
const UNAVAILABLE = 3;
/** How a machine says that nobody is there, or not any more. */
const away = new Set(
  "EAI_AGAIN ECONNABORTED ECONNREFUSED ECONNRESET EHOSTUNREACH ENETUNREACH ENOTFOUND EPIPE ETIMEDOUT".split(
    " ",
  ),
);

/** Whether waiting does not cure it: the broker lets this user not in, or nobody vouches for its certificate. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code !== UNAVAILABLE : typeof code === "string" && !away.has(code);
}

/** Milliseconds until a broker that refused the subscription is asked again. */
const SUBSCRIBE_AGAIN_AFTER = 2_000;

export type Broker = ReturnType<typeof makeBroker>;

type Needs = {
  url: string;
  username: string | undefined;
  password: string | undefined;
  /**
   * Names the session where there is no user; otherwise the user's name does, which its password guards: brokers must not
   * let anybody choose it (Mosquitto: `use_username_as_clientid`), since whoever names it has the session.
   */
  clientId: string;
  /** Of the topics that the node hears, one on which it may speak and nobody else. */
  ownTopic: string;
  metrics: Metrics;
  log: Log;
};

type Handling = {
  /** Takes a group in, in order; resolves when it is on disk. Rejects only when the store fails. */
  handle: (group: Message[]) => Promise<void>;
  /** The store failed: the group was not acknowledged, and the process must not go on. */
  failed: (error: unknown) => void;
};

/** Gathers what arrives on `client` while the group before is being committed, and holds its acknowledgements back. */
function makeGroups(client: MqttClient, backlog: Backlog, { handle, failed }: Handling) {
  let state: "idle" | "collecting" | "committing" | "closed" = "idle";
  let group: Message[] = [];
  let committed = Promise.resolve();
  /** Goes on with the message that came in while a group was being committed, and with all behind it. */
  let resume = () => {};

  client.handleMessage = (packet, done) => {
    const { stream } = client;
    // What could not be acknowledged on the connection that it came in on is not taken: it will come again.
    if (state === "closed" || !client.connected) return;
    const payload = Buffer.from(packet.payload);
    if (backlog.ends(packet.topic, payload)) return done();
    if (state === "committing" || group.length === LARGEST_GROUP) {
      resume = () => client.stream === stream && client.handleMessage(packet, done);
      return;
    }
    if (state === "idle") {
      state = "collecting";
      // Acknowledgements are written at once, and kept in the process until the group is committed.
      stream.cork();
      committed = commit(stream);
    }
    group.push({ topic: packet.topic, payload, retained: packet.retain, waited: backlog.lasts() });
    done();
  };

  async function commit(stream: Duplex): Promise<void> {
    // Meanwhile everything that was received together is handed over.
    await time.turn();
    const taken = group;
    group = [];
    if (state !== "closed") state = "committing";
    try {
      await handle(taken);
    } catch (error) {
      state = "closed";
      stream.destroy();
      failed(error);
      return;
    }
    if (state !== "closed") state = "idle";
    stream.uncork();
    const goOn = resume;
    resume = () => {};
    goOn();
  }

  return {
    closed: () => state === "closed",
    /** Takes nothing more in; resolves when what was taken is on disk and acknowledged. */
    close: (): Promise<void> => {
      state = "closed";
      return committed;
    },
  };
}

/** What is being published, so that it fails when the connection goes: the library forgets it while its stream is full. */
function makeUnderway() {
  const underway = new Set<(error: Error) => void>();
  return {
    lost: (): void => {
      for (const fail of underway) fail(new Error("the connection to the broker was lost"));
      underway.clear();
    },
    publish: (client: MqttClient, topic: string, payload: string | Uint8Array, qos: 0 | 1) =>
      new Promise<void>((resolve, reject) => {
        underway.add(reject);
        const bytes = typeof payload === "string" ? payload : Buffer.from(payload);
        client.publish(topic, bytes, { qos }, (error) => {
          underway.delete(reject);
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

/** Milliseconds after which what comes in is taken for live, though the broker never brought back what says so. */
const LONGEST_BACKLOG = 600_000;

/**
 * Whether what comes in waited at the broker while this node was away. A broker hands on in order: what the node says to
 * itself on `topic` once it is back comes behind all that waited.
 */
function makeBacklog(topic: string) {
  const START = "back at ";
  let mark: string | undefined;
  /** By the clock that nobody sets, milliseconds. */
  let since = 0;
  return {
    /** There is a connection; `kept`: the broker has kept the session from before. */
    begins: (kept: boolean): void => {
      since = time.elapsed();
      mark = kept ? `${START}${time.now()}` : undefined;
    },
    lasts: (): boolean => mark !== undefined && time.elapsed() - since < LONGEST_BACKLOG,
    /** What the node is to say to itself. */
    mark: () => mark,
    /** Whether a message is such a word, of this connection or of one that was lost. */
    ends: (on: string, payload: Uint8Array): boolean => {
      if (on !== topic || payload.length > START.length + 20) return false;
      const text = String(payload);
      if (text === mark) mark = undefined;
      return text.startsWith(START);
    },
  };
}
type Backlog = ReturnType<typeof makeBacklog>;

/** Connections that were lost lately. */
function makeLosses() {
  /** When, by the clock that nobody sets, milliseconds. */
  let losses: number[] = [];
  return {
    note: (): void => {
      losses = [...losses, time.elapsed()].slice(-MOST_LOSSES);
    },
    often: (): boolean => losses.length === MOST_LOSSES && time.elapsed() - losses[0]! < LOSSES_WITHIN,
  };
}

/** Says what becomes of the connection, and keeps count of it. */
function watch(
  client: MqttClient,
  { metrics, log }: Pick<Needs, "metrics" | "log">,
  { closed, lost, begins }: { closed: () => boolean; lost: () => void; begins: (kept: boolean) => void },
) {
  const losses = makeLosses();
  const trouble = makeTrouble("the connection to the broker", log);
  let established = false;
  client.on("connect", ({ sessionPresent }) => {
    established = true;
    begins(sessionPresent);
    metrics.brokerConnected.set(1);
    // A connection that the broker closes takes what is kept with it; ending it politely would send it.
    const { stream } = client;
    stream.once("end", () => stream.destroy());
    trouble.done();
    log.info("connected to the broker");
  });
  client.on("close", () => {
    if (established && !closed()) losses.note();
    established = false;
    metrics.brokerConnected.set(0);
    lost();
  });
  client.on("error", trouble.failed);
  return { losses };
}

/** Resolves once there is a connection, however long the broker takes to come up. @throws what waiting does not cure */
function reached(client: MqttClient): Promise<void> {
  if (client.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const refused = (error: unknown) => {
      if (!isRefusal(error)) return;
      client.off("error", refused);
      reject(new Error(`MQTT_BROKER_URL, MQTT_USERNAME: no way to the broker (${messageOf(error)})`));
    };
    client.on("error", refused);
    client.once("connect", () => {
      client.off("error", refused);
      resolve();
    });
  });
}

/** The way to the broker, before and after it is connected. The session is fixed, so that nothing is missed while away. */
export function makeBroker({ url, username, password, clientId, ownTopic, metrics, log }: Needs) {
  const underway = makeUnderway();
  const backlog = makeBacklog(ownTopic);
  let client: MqttClient | undefined;
  let groups: ReturnType<typeof makeGroups> | undefined;
  let watched: ReturnType<typeof watch> | undefined;
  /** Whether the broker hands on to this connection what is published. */
  let hears = false;

  async function subscribe(topics: string[]): Promise<void> {
    const granted = await client!.subscribeAsync(topics, { qos: 1 });
    if (granted.some(({ qos }) => qos !== 1)) throw new Error("it grants a lower quality of service than 1");
    hears = true;
    const mark = backlog.mark();
    if (mark !== undefined) underway.publish(client!, ownTopic, mark, 1).catch(() => {});
  }

  /** Subscribes on the first connection that lasts so long. */
  async function begin(topics: string[]): Promise<void> {
    for (;;) {
      await reached(client!);
      try {
        return await subscribe(topics);
      } catch (error) {
        if (client!.connected)
          throw new Error(
            `MQTT_USERNAME: the broker does not let this user read ${topics.join(", ")} (${messageOf(error)})`,
          );
      }
    }
  }

  /**
   * The broker is told with each connection what this node wants to hear, whether or not it says that it has kept the
   * session: that may be the session of a connection that was lost before it had subscribed, or one from before an outage.
   */
  function subscribeAgain(topics: string[]): void {
    const trouble = makeTrouble("subscribing at the broker", log);
    let timer: Timer | undefined;
    async function tell(): Promise<void> {
      try {
        await subscribe(topics);
        trouble.done();
      } catch (error) {
        trouble.failed(error);
        // A lost connection comes back by itself; a broker that says no may have been told its users' rights meanwhile.
        if (client!.connected) timer = time.setTimeout(tell, SUBSCRIBE_AGAIN_AFTER);
      }
    }
    client!.on("close", () => {
      hears = false;
      time.clear(timer);
    });
    client!.on("connect", tell);
  }

  return {
    /**
     * Connects, and resolves when subscribed: to the meters' own topics, and to `foreignTopics`, those of devices that do
     * not sign and of the committee.
     * @throws when the broker does not let this user in, or not read them; one that is not there yet is waited for.
     */
    connect: async ({ foreignTopics, ...handling }: Handling & { foreignTopics: readonly string[] }) => {
      client = network.broker(url, {
        clientId: username ?? clientId,
        clean: false,
        resubscribe: false,
        reconnectPeriod: 1_000,
        // Who is let in may have been told to the broker meanwhile.
        reconnectOnConnackError: true,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
      });
      groups = makeGroups(client, backlog, handling);
      watched = watch(
        client,
        { metrics, log },
        { closed: groups.closed, lost: underway.lost, begins: backlog.begins },
      );
      const topics = [...NATIVE_TOPICS, ...foreignTopics];
      try {
        await begin(topics);
      } catch (error) {
        client.end(true);
        throw error;
      }
      subscribeAgain(topics);
    },
    /** Why the connection cannot be relied upon, if so. */
    obstacle: (): string | undefined => {
      const now = !client?.connected
        ? "the broker is not connected"
        : hears
          ? undefined
          : "the broker hands nothing on yet";
      if (!watched?.losses.often()) return now;
      // Said whatever is just now the case: who is thrown out again and again is seldom seen connected.
      const name = username === undefined ? `client id ${clientId}` : `user ${username}`;
      const lost = `the connection to the broker was lost ${MOST_LOSSES} times within a minute; if it stands otherwise, another program connects as ${name} and takes it over`;
      return now === undefined ? lost : `${now}; ${lost}`;
    },
    /**
     * At quality of service 1, or 0 for what is worth nothing later.
     * @throws when there is no connection, or it is lost meanwhile; then the message may have arrived.
     */
    publish: async (topic: string, payload: string | Uint8Array, qos: 0 | 1 = 1): Promise<void> => {
      if (!client?.connected) throw new Error("the broker is not connected");
      await underway.publish(client, topic, payload, qos);
    },
    /** Takes nothing more in; resolves when what was taken is on disk and acknowledged. */
    stop: async (): Promise<void> => {
      await groups?.close();
      await client?.endAsync(true);
    },
  };
}
