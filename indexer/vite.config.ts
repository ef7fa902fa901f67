/**
 * For Ponder, which reads the index with Vite: GraphQL's packages in the form that Node.js loads by itself. GraphQL works
 * only where everything shares one copy of it, the one that Ponder loads; and in the other form Vite rewrites some 340
 * files one by one at every start.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const PACKAGES = ["graphql", "graphql-yoga", "@graphql-tools/schema"];

export default {
  resolve: {
    alias: PACKAGES.map((name) => ({ find: new RegExp(`^${name}$`), replacement: require.resolve(name) })),
  },
};
