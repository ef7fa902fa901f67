/**
 * The broker, as MQTT 3.1.1 has it: sessions stay while their client is away, what is sent at quality of service 1 is
 * sent again on the next connection until it is acknowledged, what is sent at 0 reaches whoever is connected. What a
 * connection carries comes in order; with the connection, what is under way is lost.
 */
import { EventEmitter } from "node:events";
import type { MqttClient } from "mqtt";
import type { Dice } from "./dice.ts";
import type { Process, Scheduler } from "./scheduler.ts";

type Packet = { topic: string; payload: Buffer; qos: 0 | 1; id: number };
type Session = {
  name: string;
  waiting: Packet[];
  /** What it subscribed with. */
  qos: 0 | 1 | undefined;
  /** Whether it ends with its connection. */
  clean: boolean;
  client: Client | undefined;
};

export type SimulatedBroker = ReturnType<typeof makeBroker>;

/** One connection of a client: acknowledgements wait in it while it is corked. */
class Stream extends EventEmitter {
  corked = 0;
  held: (() => void)[] = [];
  open = true;
  cork(): void {
    this.corked++;
  }
  uncork(): void {
    this.corked = Math.max(0, this.corked - 1);
    if (this.corked > 0) return;
    for (const write of this.held.splice(0)) write();
  }
  write(what: () => void): void {
    if (this.corked > 0) this.held.push(what);
    else what();
  }
  destroy(): void {
    this.open = false;
    this.held = [];
  }
}

type Wires = {
  scheduler: Scheduler;
  dice: Dice;
  /** Milliseconds until what is sent arrives. */
  latency: () => number;
  publish: (topic: string, payload: Buffer, qos: 0 | 1) => boolean;
  /** The client sends an acknowledgement, which arrives or does not. */
  acknowledges: (session: Session, packet: Packet) => void;
  acknowledged: (session: Session, packet: Packet) => void;
  subscribes: (session: Session) => void;
  /** Whether the broker takes connections. */
  up: () => boolean;
  /** The process is about to do something that the world notices. */
  effect: (owner: Process) => boolean;
};

/** What the oracle takes for mqtt.js's client. */
class Client extends EventEmitter {
  connected = false;
  stream = new Stream();
  handleMessage = (_packet: unknown, done: () => void) => done();
  private readonly incoming: Packet[] = [];
  private handling = false;
  private ended = false;
  readonly owner: Process;
  private readonly session: Session;
  private readonly wires: Wires;

  constructor(owner: Process, session: Session, wires: Wires) {
    super();
    this.setMaxListeners(50);
    [this.owner, this.session, this.wires] = [owner, session, wires];
    this.reach();
  }

  private later(delay: number, work: () => void): void {
    this.wires.scheduler.after(delay, work, this.owner);
  }

  private reach(): void {
    this.later(this.wires.latency(), () => {
      if (this.ended) return;
      if (!this.wires.up()) {
        this.emit("error", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }));
        this.later(1_000, () => this.reach());
        return;
      }
      // Whoever had the session is thrown out.
      this.session.client?.lose();
      this.session.client = this;
      this.stream = new Stream();
      this.connected = true;
      // Only meters without a clock have to know whether a session was kept, and none lives here.
      this.emit("connect", { sessionPresent: false });
      for (const packet of this.session.waiting) this.carry(packet);
    });
  }

  private leave(): void {
    if (this.session.client !== this) return;
    this.session.client = undefined;
    if (!this.session.clean) return;
    this.session.waiting.length = 0;
    this.session.qos = undefined;
  }

  /** The connection breaks. */
  lose(): void {
    if (!this.connected) return;
    this.connected = false;
    this.stream.destroy();
    this.incoming.length = 0;
    this.handling = false;
    this.leave();
    this.later(0, () => {
      this.emit("close");
      this.later(1_000, () => this.reach());
    });
  }

  /** From the broker to this client. */
  carry(packet: Packet): void {
    const { stream } = this;
    this.later(this.wires.latency(), () => {
      if (stream !== this.stream || !stream.open) return;
      this.incoming.push(packet);
      this.next();
    });
  }

  private next(): void {
    const packet = this.incoming[0];
    if (this.handling || !packet) return;
    this.handling = true;
    const { stream } = this;
    this.handleMessage({ ...packet, retain: false, cmd: "publish", messageId: packet.id }, () => {
      if (stream !== this.stream) return;
      this.incoming.shift();
      this.handling = false;
      if (packet.qos === 1) stream.write(() => this.acknowledge(packet));
      this.next();
    });
  }

  private acknowledge(packet: Packet): void {
    if (!this.wires.effect(this.owner)) return;
    const { stream, session } = this;
    this.wires.acknowledges(session, packet);
    this.wires.scheduler.after(
      this.wires.latency(),
      () => {
        if (stream.open) this.wires.acknowledged(session, packet);
      },
      "world",
    );
  }

  async subscribeAsync(topics: string[], { qos }: { qos: 0 | 1 }): Promise<{ topic: string; qos: number }[]> {
    if (!this.connected)
      await new Promise<void>((resolve, reject) => {
        this.once("connect", resolve);
        this.once("close", () => reject(new Error("Connection closed")));
      });
    await new Promise<void>((resolve) => this.later(this.wires.latency(), resolve));
    this.session.qos = qos;
    this.wires.subscribes(this.session);
    return topics.map((topic) => ({ topic, qos }));
  }

  publish(
    topic: string,
    payload: string | Buffer,
    { qos }: { qos: 0 | 1 },
    done: (error?: Error) => void,
  ): void {
    if (!this.wires.effect(this.owner)) return;
    const { stream } = this;
    this.wires.scheduler.after(
      this.wires.latency(),
      () => {
        if (stream.open) this.wires.publish(topic, Buffer.from(payload), qos);
      },
      "world",
    );
    this.later(qos === 0 ? 0 : 2 * this.wires.latency(), () => {
      if (stream.open) done();
    });
  }

  end(): void {
    this.ended = true;
    this.connected = false;
    this.stream.destroy();
    this.leave();
  }

  async endAsync(): Promise<void> {
    this.end();
  }
}

type Needs = {
  scheduler: Scheduler;
  dice: Dice;
  effect: (owner: Process) => boolean;
  /** A member acknowledges a message. */
  acknowledges: (member: string, topic: string, payload: Buffer) => void;
  /** From now on the broker keeps for it what is published. */
  subscribes: (member: string) => void;
};

export function makeBroker({ scheduler, dice, effect, acknowledges, subscribes }: Needs) {
  const sessions = new Map<string, Session>();
  const hearers: ((topic: string, payload: Buffer) => void)[] = [];
  let ids = 0;
  let up = true;
  let slow = 1;
  /** Of what is sent at quality of service 0, the part that is lost; of what is sent at 1, the part that comes twice. */
  let [loss, doubling] = [0, 0];

  function sessionOf(name: string): Session {
    const found = sessions.get(name) ?? {
      name,
      waiting: [],
      qos: undefined,
      clean: false,
      client: undefined,
    };
    sessions.set(name, found);
    return found;
  }

  /** @returns whether the broker was there to take it. */
  function publish(topic: string, payload: Buffer, qos: 0 | 1): boolean {
    if (!up) return false;
    for (const hear of hearers) hear(topic, payload);
    for (const session of sessions.values()) {
      if (session.qos === undefined) continue;
      const least = session.qos < qos ? session.qos : qos;
      if (least === 0 && (!session.client || dice.chance(loss))) continue;
      for (let copy = dice.chance(doubling) ? 2 : 1; copy > 0; copy--) {
        const packet: Packet = { topic, payload, qos: least, id: ++ids };
        if (least === 1) session.waiting.push(packet);
        session.client?.carry(packet);
      }
    }
    return true;
  }

  const wires: Wires = {
    ...{ scheduler, dice, publish, effect },
    latency: () => dice.between(1, 20) * slow,
    up: () => up,
    acknowledged: (session, packet) => {
      const place = session.waiting.indexOf(packet);
      if (place < 0) return;
      session.waiting.splice(place, 1);
    },
    subscribes: ({ name }) => subscribes(name),
    acknowledges: ({ name }, { topic, payload }) => acknowledges(name, topic, payload),
  };

  return {
    /** @param clean Whether the session ends with its connection */
    connect: (name: string, owner: Process, clean: boolean) => {
      const session = sessionOf(name);
      session.clean = clean;
      return new Client(owner, session, wires) as unknown as MqttClient;
    },
    /** What somebody says who is no member: a meter. */
    publish,
    /** Hears all that is said. */
    hear: (listener: (topic: string, payload: Buffer) => void) => void hearers.push(listener),
    /** The process of `name` is gone: its connection with it. */
    gone: (name: string) => sessionOf(name).client?.end(),
    /** Breaks the connection of `name`. */
    cut: (name: string) => sessionOf(name).client?.lose(),
    /** Messages that `name` has not acknowledged. */
    waitingFor: (name: string) => sessionOf(name).waiting.length,
    setUp: (is: boolean) => {
      up = is;
      if (!is) for (const { client } of sessions.values()) client?.lose();
    },
    setWeather: (weather: { slow: number; loss: number; doubling: number }) => {
      ({ slow, loss, doubling } = weather);
    },
  };
}
