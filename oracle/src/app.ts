/** Starts a node: one store, one broker, one chain. */
import type { Log } from "@enerlink/service/log";
import { compose } from "./compose.ts";
import type { Config } from "./config.ts";
import { openGround } from "./ground.ts";
import { hostOf } from "./http/listen.ts";
import { serve } from "./listen.ts";
import { connect, copyOnSignal, follow, greet, hear, makeWorks, tick, watchObstacles } from "./loop.ts";

/**
 * Starts a node; waits for the chain, then for the broker, says so over HTTP, and resolves when it takes readings.
 * `failed` is called when it cannot go on, for example because its store is full; `hide` keeps a secret out of the log.
 * @throws when a setting, the chain, the deployment, the store or the broker is not as it must be.
 */
export async function startApp(
  config: Config,
  { log, hide, failed }: { log: Log; hide: (secret: string) => void; failed: (error: unknown) => void },
) {
  const ground = await openGround(config, log, hide);
  const stops: (() => unknown)[] = [() => ground.database.close()];
  const undo = (...more: (() => unknown)[]) => void stops.push(...more);
  /** Undoes what was started, last first. */
  async function stop(): Promise<void> {
    for (const one of stops.splice(0).reverse()) await one();
  }
  try {
    const parts = await compose(ground, failed);
    connect(ground, parts, undo);
    copyOnSignal(parts, undo);
    const works = makeWorks(ground, parts);
    await follow(ground, parts, works, undo);
    const obstacles = watchObstacles(ground, parts);
    // Before the broker: `/ready` says what is waited for.
    const listening = await serve(ground, parts, obstacles.reasons);
    undo(listening.stop);
    await hear(ground, parts, failed, undo);
    tick(ground, parts, works, obstacles, undo);
    greet(ground, parts, undo);
    const { chainId, settings } = ground;
    const known = parts.mirror.meters().length;
    log
      .child({ part: "oracle" })
      .info(
        `ready on http://${hostOf(listening)}: chain ${chainId}, ${known} meters, windows of ${settings.settlementInterval} s`,
      );
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
