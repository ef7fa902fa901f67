import { readAccountCode } from "@enerlink/protocol/account";
import type { Address } from "viem";

/** Who is meant by what was typed or pasted: nobody, an account, or undefined where it is neither. */
export const guardianOf = (text: string): Address | "" | undefined =>
  text.trim() === "" ? "" : readAccountCode(text);
