/** The chain's time, which decides what has expired: that of the newest indexed block, unix seconds. */
import { indexed } from "./block.ts";

export const chainTime = async (): Promise<bigint> => (await indexed()).time;
