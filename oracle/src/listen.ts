/** Answers over HTTP, in a thread of its own; what is asked of this one comes through `acts`. */
import { makeAccounts } from "./auth/accounts.ts";
import type { Parts } from "./compose.ts";
import type { Ground } from "./ground.ts";
import { makeActs } from "./http/acts.ts";
import { startServer } from "./http/server.ts";
import { makeAudit } from "./keeping/audit.ts";
import { makeByHand } from "./settlement/by-hand.ts";
import { makeHistory } from "./settlement/history.ts";
import { VERSION } from "./version.ts";

/** Resolves when it listens. @param obstacles Why the node cannot do its work now */
export async function serve(
  { config, settings, database, domain, log }: Ground,
  parts: Parts,
  obstacles: () => string[],
) {
  const byHand = makeByHand({ ...parts, meterOf: parts.mirror.meter, history: makeHistory(database) });
  const accounts = makeAccounts({ database, operators: config.operators });
  const audit = makeAudit({ database, log: log.child({ part: "audit" }) });
  audit.note("node", "started", "", `version ${VERSION}, chain ${domain.chainId}`);
  if (config.acceptFork) audit.note("node", "fork-accepted", config.acceptFork);
  const acts = makeActs({ ...parts, audit, accounts, byHand, obstacles });
  return startServer(
    {
      node: String(config.port),
      production: config.production,
      shard: config.shard,
      openReadings: config.openReadings ?? settings.development,
      frontendUrls: config.frontendUrls,
      trustedProxies: config.trustedProxies,
      domain,
      dataDir: config.dataDir,
      rpcUrls: config.rpcUrls,
      operators: config.operators,
      publicUrl: config.publicUrl,
      host: config.host,
      port: config.port,
      settlementInterval: settings.settlementInterval,
      relay: parts.relay && { payer: parts.relay.payer, budget: parts.relay.budget },
    },
    { ...parts, acts, log: log.child({ part: "http" }) },
  );
}
