/** An oracle node's settings, from the file that it is started with: what they leave open. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { parseEnv } from "node:util";
import { isDevelopmentChain } from "@enerlink/protocol/chains";
import { messageOf } from "@enerlink/service/log";
import { readSecretFile } from "@enerlink/service/secret-file";
import { type Config, readConfig } from "../../oracle/src/config.ts";
import { behind, type Check, good, missing, unsafe, type Verdict } from "./finding.ts";

export type SettingsSeen = {
  config: Config | undefined;
  /** Why they cannot be read. */
  failure: string;
  /** Keys and passwords act for real money and real meters. */
  real: boolean;
};

type Of = (config: Config, real: boolean) => Verdict | undefined;
const of =
  (look: Of): Check<SettingsSeen>[1] =>
  ({ config, real }) =>
    config && look(config, real);
/** Of what a development chain need not have. */
const ofReal = (look: (config: Config) => Verdict | undefined): Check<SettingsSeen>[1] =>
  of((config, real) => (real ? look(config) : undefined));

/** Whether what is said to `url` stays on this machine or in a network of the operator's own. */
function isNear(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd])/.test(host);
  return !host.includes(".");
}

const keys: Of = ({ signer, submitter }) => {
  const plain = [signer, submitter].filter(({ kind }) => kind === "plain").map(({ variable }) => variable);
  if (plain.length > 0)
    return unsafe(
      `${plain.join(" and ")} hold the keys themselves`,
      "enerlink keystore, or a program that signs",
    );
  if (signer.kind === "keystore" && submitter.kind === "keystore" && signer.file === submitter.file)
    return unsafe("one key signs and pays", "make two: what signs holds no money (enerlink keystore)");
  return good(`${signer.kind}, ${submitter.kind}`);
};

const keyFiles: Of = ({ signer, submitter, relay }) => {
  const files = [signer, submitter, ...(relay ? [relay.key] : [])].flatMap((key) =>
    key.kind === "keystore" ? [key.file] : [],
  );
  if (files.length === 0) return undefined;
  try {
    for (const file of files) readSecretFile(file);
    return good("only their owner may read them");
  } catch (error) {
    return unsafe(messageOf(error), "and see who has read it meanwhile: a new key is safer");
  }
};

const copies: Of = ({ backup, dataDir }) => {
  if (!backup) return missing("none are made", "BACKUP_DIR, on another disk than DATA_DIR");
  const { folder } = backup;
  if (!existsSync(folder) || !existsSync(dataDir)) return good(`to ${folder}`);
  return statSync(folder).dev === statSync(dataDir).dev
    ? behind(`${folder} is on the store's own disk`, "another disk, or carry the copies elsewhere daily")
    : good(`to ${folder}, another disk`);
};

export const settingsChecks: readonly Check<SettingsSeen>[] = [
  [
    "readable",
    ({ config, failure }) => {
      if (config) return good("all within their ranges");
      const open = /chmod/.test(failure);
      return (open ? unsafe : missing)(
        failure,
        open ? "and change what stands in it" : "docs/reference/settings.md",
      );
    },
  ],
  [
    "NODE_ENV",
    ofReal(({ production }) =>
      production
        ? good("production")
        : unsafe(
            "not production",
            "NODE_ENV=production: strangers are told less, and cookies are for TLS alone",
          ),
    ),
  ],
  ["keys", ofReal((config) => keys(config, true))],
  ["key files", of(keyFiles)],
  [
    "broker",
    ofReal(({ mqtt }) => {
      const { protocol, host } = new URL(mqtt.url);
      if (!/^(mqtts|wss):/.test(protocol) && !isNear(mqtt.url))
        return unsafe(`${protocol}//${host}: passwords travel in the open`, "MQTT_BROKER_URL=mqtts://…");
      if (mqtt.username === undefined)
        return unsafe(
          "the node has no user of its own",
          "MQTT_USERNAME, and rules for it (docs/oracle.md, the broker)",
        );
      return good(`${protocol}//${host} as ${mqtt.username}`);
    }),
  ],
  [
    "chain",
    ofReal(({ rpcUrls }) => {
      const open = rpcUrls.filter((url) => url.startsWith("http:") && !isNear(url));
      if (open.length > 0)
        return unsafe(
          `${new URL(open[0]!).host} over http: anybody on the way says what the chain is`,
          "https in RPC_URL",
        );
      return rpcUrls.length > 1
        ? good(`${rpcUrls.length} nodes`)
        : behind("one node", "name a second in RPC_URL");
    }),
  ],
  ["copies", ofReal((config) => copies(config, true))],
  [
    "readings",
    ofReal(({ openReadings }) =>
      openReadings
        ? unsafe("open to everybody", "take OPEN_READINGS out: they are a diary of who is at home")
        : good("for owners and operators"),
    ),
  ],
  [
    "address",
    ofReal(({ publicUrl }) =>
      publicUrl?.startsWith("https:")
        ? good(publicUrl)
        : missing(publicUrl ?? "none", "PUBLIC_URL=https://…: wallets sign in to it by that name"),
    ),
  ],
  [
    "pages",
    ofReal(({ frontendUrls }) => {
      const open = frontendUrls.filter((url) => !url.startsWith("https:"));
      return open.length === 0
        ? good(frontendUrls.join(", "))
        : behind(`${open.join(", ")} without TLS`, "FRONTEND_URL: the dApp's address");
    }),
  ],
  [
    "proxies",
    ofReal(({ trustedProxies }) =>
      trustedProxies.length > 0
        ? good(trustedProxies.join(", "))
        : behind("none", "TRUSTED_PROXIES, if it is behind one: without it all visitors share one limit"),
    ),
  ],
  [
    "webhook",
    ofReal(({ alertWebhook }) =>
      alertWebhook
        ? good("alerts are sent")
        : behind("none", "ALERT_WEBHOOK_URL, unless Prometheus tells somebody"),
    ),
  ],
];

/** @param chainId of the chain that answers, if one does */
export function seeSettings(file: string, chainId: number | undefined): SettingsSeen {
  try {
    const config = readConfig(parseEnv(readFileSync(file, "utf8")) as Record<string, string>);
    const id = config.chainId ?? chainId;
    return { config, failure: "", real: id === undefined || !isDevelopmentChain(id) };
  } catch (error) {
    return { config: undefined, failure: messageOf(error), real: true };
  }
}
