import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getBlock } from "viem/actions";
import { z } from "zod/mini";
import { currentPace } from "./pace.ts";
import { useSystem } from "./system.tsx";

const KEY = ["health"];
const PROBE_MILLISECONDS = 5_000;
/** An index that is so far behind the chain is said to be. */
const LAG_SECONDS = 30;

const services = ["chain", "index", "oracle"] as const;
export type Service = (typeof services)[number];

export type Health = Readonly<Record<Service, boolean>> & {
  /** When each answered last, unix seconds: what is shown of it is as old. Undefined where it has not yet. */
  answeredAt: Readonly<Partial<Record<Service, number>>>;
  /** How far the index is behind the chain, seconds; undefined while one of them does not answer. */
  lagSeconds: number | undefined;
};

/** `/status` of the index: the newest block that it has read, by chain. */
const statusSchema = z.record(z.string(), z.object({ block: z.object({ timestamp: z.number() }) }));

/** The service without which most is missing, of those that do not answer. */
export const awayOf = (health: Health | undefined): Service | undefined =>
  health && services.find((service) => !health[service]);

/** Which of the services that the pages live on answer. */
export function useHealth() {
  const { config, client } = useSystem();
  const queries = useQueryClient();
  const ask = async (url: string) => {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MILLISECONDS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  };
  return useQuery<Health>({
    queryKey: KEY,
    queryFn: async () => {
      const [block, status, oracle] = await Promise.allSettled([
        getBlock(client),
        ask(`${config.indexerUrl}/status`).then(async (answer) => statusSchema.parse(await answer.json())),
        // Whether it answers is all that is asked, and all that it tells pages of other origins.
        fetch(`${config.oracleUrl}/health`, {
          mode: "no-cors",
          signal: AbortSignal.timeout(PROBE_MILLISECONDS),
        }),
      ]);
      const indexed =
        status.status === "fulfilled" ? Object.values(status.value)[0]?.block.timestamp : undefined;
      const answers = {
        chain: block.status === "fulfilled",
        index: status.status === "fulfilled",
        oracle: oracle.status === "fulfilled",
      };
      const now = Math.floor(Date.now() / 1_000);
      return {
        ...answers,
        answeredAt: {
          ...queries.getQueryData<Health>(KEY)?.answeredAt,
          ...Object.fromEntries(services.filter((service) => answers[service]).map((one) => [one, now])),
        },
        lagSeconds:
          block.status === "fulfilled" && indexed !== undefined
            ? Math.max(Number(block.value.timestamp) - indexed, 0)
            : undefined,
      };
    },
    refetchInterval: () => currentPace(PROBE_MILLISECONDS),
  });
}

/** Whether history and lists tell what was: the index is so far behind the chain, seconds. */
export const lagOf = (health: Health | undefined): number | undefined =>
  health?.lagSeconds !== undefined && health.lagSeconds > LAG_SECONDS ? health.lagSeconds : undefined;
