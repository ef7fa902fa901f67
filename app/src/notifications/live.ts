/** Live events: the index says when something changed, the oracle when it settled or lost a device. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { z } from "zod/mini";
import { useAccountName } from "../account/names.ts";
import { useI18n } from "../i18n/index.ts";
import { useCalled } from "../meters/index.ts";
import { currentPace, heardByStream, useSystem } from "../system/index.ts";
import { play, showSystem } from "./announce.ts";
import { makeListening } from "./listening.ts";
import { makeNowAndThen } from "./now-and-then.ts";
import { useNotificationStore } from "./store.ts";
import { useNotifications } from "./use-notifications.ts";

/** Sent whenever orders match, offers appear, trades change, meters settle or change hands, or slots are cleared. */
const CHANGED = "subscription { statisticsUpdated { fills } }";
const RETRY_MILLISECONDS = 5_000;
/** Between two askings because something changed, while somebody looks; less often while nobody touches the page. */
const LEAST_MILLISECONDS = 5_000;
/** The same of devices, which are waited for: where a meter comes in, its owner watches. */
const LEAST_DEVICE_MILLISECONDS = 1_000;

const eventSchema = z.object({
  event: z.string(),
  data: z.object({ meterId: z.optional(z.string()), state: z.optional(z.string()) }),
});

/** Asks the index anew when it says that something changed. One connection a window, and none while it is hidden. */
function useIndexEvents(): void {
  const { config } = useSystem();
  const queries = useQueryClient();
  useEffect(() => {
    const { listen, stop } = makeListening(
      `${config.indexerUrl}/graphql?query=${encodeURIComponent(CHANGED)}`,
      { heard: heardByStream, changed: () => void queries.invalidateQueries({ queryKey: ["index"] }) },
      () => currentPace(LEAST_MILLISECONDS),
    );
    const follow = () => (document.hidden ? stop() : listen());
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      stop();
    };
  }, [config.indexerUrl, queries]);
}

/** Hears what the oracle tells; tries again for as long as somebody looks at the page. */
function useOracleEvents(): void {
  const { config } = useSystem();
  const queries = useQueryClient();
  useEffect(() => {
    let socket: WebSocket | undefined;
    let timer: ReturnType<typeof setTimeout>;
    const asking = makeNowAndThen(
      () => void queries.invalidateQueries({ queryKey: ["devices"] }),
      () => currentPace(LEAST_DEVICE_MILLISECONDS),
    );
    const open = () => {
      clearTimeout(timer);
      if (document.hidden || socket) return;
      socket = new WebSocket(`${config.oracleUrl.replace(/^http/, "ws")}/ws`);
      socket.onmessage = ({ data }) => {
        const message = eventSchema.safeParse(JSON.parse(String(data))).data;
        if (message?.event === "device_offline" && message.data.meterId)
          useNotificationStore.getState().alert({
            serial: message.data.meterId,
            state: message.data.state ?? "offline",
            at: Math.floor(Date.now() / 1_000),
          });
        if (message) asking.soon();
      };
      socket.onclose = () => {
        socket = undefined;
        timer = setTimeout(open, RETRY_MILLISECONDS);
      };
    };
    const stop = () => {
      clearTimeout(timer);
      asking.stop();
      if (socket) socket.onclose = null;
      socket?.close();
      socket = undefined;
    };
    const follow = () => (document.hidden ? stop() : open());
    open();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      stop();
    };
  }, [config.oracleUrl, queries]);
}

/** Keeps the connected account told. Mounted once. */
export function useLiveEvents(): void {
  useIndexEvents();
  useOracleEvents();
  const i18n = useI18n();
  const called = useCalled();
  const accountName = useAccountName();
  const { address, list } = useNotifications();
  const told = useRef<{ address: string; at: number }>(undefined);

  useEffect(() => {
    if (!address || !list) return;
    const newest = list[0]?.at ?? 0;
    // What had happened before the page was opened is there to be read, not announced.
    const since = told.current?.address === address ? told.current.at : newest;
    told.current = { address, at: Math.max(newest, since) };
    const fresh = list.filter(({ urgent, at }) => urgent && at > since);
    const [first] = fresh;
    if (!first) return;
    const { sound, system } = useNotificationStore.getState();
    if (sound) play();
    if (system && document.hidden) {
      void import("./words.ts").then(({ wordsIn }) => {
        const { title, text } = wordsIn(i18n, first, { called, accountName });
        return showSystem(title, text);
      });
    }
  }, [address, list, i18n, called, accountName]);
}
