/** `enerlink status`: the deployment and what it holds. */
import {
  energyMarketAbi,
  energyTokenAbi,
  formatIdr,
  formatKwh,
  formatPrice,
  meterRegistryAbi,
  oracleCommitteeAbi,
  rupiahTokenAbi,
} from "@enerlink/protocol";
import type { Argv } from "yargs";
import { type Answer, answering, columns, time } from "./answer.ts";
import { openChain } from "./chain.ts";

export function status(cli: Argv) {
  cli.command("status", "the deployment and what it holds", {}, answering(show));
}

async function show(): Promise<Answer> {
  const { chainId, client, contracts } = await openChain();
  const committee = { address: contracts.oracleCommittee, abi: oracleCommitteeAbi } as const;
  const market = { address: contracts.energyMarket, abi: energyMarketAbi } as const;
  const [
    block,
    meters,
    energy,
    rupiah,
    members,
    quorum,
    configuration,
    [bookPaused, boardPaused],
    minimum,
    offers,
    trades,
  ] = await Promise.all([
    client.getBlock(),
    client.readContract({
      address: contracts.meterRegistry,
      abi: meterRegistryAbi,
      functionName: "meterCount",
    }),
    client.readContract({ address: contracts.energyToken, abi: energyTokenAbi, functionName: "totalSupply" }),
    client.readContract({ address: contracts.rupiahToken, abi: rupiahTokenAbi, functionName: "totalSupply" }),
    client.readContract({ ...committee, functionName: "members" }),
    client.readContract({ ...committee, functionName: "quorum" }),
    client.readContract({ ...committee, functionName: "configuration" }),
    client.readContract({ ...market, functionName: "paused" }),
    client.readContract({ ...market, functionName: "minimumPrice" }),
    client.readContract({ ...market, functionName: "offerCount" }),
    client.readContract({ ...market, functionName: "tradeCount" }),
  ]);
  const lines: [string, string][] = [
    ["chain", `${chainId}, block ${block.number} of ${time(block.timestamp)}`],
    ["meters", String(meters)],
    ["ETK", `${formatKwh(energy)} kWh in circulation`],
    ["IDRS", `${formatIdr(rupiah)} rupiah in circulation`],
    ["committee", `${quorum} of ${members.length} (configuration ${configuration})`],
    ["order book", bookPaused ? "paused" : "open"],
    [
      "board",
      `${boardPaused ? "paused" : "open"}, ${offers} offers, ${trades} trades, at least ${formatPrice(BigInt(minimum))} IDR/kWh`,
    ],
    ...Object.entries(contracts).map(([name, address]): [string, string] => [name, address ?? ""]),
  ];
  return {
    text: columns(18, lines),
    data: {
      chainId,
      block: { number: block.number, timestamp: time(block.timestamp) },
      meters,
      energyWh: energy,
      rupiahIdrs: rupiah,
      committee: { members, quorum, configuration },
      book: { paused: bookPaused },
      board: { paused: boardPaused, offers, trades, minimumPrice: minimum },
      contracts,
    },
  };
}
