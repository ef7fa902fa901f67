/** What the tests' chains get is what `enerlink deploy` deploys: `deploy --check` finds no difference. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentAccount, developmentKey } from "@enerlink/protocol/development";
import { afterAll, expect, test, vi } from "vitest";
import { isListening, waitFor } from "../local/processes.ts";
import { startAnvil } from "../oracle/testing/anvil.ts";
import { deployed } from "../test/deployed.ts";
import { freePorts } from "../test/ports.ts";
import { checkRecorded } from "./verify-deployment.ts";

/** Another committee than the default's. */
const settings = {
  PRIVATE_KEY: developmentKey(0),
  COMMITTEE_MEMBERS: developmentAccount(7).address,
  COMMITTEE_QUORUM: "1",
};
const undo: (() => unknown)[] = [];
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const step of undo.reverse()) await step();
});

test("a deployment that is made again on another chain, on another day, is the same one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "enerlink-deployed-"));
  undo.push(() => rm(folder, { recursive: true }));
  const deployments = [];
  for (const [name, day] of [
    ["first", 20_000],
    ["second", 20_100],
  ] as const) {
    const port = await freePorts(1);
    undo.push(startAnvil(port, day * 86_400).stop);
    await waitFor("The chain", () => isListening(port), 60);
    const chain = { RPC_URL: `http://127.0.0.1:${port}`, DEPLOYMENTS_DIR: join(folder, name) };
    deployments.push(await deployed(chain, settings));
    for (const [setting, value] of Object.entries({ ...chain, ...settings })) vi.stubEnv(setting, value);
    expect(await checkRecorded()).toEqual({ chainId: 31_337, differences: [] });
  }
  const [first, second] = deployments;
  expect(second).toEqual({ ...first, genesisHash: second!.genesisHash });
  expect(second!.genesisHash).not.toBe(first!.genesisHash);
});
