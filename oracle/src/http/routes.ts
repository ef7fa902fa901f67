/** How the oracle describes its routes: what any of them may answer instead of its answer. */
import { makeRoute } from "@enerlink/edge/rest";

export const route = makeRoute({
  401: "Nobody is signed in",
  403: "Whoever is signed in may not do this",
  409: "Not now; `detail` says why, and when",
});
