/** anvil as the chain: another EVM than Hardhat's, and a faster one. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Starts it on `port` with its clock at `genesis` (unix seconds); it may not listen yet. */
export function startAnvil(
  port: number,
  genesis: number,
): { child: ChildProcess; stop: () => Promise<void> } {
  const child = spawn(
    fileURLToPath(new URL("../node_modules/.bin/anvil", import.meta.url)),
    [
      ...["--port", String(port), "--chain-id", "31337", "--timestamp", String(genesis)],
      ...["--accounts", "20", "--gas-limit", "60000000", "--order", "fifo", "--silent"],
      // Finalized is what lies two blocks back.
      ...["--slots-in-an-epoch", "1"],
    ],
    { detached: true, stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    stop: async () => {
      // It is started by a script of its package: both are in the script's group.
      process.kill(-child.pid!, "SIGKILL");
      await ended;
    },
  };
}
