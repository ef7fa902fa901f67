/**
 * Listens to the index's stream, once more where it ends, and tells that something changed: at once, then now and then.
 */
import { makeNowAndThen } from "./now-and-then.ts";

const RETRY_MILLISECONDS = 5_000;

/**
 * @param on.heard whether the stream is open
 * @param on.changed what is shown has to be asked for anew
 * @param least milliseconds between two of that: however much happens in the market, it is asked for no more often
 */
export function makeListening(
  url: string,
  on: { heard: (is: boolean) => void; changed: () => void },
  least: () => number,
): { listen: () => void; stop: () => void } {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  /** Something may have changed while the stream was not open: nobody says it again. */
  let missed = false;

  const telling = makeNowAndThen(on.changed, least);
  const stop = () => {
    source?.close();
    source = undefined;
    clearTimeout(again);
    telling.stop();
    missed = true;
    on.heard(false);
  };
  const listen = () => {
    if (source) return;
    source = new EventSource(url);
    source.addEventListener("open", () => {
      on.heard(true);
      if (missed) telling.soon();
      missed = false;
    });
    source.addEventListener("error", () => {
      on.heard(false);
      missed = true;
      // Where it was refused, and not only cut off, the browser does not try again by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      source = undefined;
      again = setTimeout(listen, RETRY_MILLISECONDS);
    });
    source.addEventListener("next", telling.soon);
  };
  return { listen, stop };
}
