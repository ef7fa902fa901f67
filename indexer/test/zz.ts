import { makeActivity } from "./activity.ts";
import { startHarness } from "./harness.ts";

const h = await startHarness({ rpcPort: 14546, port: 14070 });
const a = await makeActivity(h, 7);
await a.act(Number(process.argv[2] ?? 300));
try {
  await h.startIndex();
  await h.caughtUp();
  console.log("READY");
} catch (e) {
  console.log(e);
}
process.on("SIGTERM", async () => {
  await h.stop();
  process.exit(0);
});
process.stdin.on("data", async (d) => {
  const c = String(d).trim();
  if (c === "act") {
    await a.act(20);
    console.log("acted");
  }
  if (c === "log") console.log(h.output().slice(-5000));
  if (c === "stop") {
    await h.stop();
    process.exit(0);
  }
});
