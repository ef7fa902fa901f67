/** What Ponder is started with, beyond what was asked for. */

const LISTENING = ["start", "serve", "dev"];

/**
 * `asked` with the folder of the index, and outside production with this machine's own address: Ponder would listen on
 * all of them.
 */
export function commandLine(asked: readonly string[], folder: string, nodeEnv: string | undefined): string[] {
  const says = asked.some((one) => /^(-H|--hostname)\b/.test(one));
  const listens = asked.some((one) => LISTENING.includes(one));
  const near = listens && !says && nodeEnv !== "production" ? ["--hostname", "127.0.0.1"] : [];
  return [...asked, ...near, "--root", folder];
}
