/**
 * Hears of each new block from one of the chain's nodes, over a WebSocket, so that nobody has to ask for them ten times a
 * second. What is heard is no more than a reason to look, and who hears nothing looks as often as without.
 */

import type { Log } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import { network } from "../seams/network.ts";
import { type Timer, time } from "../seams/time.ts";

const SUBSCRIBE = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] });
/** Milliseconds until a connection that has ended is tried again. */
const AGAIN_AFTER = 10_000;
/** Milliseconds from the first block that was seen and not told of, until a connection is given up that tells of none. */
const DEAF_AFTER = 10_000;

export type Bell = ReturnType<typeof makeBell>;

/** @param url A node's address, `ws:` or `wss:` */
export function makeBell({ url, log }: { url: string; log: Log }) {
  const trouble = makeTrouble("hearing of new blocks", log);
  let heard = () => {};
  let connection: WebSocket | undefined;
  let timer: Timer | undefined;
  /** Whether new blocks are told of. */
  let rings = false;
  /** Whether something was heard since a new block was seen last. */
  let told = false;
  /** Since when blocks are seen and not told of, by the clock that nobody sets, milliseconds. */
  let deafSince: number | undefined;

  function open(): void {
    const socket = network.socket(url);
    connection = socket;
    socket.onopen = () => socket.send(SUBSCRIBE);
    socket.onmessage = ({ data }) => {
      const refusal = refusalIn(data);
      if (refusal !== undefined) return end(new Error(`eth_subscribe: ${refusal}`));
      [rings, told] = [true, true];
      trouble.done();
      heard();
    };
    socket.onclose = () => end(new Error("RPC_WS_URL: the connection has ended, or could not be made"));
  }

  /** Comes back by itself. */
  function end(why: Error): void {
    leave();
    trouble.failed(why);
    timer = time.setTimeout(open, AGAIN_AFTER);
    // From now on somebody has to look.
    heard();
  }

  function leave(): void {
    time.clear(timer);
    [rings, deafSince] = [false, undefined];
    if (!connection) return;
    connection.onopen = connection.onmessage = connection.onclose = null;
    connection.close();
    connection = undefined;
  }

  return {
    /** Connects. @param listener is called when there is a reason to look at the chain's head */
    start: (listener: () => void): void => {
      heard = listener;
      open();
    },
    stop: leave,
    rings: (): boolean => rings,
    /** A new head was seen. It may be told of in a moment; a connection over which that stays so has broken without a sign. */
    seen: (): void => {
      deafSince = told || !rings ? undefined : (deafSince ?? time.elapsed());
      told = false;
      if (deafSince !== undefined && time.elapsed() - deafSince > DEAF_AFTER)
        end(new Error("RPC_WS_URL: new blocks were not told of"));
    },
  };
}

/** Why the node does not tell of blocks; undefined: this is no refusal. */
function refusalIn(data: unknown): string | undefined {
  try {
    const { error } = JSON.parse(String(data));
    return error === undefined ? undefined : String(error.message);
  } catch {
    return "what the node sends is no JSON";
  }
}
