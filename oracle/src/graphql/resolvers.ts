/** How GraphQL's questions are answered, from the same views as REST's; whoever asks comes with the context. */
import { isSerial } from "@enerlink/contracts";
import { GraphQLError, type GraphQLScalarType } from "graphql/index.js";
import { Repeater } from "graphql-yoga";
import { isAddressEqual } from "viem";
import { type Alerts, alertBody } from "../alerts/alerts.ts";
import type { Person } from "../auth/accounts.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { Commands } from "../commands/commands.ts";
import { type EventName, isPrivate, type Message } from "../events.ts";
import { SERIAL_RULE, serialFrom } from "../http/schemas.ts";
import type { Subscribers } from "../http/subscribers.ts";
import { commandBody, readingBody, settlementBody, type Views } from "../http/views.ts";
import type { PresenceState } from "../meters/presence.ts";
import type { Readings } from "../meters/readings.ts";
import type { Settlements } from "../settlement/settlements.ts";

/** `client`: by whom subscriptions are counted. */
export type GraphqlContext = { person: Person; client: string };

export type Sources = {
  mirror: Pick<Mirror, "meter" | "meters">;
  readings: Pick<Readings, "page">;
  settlements: Pick<Settlements, "page">;
  commands: Pick<Commands, "of">;
  alerts: Pick<Alerts, "page">;
  views: Views;
  subscribers: Subscribers;
};

const MOST = 200;
const NEWEST = 2n ** 63n - 1n;

type Page = { limit: number; before?: string | null };

/** An error that the client is to see: the argument, and what it may be. */
const wrong = (message: string, code = "BAD_USER_INPUT") =>
  new GraphQLError(message, { extensions: { code } });

function checkedLimit(limit: number): number {
  if (limit < 1 || limit > MOST) throw wrong(`limit must be 1 to ${MOST}`);
  return limit;
}
function checkedSerial(meterId: string): string {
  const serial = serialFrom(meterId);
  if (!isSerial(serial)) throw wrong(`meterId ${SERIAL_RULE}`);
  return serial;
}
function checkedBefore(before: string | null | undefined): bigint {
  if (before === undefined || before === null) return NEWEST;
  if (!/^[1-9]\d{0,17}$/.test(before)) throw wrong("before must be an id");
  return BigInt(before);
}

export function makeResolvers({
  mirror,
  readings,
  settlements,
  commands,
  alerts,
  views,
  subscribers,
}: Sources): Record<string, Record<string, unknown> | GraphQLScalarType> {
  /** @throws when there is no such meter. */
  function known(meterId: string): Meter {
    const serial = checkedSerial(meterId);
    const meter = mirror.meter(serial);
    if (!meter) throw wrong(`meterId ${serial} is not in the registry`, "NOT_FOUND");
    return meter;
  }

  /** @throws when there is no such meter, or whoever asks may not see what it says. */
  function seen(meterId: string, person: Person): Meter {
    const meter = known(meterId);
    if (views.maySee(person, meter)) return meter;
    if (person.address === undefined) throw wrong("Sign in first: see /api/v1/auth/nonce", "UNAUTHENTICATED");
    throw wrong(`${meter.serial} belongs to ${meter.owner}, not to ${person.address}`, "FORBIDDEN");
  }

  const owns = ({ address }: Person, meter: Meter) =>
    address !== undefined && isAddressEqual(meter.owner, address);

  /** Whether a subscriber may hear of this. An alert about the node is the operators'. */
  function mayHear(person: Person, message: Message): boolean {
    if (!isPrivate(message)) return true;
    const meter = mirror.meter(String(message.data.meterId));
    return meter ? views.maySee(person, meter) : person.operator;
  }

  const subscription = (event: EventName) => ({
    subscribe: (_: unknown, { meterId }: { meterId?: string | null }, { person, client }: GraphqlContext) => {
      const serial = meterId ? known(meterId).serial : undefined;
      const refusal = subscribers.refusal(client);
      if (refusal !== undefined)
        throw new GraphQLError(refusal, {
          extensions: { code: "TOO_MANY_SUBSCRIPTIONS", http: { status: 429 } },
        });
      return new Repeater<Record<string, unknown>>(async (push, stop) => {
        const unsubscribe = subscribers.add(client, (message) => {
          if (message.event !== event || !mayHear(person, message)) return;
          if (serial && message.data.meterId !== serial) return;
          try {
            push(message.data).catch(() => stop());
          } catch {
            // Whoever is a thousand messages behind is not reading any more.
            stop();
          }
        });
        await stop;
        unsubscribe();
      });
    },
    resolve: (data: unknown) => data,
  });

  return {
    Query: {
      me: (_: unknown, __: unknown, { person }: GraphqlContext) => person.address ?? null,
      devices: (
        _: unknown,
        {
          mine,
          state,
          limit,
          offset,
        }: { mine: boolean; state?: PresenceState; limit: number; offset: number },
        { person }: GraphqlContext,
      ) => {
        checkedLimit(limit);
        if (offset < 0) throw wrong("offset must be 0 or more");
        return mirror
          .meters()
          .filter((meter) => !mine || owns(person, meter))
          .sort((a, b) => (a.serial < b.serial ? -1 : 1))
          .filter(({ serial }) => !state || views.state(serial) === state)
          .slice(offset, offset + limit)
          .map((meter) => views.device(meter, person));
      },
      device: (_: unknown, { meterId }: { meterId: string }, { person }: GraphqlContext) => {
        const meter = mirror.meter(checkedSerial(meterId));
        return meter ? views.device(meter, person) : null;
      },
      readings: (
        _: unknown,
        { meterId, limit, before }: Page & { meterId: string },
        { person }: GraphqlContext,
      ) =>
        readings
          .page(seen(meterId, person).serial, checkedBefore(before), checkedLimit(limit))
          .map(readingBody),
      settlements: (_: unknown, { meterId, limit, before }: Page & { meterId?: string | null }) =>
        settlements
          .page(meterId ? known(meterId).serial : undefined, checkedBefore(before), checkedLimit(limit))
          .map(settlementBody),
      commands: (_: unknown, { meterId, limit }: Page & { meterId: string }, { person }: GraphqlContext) =>
        commands.of(seen(meterId, person).serial, checkedLimit(limit)).map(commandBody),
      alerts: (_: unknown, { open, limit, before }: Page & { open: boolean }, { person }: GraphqlContext) => {
        if (person.address === undefined)
          throw wrong("Sign in first: see /api/v1/auth/nonce", "UNAUTHENTICATED");
        const own = mirror.meters().filter((meter) => owns(person, meter));
        const serials = person.operator ? undefined : own.map(({ serial }) => serial);
        return alerts.page(serials, open, checkedBefore(before), checkedLimit(limit)).map(alertBody);
      },
    },
    Device: {
      settlements: ({ meterId }: { meterId: string }, { limit }: Page) =>
        settlements.page(meterId, NEWEST, checkedLimit(limit)).map(settlementBody),
    },
    Subscription: {
      settlementStarted: subscription("settlement_started"),
      settlementCompleted: subscription("settlement_completed"),
      transactionSucceeded: subscription("transaction_success"),
      deviceOffline: subscription("device_offline"),
      commandAcknowledged: subscription("command_concluded"),
      alertRaised: subscription("alert_raised"),
      alertEnded: subscription("alert_ended"),
    },
  };
}
