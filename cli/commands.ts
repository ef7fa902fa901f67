/** Every command and what it takes; a command's own programs are loaded when it runs. */
import yargs from "yargs";
import { json } from "./answer.ts";
import { audit } from "./audit.ts";
import { committee } from "./committee.ts";
import { community } from "./community.ts";
import { deploy } from "./deploy.ts";
import { device } from "./device.ts";
import { doctor } from "./doctor/command.ts";
import { functions } from "./functions.ts";
import { homeAssistant } from "./home-assistant/command.ts";
import { idrs } from "./idrs.ts";
import { installation } from "./installation/command.ts";
import { keystore } from "./keystore.ts";
import { local } from "./local.ts";
import { meter } from "./meter.ts";
import { joinNegatives } from "./options.ts";
import { restore } from "./restore.ts";
import { status } from "./status.ts";
import { store } from "./store.ts";

/** What commands that speak with a chain take from the environment. */
const environment = `From the environment:
  RPC_URL       the chain (http://127.0.0.1:8545)
  PRIVATE_KEY   the account that the command acts as; on a development chain the first by default
  CONTRACT_*    addresses other than those of the recorded deployment`;

/** Runs one command. @throws what went wrong, in words that say how to do it right where the wish itself is wrong. */
export async function enerlink(args: string[]): Promise<void> {
  const cli = yargs(joinNegatives(args))
    .scriptName("enerlink")
    .locale("en")
    .usage("$0 <command>: run and operate EnerLink")
    .version(false)
    .parserConfiguration({ "duplicate-arguments-array": false })
    .strict()
    .option("json", json)
    .demandCommand(1, "Say what to do; --help lists the commands.")
    .completion("completion", "print what bash or zsh needs to complete commands and options")
    .epilogue(environment)
    .wrap(120)
    .fail(false);
  for (const add of [
    local,
    deploy,
    installation,
    meter,
    committee,
    community,
    device,
    doctor,
    audit,
    idrs,
    status,
    keystore,
    restore,
    store,
    functions,
    homeAssistant,
  ])
    add(cli);
  await cli.parseAsync();
}
