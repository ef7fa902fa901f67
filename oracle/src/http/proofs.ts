/** `/energy/proof`: what a window's committed root says of a meter, for whoever wants to settle it. */
import { Problem } from "@enerlink/edge";
import { makeRoutes } from "@enerlink/edge/rest";
import type { Item } from "@enerlink/protocol/wire/committee";
import { z } from "@hono/zod-openapi";
import { type CommittedRoot, type Leaf, type RootLog, treeOf } from "../ledger/roots.ts";
import type { Env } from "./env.ts";
import type { Guards } from "./guards.ts";
import { route } from "./routes.ts";
import * as schemas from "./schemas.ts";
import { proofBody } from "./views.ts";

export function makeProofRoutes({ roots, guards: { seen } }: { roots: RootLog; guards: Guards }) {
  const routes = makeRoutes<Env>();
  /** The tree that was asked for last: of a city it is a second's work, and its meters ask one after the other. */
  let last: { root: string; items: Item[]; tree: ReturnType<typeof treeOf> } | undefined;
  function treeAt({ windowEnd, root }: CommittedRoot) {
    if (last?.root !== root) {
      const items = roots.items(windowEnd);
      last = { root, items, tree: treeOf(items) };
    }
    return last;
  }

  /** @throws Problem 404 that says why there is none */
  function leafOf(serial: string, windowEnd: number | undefined): Leaf {
    const found = roots.leaf(serial, windowEnd ?? 0, windowEnd ?? Number.MAX_SAFE_INTEGER);
    if (found) return found;
    const at = windowEnd === undefined ? undefined : new Date(windowEnd * 1_000).toISOString();
    const committed = windowEnd === undefined ? roots.newest() : roots.committed(windowEnd);
    const none = (detail: string) => new Problem(404, "No proof", `${serial} ${detail}`);
    if (!committed && at === undefined) throw none("is in no root: none was committed");
    if (!committed) throw none(`has no proof: no root was committed for the window that ended at ${at}`);
    if (at === undefined) throw none("is in no committed root that this node knows the reports of");
    if (roots.signed(committed.windowEnd) !== committed.root)
      throw none(`has a proof of ${at} at other nodes: this one does not know the reports of that root`);
    throw none(`is not in the root of ${at}: it was late or disputed, and a later report carries its energy`);
  }

  routes.openapi(
    route(
      "get",
      "/proof/{meterId}",
      "Settlement",
      "Proof of a meter's report in its window's committed root, by which whoever has it may settle it",
      schemas.RootProof,
      {
        params: schemas.byMeter,
        query: z.object(schemas.proofWindow),
        signedIn: "or by key",
        may: [404],
      },
    ),
    (context) => {
      // What a meter counted in each window is a diary of who is at home: the root says nothing of it.
      const { serial } = seen(context.get("person"), context.req.valid("param").meterId);
      const { item, committed } = leafOf(serial, context.req.valid("query").windowEnd);
      const { items, tree } = treeAt(committed);
      const place = items.findIndex(({ reading }) => reading.serial === serial);
      const proof = { ...committed, item, proof: tree.proof(place), reports: items.length };
      return context.json(proofBody(proof, roots.isSettled(item)), 200);
    },
  );

  return routes;
}
