/** `/graphql`: meters, readings, settlements, commands and alerts, and what happens to them. */
import { makeGraphql, type Till } from "@enerlink/edge/graphql";
import { createSchema } from "graphql-yoga";
import type { Who } from "../env.ts";
import { prices } from "./cost.ts";
import { makeResolvers, type Sources } from "./resolvers.ts";
import { eventTypes, typeDefs } from "./types.ts";

type Needs = Sources & {
  production: boolean;
  till: Till<Who>;
  failed: (error: unknown, request: string) => void;
};

export const makeServer = ({ production, till, failed, ...sources }: Needs) =>
  makeGraphql<Who>({
    schema: createSchema({ typeDefs: [typeDefs, eventTypes], resolvers: makeResolvers(sources) as never }),
    page: production ? false : { title: "EnerLink oracle" },
    introspection: !production,
    most: { tokens: 1_000, depth: 8, aliases: 10 },
    prices,
    till,
    failed: (error) => failed(error, "/graphql"),
  });
