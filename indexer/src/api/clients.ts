/** Who asks, and how much each may ask. */
import { type BlockList, isIPv4, isIPv6 } from "node:net";

const plain = (address: string) => address.trim().replace(/^::ffff:(?=\d+\.)/i, "");
const contains = (list: BlockList, address: string) =>
  isIPv4(address) ? list.check(address, "ipv4") : isIPv6(address) && list.check(address, "ipv6");

/**
 * The client's address: the connection's, or where that is a trusted proxy's, the last in `X-Forwarded-For` that is
 * not one. An IPv6 client is its /64 network, for one household has all of it.
 */
export function clientOf(connection: string, forwarded: string | undefined, proxies: BlockList): string {
  let client = plain(connection);
  for (const hop of (forwarded?.split(",") ?? []).reverse()) {
    if (!contains(proxies, client)) break;
    client = plain(hop);
  }
  return isIPv6(client) ? networkOf(client) : client;
}

/** The first 64 bits, written out. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const end = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled =
    tail === undefined ? groups : [...groups, ...Array(8 - groups.length - end.length).fill("0"), ...end];
  return `${filled
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/** Clients remembered at once; the one that asked longest ago is forgotten first. */
const MOST_CLIENTS = 10_000;

type Bucket = { tokens: number; at: number };

/**
 * A token bucket for each client.
 * @param perSecond requests that a client may make every second
 * @param burst requests that it may make at once after a pause
 */
export function makeBuckets({ perSecond, burst }: { perSecond: number; burst: number }) {
  const buckets = new Map<string, Bucket>();

  /** @param now milliseconds @returns 0, or after how many seconds `client` may ask again */
  function take(client: string, now: number): number {
    const { tokens: left, at } = buckets.get(client) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, left + ((now - at) / 1_000) * perSecond);
    // Set anew, so that the map stays in the order of the last request.
    buckets.delete(client);
    buckets.set(client, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (buckets.size > MOST_CLIENTS) buckets.delete(buckets.keys().next().value!);
    return tokens < 1 ? Math.ceil((1 - tokens) / perSecond) : 0;
  }

  return { take, size: () => buckets.size };
}
