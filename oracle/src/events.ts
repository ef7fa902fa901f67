/** What subscribers of `/ws` are told, under the first version's names. */
import { EventEmitter } from "node:events";

export type EventName =
  | "settlement_started"
  | "settlement_completed"
  | "device_offline"
  | "transaction_success";

export type Events = ReturnType<typeof makeEvents>;

export function makeEvents() {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    emit: (event: EventName, data: Record<string, unknown>) => void emitter.emit("event", { event, data }),
    /** @returns how to stop listening. */
    subscribe: (listener: (message: { event: EventName; data: Record<string, unknown> }) => void) => {
      emitter.on("event", listener);
      return () => void emitter.off("event", listener);
    },
  };
}
