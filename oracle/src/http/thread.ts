/**
 * The thread that answers over HTTP, started by `server.ts`: it reads the store through a connection of its own, and asks
 * the thread that signs and settles only for what that alone can do. However much is asked here, settling goes on.
 */
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "@enerlink/service/log";
import { makeAlertLog } from "../alerts/alerts.ts";
import { makeAccounts } from "../auth/accounts.ts";
import { makeChain, makeHashSignedBy, makeSignedByContract } from "../auth/contract-signatures.ts";
import { makeSignIn } from "../auth/sign-in.ts";
import { makeCommandLedger } from "../commands/ledger.ts";
import { makeWishes } from "../commands/wish.ts";
import { makeEventLog } from "../events/events.ts";
import { makeRejectLog } from "../intake/rejects.ts";
import { makeRollups } from "../keeping/rollups.ts";
import { makeClearedLog } from "../ledger/cleared.ts";
import { makeReadings } from "../ledger/readings.ts";
import { makeRootLog } from "../ledger/roots.ts";
import { makeSettlements } from "../ledger/settlements.ts";
import { makeStoredHolds } from "../meters/holds.ts";
import { makeRelayLedger } from "../relay/ledger.ts";
import { makeHistory } from "../settlement/history.ts";
import { openReader } from "../store/database.ts";
import type { Acts } from "./acts.ts";
import { makeApi } from "./api.ts";
import { makeCaller } from "./calls.ts";
import { listen } from "./listen.ts";
import { makeReplica } from "./replica.ts";
import type { FromThread, ThreadSettings, ToThread } from "./server.ts";

const { dataDir, rpcUrls, operators, publicUrl, host, port, settlementInterval, acts, ...settings } =
  workerData as ThreadSettings;
const main = parentPort!;
const say = (message: FromThread) => main.postMessage(message);

const replica = makeReplica();
const calls = makeCaller<Acts>(acts, (call) => say({ call }));
main.on("message", ({ news, answer }: ToThread) => {
  if (answer) calls.answered(answer);
  if (!news) return;
  replica.take(news);
  say({ taken: true });
});

async function start() {
  const database = openReader(dataDir);
  const { mirror, presence, events } = replica;
  const origins = settings.frontendUrls;
  let listening: { address: string; port: number };
  const ledger = makeCommandLedger(database);
  const accounts = makeAccounts({ database, operators });
  const hashSignedBy = makeHashSignedBy(makeChain(rpcUrls));
  const node = () => publicUrl ?? `http://localhost:${listening.port}`;
  const api = makeApi({
    domain: settings.domain,
    mirror,
    readings: makeReadings(database),
    holds: makeStoredHolds(database),
    presence,
    rollups: makeRollups({ database, retentionDays: undefined }),
    settlements: makeSettlements({ database, interval: settlementInterval }),
    history: makeHistory(database),
    clearedSlots: makeClearedLog(database),
    roots: makeRootLog(database),
    commands: ledger,
    wishes: makeWishes({ domain: settings.domain, isOperator: accounts.isOperator, hashSignedBy, ledger }),
    relayed: makeRelayLedger(database),
    alerts: makeAlertLog(database),
    rejects: makeRejectLog(database),
    accounts,
    signIn: makeSignIn({
      signedByContract: makeSignedByContract(hashSignedBy),
      chainId: settings.domain.chainId,
      origins,
      node,
    }),
    acts: calls.remote,
    settings,
    events,
    eventLog: makeEventLog(database),
    failed: (error, request) => say({ unexpected: { error, request } }),
  });
  listening = await listen(api.fetch, host, port);
  return listening;
}

start().then(
  ({ address, port }) => say({ listening: { address, port } }),
  (error) => say({ failed: messageOf(error) }),
);
