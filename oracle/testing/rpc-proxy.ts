/** A node between the oracle and the chain that fails, refuses or lies on demand. */
import { createServer, type ServerResponse } from "node:http";
import { type Hex, keccak256 } from "viem";

export const rpcFaults = [
  "timeout",
  "429",
  "503",
  "not JSON",
  "old head",
  "other chain",
  "already known",
  "nonce too low",
  "underpriced",
  "insufficient funds",
  "refused",
  "drops transactions",
] as const;
export type RpcFault = (typeof rpcFaults)[number];

type Request = { id: unknown; method: string; params: unknown[] };

/** What a sender is told although (`forwards`) or instead of the transaction being passed on. */
const sendErrors: Partial<Record<RpcFault, { message: string; forwards: boolean }>> = {
  "already known": { message: "already known", forwards: true },
  "nonce too low": { message: "nonce too low: next nonce 99, tx nonce 1", forwards: false },
  underpriced: { message: "transaction underpriced: gas tip cap 0, minimum needed 1", forwards: false },
  refused: { message: "intrinsic gas too low: gas 1, minimum needed 2", forwards: false },
  "insufficient funds": { message: "insufficient funds for gas * price + value", forwards: false },
};

/** Listens on a port of its own and passes everything on to the chain at `target`. */
export async function startRpcProxy(target: string) {
  let fault: RpcFault | undefined;
  let oldHead: unknown;
  const hanging = new Set<ServerResponse>();

  const ask = async (body: unknown) =>
    (await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => response.json())) as Record<string, unknown>;

  async function answer(request: Request): Promise<Record<string, unknown>> {
    const { id, method, params } = request;
    const result = (value: unknown) => ({ jsonrpc: "2.0", id, result: value });
    if (fault === "old head" && method === "eth_getBlockByNumber" && params[0] === "latest")
      return result(oldHead);
    if (fault === "other chain" && method === "eth_chainId") return result("0x5");
    if (method !== "eth_sendRawTransaction") return ask(request);
    if (fault === "drops transactions") return result(keccak256(params[0] as Hex));
    const refusal = fault && sendErrors[fault];
    if (!refusal) return ask(request);
    if (refusal.forwards) await ask(request);
    return { jsonrpc: "2.0", id, error: { code: -32_000, message: refusal.message } };
  }

  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (fault === "timeout") return void hanging.add(response);
    if (fault === "429" || fault === "503") return void response.writeHead(Number(fault)).end("busy");
    if (fault === "not JSON") return void response.end("<html>");
    const body = JSON.parse(text) as Request | Request[];
    response.setHeader("content-type", "application/json");
    try {
      const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
      response.end(JSON.stringify(answers));
    } catch {
      // The node closed a connection that was about to be used again: to the oracle, a node that went away.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    /** Fails in this way from now on; undefined: not any more. */
    fail: async (next: RpcFault | undefined) => {
      const latest = { jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params: ["latest", false] };
      if (next === "old head") oldHead = (await ask(latest)).result;
      fault = next;
      for (const response of hanging) response.destroy();
      hanging.clear();
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
