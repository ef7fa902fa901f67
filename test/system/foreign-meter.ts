/**
 * A meter by another maker: knows the published format and nothing of EnerLink's code. Signs P-256 over the packed
 * bytes of DESIGN §5 and speaks MQTT with its own client.
 */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import mqtt from "mqtt";

export type ForeignReading = {
  serial: string;
  epoch: number;
  sequence: number;
  timestamp: number;
  exportWh: number;
  importWh: number;
  storedWh: number;
};

export type ForeignCommand = { id: string; name: string; arguments: Record<string, unknown> };

export function makeForeignMeter(serial: string, chainId: number, registry: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const hex = (part: string) => `0x${Buffer.from(part, "base64url").toString("hex")}`;

  function signed(reading: ForeignReading) {
    const uint64 = (value: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(value));
      return bytes;
    };
    const epoch = Buffer.alloc(4);
    epoch.writeUInt32BE(reading.epoch);
    const packed = Buffer.concat([
      Buffer.from("EnerLink reading v1"),
      uint64(chainId),
      Buffer.from(registry.slice(2), "hex"),
      Buffer.concat([Buffer.from(reading.serial, "ascii"), Buffer.alloc(32)]).subarray(0, 32),
      epoch,
      ...[reading.sequence, reading.timestamp, reading.exportWh, reading.importWh, reading.storedWh].map(
        uint64,
      ),
    ]);
    const signature = sign("sha256", packed, { key: privateKey, dsaEncoding: "ieee-p1363" });
    return { ...reading, signature: signature.toString("base64url") };
  }

  return { serial, publicKey: { x: hex(x!), y: hex(y!) }, signed };
}

/** Connects as `serial` and returns what a test needs of the connection. */
export async function connectMeter(url: string, serial: string, brokerSecret: string) {
  const password = createHmac("sha256", brokerSecret).update(serial).digest("base64url");
  const client = await mqtt.connectAsync(url, { username: serial, password });
  return {
    publish: (kind: string, payload: string | Buffer, of = serial) =>
      client.publishAsync(`enerlink/v1/${of}/${kind}`, payload, { qos: 1 }),
    /** Calls `act` with every command that reaches the meter. */
    onCommand: async (act: (command: ForeignCommand) => Promise<unknown>) => {
      client.on("message", (_topic, payload) => void act(JSON.parse(payload.toString())));
      await client.subscribeAsync(`enerlink/v1/${serial}/command`, { qos: 1 });
    },
    end: () => client.endAsync(),
  };
}
