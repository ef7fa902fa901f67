/**
 * A member of the committee that is faulty on purpose: a process with a member's own key, at the real broker, that sends
 * nothing but valid messages. `STRATEGY` says which. Everything that it says carries its own good signature.
 */
import { oracleCommitteeAbi } from "@enerlink/protocol";
import { readDeployment } from "@enerlink/protocol/deployment";
import {
  approvalText,
  type CommitteeDomain,
  committeeTopic,
  committeeTopics,
  type Item,
  type Kind,
  type Proposal,
  type RefusalReason,
  readCommitteeTopic,
  type Sealed,
  seal,
  unseal,
} from "@enerlink/protocol/wire/committee";
import { parseReading, type Reading } from "@enerlink/protocol/wire/reading";
import mqtt from "mqtt";
import { createPublicClient, type Hex, http, parseSignature, serializeSignature } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { batchOf } from "../src/committee/round.ts";
import { windowEnd } from "../src/rules/windows.ts";

/** The order of secp256k1. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

type Member = {
  say: <Name extends keyof Sealed>(kind: Name, content: Sealed[Name]) => Promise<void>;
  approve: (proposal: Proposal, write?: (signature: Hex) => Hex) => Promise<void>;
  refuse: (
    proposal: Proposal,
    of: (item: Item, index: number) => Partial<Refused> | undefined,
  ) => Promise<void>;
  propose: (items: Item[], life?: number) => Promise<void>;
  /** Every reading that was heard, the oldest first. */
  heard: Reading[];
  /** The reports that are due now: of each meter, its newest reading that closed a window. */
  due: () => Item[];
};
type Refused = { reason: RefusalReason; evidence: Reading | null; windowEnd: number };

export type Strategy = {
  /** Whether it says that it is there; by default it always does. */
  there?: () => boolean;
  heard?: (member: Member, reading: Reading) => unknown;
  proposed?: (member: Member, proposal: Proposal) => unknown;
  /** Done again and again, so many milliseconds apart. */
  every?: [number, (member: Member) => unknown];
};

const interval = Number(process.env.SETTLEMENT_INTERVAL);
const endOf = ({ timestamp }: Reading) => windowEnd(timestamp, interval);
const seconds = () => Math.floor(Date.now() / 1_000);

export const strategies = {
  /** Proposes the first reading of a window as its last one, and sends nothing. */
  early: { heard: (member, reading) => member.propose([{ windowEnd: endOf(reading), reading }]) },
  /** Proposes what is due over and over, each time as another batch, and sends nothing. */
  again: { every: [300, (member) => member.propose(member.due())] },
  /** The same, a report at a time, so that there are as many batches as meters. */
  crumbs: {
    every: [
      300,
      async (member) => {
        for (const item of member.due()) await member.propose([item]);
      },
    ],
  },
  /** Says that it is there, and nothing else. */
  silent: {},
  /** Comes and goes, so that turns are dealt out anew. */
  flickers: { there: () => seconds() % 16 < 4 },
  /** Refuses everything, at once, for reasons of its own. */
  refuses: {
    proposed: (member, proposal) => member.refuse(proposal, () => ({ reason: "different-reading" })),
  },
  /** Refuses every other report, so that batches fall to pieces. */
  divides: {
    proposed: (member, proposal) =>
      member.refuse(proposal, (_, index) => (index % 2 === 0 ? { reason: "later-reading" } : undefined)),
  },
  /** Shows old readings of the meters' own as evidence, and as many as fit. */
  recalls: {
    proposed: (member, proposal) =>
      member.refuse(proposal, ({ reading }) => ({
        reason: "later-reading",
        evidence: member.heard.find(({ serial }) => serial === reading.serial) ?? null,
      })),
  },
  /** Signs at once, in a form that recovers to its key but that the contract does not take. */
  "signs high": {
    proposed: (member, proposal) =>
      member.approve(proposal, (signature) => {
        const { r, s, yParity } = parseSignature(signature);
        const high = `0x${(ORDER - BigInt(s)).toString(16).padStart(64, "0")}` as const;
        return serializeSignature({ r, s: high, yParity: 1 - yParity });
      }),
  },
  /** Signs at once, and counts the recovery bit from 0. */
  "signs low": {
    proposed: (member, proposal) =>
      member.approve(
        proposal,
        (signature) => `${signature.slice(0, -2)}0${parseSignature(signature).yParity}` as Hex,
      ),
  },
  /** Proposes as much as may be proposed, as fast as it can. */
  floods: {
    every: [
      20,
      (member) => {
        const items = member.heard.slice(-200).map((reading) => ({ windowEnd: endOf(reading), reading }));
        return member.propose(items, 1 + (Date.now() % 3_000));
      },
    ],
  },
  /** Proposes windows that never were, so that each is another dispute. */
  invents: {
    every: [
      50,
      (member) =>
        member.propose(
          member.heard.slice(-100).map((reading, index) => ({
            windowEnd: reading.timestamp + (Date.now() % 1_000_000) + index + 1,
            reading,
          })),
        ),
    ],
  },
  /** Wants signatures that end before anybody can use them, or that hold as long as may be. */
  haggles: {
    every: [
      400,
      async (member) => {
        await member.propose(member.due(), 1);
        await member.propose(member.due(), 7_100);
      },
    ],
  },
} satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof strategies;

async function run(strategy: Strategy): Promise<void> {
  const { env } = process;
  const signer = privateKeyToAccount(env.SIGNER_KEY as Hex);
  const client = createPublicClient({ transport: http(env.RPC_URL) });
  const chainId = await client.getChainId();
  const { oracleCommittee } = readDeployment(chainId).contracts;
  const domain: CommitteeDomain = { chainId, committee: oracleCommittee };
  const configuration = await client.readContract({
    address: oracleCommittee,
    abi: oracleCommitteeAbi,
    functionName: "configuration",
  });
  const broker = await mqtt.connectAsync(env.MQTT_BROKER_URL!, {
    ...(env.MQTT_USERNAME === undefined ? {} : { username: env.MQTT_USERNAME, password: env.MQTT_PASSWORD! }),
  });
  const heard: Reading[] = [];
  const publish = (kind: Kind, text: string) =>
    broker.publishAsync(committeeTopic(signer.address, kind), text, { qos: 0 });
  const say: Member["say"] = async (kind, content) => {
    await publish(kind, await seal(domain, signer, kind, content));
  };
  const hashOf = ({ items, deadline }: Proposal) => batchOf(domain, configuration, items, deadline);
  const member: Member = {
    say,
    approve: async (proposal, write = (signature) => signature) => {
      const { hash, typedData } = hashOf(proposal);
      const signature = write(await signer.signTypedData(typedData));
      await publish("approval", approvalText({ batch: hash, signature }));
    },
    refuse: async (proposal, of) => {
      const items = proposal.items.flatMap((item, index) => {
        const refused = of(item, index);
        const { serial } = item.reading;
        const same = { serial, windowEnd: item.windowEnd, reason: "frozen", evidence: null } as const;
        return refused ? [{ ...same, ...refused }] : [];
      });
      if (items.length > 0) await say("refusal", { batch: hashOf(proposal).hash, items });
    },
    propose: async (items, life = 3_600) => {
      if (items.length === 0) return;
      const { timestamp } = await client.getBlock();
      const now = Math.max(Number(timestamp), seconds());
      await say("proposal", { deadline: BigInt(now + life), configuration, items });
    },
    heard,
    due: () => {
      const newest = new Map(heard.map((reading) => [reading.serial, reading]));
      return [...newest.values()]
        .filter(({ timestamp }) => timestamp % interval === 0)
        .map((reading) => ({ windowEnd: reading.timestamp, reading }));
    },
  };

  const { there = () => true, heard: onHeard, proposed, every } = strategy;
  broker.on("message", (topic, payload) => {
    const from = readCommitteeTopic(topic);
    if (!from) {
      const reading = parseReading(payload);
      heard.push(reading);
      void onHeard?.(member, reading);
    } else if (from.kind === "proposal" && from.sender !== signer.address.toLowerCase()) {
      void unseal(domain, "proposal", payload).then(({ content }) => proposed?.(member, content));
    }
  });
  await broker.subscribeAsync(["enerlink/v1/+/reading", committeeTopics()], { qos: 1 });
  const hello = () => there() && say("hello", { time: Date.now() });
  await hello();
  setInterval(hello, 2_000);
  if (every) {
    const [pause, work] = every;
    let busy = false;
    setInterval(async () => {
      if (busy) return;
      busy = true;
      await work(member);
      busy = false;
    }, pause);
  }
  console.info(`ready on the broker: ${env.STRATEGY}`);
}

if (process.env.STRATEGY) await run(strategies[process.env.STRATEGY as StrategyName]);
