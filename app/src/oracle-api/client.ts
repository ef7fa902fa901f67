/** Requests to the oracle as whoever is signed in there: a cookie says who. */
import { type Oracle, oracleAt as requestsTo } from "@enerlink/client/ask";
import type { components } from "@enerlink/client/oracle-types";

export { answerOf, type Oracle, Refused as OracleProblem } from "@enerlink/client/ask";
export type Device = components["schemas"]["Device"];

export const oracleAt = (oracleUrl: string): Oracle => requestsTo(oracleUrl, { credentials: "include" });
