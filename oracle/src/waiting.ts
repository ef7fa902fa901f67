/** A node whose chain comes up after it waits: it says so in its log, and in `/ready` where it will answer. */
import { type Log, messageOf } from "@enerlink/service/log";
import { makeTrouble } from "@enerlink/service/trouble";
import type { PublicClient } from "viem";
import type { Config } from "./config.ts";
import { time } from "./seams/time.ts";

/** Milliseconds until the chain is asked again, and until what asks for this node is told that it waits. */
const ASK_AGAIN_AFTER = 1_000;
const SAY_AFTER = 1_000;

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => void time.setTimeout(resolve, milliseconds));

const headers = { "x-content-type-options": "nosniff" };

/** What everybody may read: a chain's address may hold its key, and stands in the log alone, which knows what to mask. */
const REASON = "RPC_URL: no chain answers";

/** Answers as the node's own server will, with the one thing that can be said by now. @throws when it cannot listen */
async function openWaitingRoom({ host, port }: Pick<Config, "host" | "port">) {
  const { listen } = await import("./http/listen.ts");
  return listen(
    ({ url }) => {
      const { pathname } = new URL(url);
      if (pathname === "/health") return Response.json({ status: "ok" }, { headers });
      if (pathname === "/ready")
        return Response.json({ ready: false, reasons: [REASON] }, { status: 503, headers });
      const problem = { type: "about:blank", title: "Not ready", status: 503, detail: REASON };
      const more = { "content-type": "application/problem+json", "retry-after": "5" };
      return Response.json(problem, { status: 503, headers: { ...headers, ...more } });
    },
    host,
    port,
  );
}

/**
 * Resolves with the chain's id once a node of it answers, however long that takes.
 * @throws when nothing can listen where the node is to answer
 */
export async function reachChain(
  client: Pick<PublicClient, "getChainId">,
  config: Pick<Config, "rpcUrls" | "host" | "port">,
  log: Log,
): Promise<number> {
  const trouble = makeTrouble("reaching the chain", log.child({ part: "chain" }));
  async function ask(): Promise<number> {
    for (;;) {
      try {
        const chainId = await client.getChainId();
        trouble.done();
        return chainId;
      } catch (error) {
        const where = `${REASON} at ${config.rpcUrls.join(", ")} (${messageOf(error)})`;
        trouble.failed(new Error(where, { cause: error }));
        await pause(ASK_AGAIN_AFTER);
      }
    }
  }
  const answer = ask();
  const soon = await Promise.race([answer, pause(SAY_AFTER)]);
  if (soon !== undefined) return soon;
  const room = await openWaitingRoom(config);
  try {
    return await answer;
  } finally {
    room.stop();
  }
}
