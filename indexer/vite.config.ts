/**
 * For Ponder, which reads the index with Vite: GraphQL's packages in the form that Node.js loads by itself. In the other
 * Vite rewrites their 340 files one by one at every start, which took half of it.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const PACKAGES = ["graphql", "graphql-yoga", "@graphql-tools/schema"];

export default {
  resolve: {
    alias: PACKAGES.map((name) => ({ find: new RegExp(`^${name}$`), replacement: require.resolve(name) })),
  },
};
