/**
 * How often questions are asked again: quickly while something of one's own is under way, seldom while the index's stream
 * says what changes, and hardly at all while nobody touches the page. A page that is hidden asks nothing (`use-live.ts`).
 */
import type { QueryClient } from "@tanstack/react-query";

export type Pace = {
  /** Unix milliseconds of the last touch or key, and of the last news of an own transaction. */
  touchedAt: number;
  urgentAt: number;
  /** Whether the index's stream is open. */
  streamed: boolean;
};

/** Nobody is there once nothing was touched for so long. */
const IDLE_AFTER = 60_000;
const IDLE_MILLISECONDS = 30_000;
/** The index has what a block holds some seconds after it. */
const URGENT_FOR = 30_000;
const STREAMED_MILLISECONDS = 10_000;

/**
 * @param usual milliseconds between two askings by themselves
 * @param heard the index's stream says when the answer changes
 */
export function paceOf(
  { touchedAt, urgentAt, streamed }: Pace,
  now: number,
  usual: number,
  heard: boolean,
): number {
  if (now - urgentAt < URGENT_FOR) return usual;
  if (now - touchedAt > IDLE_AFTER) return Math.max(usual, IDLE_MILLISECONDS);
  return heard && streamed ? Math.max(usual, STREAMED_MILLISECONDS) : usual;
}

const pace: Pace = { touchedAt: Date.now(), urgentAt: 0, streamed: false };

export const currentPace = (usual: number, heard = false): number => paceOf(pace, Date.now(), usual, heard);

/** There is news of an own transaction: what it changes is asked for until everybody knows it. */
export function hurry(): void {
  pace.urgentAt = Date.now();
}

/** The index's stream was opened or closed. */
export function heardByStream(is: boolean): void {
  pace.streamed = is;
}

/** Notes each touch; the first one after a pause has everything asked anew. @returns how to stop */
export function watchTouches(queries: QueryClient): () => void {
  const touched = () => {
    const now = Date.now();
    const wasIdle = now - pace.touchedAt > IDLE_AFTER;
    pace.touchedAt = now;
    if (wasIdle) void queries.invalidateQueries();
  };
  const events = ["pointerdown", "pointermove", "keydown", "scroll", "visibilitychange"] as const;
  for (const event of events) document.addEventListener(event, touched, { passive: true, capture: true });
  return () => {
    for (const event of events) document.removeEventListener(event, touched, { capture: true });
  };
}
