/** The operator's command line: `pnpm enerlink <command>`. */
import { device, deviceHelp } from "../../oracle/src/play/command.ts";
import { explain } from "./chain.ts";
import { idrs, idrsHelp } from "./idrs.ts";
import { meter, meterHelp } from "./meter.ts";
import { joinNegatives, UsageError } from "./options.ts";
import { status, statusHelp } from "./status.ts";

const help = `enerlink: operate an EnerLink deployment

  enerlink meter register|suspend|resume|show
  enerlink device try
  enerlink idrs mint
  enerlink status
  enerlink <command> --help

From the environment
  RPC_URL       the chain (http://127.0.0.1:8545)
  PRIVATE_KEY   who acts; on a development chain the first account by default
  CONTRACT_*    addresses other than those of the recorded deployment`;

const commands: Record<string, { run: (args: string[]) => Promise<void>; help: string }> = {
  meter: { run: meter, help: meterHelp },
  device: { run: device, help: deviceHelp },
  idrs: { run: idrs, help: idrsHelp },
  status: { run: status, help: statusHelp },
};

const [name, ...args] = joinNegatives(process.argv.slice(2));
const command = name === undefined ? undefined : commands[name];
try {
  if (command === undefined) {
    if (name !== undefined && name !== "--help" && name !== "help") {
      throw new UsageError(`"${name}" is no command: ${Object.keys(commands).join(", ")}`);
    }
    console.info(help);
  } else if (args.includes("--help")) {
    console.info(command.help);
  } else {
    await command.run(args);
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
