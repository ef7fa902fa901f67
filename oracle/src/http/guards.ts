/** Whether whoever asks may do that with this meter, and hear of this: the one place that says so. */
import { Problem } from "@enerlink/edge";
import { isSerial } from "@enerlink/protocol";
import { type Shard, shardOf, shardText } from "@enerlink/protocol/wire/shard";
import { type Address, isAddressEqual } from "viem";
import { mayBy, mayControl, owns, type Person } from "../auth/accounts.ts";
import type { Scope } from "../auth/api-keys.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import { type EventName, isAlert, isPrivate, type Message } from "../events/events.ts";

/** @throws Problem 401 */
function signedIn({ address }: Person): Address {
  if (address === undefined) throw new Problem(401, "Not signed in", "Sign in first: see /api/v1/auth/nonce");
  return address;
}

/** @throws Problem 403 where `person` asks by a key that may not do this */
function allowed(person: Person, scope: Scope): void {
  if (mayBy(person, scope)) return;
  throw new Problem(403, "Forbidden", `The key may not do this: it needs the scope ${scope}`);
}

/** To whoever may have an account's calls paid for: anybody who asks without a key. @throws Problem 403 */
export function relaying(person: Person, account: Address): void {
  if (!person.scopes) return;
  allowed(person, "relay");
  if (person.operator || isAddressEqual(person.address!, account)) return;
  throw new Problem(403, "Forbidden", `The key is ${person.address}'s, and may not relay for ${account}`);
}

/** Why a meter is not one that this process is there for. */
function unknownMeter(serial: string, shard: Shard): Problem {
  const own = shardText(shard);
  const other = isSerial(serial) ? shardText(shardOf(serial, shard.count)) : own;
  const message =
    other === own
      ? `${serial} is not in the registry`
      : `${serial} is of shard ${other}: ask that process of this member, this one is ${own}`;
  return new Problem(404, "Unknown meter", `meterId ${message}`, [{ field: "meterId", message }]);
}

export type Guards = ReturnType<typeof makeGuards>;

export function makeGuards({
  mirror,
  shard,
  open,
}: {
  mirror: Pick<Mirror, "meter" | "meters">;
  /** Of which meters this process is there. */
  shard: Shard;
  /** Whether everybody may see what meters say, as on a development chain. */
  open: boolean;
}) {
  const maySee = (person: Person, meter: Meter): boolean =>
    open || (mayBy(person, "readings") && mayControl(person, meter));

  /** @throws Problem 404 */
  function meterOf(serial: string): Meter {
    const meter = mirror.meter(serial);
    if (meter) return meter;
    throw unknownMeter(serial, shard);
  }

  function refuse(person: Person, meter: Meter): never {
    const address = signedIn(person);
    if (mayControl(person, meter)) allowed(person, "readings");
    throw new Problem(
      403,
      "Forbidden",
      `${meter.serial} belongs to ${meter.owner ?? "nobody yet"}, not to ${address}`,
    );
  }

  /** Alerts are told to those who can do something about them, whoever may see what a meter says. */
  const mayHearOf = (person: Person, event: EventName, meter: Meter) =>
    isAlert(event)
      ? mayBy(person, "readings") && mayControl(person, meter)
      : !isPrivate(event) || maySee(person, meter);

  return {
    meterOf,
    /** Whether somebody may see what the meter says. */
    maySee,
    /** The meter, to one who may see what it says. @throws Problem 401, 403, 404 */
    seen: (person: Person, serial: string): Meter => {
      const meter = meterOf(serial);
      return maySee(person, meter) ? meter : refuse(person, meter);
    },
    /** The meter, to one who may settle or command it. @throws Problem 401, 403, 404 */
    controlled: (person: Person, serial: string, scope: "settle" | "command"): Meter => {
      const meter = meterOf(serial);
      if (!mayControl(person, meter)) refuse(person, meter);
      allowed(person, scope);
      return meter;
    },
    /** To one who has signed in itself: a key makes and revokes no keys. @throws Problem 401, 403 */
    himself: (person: Person): Address => {
      const address = signedIn(person);
      if (person.scopes)
        throw new Problem(403, "Forbidden", "A key may not do this: sign in, see /api/v1/auth/nonce");
      return address;
    },
    /** Of which meters somebody is told the alerts; undefined: of all, and of the node. @throws Problem 401 */
    watched: (person: Person): string[] | undefined => {
      const address = signedIn(person);
      allowed(person, "readings");
      if (person.operator) return undefined;
      return mirror.meters().flatMap((meter) => (owns(address, meter) ? [meter.serial] : []));
    },
    /** Whether somebody may hear of this. What is about the node is the operators'. */
    mayHear: (person: Person, { event, data }: Message): boolean => {
      if (!isPrivate(event)) return true;
      const meter = mirror.meter(String(data.meterId));
      return meter ? mayHearOf(person, event, meter) : person.operator && mayBy(person, "readings");
    },
    /** To one who may hear of such events, of this meter where one is named. @throws Problem 401, 403, 404 */
    listening: (person: Person, event: EventName, serial: string | undefined): void => {
      const meter = serial === undefined ? undefined : meterOf(serial);
      if (!isPrivate(event)) return;
      if (meter === undefined) {
        if (open && !isAlert(event)) return;
        signedIn(person);
        allowed(person, "readings");
      } else if (!mayHearOf(person, event, meter)) refuse(person, meter);
    },
  };
}
