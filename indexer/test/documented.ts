/** The index against its own document. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type Asked, documentedBy, sendTo } from "../../test/documented.ts";
import { whole } from "../../test/whole.ts";
import type { World } from "./index.service.test.ts";

const REQUESTS = whole ? 10_000 : 400;

export const documented = (world: World) => () => {
  let document: ReturnType<typeof documentedBy>;
  let published: object;
  let turn = 0;

  beforeAll(async () => {
    const answer = await fetch(`${world.harness.url}/api/openapi.json`);
    published = (await answer.json()) as object;
    // A block that no chain has is waited for, 10 s each time: programs.ts.
    document = documentedBy(published as never, ["atLeastBlock"]);
  });

  test("is the one that is committed, by which clients are typed; written anew with --update", async () => {
    const text = `${JSON.stringify(published, undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../../docs/reference/index.openapi.json");
  });

  const send = (request: Asked) => sendTo(world.harness.url, request, ++turn);

  test("every documented example is taken, and answered as documented", async () => {
    let sent = 0;
    const wrong: string[] = [];
    for (const one of document.operations)
      for (const request of document.examplesOf(one)) {
        const answer = await send(request);
        // What an example names may not be there, or the contract may refuse it now; the request itself is right.
        if (![200, 404, 422].includes(answer.status))
          wrong.push(`${request.method} ${request.url} ${request.body ?? ""}: ${answer.text.slice(0, 300)}`);
        document.expectDocumented(request, answer);
        sent++;
      }
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(100);
  });

  test("what is not there is 404 where the document says so, and nowhere else", async () => {
    let missed = 0;
    for (const one of document.operations) {
      const request = document.missing(one);
      if (request === undefined) continue;
      const { status } = await send(request);
      expect([request.url, status === 404]).toEqual([request.url, "404" in one.operation.responses]);
      missed++;
    }
    expect(missed).toBeGreaterThan(10);
  });

  test("whatever is sent, the answer is a documented one and no failure", async () => {
    await fc.assert(
      fc.asyncProperty(document.nearby, async (request) => {
        const answer = await send(request);
        expect(answer.status, `${request.method} ${request.url} ${request.body}`).toBeLessThan(500);
        document.expectDocumented(request, answer);
      }),
      { numRuns: REQUESTS, endOnFailure: true },
    );
  }, 600_000);
};
