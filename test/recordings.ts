/** Where a run of the tests keeps the deployments that it has made (`deployed.ts`): a folder of its own, gone after it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const RECORDINGS = "ENERLINK_TEST_RECORDINGS";

export async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "enerlink-deployments-"));
  process.env[RECORDINGS] = folder;
  return () => rm(folder, { recursive: true, force: true });
}
