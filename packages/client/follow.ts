/**
 * What happens, without a gap: server-sent events of a stream that is connected again and again, each time behind what
 * was heard last. Browsers have `EventSource` for it; this is for programs, in browsers and elsewhere.
 */

export type Told = { id: string; event: string; data: unknown };

type Options = {
  /** Where to go on: the id of an event that was heard; "0": from the beginning on; nothing unless given. */
  after?: string | undefined;
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** Milliseconds of silence after which a connection counts as lost; services say every 15 s that they live. */
  silence?: number;
  /** Told each time the connection is lost, and why. */
  lost?: (reason: unknown) => void;
  headers?: Record<string, string>;
};

/** A service refused the stream as it was asked for: asking again is of no use. */
export class StreamRefused extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const RETRY = 2_000;
const MOST_RETRY = 30_000;
const SILENCE = 45_000;

/** @throws StreamRefused when the question is wrong; a service that is away is waited for */
export async function* follow(url: string | URL, options: Options = {}): AsyncGenerator<Told, void> {
  const { signal, silence = SILENCE, lost = () => {}, headers = {} } = options;
  const state = { id: options.after, retry: RETRY };
  let failures = 0;
  while (!signal?.aborted) {
    const connection = new AbortController();
    const end = () => connection.abort();
    signal?.addEventListener("abort", end);
    try {
      const asked = { ...headers, accept: "text/event-stream" };
      const response = await fetch(url, {
        headers: state.id === undefined ? asked : { ...asked, "last-event-id": state.id },
        cache: "no-store",
        signal: connection.signal,
      });
      await throwIfRefused(response);
      failures = 0;
      yield* eventsOf(awake(response.body!, silence), state);
      lost("the service ended the stream");
    } catch (error) {
      if (error instanceof StreamRefused) throw error;
      if (signal?.aborted) return;
      failures++;
      lost(error);
    } finally {
      signal?.removeEventListener("abort", end);
      connection.abort();
    }
    await pause(Math.min(state.retry * 2 ** Math.max(0, failures - 1), MOST_RETRY), signal);
  }
}

async function throwIfRefused(response: Response): Promise<void> {
  if (response.ok) return;
  const { status } = response;
  const text = await response.text();
  if (status >= 500 || status === 429 || status === 408) throw new Error(`${status} ${text}`);
  throw new StreamRefused(status, text);
}

/** Text as it comes. @throws when nothing has come for so long */
async function* awake(body: ReadableStream<Uint8Array>, silence: number): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tooLong = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing was heard for ${silence} ms`)), silence);
      });
      const { done, value } = await Promise.race([reader.read(), tooLong]).finally(() => clearTimeout(timer));
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** As the HTML standard reads them; an event that is not complete when the connection ends did not happen. */
async function* eventsOf(text: AsyncIterable<string>, state: { id: string | undefined; retry: number }) {
  let buffered = "";
  for await (const piece of text) {
    const blocks = (buffered + piece).split(/\r?\n\r?\n/);
    buffered = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split(/\r?\n/)) {
        const [, name, value] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
        if (name === undefined) continue;
        const before = name === "data" ? fields.get(name) : undefined;
        fields.set(name, before === undefined ? value! : `${before}\n${value}`);
      }
      state.id = fields.get("id") ?? state.id;
      if (/^\d+$/.test(fields.get("retry") ?? "")) state.retry = Number(fields.get("retry"));
      const data = fields.get("data");
      if (data !== undefined)
        yield {
          id: state.id ?? "",
          event: fields.get("event") ?? "message",
          data: JSON.parse(data) as unknown,
        };
    }
  }
}

const pause = (milliseconds: number, signal: AbortSignal | undefined) =>
  new Promise<void>((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
