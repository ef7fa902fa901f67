/** A device that has gone silent: told once while it lasts, also after a restart, as the alert about it is. */

import type { Events } from "../events/events.ts";
import type { Presence } from "./presence.ts";

/** @returns how to stop telling. */
export const tellOffline = (
  events: Pick<Events, "subscribe" | "tell">,
  presence: Pick<Presence, "of">,
): (() => void) =>
  events.subscribe(({ event, data: { id, kind, meterId } }) => {
    if (event !== "alert_raised" || kind !== "offline") return;
    const { heardAt } = presence.of(String(meterId));
    const lastHeard = heardAt === undefined ? null : new Date(heardAt).toISOString();
    events.tell({ key: `device_offline ${id}`, event: "device_offline", data: { meterId, lastHeard } });
  });
