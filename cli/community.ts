/** `enerlink community`: who shares energy with whom, at which terms, and the clearing of a slot by hand. */
import {
  constants,
  energyMarketAbi,
  formatKwh,
  formatPrice,
  serialOf,
  slotPoolAbi,
} from "@enerlink/protocol";
import { type Hex, parseEventLogs } from "viem";
import type { Argv } from "yargs";
import { type Answer, answering, time } from "./answer.ts";
import { type Chain, openChain } from "./chain.ts";
import { needed, option, readAddress, readTick, readWhole, serialOnly, UsageError } from "./options.ts";

const MOST_ID = 999_999_999;
const readId = (name: string, text: string) => readWhole(name, text, 1, MOST_ID);
const readIdOrNone = (name: string, text: string) => readWhole(name, text, 0, MOST_ID);
const readSeconds = (name: string, text: string) =>
  readWhole(name, text, 1, Number(constants.Communities.LONGEST_SLOT));
const MOST_FEE = Number(constants.Communities.MOST_FEE);
const readFee = (name: string, text: string) => readWhole(name, text, 0, MOST_FEE);

const tariff = {
  retail: needed("retail", readTick, "what the utility asks, whole IDR/kWh"),
  "feed-in": needed("feed-in", readTick, "what it pays, whole IDR/kWh; with the fee at most retail"),
};
const fee = {
  fee: needed(
    "fee",
    readFee,
    `what the grid operator gets of each shared kWh, whole IDR, at most ${MOST_FEE}`,
  ),
};
const limits = {
  "sell-from": option(
    "sell-from",
    readTick,
    "the least that a neighbour pays, whole IDR/kWh; by default feed-in",
  ),
  "buy-up-to": option(
    "buy-up-to",
    readTick,
    "the most that is paid to one, whole IDR/kWh; by default retail",
  ),
};
type Limits = { sellFrom: number | undefined; buyUpTo: number | undefined };

const id = (yargs: Argv) =>
  yargs.positional("id", {
    type: "string",
    demandOption: true,
    describe: "the community's number",
    coerce: (text: string) => readId("id", text),
  });

/** What a slot that nobody was read at leaves is cleared with a later one, which is named. */
function readTime(name: string, text: string): number {
  const seconds = Date.parse(text) / 1_000;
  if (Number.isInteger(seconds)) return seconds;
  throw new UsageError(`--${name} "${text}": a time such as 2026-11-27T08:00:00Z, whole seconds`);
}

export function community(cli: Argv) {
  cli.command("community", "who shares each slot's energy with whom, and at which terms", (commands) =>
    ofMembers(
      ofTerms(
        commands.demandCommand(
          1,
          "community: create, authorize, accept, tariff, fee, slots, admit, join, limits, quit, clear or show",
        ),
      ),
    )
      .command(
        "clear <id>",
        "clear a slot that is over; anybody",
        (yargs) =>
          id(yargs).option("slot-end", option("slot-end", readTime, "its end; by default of the next one")),
        answering(({ id, slotEnd }) => clear(id, slotEnd)),
      )
      .command(
        "show <id>",
        "terms, members and the latest cleared slot",
        id,
        answering(({ id }) => show(id)),
      ),
  );
}

function ofTerms(commands: Argv): Argv {
  return commands
    .command(
      "create",
      "a new community; with the market operator's PRIVATE_KEY",
      {
        utility: needed("utility", readAddress, "who takes and gives the rest; an account of the market"),
        "grid-operator": needed("grid-operator", readAddress, "who gets the fee; an account of the market"),
        ...tariff,
        ...fee,
      },
      answering(create),
    )
    .command(
      "authorize",
      "let the pool take what a slot costs from the trading balance; the utility does it before the first slot",
      {},
      answering(async () => {
        const transactionHash = await authorize(await openChain());
        const text = `the pool may take what a slot costs (transaction ${transactionHash})`;
        return { text, data: { transactionHash } };
      }),
    )
    .command(
      "accept <id>",
      "be the utility that it was created with, at its tariff; with the utility's PRIVATE_KEY",
      id,
      answering(({ id }) => change(id, "acceptCommunity", [id])),
    )
    .command(
      "tariff <id>",
      "announce another tariff; with the utility's PRIVATE_KEY",
      (yargs) => id(yargs).options(tariff),
      answering(({ id, retail, feedIn }) => change(id, "announceTariff", [id, retail, feedIn])),
    )
    .command(
      "fee <id>",
      "announce another fee; with the market operator's PRIVATE_KEY",
      (yargs) => id(yargs).options(fee),
      answering(({ id, fee }) => change(id, "setFee", [id, fee])),
    )
    .command(
      "slots <id>",
      "another length of the slots, where the deployment allows it; with the market operator's PRIVATE_KEY",
      (yargs) =>
        id(yargs).option("seconds", needed("seconds", readSeconds, "from the next slot on, at most a day")),
      answering(({ id, seconds }) => change(id, "setSlotLength", [id, seconds])),
    );
}

function ofMembers(commands: Argv): Argv {
  return commands
    .command(
      "admit <serial>",
      "let a meter's owner join; with the registrar's PRIVATE_KEY",
      (yargs) =>
        serialOnly(yargs).option(
          "to",
          needed("to", readIdOrNone, "the community's number; 0: to none any more"),
        ),
      answering(({ serial, to }) => change(to, "admit", [serial.id, to])),
    )
    .command(
      "join <serial>",
      "share what the meter counts from now on; with the owner's PRIVATE_KEY",
      (yargs) =>
        serialOnly(yargs)
          .option("to", needed("to", readId, "the community's number"))
          .options(limits),
      answering(({ serial, to, ...limits }) => join(serial.id, to, limits)),
    )
    .command(
      "limits <serial>",
      "other limits from the next clearing on; with the owner's PRIVATE_KEY",
      (yargs) => serialOnly(yargs).options(limits),
      answering(({ serial, ...limits }) => setLimits(serial.id, limits)),
    )
    .command(
      "quit <serial>",
      "share no longer; with the owner's or the registrar's PRIVATE_KEY",
      serialOnly,
      answering(({ serial }) => quit(serial.id)),
    );
}

const poolOf = ({ contracts }: Chain) => ({ address: contracts.slotPool, abi: slotPoolAbi }) as const;

type Change = "acceptCommunity" | "announceTariff" | "setFee" | "setSlotLength" | "admit";
type Terms = { utility: Hex; gridOperator: Hex; retail: number; feedIn: number; fee: number };

async function create({ utility, gridOperator, retail, feedIn, fee }: Terms): Promise<Answer> {
  const chain = await openChain();
  const args = [utility, gridOperator, retail, feedIn, fee] as const;
  const hash = await chain.write({ ...poolOf(chain), functionName: "createCommunity", args });
  const { logs } = await chain.client.getTransactionReceipt({ hash });
  const [created] = parseEventLogs({ abi: slotPoolAbi, logs, eventName: "CommunityCreated" });
  const { communityId } = created!.args;
  return {
    text: `community ${communityId} is created (transaction ${hash})`,
    data: { communityId, transactionHash: hash },
  };
}

async function change(id: number, functionName: Change, args: readonly unknown[]): Promise<Answer> {
  const chain = await openChain();
  const transactionHash = await chain.write({ ...poolOf(chain), functionName, args });
  const done = `done (transaction ${transactionHash})`;
  if (id === 0) return { text: done, data: { transactionHash } };
  const { text, data } = await terms(chain, id);
  return { text: `${text}\n${done}`, data: { ...data, transactionHash } };
}

function authorize({ contracts, write }: Chain): Promise<Hex> {
  return write({
    address: contracts.energyMarket,
    abi: energyMarketAbi,
    functionName: "authorizeModule",
    args: [contracts.slotPool, true],
  });
}

/** Joins, and lets the pool take from the trading balance what the neighbours' energy costs: without, it is owed. */
async function join(meterId: Hex, id: number, given: Limits): Promise<Answer> {
  const chain = await openChain();
  const { sellFrom, buyUpTo } = await filledIn(chain, id, given);
  await authorize(chain);
  const transactionHash = await chain.write({
    ...poolOf(chain),
    functionName: "join",
    args: [meterId, id, sellFrom, buyUpTo],
  });
  const serial = serialOf(meterId);
  return {
    text: `${serial} shares in community ${id}: it sells from ${sellFrom} and buys up to ${buyUpTo} IDR/kWh, paid from its owner's trading balance (transaction ${transactionHash})`,
    data: { serial, communityId: id, sellFrom, buyUpTo, transactionHash },
  };
}

async function setLimits(meterId: Hex, given: Limits): Promise<Answer> {
  const chain = await openChain();
  const [id] = await chain.client.readContract({ ...poolOf(chain), functionName: "member", args: [meterId] });
  const serial = serialOf(meterId);
  if (id === 0) throw new UsageError(`${serial} is no member of a community`);
  const { sellFrom, buyUpTo } = await filledIn(chain, id, given);
  const transactionHash = await chain.write({
    ...poolOf(chain),
    functionName: "setLimits",
    args: [meterId, sellFrom, buyUpTo],
  });
  return {
    text: `${serial} sells from ${sellFrom} and buys up to ${buyUpTo} IDR/kWh (transaction ${transactionHash})`,
    data: { serial, communityId: id, sellFrom, buyUpTo, transactionHash },
  };
}

async function quit(meterId: Hex): Promise<Answer> {
  const chain = await openChain();
  const transactionHash = await chain.write({ ...poolOf(chain), functionName: "quit", args: [meterId] });
  const serial = serialOf(meterId);
  return {
    text: `${serial} shares no longer (transaction ${transactionHash})`,
    data: { serial, transactionHash },
  };
}

async function clear(id: number, given: number | undefined): Promise<Answer> {
  const chain = await openChain();
  const { slot, clearedTo } = await known(chain, id);
  const { timestamp } = await chain.client.getBlock();
  // Other lengths of slots have other ends: the first one after what is cleared.
  const next =
    (clearedTo === 0 ? Math.floor(Number(timestamp) / slot) : Math.floor(clearedTo / slot) + 1) * slot;
  const slotEnd = given ?? next;
  const hash = await chain.write({ ...poolOf(chain), functionName: "clear", args: [id, slotEnd] });
  const { logs } = await chain.client.getTransactionReceipt({ hash });
  const [cleared] = parseEventLogs({ abi: slotPoolAbi, logs, eventName: "SlotCleared" });
  const { price, sharedWh } = cleared!.args;
  return {
    text: `the slot until ${time(slotEnd)} is cleared: ${formatKwh(sharedWh)} kWh shared, ${formatPrice(price)} IDR/kWh (transaction ${hash})`,
    data: { communityId: id, slotEnd: time(slotEnd), sharedWh, price, transactionHash: hash },
  };
}

async function show(id: number): Promise<Answer> {
  const chain = await openChain();
  const { text, data } = await terms(chain, id);
  const meterIds = await chain.client.readContract({ ...poolOf(chain), functionName: "members", args: [id] });
  const members = await Promise.all(
    meterIds.map(async (meterId) => {
      const args = [meterId] as const;
      const member = await chain.client.readContract({ ...poolOf(chain), functionName: "member", args });
      const [, , sellFrom, buyUpTo] = member;
      return { serial: serialOf(meterId), sellFrom, buyUpTo };
    }),
  );
  const lines = members.map(
    ({ serial, sellFrom, buyUpTo }) =>
      `${serial.padEnd(34)}sells from ${sellFrom}, buys up to ${buyUpTo} IDR/kWh`,
  );
  return { text: [text, ...lines].join("\n"), data: { ...data, members } };
}

/** A community's terms now. */
async function terms(chain: Chain, id: number): Promise<Answer> {
  const { retail, feedIn, fee, slot, clearedTo } = await known(chain, id);
  const cleared = clearedTo === 0 ? "no slot is cleared yet" : `cleared until ${time(clearedTo)}`;
  return {
    text: `community ${id}: retail ${retail}, feed-in ${feedIn}, fee ${fee} IDR/kWh; slots of ${slot} s, ${cleared}`,
    data: {
      communityId: id,
      ...{ retail, feedIn, fee, slot },
      clearedTo: clearedTo === 0 ? null : time(clearedTo),
    },
  };
}

/** Limits that were not given are "any price better than the utility's". */
async function filledIn(chain: Chain, id: number, { sellFrom, buyUpTo }: Limits) {
  const { retail, feedIn } = await known(chain, id);
  return { sellFrom: sellFrom ?? Math.max(feedIn, 1), buyUpTo: buyUpTo ?? retail };
}

async function known(chain: Chain, id: number) {
  const community = await chain.client.readContract({
    ...poolOf(chain),
    functionName: "community",
    args: [id],
  });
  if (community.slot === 0) throw new UsageError(`there is no community ${id}`);
  return community;
}
