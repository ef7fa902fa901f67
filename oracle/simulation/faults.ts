/** What can happen to a committee, as data, so that a life can be lived again with a part of it. */
import { readingJson } from "@enerlink/protocol/wire/reading";
import { meterTopic } from "@enerlink/protocol/wire/topics";
import type { Dice } from "./dice.ts";
import { lie } from "./liar.ts";
import type { World } from "./life.ts";

/** `at`, `lasts`: seconds. */
export type Fault = { at: number; lasts?: number } & (
  | { kind: "kill"; member: number; effects: number }
  | { kind: "cut"; member: number }
  | { kind: "broker away" }
  | { kind: "bad connections"; slow: number; loss: number; doubling: number }
  | { kind: "chain away" }
  | { kind: "slow chain"; slow: number; silent: number; skip: number }
  | { kind: "reorganisation"; depth: number; forgets: number }
  | { kind: "pool forgets" }
  | { kind: "clock"; member: number; offset: number }
  | { kind: "meter away"; meter: number; newestFirst: boolean }
  | { kind: "forged"; meter: number }
  | { kind: "gone"; member: number }
  | { kind: "restored"; member: number }
  | { kind: "disk lies"; member: number }
  | { kind: "lies"; strategy: number }
);

/** Seconds in which faults begin. */
const SPAN = 70;
/** From the first windows' ends on. */
const BUSY = [18, 34] as const;

type Making = (dice: Dice) => Omit<Fault, "at">;

const anyMember = (dice: Dice) => dice.between(0, 2);

/** How likely each is, beside the others. */
const makings: readonly [number, Making][] = [
  [
    8,
    (dice) => ({
      kind: "kill",
      member: anyMember(dice),
      effects: dice.between(0, 12),
      lasts: dice.chance(0.5) ? 0.1 : dice.between(1, 25),
    }),
  ],
  [4, (dice) => ({ kind: "cut", member: anyMember(dice) })],
  [1, (dice) => ({ kind: "broker away", lasts: dice.between(1, 20) })],
  [
    4,
    (dice) => ({
      kind: "bad connections",
      ...{
        slow: dice.between(1, 40),
        loss: dice.next() * 0.6,
        doubling: dice.next() * 0.5,
        lasts: dice.between(5, 40),
      },
    }),
  ],
  [2, (dice) => ({ kind: "chain away", lasts: dice.between(1, 20) })],
  [
    4,
    (dice) => ({
      kind: "slow chain",
      ...{
        slow: dice.between(1, 40),
        silent: dice.next() * 0.4,
        skip: dice.next() * 0.8,
        lasts: dice.between(5, 40),
      },
    }),
  ],
  [5, (dice) => ({ kind: "reorganisation", depth: dice.between(1, 5), forgets: dice.next() })],
  [2, () => ({ kind: "pool forgets" })],
  [3, (dice) => ({ kind: "forged", meter: dice.between(0, 3) })],
  [
    3,
    (dice) => ({
      kind: "clock",
      member: anyMember(dice),
      offset: dice.between(-200, 60),
      lasts: dice.between(5, 40),
    }),
  ],
  [
    4,
    (dice) => ({
      kind: "meter away",
      meter: dice.between(0, 3),
      newestFirst: dice.chance(0.5),
      lasts: dice.between(5, 80),
    }),
  ],
];
/** What is wrong with the last member for a whole life: of three, so many may be. */
const untrustworthy: readonly Making[] = [
  (dice) => ({ kind: "restored", member: 2, lasts: dice.between(3, 40) }),
  (dice) => ({ kind: "disk lies", member: 2, lasts: dice.between(3, 40) }),
  (dice) => ({ kind: "lies", strategy: dice.between(0, 5) }),
  (dice) => ({ kind: "lies", strategy: dice.between(0, 5) }),
  () => ({ kind: "gone", member: 2 }),
];

/** Most of them while windows end and slots are cleared, when there is much that can go wrong. */
function momentOf(dice: Dice): number {
  const seconds = dice.chance(0.6) ? dice.between(...BUSY) + dice.next() : dice.next() * SPAN;
  return Math.round(seconds * 1_000) / 1_000;
}

export function faultsOf(dice: Dice): Fault[] {
  const faults: Fault[] = [];
  const add = (making: Making) => faults.push({ at: momentOf(dice), ...making(dice) } as Fault);
  const total = makings.reduce((sum, [weight]) => sum + weight, 0);
  for (let count = dice.between(1, 7); count > 0; count--) {
    const thrown = dice.next() * total;
    let sum = 0;
    for (const [weight, making] of makings) {
      sum += weight;
      if (thrown >= sum) continue;
      add(making);
      break;
    }
  }
  if (dice.chance(0.5)) {
    const making = dice.pick(untrustworthy);
    for (let count = dice.between(1, 3); count > 0; count--) add(making);
  }
  return faults.sort((a, b) => a.at - b.at);
}

/** Seconds into milliseconds. */
const ms = (seconds: number | undefined) => (seconds ?? 0) * 1_000;

type Happening<Kind extends Fault["kind"]> = (
  fault: Extract<Fault, { kind: Kind }>,
  world: World,
  until: (end: () => void) => void,
) => void;

const happenings: { [Kind in Fault["kind"]]: Happening<Kind> } = {
  kill: ({ member, effects, lasts }, { members }) => members[member]!.killAtEffect(effects, ms(lasts)),
  gone: ({ member }, { members, checks }) => {
    members[member]!.killAtEffect(0, Number.POSITIVE_INFINITY);
    checks.gone(members[member]!.name);
  },
  forged: ({ meter }, world) => forge(meter, world),
  cut: ({ member }, { broker, members }) => broker.cut(members[member]!.session),
  "broker away": (_, { broker }, until) => {
    broker.setUp(false);
    until(() => broker.setUp(true));
  },
  "bad connections": (weather, { broker }, until) => {
    broker.setWeather(weather);
    until(() => broker.setWeather({ slow: 1, loss: 0, doubling: 0 }));
  },
  "chain away": (_, { chain }, until) => {
    chain.weather.down = true;
    until(() => {
      chain.weather.down = false;
    });
  },
  "slow chain": ({ slow, silent, skip }, { chain }, until) => {
    Object.assign(chain.weather, { slow, silent, skip });
    until(() => Object.assign(chain.weather, { slow: 1, silent: 0, skip: 0 }));
  },
  reorganisation: ({ depth, forgets }, { chain }) => chain.reorganise(depth, forgets),
  "pool forgets": (_, { chain }) => chain.forget(),
  clock: ({ member, offset }, { members }, until) => {
    members[member]!.setClock(offset * 1_000);
    until(() => members[member]!.setClock(0));
  },
  "meter away": ({ meter, newestFirst }, { meters, checks }, until) => {
    const { serial } = checks.meters[meter]!;
    meters.leave(serial);
    until(() => meters.comeBack(serial, newestFirst));
  },
  restored: putBack(true),
  "disk lies": putBack(false),
  lies: ({ strategy }, world) => lie(strategy, world),
};

/** Somebody who is no meter says that it counted more. */
function forge(meter: number, { checks, broker }: World): void {
  const { serial } = checks.meters[meter]!;
  const last = checks.heard.flat().findLast((reading) => reading.serial === serial);
  if (!last) return;
  const timestamp = last.timestamp + 5;
  const forged = { ...last, timestamp, sequence: last.sequence + 5n, exportWh: last.exportWh + 5n };
  broker.publish(meterTopic(serial, "reading"), Buffer.from(JSON.stringify(readingJson(forged))), 1);
}

/** The member goes on with what its disk had when this began. */
function putBack(told: boolean) {
  return (
    { member }: { member: number },
    { members, checks, scheduler }: World,
    until: (end: () => void) => void,
  ) => {
    const one = members[member]!;
    const before = one.mark();
    until(() => {
      one.kill();
      one.putBack(before, told);
      checks.putBack(one.name, told);
      scheduler.after(1_000, one.start, "world");
    });
  };
}

const about = ({ at, kind, ...rest }: Fault) =>
  `${kind}${Object.entries(rest)
    .map(([name, value]) => ` ${name} ${typeof value === "number" ? Math.round(value * 100) / 100 : value}`)
    .join(",")}`;

export function happen(fault: Fault, world: World): void {
  world.log("fault", about(fault));
  const until = (end: () => void) =>
    void world.scheduler.after(
      ms(fault.lasts),
      () => {
        world.log("fault", `${fault.kind} is over`);
        end();
      },
      "world",
    );
  (happenings[fault.kind] as (...given: unknown[]) => void)(fault, world, until);
}
