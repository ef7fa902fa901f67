/** What happens, for those who listen: the first version's five names on `/ws`, and what GraphQL tells beside them. */
import { EventEmitter } from "node:events";

/** On `/ws`, under the first version's names. */
export const socketEvents = [
  "settlement_started",
  "settlement_completed",
  "device_offline",
  "order_matched",
  "transaction_success",
] as const;

export type EventName = (typeof socketEvents)[number] | "command_concluded" | "alert_raised" | "alert_ended";

export type Message = { event: EventName; data: Record<string, unknown> };

/** Events that only a meter's owner and operators hear; their data names the meter. */
const privateEvents: readonly EventName[] = [
  "device_offline",
  "command_concluded",
  "alert_raised",
  "alert_ended",
];
export const isPrivate = ({ event }: Message): boolean => privateEvents.includes(event);

export type Events = ReturnType<typeof makeEvents>;

export function makeEvents() {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    emit: (event: EventName, data: Record<string, unknown>) => void emitter.emit("event", { event, data }),
    /** @returns how to stop listening. */
    subscribe: (listener: (message: Message) => void) => {
      emitter.on("event", listener);
      return () => void emitter.off("event", listener);
    },
  };
}
