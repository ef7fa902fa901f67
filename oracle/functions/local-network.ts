/**
 * Chainlink Functions on a development chain: the toolkit's router and coordinator, and a node that answers their
 * requests by running the source in the toolkit's simulator. Public networks bring their own.
 */
import cbor from "cbor";
import { ethers } from "ethers";
import { type Address, type Hex, stringToHex } from "viem";
import { simulate, toolkit } from "./settle-meter.ts";

/** LINK that the subscription gets, in its smallest unit. */
const FUNDS = 100n * 10n ** 18n;
const REPORT_GAS = 5_000_000;

export type LocalFunctions = Awaited<ReturnType<typeof deployLocalFunctions>>;

/** Deploys router and coordinator on the chain at `rpcUrl`, from the account of `privateKey`. */
export async function deployLocalFunctions(rpcUrl: string, privateKey: Hex) {
  const { deployFunctionsOracle, SubscriptionManager } = await toolkit();
  const provider = new ethers.providers.StaticJsonRpcProvider(rpcUrl);
  provider.pollingInterval = 200;
  const wallet = new ethers.Wallet(privateKey, provider);
  const oracle = await deployFunctionsOracle(wallet);
  const coordinator = oracle.functionsMockCoordinatorContract;
  const router = oracle.functionsRouterContract.address as Address;

  /** A request's source and arguments, decoded by a library that did not encode them. */
  async function requestOf(data: Hex): Promise<{ source: string; args: string[] }> {
    const list = await cbor.decodeAll(Buffer.from(data.slice(2), "hex"));
    const fields = new Map<string, unknown>();
    for (let index = 0; index + 1 < list.length; index += 2) fields.set(String(list[index]), list[index + 1]);
    return { source: String(fields.get("source")), args: fields.get("args") as string[] };
  }

  return {
    router,
    donId: stringToHex(oracle.donId, { size: 32 }),
    /** Makes a subscription that pays for `consumer`. */
    subscribe: async (consumer: Address): Promise<bigint> => {
      const manager = new SubscriptionManager({
        signer: wallet,
        linkTokenAddress: oracle.linkTokenContract.address,
        functionsRouterAddress: router,
      });
      await manager.initialize();
      const subscriptionId = await manager.createSubscription({ consumerAddress: consumer });
      await manager.fundSubscription({ subscriptionId, juelsAmount: FUNDS });
      return BigInt(subscriptionId);
    },
    /** Answers every request that is made from now on. @returns how to stop. */
    serve: (onFailure: (error: unknown) => void) => {
      const answerRequest = async (...event: unknown[]) => {
        const [requestId, , , , , data, , , , commitment] = event as [Hex, ...unknown[]];
        const { source, args } = await requestOf(data as Hex);
        const answer = await simulate(args, source);
        const types = coordinator.interface
          .getEvent("OracleRequest")
          .inputs.find(({ name }) => name === "commitment")!;
        const encode = ethers.utils.defaultAbiCoder.encode.bind(ethers.utils.defaultAbiCoder);
        const report = encode(
          ["bytes32[]", "bytes[]", "bytes[]", "bytes[]", "bytes[]"],
          [
            [requestId],
            ["answer" in answer ? answer.answer : "0x"],
            ["error" in answer ? stringToHex(answer.error) : "0x"],
            [
              encode(
                types.components.map(({ type }) => type),
                commitment as unknown[],
              ),
            ],
            ["0x"],
          ],
        );
        // The router pays for no more than the gas price of the request.
        const { baseFeePerGas } = await provider.getBlock("latest");
        const fees = { maxPriorityFeePerGas: 0, maxFeePerGas: baseFeePerGas!.mul(2) };
        await (await coordinator.callReport(report, { gasLimit: REPORT_GAS, ...fees })).wait(1);
      };
      coordinator.on("OracleRequest", (...event: unknown[]) => {
        answerRequest(...event).catch(onFailure);
      });
      return () => {
        coordinator.removeAllListeners("OracleRequest");
        provider.removeAllListeners();
      };
    },
  };
}
