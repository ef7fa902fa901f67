import { expect, test } from "vitest";
import { makeLog } from "./log.ts";
import { makeTrouble, retried } from "./trouble.ts";

function listen() {
  const lines: string[] = [];
  const log = makeLog({ level: "info", to: { write: (line) => void lines.push(line) } });
  return { log, said: () => lines.map((line) => `${JSON.parse(line).level} ${JSON.parse(line).msg}`) };
}

test("a lasting failure is said once, beside others that come and go, and so is its end", async () => {
  const { log, said } = listen();
  const [chain, webhook] = [makeTrouble("reading the chain", log), makeTrouble("the webhook", log)];
  for (let second = 0; second < 5; second++) {
    await retried(chain, Promise.reject(new Error(`no answer on port ${5_000 + second} for 0x${second}f`)));
    await retried(webhook, second === 2 ? Promise.reject(new Error("it answers 500")) : Promise.resolve());
  }
  expect(said()).toEqual([
    "warn reading the chain fails; trying again",
    "warn the webhook fails; trying again",
    "info the webhook works again",
  ]);
  expect([chain.lasts(), webhook.lasts()]).toEqual([true, false]);
  await retried(chain, Promise.resolve());
  await retried(chain, Promise.resolve());
  expect(said().slice(3)).toEqual(["info reading the chain works again"]);
  await retried(chain, Promise.reject(new Error("no answer")));
  expect(said()).toHaveLength(5);
});

test("another cause is said as well, also when two take turns, but not without end", async () => {
  const { log, said } = listen();
  const trouble = makeTrouble("settling", log);
  for (let times = 0; times < 10; times++)
    for (const cause of ["the disk is full", "the node is gone"]) trouble.failed(new Error(cause));
  expect(said()).toHaveLength(2);
  for (let times = 0; times < 100; times++) trouble.failed(String.fromCharCode(97 + times));
  expect(said()).toHaveLength(8);
});
