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
  return isIPv6(client) ? subnetOf(client) : client;
}

/** The first 64 bits, written out. */
function subnetOf(address: string): string {
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

/** The network of a client: the 256 addresses around an IPv4 one, the /48 of an IPv6 one. */
export const networkOf = (client: string) =>
  client
    .split(client.includes(":") ? ":" : ".")
    .slice(0, 3)
    .join(client.includes(":") ? ":" : ".");

/** Clients remembered at once; the one that asked longest ago is forgotten first. */
const MOST_CLIENTS = 10_000;

type Bucket = { tokens: number; at: number };
type Rate = { perSecond: number; burst: number };

/** Buckets of tokens that fill up steadily. What was asked for can cost more than is there: it is then paid off first. */
function makeBuckets({ perSecond, burst }: Rate, now: () => number) {
  const buckets = new Map<string, Bucket>();

  const left = (name: string) => {
    const { tokens, at } = buckets.get(name) ?? { tokens: burst, at: now() };
    return Math.min(burst, tokens + ((now() - at) / 1_000) * perSecond);
  };
  function spend(name: string, tokens: number): void {
    const after = Math.min(burst, left(name) - tokens);
    // Set anew, so that the map stays in the order of the last request.
    buckets.delete(name);
    buckets.set(name, { tokens: after, at: now() });
    if (buckets.size > MOST_CLIENTS) buckets.delete(buckets.keys().next().value!);
  }
  /** Seconds until there is a whole token. */
  const wait = (name: string) => Math.max(1, Math.ceil((1 - left(name)) / perSecond));

  return { left, spend, wait, size: () => buckets.size };
}

/** Units of cost (`graphql/cost.ts`) for one token. */
const UNITS = 1_000;
/** What a request that costs as many units is worth beyond the token that each has paid already. */
export const tokensOf = (cost: number) => Math.max(0, cost / UNITS - 1);

/** A network may ask as much as this many clients. */
const CLIENTS_OF_A_NETWORK = 4;

export type Limits = ReturnType<typeof makeLimits>;

/**
 * How much each client and each network may ask. Who says whose it is (`account`) has that account's share in the place
 * of its client's, which is as large as a whole network's: however many accounts somebody makes, the network's holds.
 * @param rate.perSecond tokens of a client each second
 * @param rate.burst tokens that it may spend at once after a pause
 * @param now milliseconds
 */
export function makeLimits({ perSecond, burst }: Rate, now: () => number = () => performance.now()) {
  const clients = makeBuckets({ perSecond, burst }, now);
  const share = { perSecond: CLIENTS_OF_A_NETWORK * perSecond, burst: CLIENTS_OF_A_NETWORK * burst };
  const networks = makeBuckets(share, now);
  const accounts = makeBuckets(share, now);
  const sharesOf = (client: string, account: string | undefined) =>
    [
      account === undefined ? ([clients, client] as const) : ([accounts, account] as const),
      [networks, networkOf(client)] as const,
    ] as const;

  function spend(client: string, tokens: number, account: string | undefined): void {
    for (const [buckets, name] of sharesOf(client, account)) buckets.spend(name, tokens);
  }

  /** Takes `tokens` of who has at least `least`. @returns 0, or after how many seconds to ask again */
  function take(client: string, tokens: number, least: number, account: string | undefined): number {
    for (const [buckets, name] of sharesOf(client, account))
      if (buckets.left(name) < least) return buckets.wait(name);
    spend(client, tokens, account);
    return 0;
  }

  return {
    /** A request comes in. @returns 0, or after how many seconds `client` may ask again */
    enter: (client: string, account?: string) => take(client, 1, 1, account),
    /** It turns out to be worth `tokens` more. @returns as `enter` */
    charge: (client: string, tokens: number, account?: string) =>
      take(client, tokens, Number.EPSILON, account),
    /** It was worth less. */
    refund: (client: string, tokens: number, account?: string) => spend(client, -tokens, account),
    /** Tokens that a client's, or an account's, own share gains each second. */
    rateOf: (account?: string) => (account === undefined ? perSecond : share.perSecond),
    size: clients.size,
  };
}
