/**
 * Chainlink Functions from the command line:
 *
 *   pnpm --filter @enerlink/oracle functions simulate <serial> --urls http://localhost:3000   runs the program here
 *   pnpm --filter @enerlink/oracle functions request <serial>                                 asks the network
 *
 * RPC_URL names the chain; `request` pays with PRIVATE_KEY (any account may ask).
 */
import { parseArgs } from "node:util";
import { formatKwh, functionsReporterAbi, meterId, meterRegistryAbi } from "@enerlink/protocol";
import { readDeployment } from "@enerlink/protocol/deployment";
import { messageOf } from "@enerlink/service/log";
import {
  createPublicClient,
  createWalletClient,
  type Hex,
  hexToString,
  http,
  isHex,
  parseEventLogs,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { argumentsOf, reportOf, simulate } from "./settle-meter.ts";

/** How long an answer is waited for, milliseconds. */
const PATIENCE = 180_000;
const REQUEST_GAS = 3_000_000n;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { urls: { type: "string" }, cutoff: { type: "string" } },
    allowPositionals: true,
  });
  const [command, serial] = positionals;
  if ((command !== "simulate" && command !== "request") || !serial)
    throw new Error(
      "say what to do: functions simulate <serial> [--urls <a,b>] [--cutoff <unix seconds>], or functions request <serial>",
    );
  const transport = http(process.env.RPC_URL ?? "http://127.0.0.1:8545");
  const client = createPublicClient({ transport });
  const chainId = await client.getChainId();
  const { meterRegistry, functionsReporter } = readDeployment(chainId).contracts;
  const id = meterId(serial);
  const reporter = { address: functionsReporter, abi: functionsReporterAbi } as const;

  if (command === "simulate") {
    const meter = await client.readContract({
      address: meterRegistry,
      abi: meterRegistryAbi,
      functionName: "meter",
      args: [id],
    });
    const { timestamp } = await client.getBlock();
    const urls = values.urls ?? (await client.readContract({ ...reporter, functionName: "urls" }));
    const cutoff = values.cutoff === undefined ? Number(timestamp) : Number(values.cutoff);
    if (!Number.isSafeInteger(cutoff)) throw new Error("--cutoff: must be a time in unix seconds");
    const result = await simulate(
      argumentsOf({ urls, meterId: id, ...meter, cutoff, chainId, registry: meterRegistry }),
    );
    if ("error" in result) throw new Error(`the program ended with: ${result.error}`);
    const report = reportOf(result.answer);
    console.info(
      `${serial}, epoch ${report.epoch}, ${new Date(report.timestamp * 1_000).toISOString()}: ` +
        `export ${formatKwh(report.exportWh)} kWh, import ${formatKwh(report.importWh)} kWh, stored ${formatKwh(report.storedWh)} kWh`,
    );
    return;
  }

  const key = process.env.PRIVATE_KEY;
  if (!isHex(key) || key.length !== 66) throw new Error("PRIVATE_KEY: must be 0x and 64 hexadecimal digits");
  const wallet = createWalletClient({ account: privateKeyToAccount(key as Hex), transport });
  const call = {
    ...reporter,
    functionName: "requestSettlement",
    args: [id],
    account: wallet.account,
  } as const;
  await client.simulateContract(call);
  const hash = await wallet.writeContract({ ...call, chain: null, gas: REQUEST_GAS });
  const receipt = await client.waitForTransactionReceipt({ hash });
  const [requested] = parseEventLogs({
    abi: functionsReporterAbi,
    eventName: "SettlementRequested",
    logs: receipt.logs,
  });
  if (!requested) throw new Error(`the request was refused in ${hash}`);
  const { requestId } = requested.args;
  console.info(`requested as ${requestId}; waiting for the answer`);

  for (
    const late = Date.now() + PATIENCE;
    Date.now() < late;
    await new Promise((done) => setTimeout(done, 1_000))
  ) {
    const logs = await client.getContractEvents({ ...reporter, fromBlock: receipt.blockNumber });
    for (const { eventName, args } of logs) {
      if (!("requestId" in args) || args.requestId !== requestId) continue;
      if (eventName === "RequestFulfilled") {
        console.info(`${serial} is settled`);
        return;
      }
      if (eventName === "RequestFailed") throw new Error(`the request failed: ${hexToString(args.reason!)}`);
    }
  }
  throw new Error(`no answer within ${PATIENCE / 1_000} s`);
}

main().catch((error) => {
  console.error(messageOf(error));
  process.exit(1);
});
