/**
 * For Ponder, which reads the index with Vite: GraphQL's packages in the form that Node.js loads by itself. GraphQL works
 * only where everything shares one copy of it, the one that Ponder loads; and in the other form Vite rewrites some 340
 * files one by one at every start. CommonJS, because Vite writes any other form into a file beside this one before it
 * reads it, which a read-only file system refuses.
 */
const PACKAGES = ["graphql", "graphql-yoga", "@graphql-tools/schema"];

module.exports = {
  resolve: {
    alias: PACKAGES.map((name) => ({ find: new RegExp(`^${name}$`), replacement: require.resolve(name) })),
  },
};
