/** `enerlink home-assistant`: a home among a household's own devices. */
import { oracleSettings } from "@enerlink/oracle/settings";
import { readSettings } from "@enerlink/service/settings";
import type { Argv } from "yargs";
import { appSettings } from "../../app/settings.ts";
import { type Answer, answering } from "../answer.ts";
import { type Meter, needed, option, readWhole, serialOnly, UsageError } from "../options.ts";

type Given = {
  serial: Meter;
  broker: string;
  index: string;
  prefix: string;
  seconds: number;
  remove: boolean;
};

function reader(schemes: string) {
  const allowed = schemes
    .split("|")
    .map((scheme) => `${scheme}://`)
    .join(" or ");
  const form = new RegExp(`^(${schemes})://[^\\s/?#@]+/?$`);
  return (name: string, text: string): string => {
    if (form.test(text)) return text.replace(/\/$/, "");
    throw new UsageError(`--${name} "${text}": must be host and port behind ${allowed}`);
  };
}

function readPrefix(name: string, text: string): string {
  if (/^[^\s#+/]+(\/[^\s#+/]+)*$/.test(text)) return text;
  throw new UsageError(`--${name} "${text}": the beginning of a topic, without + and #`);
}

export const homeAssistant = (cli: Argv) =>
  cli.command(
    "home-assistant <serial>",
    "show a home to Home Assistant, by MQTT discovery at the household's own broker, until Ctrl-C; no key is needed",
    (yargs) =>
      serialOnly(yargs)
        .options({
          broker: needed("broker", reader("mqtt|mqtts|ws|wss"), "Home Assistant's broker, mqtt://host:1883"),
          index: {
            ...option("index", reader("http|https"), "the index's address"),
            default: readSettings(appSettings.pick({ INDEXER_URL: true })).INDEXER_URL,
          },
          prefix: {
            ...option("prefix", readPrefix, "Home Assistant's discovery prefix"),
            default: "homeassistant",
          },
          seconds: {
            ...option("seconds", (name, text) => readWhole(name, text, 5, 3_600), "between two looks"),
            default: "30",
          },
          remove: { type: "boolean", default: false, describe: "take the home out of Home Assistant again" },
        })
        .epilogue(
          "From the environment:\n  MQTT_USERNAME, MQTT_PASSWORD (or MQTT_PASSWORD_FILE)  the user at that broker",
        ),
    answering((given) => run(given as unknown as Given)),
  );

async function run({ serial: { serial }, remove, ...given }: Given): Promise<Answer> {
  const { startBridge, withdraw } = await import("./bridge.ts");
  const users = oracleSettings.pick({ MQTT_USERNAME: true, MQTT_PASSWORD: true });
  const { MQTT_USERNAME: username, MQTT_PASSWORD: password } = readSettings(users);
  const bridge = { ...given, serial, username, password };
  if (remove) {
    await withdraw(bridge);
    return { text: `${serial} is taken out of Home Assistant.`, data: { serial, removed: true } };
  }
  const stop = await startBridge(bridge, (text) => console.error(`${serial}: ${text}`));
  console.error(`${serial} is shown to Home Assistant at ${bridge.broker}; Ctrl-C ends it.`);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await stop();
  return { text: `${serial} is shown as unavailable from now on.`, data: { serial } };
}
