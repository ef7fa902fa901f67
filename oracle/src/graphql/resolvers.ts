/** How GraphQL's questions are answered, from the same views as REST's; whoever asks comes with the context. */
import type { Problem } from "@enerlink/edge";
import { isSerial } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import { GraphQLError, type GraphQLScalarType } from "graphql/index.js";
import { Repeater } from "graphql-yoga";
import { type AlertLog, alertBody } from "../alerts/alerts.ts";
import { owns, type Person } from "../auth/accounts.ts";
import type { Meter, Mirror } from "../chain/mirror.ts";
import type { CommandLedger } from "../commands/ledger.ts";
import type { EventName, Message } from "../events/events.ts";
import type { Who } from "../http/limits.ts";
import { SERIAL_RULE, serialFrom, span, spanOf } from "../http/schemas.ts";
import type { Subscribers } from "../http/subscribers.ts";
import { commandBody, readingBody, settlementBody, type Views } from "../http/views.ts";
import type { Readings } from "../ledger/readings.ts";
import type { PresenceState } from "../meters/presence.ts";
import { type History, positionOf } from "../settlement/history.ts";

/** `who`: by whom limits are kept. */
export type GraphqlContext = { person: Person; who: Who };

export type Sources = {
  mirror: Pick<Mirror, "meter" | "meters">;
  readings: Pick<Readings, "page">;
  history: History;
  commands: Pick<CommandLedger, "of">;
  alerts: AlertLog;
  views: Views;
  /** Whether somebody may hear of this. */
  mayHear: (person: Person, message: Message) => boolean;
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
type GivenSpan = { from?: string | null; to?: string | null };
type SettlementPage = Page & GivenSpan & { meterId?: string | null };

function checkedSpan(given: GivenSpan) {
  const bounds = z.object(span).safeParse({ from: given.from ?? undefined, to: given.to ?? undefined });
  if (!bounds.success) throw wrong(`${bounds.error.issues[0]!.path} ${bounds.error.issues[0]!.message}`);
  try {
    return spanOf(bounds.data);
  } catch (error) {
    throw wrong((error as Problem).message);
  }
}
function checkedPosition(before: string | null | undefined) {
  if (before === undefined || before === null) return undefined;
  const position = positionOf(before);
  if (!position) throw wrong("before must be an id");
  return position;
}
function checkedBefore(before: string | null | undefined): bigint {
  if (before === undefined || before === null) return NEWEST;
  if (!/^[1-9]\d{0,17}$/.test(before)) throw wrong("before must be an id");
  return BigInt(before);
}

type Meters = ReturnType<typeof makeMeters>;

/** The meter that somebody asks for. */
function makeMeters({ mirror, views }: Sources) {
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
    throw wrong(
      `${meter.serial} belongs to ${meter.owner ?? "nobody yet"}, not to ${person.address}`,
      "FORBIDDEN",
    );
  }

  return { known, seen };
}

function makeSubscriptions({ mayHear, subscribers }: Sources, { known }: Meters) {
  return (event: EventName) => ({
    subscribe: (_: unknown, { meterId }: { meterId?: string | null }, { person, who }: GraphqlContext) => {
      const serial = meterId ? known(meterId).serial : undefined;
      const refusal = subscribers.refusal(who);
      if (refusal !== undefined)
        throw new GraphQLError(refusal, {
          extensions: { code: "TOO_MANY_SUBSCRIPTIONS", http: { status: 429 } },
        });
      return new Repeater<Record<string, unknown>>(async (push, stop) => {
        const unsubscribe = subscribers.add(who, (message) => {
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
}

const makeQueries = (
  { mirror, readings, history, commands, alerts, views }: Sources,
  { known, seen }: Meters,
) => ({
  me: (_: unknown, __: unknown, { person }: GraphqlContext) => person.address ?? null,
  devices: (
    _: unknown,
    { mine, state, limit, offset }: { mine: boolean; state?: PresenceState; limit: number; offset: number },
    { person }: GraphqlContext,
  ) => {
    checkedLimit(limit);
    if (offset < 0) throw wrong("offset must be 0 or more");
    return mirror
      .meters()
      .filter((meter) => !mine || owns(person.address, meter))
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
    readings.page(seen(meterId, person).serial, checkedBefore(before), checkedLimit(limit)).map(readingBody),
  settlements: (_: unknown, { meterId, limit, before, ...span }: SettlementPage) =>
    history
      .page(
        meterId ? known(meterId).serial : undefined,
        checkedSpan(span),
        checkedPosition(before),
        checkedLimit(limit),
      )
      .map(settlementBody),
  commands: (_: unknown, { meterId, limit }: Page & { meterId: string }, { person }: GraphqlContext) =>
    commands.of(seen(meterId, person).serial, checkedLimit(limit)).map(commandBody),
  alerts: (_: unknown, { open, limit, before }: Page & { open: boolean }, { person }: GraphqlContext) => {
    if (person.address === undefined) throw wrong("Sign in first: see /api/v1/auth/nonce", "UNAUTHENTICATED");
    const own = mirror.meters().filter((meter) => owns(person.address, meter));
    const serials = person.operator ? undefined : own.map(({ serial }) => serial);
    return alerts.page(serials, open, checkedBefore(before), checkedLimit(limit)).map(alertBody);
  },
});

export function makeResolvers(sources: Sources): Record<string, Record<string, unknown> | GraphQLScalarType> {
  const meters = makeMeters(sources);
  const subscription = makeSubscriptions(sources, meters);
  return {
    Query: makeQueries(sources, meters),
    Device: {
      settlements: ({ meterId }: { meterId: string }, { limit }: Page) =>
        sources.history.page(meterId, checkedSpan({}), undefined, checkedLimit(limit)).map(settlementBody),
    },
    Subscription: {
      settlementStarted: subscription("settlement_started"),
      settlementCompleted: subscription("settlement_completed"),
      transactionSucceeded: subscription("transaction_success"),
      orderMatched: subscription("order_matched"),
      deviceOffline: subscription("device_offline"),
      commandAcknowledged: subscription("command_concluded"),
      alertRaised: subscription("alert_raised"),
      alertEnded: subscription("alert_ended"),
    },
  };
}
