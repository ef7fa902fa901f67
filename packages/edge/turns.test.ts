import { expect, test } from "vitest";
import { makeTurns } from "./turns.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Requests that end when told to, by their names in the order in which their turn came. */
function makeRequests(options: Parameters<typeof makeTurns>[0]) {
  const turns = makeTurns(options);
  const served: string[] = [];
  const ends: (() => void)[] = [];
  return {
    served,
    async send(client: string) {
      const end = await turns.take(client);
      served.push(end ? client : `${client} refused`);
      if (end) ends.push(end);
    },
    async endOne() {
      ends.shift()!();
      await settle();
    },
  };
}

test("one client's crowd lets another in at once, and then takes turns with it", async () => {
  const { send, served, endOne } = makeRequests({ most: 3, mostOfOne: 2, mostWaiting: 100 });
  for (let i = 0; i < 50; i++) void send("crowd");
  await settle();
  expect(served).toEqual(["crowd", "crowd"]);
  for (let i = 0; i < 3; i++) void send("other");
  await settle();
  expect(served).toEqual(["crowd", "crowd", "other"]);
  for (let i = 0; i < 5; i++) await endOne();
  expect(served.slice(3)).toEqual(["crowd", "other", "crowd", "other", "crowd"]);
});

test("all are served in the end, and no more at once than may be", async () => {
  const turns = makeTurns({ most: 4, mostOfOne: 2, mostWaiting: 100 });
  let [at, most] = [0, 0];
  const ofOne = new Map<string, number>();
  const request = async (client: string) => {
    const end = await turns.take(client);
    most = Math.max(most, ++at);
    ofOne.set(client, (ofOne.get(client) ?? 0) + 1);
    expect(ofOne.get(client)).toBeLessThanOrEqual(2);
    await settle();
    at--;
    ofOne.set(client, ofOne.get(client)! - 1);
    end!();
    // Called twice by mistake it counts once.
    end!();
  };
  await Promise.all(Array.from({ length: 90 }, (_, i) => request(`client ${i % 3}`)));
  expect([at, most]).toEqual([0, 4]);
});

test("who has too many waiting is refused", async () => {
  const { send, served } = makeRequests({ most: 1, mostOfOne: 1, mostWaiting: 2 });
  for (let i = 0; i < 4; i++) void send("a");
  void send("b");
  await settle();
  expect(served).toEqual(["a", "a refused"]);
});
