/** `enerlink functions`: Chainlink Functions, run here or asked of the network. */
import { formatKwh, functionsReporterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { hexToString, parseEventLogs } from "viem";
import type { Argv } from "yargs";
import { type Answer, answering, time } from "./answer.ts";
import { openChain } from "./chain.ts";
import { option, readWhole } from "./options.ts";

/** How long an answer is waited for, milliseconds. */
const PATIENCE = 180_000;
const REQUEST_GAS = 3_000_000n;
const LAST_SECOND = 2 ** 32 - 1;

const serialOnly = (yargs: Argv) =>
  yargs.positional("serial", { type: "string", demandOption: true, describe: "the meter's serial" });

export function functions(cli: Argv) {
  cli.command("functions", "settle a meter through Chainlink Functions", (commands) =>
    commands
      .demandCommand(1, "functions: simulate or request")
      .command(
        "simulate <serial>",
        "run the network's program here and print its report",
        (yargs) =>
          serialOnly(yargs)
            .option("urls", {
              type: "string",
              describe: "oracle nodes, comma-separated; by default the contract's",
            })
            .option(
              "cutoff",
              option(
                "cutoff",
                (name, text) => readWhole(name, text, 0, LAST_SECOND),
                "unix seconds; by default now",
              ),
            ),
        answering(({ serial, urls, cutoff }) => simulateReport(serial, urls, cutoff)),
      )
      .command(
        "request <serial>",
        "ask the network, and wait for its answer; any account may, with its PRIVATE_KEY",
        serialOnly,
        answering(({ serial }) => request(serial)),
      ),
  );
}

async function simulateReport(
  serial: string,
  given: string | undefined,
  at: number | undefined,
): Promise<Answer> {
  const { argumentsOf, reportOf, simulate } = await import("../oracle/functions/settle-meter.ts");
  const { chainId, client, contracts } = await openChain();
  const id = meterId(serial);
  const reporter = { address: contracts.functionsReporter, abi: functionsReporterAbi } as const;
  const registry = { address: contracts.meterRegistry, abi: meterRegistryAbi } as const;
  const meter = await client.readContract({ ...registry, functionName: "meter", args: [id] });
  const urls = given ?? (await client.readContract({ ...reporter, functionName: "urls" }));
  const cutoff = at ?? Number((await client.getBlock()).timestamp);
  const result = await simulate(
    argumentsOf({ urls, meterId: id, ...meter, cutoff, chainId, registry: registry.address }),
  );
  if ("error" in result) throw new Error(`the program ended with: ${result.error}`);
  const { epoch, exportWh, importWh, storedWh, timestamp: readAt } = reportOf(result.answer);
  const timestamp = time(readAt);
  const registers = `export ${formatKwh(exportWh)} kWh, import ${formatKwh(importWh)} kWh, stored ${formatKwh(storedWh)} kWh`;
  return {
    text: `${serial}, epoch ${epoch}, ${timestamp}: ${registers}`,
    data: { serial, epoch, timestamp, exportWh, importWh, storedWh },
  };
}

async function request(serial: string): Promise<Answer> {
  const { client, contracts, write } = await openChain();
  const reporter = { address: contracts.functionsReporter, abi: functionsReporterAbi } as const;
  const hash = await write({
    ...reporter,
    functionName: "requestSettlement",
    args: [meterId(serial)],
    gas: REQUEST_GAS,
  });
  const { logs, blockNumber } = await client.getTransactionReceipt({ hash });
  const [requested] = parseEventLogs({ abi: functionsReporterAbi, eventName: "SettlementRequested", logs });
  if (!requested) throw new Error(`the request was refused in ${hash}`);
  const { requestId } = requested.args;
  console.error(`requested as ${requestId}; waiting for the answer`);

  const late = Date.now() + PATIENCE;
  for (; Date.now() < late; await new Promise((done) => setTimeout(done, 1_000))) {
    const answers = await client.getContractEvents({ ...reporter, fromBlock: blockNumber });
    for (const { eventName, args } of answers) {
      if (!("requestId" in args) || args.requestId !== requestId) continue;
      if (eventName === "RequestFulfilled")
        return { text: `${serial} is settled`, data: { serial, requestId } };
      if (eventName === "RequestFailed") throw new Error(`the request failed: ${hexToString(args.reason!)}`);
    }
  }
  throw new Error(`no answer within ${PATIENCE / 1_000} s`);
}
