/** Whether a node's memory grows: what its objects take once garbage is collected, hour by hour. */
import { fileURLToPath } from "node:url";

/** Hours until caches are full. */
const WARM_UP = 4;
/** Growth in a day that is allowed, as a part of what is held. */
const MOST_GROWTH = 0.1;

/** Settings of a node whose garbage is collected every two seconds, so that what is left is what it holds. */
export const watched = {
  NODE_OPTIONS: `--expose-gc --import=${fileURLToPath(new URL("collect.ts", import.meta.url))}`,
};

export type Growth = { first: number; last: number; megabytesAnHour: number; leaks: boolean };

/** By least squares over `megabytes`, one value an hour; undefined while there are too few. */
export function growthOf(megabytes: readonly number[]): Growth | undefined {
  const warm = megabytes.slice(WARM_UP);
  if (warm.length < 4) return undefined;
  const middle = (warm.length - 1) / 2;
  const mean = warm.reduce((sum, value) => sum + value, 0) / warm.length;
  const across = warm.reduce((sum, value, hour) => sum + (hour - middle) * (value - mean), 0);
  const spread = warm.reduce((sum, _, hour) => sum + (hour - middle) ** 2, 0);
  const megabytesAnHour = across / spread;
  return {
    first: warm[0]!,
    last: warm.at(-1)!,
    megabytesAnHour,
    leaks: megabytesAnHour * 24 > MOST_GROWTH * mean,
  };
}

/** What the objects of the node at `url` take now, MB; undefined when it does not answer. */
export async function heapOf(url: string): Promise<number | undefined> {
  try {
    const text = await (await fetch(`${url}/metrics`)).text();
    const bytes = /^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1];
    return bytes === undefined ? undefined : Number(bytes) / 2 ** 20;
  } catch {
    return undefined;
  }
}
