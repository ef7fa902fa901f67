/** `enerlink idrs …` */
import { parseArgs } from "node:util";
import { formatIdr, rupiahTokenAbi } from "@enerlink/protocol";
import { openChain } from "./chain.ts";
import { readAddress, readMoney, readWord, required, UsageError } from "./options.ts";

export const idrsHelp = `enerlink idrs: the rupiah stablecoin

  enerlink idrs mint --to ADDRESS --amount RUPIAH --reference TEXT

mint takes
  --to ADDRESS          who gets the IDRS
  --amount RUPIAH       what arrived at the bank, at most 6 decimals
  --reference TEXT      the bank transfer, 1 to 32 characters or 32 bytes in hex; one transfer is minted once

Needs the IDRS issuer's PRIVATE_KEY.`;

export async function idrs(args: string[]): Promise<void> {
  const [action, ...rest] = args;
  if (action !== "mint") throw new UsageError(`"${action ?? ""}" is no command of idrs: mint`);
  const { values } = parseArgs({
    args: rest,
    options: { to: { type: "string" }, amount: { type: "string" }, reference: { type: "string" } },
  });
  const to = readAddress("to", required(values, "to"));
  const amount = readMoney("amount", required(values, "amount"));
  const reference = readWord("reference", required(values, "reference"));

  const { contracts, write } = await openChain();
  const hash = await write({
    address: contracts.rupiahToken,
    abi: rupiahTokenAbi,
    functionName: "deposit",
    args: [to, amount, reference],
  });
  console.info(`${formatIdr(amount)} IDRS are minted for ${to} (transaction ${hash})`);
}
