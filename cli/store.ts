/** `enerlink store …`: a member's shards: the broker keeps what meters say for a new process, and one store becomes two. */
import type { Argv } from "yargs";
import { answering } from "./answer.ts";

export function store(cli: Argv) {
  cli.command(
    "store <command>",
    "a member that grows to twice as many processes (docs/production.md)",
    (yargs) =>
      yargs
        .command(
          "session",
          "has the broker keep what meters say for a process that is to come; from its environment: SHARD, MQTT_BROKER_URL, MQTT_USERNAME, MQTT_PASSWORD, METER_BINDINGS",
          (session) => session,
          answering(openSession),
        )
        .command(
          "split <folder> <into>",
          "make two stores of a stopped node's, each for half of its meters",
          (split) =>
            split
              .positional("folder", {
                type: "string",
                demandOption: true,
                describe: "the node's DATA_DIR, which becomes that of the first half",
              })
              .positional("into", {
                type: "string",
                demandOption: true,
                describe: "DATA_DIR of the second half's process, without a store",
              }),
          answering(split),
        )
        .demandCommand(1, "Say what to do: session or split."),
  );
}

async function openSession() {
  const { oracleSettings } = await import("../oracle/src/config.ts");
  const { readSettings } = await import("@enerlink/service/settings");
  const { shardText } = await import("@enerlink/protocol/wire/shard");
  const { openSession } = await import("../oracle/src/mqtt/session.ts");
  const { MQTT_BROKER_URL, MQTT_USERNAME, MQTT_PASSWORD, METER_BINDINGS, SHARD } = readSettings(
    oracleSettings.pick({
      ...{ MQTT_BROKER_URL: true, MQTT_USERNAME: true, MQTT_PASSWORD: true },
      ...{ METER_BINDINGS: true, SHARD: true },
    }),
    process.env,
  );
  await openSession({
    ...{ url: MQTT_BROKER_URL, username: MQTT_USERNAME, password: MQTT_PASSWORD },
    ...{ bindings: METER_BINDINGS, shard: SHARD },
  });
  return {
    text: `From now on ${MQTT_BROKER_URL} keeps for ${MQTT_USERNAME}, the process of ${shardText(SHARD)}, what meters say.`,
    data: { user: MQTT_USERNAME, shard: shardText(SHARD) },
  };
}

async function split({ folder, into }: { folder: string; into: string }) {
  const { splitStore } = await import("../oracle/src/keeping/split.ts");
  const { makeLog } = await import("@enerlink/service/log");
  const { shardText } = await import("@enerlink/protocol/wire/shard");
  const shards = splitStore(folder, into, makeLog({ level: "error" })).map(shardText);
  return {
    text: `${folder} is the store of SHARD=${shards[0]} now, ${into} that of SHARD=${shards[1]}.`,
    data: { folder, into, shards },
  };
}
