/** Questions that are asked again while a page shows the answer. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { getBlockNumber } from "viem/actions";
import { currentPace, watchTouches } from "./pace.ts";
import { useSystem } from "./system.tsx";

const BLOCK_MILLISECONDS = 500;
const POLL_MILLISECONDS = 2_000;
/** What the chain says changes with its blocks; asked now and then all the same. */
const CHAIN_MILLISECONDS = 20_000;
const CHAIN = "chain";

type Key = readonly (string | number | undefined)[];

/** What an earlier question was answered, and when, unix milliseconds. */
export type Earlier<T> = { data: T | undefined; dataUpdatedAt: number };

export type LiveOptions<T = unknown> = {
  /** Asked on, though more seldom, while nobody looks at the page. */
  inBackground?: boolean;
  /** How often instead, milliseconds. */
  milliseconds?: number;
  /** The index's stream says when the answer changes. */
  heard?: boolean;
  /** What stands for the answer until it is there. */
  earlier?: () => Earlier<T> | undefined;
};

/** A page opens with dozens of questions: asked in one go they would keep a tap waiting. */
const ownTask = () => new Promise((resolve) => setTimeout(resolve));

function useAsked<T>(
  key: Key,
  ask: (() => Promise<T>) | undefined,
  { inBackground = false, milliseconds = POLL_MILLISECONDS, heard = false, earlier }: LiveOptions<T> = {},
) {
  return useQuery<T>({
    queryKey: key,
    queryFn: async () => {
      await ownTask();
      if (ask === undefined) throw new Error("asked while disabled");
      return ask();
    },
    enabled: ask !== undefined,
    // Not as a placeholder: that is gone as soon as an asking fails.
    initialData: () => earlier?.()?.data,
    initialDataUpdatedAt: () => earlier?.()?.dataUpdatedAt,
    refetchInterval: () => currentPace(milliseconds, heard),
    refetchIntervalInBackground: inBackground,
    retry: false,
  });
}

/**
 * Asked every two seconds, unless told otherwise, while somebody looks.
 * @param key names the answer; amounts in it as text
 * @param ask `undefined` while something that it needs is missing
 */
export const useLive = <T>(key: Key, ask: (() => Promise<T>) | undefined, options?: LiveOptions<T>) =>
  useAsked(key, ask, options);

/** What a contract says: asked with every block. */
export const useChain = <T>(key: Key, ask: (() => Promise<T>) | undefined) =>
  useAsked([CHAIN, ...key], ask, { milliseconds: CHAIN_MILLISECONDS });

/** Watches for blocks, and has what contracts said asked again with each. Mounted once. */
export function useBlocks(): void {
  const { client } = useSystem();
  const queries = useQueryClient();
  useEffect(() => watchTouches(queries), [queries]);
  const block = useQuery({
    queryKey: ["block"],
    queryFn: async () => String(await getBlockNumber(client, { cacheTime: 0 })),
    refetchInterval: () => currentPace(BLOCK_MILLISECONDS),
    retry: false,
  }).data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: every block
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: [CHAIN] });
  }, [queries, block]);
}
