/** What the API says of itself, as the oracle does: one JSON object a line, without secrets. Ponder logs its own part. */
import { makeLog, makeMask } from "@enerlink/service/log";
import { readSettings } from "../../lib/settings.ts";

export const log = makeLog({ level: "info", mask: makeMask(readSettings().secrets) }).child({ part: "api" });

/** Something failed that no client is to be told of. */
export const logFailure = (err: unknown): void => log.error({ err }, "failed");
