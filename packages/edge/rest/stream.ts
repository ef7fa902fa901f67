/** Server-sent events, as a browser's `EventSource` takes them: each with its id, and a sign of life in between. */
import type { Context } from "hono";

/** What is sent; without `event` only where the client stands, which moves its `Last-Event-ID` on. */
export type Sent = { id: string; event?: string; data?: unknown };

/** How soon a client is to come back, ms. */
const RETRY = 2_000;
/** A proxy that hears nothing for a minute may end a connection. */
const HEARTBEAT = 15_000;

const written = ({ id, event, data }: Sent) =>
  event === undefined ? `id: ${id}\n\n` : `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Answers with what `tell` yields, one after the other as the client takes them.
 * @param tell is told by its signal when the client has gone
 * @param failed is told why `tell` ended with an error; the client comes back, and says what it heard last
 */
export function answerStream(
  context: Context,
  tell: (gone: AbortSignal) => AsyncIterable<Sent>,
  failed: (error: unknown) => void,
  heartbeat = HEARTBEAT,
): never {
  const gone = new AbortController();
  const sent = tell(gone.signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let next: ReturnType<typeof sent.next> | undefined;
  let opening = `retry: ${RETRY}\n\n`;

  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const say = (text: string) => controller.enqueue(encoder.encode(text));
      if (opening !== "") {
        say(opening);
        opening = "";
        return;
      }
      next ??= sent.next();
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, heartbeat, undefined);
      });
      try {
        const heard = await Promise.race([next, silence]);
        if (gone.signal.aborted) return;
        if (!heard) return say(": heartbeat\n\n");
        next = undefined;
        if (heard.done) return controller.close();
        say(written(heard.value));
      } catch (error) {
        if (gone.signal.aborted) return;
        failed(error);
        controller.close();
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: () => {
      gone.abort();
      // It may be waiting to be asked for the next.
      void sent.return?.();
    },
  });
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // A proxy that collects answers would keep them.
    "x-accel-buffering": "no",
  };
  // Its type is the route's JSON to the compiler.
  return context.body(body, 200, headers) as never;
}
