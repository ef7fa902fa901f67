import type { Address } from "viem";
import { coloursOf } from "./colours.ts";

/** An account's colours, beside what it is called. */
export const Picture = ({ account }: { account: Address }) => (
  <span
    aria-hidden
    className="size-5 shrink-0 rounded-full border"
    style={{ backgroundImage: coloursOf(account) }}
  />
);
