/** How GraphQL's questions are answered, from the same views as REST's; whoever asks comes with the context. */
import { invalid, type Seats } from "@enerlink/edge";
import { type Bill, makeFeed } from "@enerlink/edge/graphql";
import { isSerial } from "@enerlink/protocol";
import { z } from "@hono/zod-openapi";
import type { GraphQLScalarType } from "graphql/index.js";
import { type AlertLog, alertBody } from "../../alerts/alerts.ts";
import { owns, type Person } from "../../auth/accounts.ts";
import type { Mirror } from "../../chain/mirror.ts";
import type { CommandLedger } from "../../commands/ledger.ts";
import type { EventName, Events, Message } from "../../events/events.ts";
import type { ClearedLog } from "../../ledger/cleared.ts";
import type { Readings } from "../../ledger/readings.ts";
import type { PresenceState } from "../../meters/presence.ts";
import { type History, positionOf } from "../../settlement/history.ts";
import type { Who } from "../env.ts";
import type { Guards } from "../guards.ts";
import { SERIAL_RULE, serialFrom, slotPage, span, spanOf } from "../schemas.ts";
import { clearedSlotBody, commandBody, readingBody, settlementBody, type Views } from "../views.ts";

type Context = { person: Person; bill: Bill<Who> };

export type Sources = {
  mirror: Pick<Mirror, "meter" | "meters">;
  readings: Pick<Readings, "page">;
  history: History;
  clearedSlots: ClearedLog;
  commands: Pick<CommandLedger, "page">;
  alerts: AlertLog;
  views: Views;
  guards: Guards;
  events: Pick<Events, "subscribe">;
  seats: Seats;
};

const MOST = 200;
const NEWEST = 2n ** 63n - 1n;

type Page = { limit: number; before?: string | null };

const wrong = (field: string, message: string) => invalid([{ field, message }]);

function checkedLimit(limit: number): number {
  if (limit < 1 || limit > MOST) throw wrong("limit", `must be 1 to ${MOST}`);
  return limit;
}
function checkedSerial(meterId: string): string {
  const serial = serialFrom(meterId);
  if (!isSerial(serial)) throw wrong("meterId", SERIAL_RULE);
  return serial;
}
/** Of an argument that may be left out. */
const named = (meterId: string | null | undefined) =>
  meterId === undefined || meterId === null ? undefined : checkedSerial(meterId);
const BEFORE = "must be the `id` of a row of this list";
type GivenSpan = { from?: string | null; to?: string | null };
type SettlementPage = Page & GivenSpan & { meterId?: string | null };

function checkedSpan(given: GivenSpan) {
  const bounds = z.object(span("")).safeParse({ from: given.from ?? undefined, to: given.to ?? undefined });
  if (bounds.success) return spanOf(bounds.data);
  throw invalid(bounds.error.issues.map(({ path, message }) => ({ field: path.join("."), message })));
}
function checkedCommunity(communityId: number | null | undefined): number | undefined {
  const given = slotPage.communityId.safeParse(communityId?.toString());
  if (!given.success) throw wrong("communityId", given.error.issues[0]!.message);
  return given.data;
}
function checkedSlotPosition(before: string | null | undefined) {
  const position = slotPage.before.safeParse(before ?? undefined);
  if (!position.success) throw wrong("before", BEFORE);
  return position.data;
}
function checkedPosition(before: string | null | undefined) {
  if (before === undefined || before === null) return undefined;
  const position = positionOf(before);
  if (!position) throw wrong("before", BEFORE);
  return position;
}
function checkedBefore(before: string | null | undefined): bigint {
  if (before === undefined || before === null) return NEWEST;
  if (!/^[1-9]\d{0,17}$/.test(before)) throw wrong("before", BEFORE);
  return BigInt(before);
}

function makeSubscriptions({ guards: { listening, mayHear }, events, seats }: Sources) {
  return (event: EventName) => ({
    subscribe: (_: unknown, { meterId }: { meterId?: string | null }, { person, bill }: Context) => {
      const serial = named(meterId);
      listening(person, event, serial);
      return makeFeed<Message["data"]>(seats, bill.who, bill.cost, (tell) =>
        events.subscribe((message) => {
          if (message.event !== event || !mayHear(person, message)) return;
          if (serial === undefined || message.data.meterId === serial) tell(message.data);
        }),
      );
    },
    resolve: (data: unknown) => data,
  });
}

const makeQueries = ({
  mirror,
  readings,
  history,
  clearedSlots,
  commands,
  alerts,
  views,
  guards: { meterOf, seen, watched },
}: Sources) => ({
  me: (_: unknown, __: unknown, { person }: Context) => person.address ?? null,
  devices: (
    _: unknown,
    { mine, state, limit, offset }: { mine: boolean; state?: PresenceState; limit: number; offset: number },
    { person }: Context,
  ) => {
    checkedLimit(limit);
    if (offset < 0) throw wrong("offset", "must be 0 or more");
    return mirror
      .meters()
      .filter((meter) => !mine || owns(person.address, meter))
      .filter((meter) => !state || views.state(meter, person) === state)
      .slice(offset, offset + limit)
      .map((meter) => views.device(meter, person));
  },
  device: (_: unknown, { meterId }: { meterId: string }, { person }: Context) => {
    const meter = mirror.meter(checkedSerial(meterId));
    return meter ? views.device(meter, person) : null;
  },
  readings: (_: unknown, { meterId, limit, before }: Page & { meterId: string }, { person }: Context) =>
    readings
      .page(seen(person, checkedSerial(meterId)).serial, checkedBefore(before), checkedLimit(limit))
      .map(readingBody),
  settlements: (_: unknown, { meterId, limit, before, ...span }: SettlementPage) => {
    const serial = named(meterId);
    return history
      .page(
        serial === undefined ? undefined : meterOf(serial).serial,
        checkedSpan(span),
        checkedPosition(before),
        checkedLimit(limit),
      )
      .map(settlementBody);
  },
  clearedSlots: (
    _: unknown,
    { communityId, limit, before, ...span }: Page & GivenSpan & { communityId?: number | null },
  ) =>
    clearedSlots
      .page(
        checkedCommunity(communityId),
        checkedSpan(span),
        checkedSlotPosition(before),
        checkedLimit(limit),
      )
      .map(clearedSlotBody),
  commands: (_: unknown, { meterId, limit }: Page & { meterId: string }, { person }: Context) =>
    commands.page(seen(person, checkedSerial(meterId)).serial, checkedLimit(limit)).map(commandBody),
  alerts: (_: unknown, { open, limit, before }: Page & { open: boolean }, { person }: Context) =>
    alerts.page(watched(person), open, checkedBefore(before), checkedLimit(limit)).map(alertBody),
});

export function makeResolvers(sources: Sources): Record<string, Record<string, unknown> | GraphQLScalarType> {
  const subscription = makeSubscriptions(sources);
  return {
    Query: makeQueries(sources),
    Device: {
      settlements: ({ meterId }: { meterId: string }, { limit }: Page) =>
        sources.history.page(meterId, checkedSpan({}), undefined, checkedLimit(limit)).map(settlementBody),
    },
    Subscription: {
      settlementStarted: subscription("settlement_started"),
      settlementCompleted: subscription("settlement_completed"),
      transactionSucceeded: subscription("transaction_success"),
      slotCleared: subscription("slot_cleared"),
      rootCommitted: subscription("root_committed"),
      orderMatched: subscription("order_matched"),
      deviceOffline: subscription("device_offline"),
      commandAcknowledged: subscription("command_concluded"),
      alertRaised: subscription("alert_raised"),
      alertEnded: subscription("alert_ended"),
    },
  };
}
