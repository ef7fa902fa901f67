/** Parts of the dApp that are fetched when they are needed, with a network that may be away. */

const RETRY_MILLISECONDS = 3_000;

/** What browsers say when a part could not be fetched. */
const NOT_LOADED = /dynamically imported module|importing a module script failed/i;
export const isNotLoaded = (error: unknown): boolean =>
  error instanceof TypeError && NOT_LOADED.test(error.message);

/** Resolves after `milliseconds`, or as soon as the browser finds its network again. */
export function whenOnline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
  });
}

/**
 * Fetches a part once the dApp's host is there: browsers remember for as long as a page lives that a part could not be
 * fetched, so it is not asked for in vain.
 * @param onAway told when the host does not answer
 * @throws what `load` throws, as soon as the host answers again: then only a reload brings the part
 */
export async function untilLoaded<T>(load: () => Promise<T>, onAway: () => void = () => {}): Promise<T> {
  await untilHostAnswers(onAway);
  try {
    return await load();
  } catch (error) {
    if (isNotLoaded(error)) {
      answeredAt = Number.NEGATIVE_INFINITY;
      await untilHostAnswers(onAway);
    }
    throw error;
  }
}

/** The dApp's host does not answer. */
export class HostAway extends Error {}

/**
 * Fetches a part, or fails at once.
 * @throws HostAway, or what `load` throws
 */
export async function loadNow<T>(load: () => Promise<T>): Promise<T> {
  if (!(await hostAnswers())) throw new HostAway("The dApp's host does not answer.");
  return load();
}

/** For so long it is believed that a host that has answered would do so again, milliseconds. */
const STILL_THERE = 3_000;
/** When the host was last known to be there: it has just served this page. */
let answeredAt = performance.now();

/** Whether the dApp's own host, or the service worker in its place, can be asked for parts. */
async function hostAnswers(): Promise<boolean> {
  if (performance.now() - answeredAt < STILL_THERE) return true;
  try {
    await fetch("/config.json", { cache: "no-store" });
    answeredAt = performance.now();
    return true;
  } catch {
    return false;
  }
}

async function untilHostAnswers(onAway: () => void): Promise<void> {
  while (!(await hostAnswers())) {
    onAway();
    await whenOnline(RETRY_MILLISECONDS);
  }
}
