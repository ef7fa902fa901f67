import { useQuery } from "@tanstack/react-query";
import { getBlockNumber } from "viem/actions";
import { useSystem } from "../system/index.ts";

const PROBE_MILLISECONDS = 5_000;

async function answers(probe: Promise<unknown>): Promise<boolean> {
  return probe.then(
    () => true,
    () => false,
  );
}

/** Which of the services that the pages live on answer. */
export function useHealth() {
  const { config, client } = useSystem();
  const ask = async (url: string) => {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PROBE_MILLISECONDS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  };
  return useQuery({
    queryKey: ["health"],
    queryFn: async () => {
      const [chain, index, oracle] = await Promise.all([
        answers(getBlockNumber(client, { cacheTime: 0 })),
        answers(ask(config.indexerUrl)),
        answers(ask(config.oracleUrl)),
      ]);
      return { chain, index, oracle };
    },
    refetchInterval: PROBE_MILLISECONDS,
  });
}
