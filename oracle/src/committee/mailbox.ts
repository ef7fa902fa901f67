/**
 * What other members have said and this node has not read yet. Only the newest of each kind of each member waits: whoever
 * leads has one batch on its mind, and asks again for what it wants to know. So no member can fill it, none pushes out
 * what another said, and reading what one says takes a part of this node's time, however much it says.
 */
import { type Timer, time } from "../seams/time.ts";

/** Of the time that reading one member's messages took, so many times as much passes before its next is read. */
const REST = 3;
/** Milliseconds that a member's messages rest at most. */
const LONGEST_REST = 1_000;

type Box<Kind> = { letters: Map<Kind, Uint8Array>; restsUntil: number };

export type Mailbox<Kind> = ReturnType<typeof makeMailbox<Kind>>;

/** `read` does what a message asks for, and does not reject. Messages are read one at a time. */
export function makeMailbox<Kind>({
  read,
  now = time.now,
}: {
  read: (sender: string, kind: Kind, payload: Uint8Array) => Promise<void>;
  now?: () => number;
}) {
  /** Whoever was read last is at the end. */
  const boxes = new Map<string, Box<Kind>>();
  let busy = false;
  let done = Promise.resolve();
  let stopped = false;
  let timer: Timer | undefined;

  const waiting = () => [...boxes].filter(([, { letters }]) => letters.size > 0);

  async function readNext(sender: string, box: Box<Kind>): Promise<void> {
    const [[kind, payload]] = box.letters as unknown as [[Kind, Uint8Array]];
    box.letters.delete(kind);
    boxes.delete(sender);
    boxes.set(sender, box);
    const began = now();
    await read(sender, kind, payload);
    box.restsUntil = now() + Math.min(LONGEST_REST, REST * (now() - began));
  }

  async function readAll(): Promise<void> {
    for (;;) {
      const next = waiting().find(([, { restsUntil }]) => restsUntil <= now());
      if (!next || stopped) break;
      await readNext(...next);
    }
    busy = false;
    const earliest = Math.min(...waiting().map(([, { restsUntil }]) => restsUntil));
    time.clear(timer);
    if (!stopped && Number.isFinite(earliest)) timer = time.setTimeout(start, Math.max(1, earliest - now()));
  }

  function start(): void {
    if (busy || stopped) return;
    busy = true;
    done = readAll();
  }

  return {
    /** @returns whether it took the place of one that was not read. */
    post: (sender: string, kind: Kind, payload: Uint8Array): boolean => {
      const box = boxes.get(sender) ?? { letters: new Map(), restsUntil: 0 };
      boxes.set(sender, box);
      const replaces = box.letters.has(kind);
      box.letters.set(kind, payload);
      start();
      return replaces;
    },
    /** Reads nothing more; resolves when the message that is being read has been. */
    stop: (): Promise<void> => {
      stopped = true;
      time.clear(timer);
      return done;
    },
  };
}
