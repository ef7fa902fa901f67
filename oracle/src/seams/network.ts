/** The ways out of this process: to the broker, to the chain's nodes, to whatever else answers HTTP. */
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { type HttpTransportConfig, http, type Transport } from "viem";

export type Network = {
  /** A connection to the broker, which comes back by itself. */
  broker: (url: string, options: IClientOptions) => MqttClient;
  /** One of the chain's nodes. */
  chain: (url: string, options: HttpTransportConfig) => Transport;
  /** A connection over which one of them tells of new blocks. */
  socket: (url: string) => WebSocket;
  fetch: (url: string, request?: RequestInit) => Promise<Response>;
};

const machine: Network = {
  broker: (url, options) => mqtt.connect(url, options),
  chain: (url, options) => http(url, options),
  socket: (url) => new WebSocket(url),
  fetch: (url, request) => fetch(url, request),
};

let inUse = machine;

export const network: Network = {
  broker: (url, options) => inUse.broker(url, options),
  chain: (url, options) => inUse.chain(url, options),
  socket: (url) => inUse.socket(url),
  fetch: (url, request) => inUse.fetch(url, request),
};

/** For simulations: `other` is the network from now on; undefined: the machine's again. */
export const replaceNetwork = (other: Network | undefined): void => {
  inUse = other ?? machine;
};
