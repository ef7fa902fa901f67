import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog } from "@enerlink/service/log";
import { parseEther } from "viem";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeMetrics } from "./metrics.ts";
import { openDatabase } from "./store/database.ts";
import { makeVitals } from "./vitals.ts";

const SUBMITTER = "0x00000000000000000000000000000000000000a1";

let folder: string;
let metrics: ReturnType<typeof makeMetrics>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-"));
  openDatabase(folder, { chainId: 31_337, genesisHash: "0x01" }, makeLog({ level: "error" })).close();
  metrics = makeMetrics();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What `name` (with its labels) is in the figures. */
async function figure(name: string): Promise<number> {
  const line = (await metrics.text()).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ")[1]);
}

test("money, disk, copies and meters are figures, and what cannot be read stays as it was known", async () => {
  let balance: bigint | undefined = parseEther("1.25");
  let time = 1_000_000;
  const vitals = makeVitals({
    client: {
      getBalance: async ({ address }: { address: string }) => {
        if (balance === undefined) throw new Error("the chain does not answer");
        return address === SUBMITTER ? balance : 0n;
      },
    } as never,
    payers: { submitter: SUBMITTER },
    dataDir: folder,
    mirror: { meters: () => Array(3) as never },
    signed: { signsFrom: () => 1_700_000_000 },
    backup: { newest: () => 1_600_000_000_500 },
    metrics,
    now: () => time,
  });
  await vitals.check();
  expect(await figure('enerlink_account_balance_ether{account="submitter"}')).toBe(1.25);
  expect(await figure("enerlink_meters_registered")).toBe(3);
  expect(await figure("enerlink_last_backup_timestamp_seconds")).toBe(1_600_000_000.5);
  expect(await figure("enerlink_signs_from_timestamp_seconds")).toBe(1_700_000_000);
  expect(await figure("enerlink_store_bytes")).toBeGreaterThan(4_096);
  expect(await figure("enerlink_disk_free_bytes")).toBeGreaterThan(0);

  balance = parseEther("0.5");
  time += 1_000;
  await vitals.check();
  expect(await figure('enerlink_account_balance_ether{account="submitter"}')).toBe(1.25);
  time += 60_000;
  await vitals.check();
  expect(await figure('enerlink_account_balance_ether{account="submitter"}')).toBe(0.5);
  balance = undefined;
  time += 60_000;
  await vitals.check();
  expect(await figure('enerlink_account_balance_ether{account="submitter"}')).toBe(0.5);

  const disk = await figure("enerlink_disk_free_bytes");
  rmSync(folder, { recursive: true });
  time += 60_000;
  await vitals.check();
  expect(await figure("enerlink_disk_free_bytes")).toBe(disk);
});
