/** Serves an application over HTTP and WebSocket, so that whatever is refused is refused as a problem. */
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type Http2Bindings, type HttpBindings, serve } from "@hono/node-server";
import { WebSocketServer } from "ws";

type Fetch = (request: Request, bindings: HttpBindings) => Response | Promise<Response>;
type WebSocketServerLike = NonNullable<NonNullable<Parameters<typeof serve>[0]["websocket"]>["server"]>;

/** Bytes of a message that a listener sends. */
const LARGEST_MESSAGE = 1_024;

/** Ends what never becomes a request: nothing else answers it. `field` is the header that is wrong, where one is. */
function writeMalformed(socket: Socket, detail: string, field?: string): void {
  const errors = field === undefined ? [] : [{ field, message: detail }];
  const body = JSON.stringify({ type: "about:blank", title: "Invalid request", status: 400, detail, errors });
  const lines = [
    "HTTP/1.1 400 Bad Request",
    "connection: close",
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "x-content-type-options: nosniff",
    // What is spoken here, as who asks for another version has to be told (RFC 6455).
    ...(field === "sec-websocket-version" ? ["sec-websocket-version: 13, 8"] : []),
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** A refused handshake has no answer of the server's own: status, headers and body are written as they are. */
async function writeRefusal(socket: Socket, response: Response): Promise<void> {
  const body = await response.text();
  const headers = new Headers(response.headers);
  headers.set("connection", "close");
  headers.set("content-length", String(Buffer.byteLength(body)));
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  const { status } = response;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}

const isHandshake = ({ headers, url }: IncomingMessage) =>
  headers.upgrade?.toLowerCase() === "websocket" && /^\/ws(\?|$)/.test(url ?? "");

/** `address` and `port` as a URL has them. */
export const hostOf = ({ address, port }: { address: string; port: number }) =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

export type Listening = Awaited<ReturnType<typeof listen>>;

/**
 * Listens on `port` of the address `host`, or of all addresses; 0 finds a free port. WebSocket is spoken at `/ws`.
 * @throws naming the setting when the port is taken or the address is none of this machine's.
 */
export async function listen(fetch: Fetch, host: string | undefined, port: number) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  sockets.on("wsClientError", ({ message }, socket) => {
    const field = /Sec-WebSocket-\w+/.exec(message)?.[0].toLowerCase();
    writeMalformed(socket as Socket, field ? `${field} is missing or invalid` : message, field);
  });
  const answer = async (request: Request, bindings: HttpBindings | Http2Bindings) => {
    const { incoming, outgoing } = bindings as HttpBindings;
    const response = await fetch(request, bindings as HttpBindings);
    if (outgoing === undefined && response.status >= 400) await writeRefusal(incoming.socket, response);
    return response;
  };
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const starting = serve(
      {
        fetch: answer,
        ...(host === undefined ? {} : { hostname: host }),
        port,
        // The two packages' types differ in one optional property only.
        websocket: { server: sockets as WebSocketServerLike },
        createServer,
        // Any other upgrade is a request like any other.
        serverOptions: { shouldUpgradeCallback: isHandshake },
      },
      () => resolve(starting),
    );
    starting.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") reject(new Error(`PORT: ${port} is in use by another program`));
      else if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
        reject(new Error(`HOST: ${host} is no address of this machine`));
      else reject(error);
    });
    // A second listener: refused handshakes are answered above, not by the library without a body.
    starting.on("upgrade", () => {});
    starting.on("clientError", (_error, socket: Socket) => {
      if (!socket.writable) return void socket.destroy();
      writeMalformed(socket, "This is not HTTP as it must be");
    });
  });
  const address = server.address() as { address: string; port: number };
  return {
    ...address,
    stop: () => {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}
