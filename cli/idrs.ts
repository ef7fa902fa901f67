/** `enerlink idrs`: the rupiah stablecoin. */
import { formatIdr, rupiahTokenAbi } from "@enerlink/protocol";
import type { Address, Hex } from "viem";
import type { Argv } from "yargs";
import { type Answer, answering } from "./answer.ts";
import { openChain } from "./chain.ts";
import { needed, readAddress, readMoney, readWord } from "./options.ts";

export function idrs(cli: Argv) {
  cli.command("idrs", "the rupiah stablecoin", (commands) =>
    commands.demandCommand(1, "idrs: mint").command(
      "mint",
      "mint what arrived at the bank; with the IDRS issuer's PRIVATE_KEY",
      {
        to: needed("to", readAddress, "the account that gets it"),
        amount: needed("amount", readMoney, "rupiah, at most 6 decimals"),
        reference: needed(
          "reference",
          readWord,
          "the bank transfer, 1 to 32 characters or 32 bytes in hex; one transfer is minted once",
        ),
      },
      answering(mint),
    ),
  );
}

type Transfer = { to: Address; amount: bigint; reference: Hex };

async function mint({ to, amount, reference }: Transfer): Promise<Answer> {
  const { contracts, write } = await openChain();
  const transactionHash = await write({
    address: contracts.rupiahToken,
    abi: rupiahTokenAbi,
    functionName: "deposit",
    args: [to, amount, reference],
  });
  return {
    text: `${formatIdr(amount)} IDRS are minted for ${to} (transaction ${transactionHash})`,
    data: { to, amountIdrs: amount, reference, transactionHash },
  };
}
