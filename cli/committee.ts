/** `enerlink committee`: who signs what settles, and stopping it. */
import { constants, energyConverterAbi, oracleCommitteeAbi } from "@enerlink/protocol";
import type { Address } from "viem";
import type { Argv } from "yargs";
import { answering } from "./answer.ts";
import { act, preview } from "./authority.ts";
import { openChain } from "./chain.ts";
import { needed, readAddress, readWhole, UsageError } from "./options.ts";

const MOST_MEMBERS = Number(constants.OracleCommittee.MOST_MEMBERS);

/** In the order that the contract wants them. */
function readMembers(option: string, text: string): Address[] {
  const members = text.split(",").map((one) => readAddress(option, one.trim()));
  const distinct = new Set(members);
  if (distinct.size === members.length && members.length <= MOST_MEMBERS)
    return members.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  throw new UsageError(`--${option} "${text}": 1 to ${MOST_MEMBERS} addresses, each once`);
}

type Committee = { members: Address[]; quorum: number; preview: boolean };

function set({ members, quorum, preview }: Committee) {
  if (quorum > members.length || 2 * quorum <= members.length)
    throw new UsageError(
      `--quorum ${quorum}: more than half of the ${members.length} members, and not more than all`,
    );
  return act(
    {
      contract: "oracleCommittee",
      abi: oracleCommitteeAbi,
      functionName: "setCommittee",
      args: [members, quorum],
      does: `${quorum} of ${members.join(", ")} sign`,
    },
    preview,
  );
}

const pause = (paused: boolean) =>
  answering(async (given: { preview: boolean }) => {
    const { contracts } = await openChain();
    return act(
      {
        contract: "energyConverter",
        abi: energyConverterAbi,
        functionName: "pauseReporter",
        args: [contracts.oracleCommittee, paused],
        does: paused ? "nothing that the committee signs settles" : "what the committee signs settles",
      },
      given.preview,
    );
  });

export function committee(cli: Argv) {
  cli.command("committee", "who signs what settles, and how many of them have to", (commands) =>
    commands
      .demandCommand(1, "committee: set, pause or resume")
      .command(
        "set",
        "other members or another quorum, in the place of a lost or stolen key; with the market operator's PRIVATE_KEY, announced 48 hours ahead where people's money is at stake",
        {
          ...preview,
          members: needed(
            "members",
            readMembers,
            "the addresses that sign, all of them, separated by commas",
          ),
          quorum: needed(
            "quorum",
            (name, text) => readWhole(name, text, 1, MOST_MEMBERS),
            "how many of them have to sign, more than half",
          ),
        },
        answering(set),
      )
      .command(
        "pause",
        "let nothing settle that it signs; with the guardian's PRIVATE_KEY, at once",
        preview,
        pause(true),
      )
      .command("resume", "let it settle again; with the guardian's PRIVATE_KEY", preview, pause(false)),
  );
}
