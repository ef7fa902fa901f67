/** Waits for answers of others. */
import { time } from "./seams/time.ts";

/** What is asked about; whoever notes an answer says so by `changed`. */
export type Awaited = { changed: () => void };

/** Resolves once `isDecided`, looked at with every change, or after `within` milliseconds. */
export async function decided(round: Awaited, isDecided: () => boolean, within: number): Promise<void> {
  const until = time.elapsed() + within;
  while (!isDecided() && time.elapsed() < until) {
    await new Promise<void>((resolve) => {
      const timer = time.setTimeout(resolve, until - time.elapsed());
      round.changed = () => {
        time.clear(timer);
        resolve();
      };
    });
  }
}
