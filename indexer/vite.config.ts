/** Read by Ponder's loader. */
import { createRequire } from "node:module";

export default {
  resolve: {
    // GraphQL works only where everything shares one copy of it: the one that Ponder itself loads.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }],
  },
};
