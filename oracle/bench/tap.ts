/**
 * A wire between oracle and broker that is listened to: tells when a message was handed to the oracle and when its
 * acknowledgement left, which is after the commit. Bytes pass unchanged.
 */
import { connect, createServer } from "node:net";
import { type Packet, parser } from "mqtt-packet";

type Parser = {
  parse: (data: Buffer) => number;
  on: (event: "packet", listener: (packet: Packet) => void) => void;
};
const makeParser = () => parser({ protocolVersion: 4 }) as unknown as Parser;

/** `acknowledged` is told the payload and the time, milliseconds of `performance.now()`. */
export async function startTap(
  brokerPort: number,
  acknowledged: (payload: Buffer, at: number) => void,
): Promise<{ port: number; stop: () => void }> {
  const server = createServer((oracle) => {
    const broker = connect(brokerPort, "127.0.0.1");
    const open = new Map<number, Buffer>();
    const down = makeParser();
    down.on("packet", (packet) => {
      if (packet.cmd === "publish" && packet.messageId !== undefined && packet.topic.endsWith("/reading"))
        open.set(packet.messageId, packet.payload as Buffer);
    });
    const up = makeParser();
    up.on("packet", (packet) => {
      if (packet.cmd !== "puback") return;
      const payload = open.get(packet.messageId!);
      if (!payload) return;
      open.delete(packet.messageId!);
      acknowledged(payload, performance.now());
    });
    for (const socket of [oracle, broker]) socket.setNoDelay(true).on("error", () => {});
    broker.on("data", (data: Buffer) => {
      oracle.write(data);
      down.parse(data);
    });
    oracle.on("data", (data: Buffer) => {
      broker.write(data);
      up.parse(data);
    });
    broker.on("close", () => oracle.destroy());
    oracle.on("close", () => broker.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, stop: () => server.close() };
}
